"""`review audit`, `review agreement` and `review checks`: how good the review itself is."""

from __future__ import annotations

import click

from ...review.checks.run import Attention, attention, mix_in
from ...review.rules.audit import rule_audits
from ...review.sampling.run import reviewer_agreement, sampling
from ...review.triage.run import triage_state
from ...session import Session
from ...store.review.checks import all_checks
from ...store.review.settings import review_settings
from ...store.serialize import to_json
from ...text import format_share
from ..console import emit, json_option, print_table, say


@click.command()
@click.option("--goal", type=float, help="Share of bad pairs to be shown; default 0.05.")
@json_option
@click.pass_obj
def audit(session: Session, goal: float | None, as_json: bool) -> None:
    """At most how many pairs are bad: by random checks of all, of rules', and of the triage's."""
    found, audits = sampling(session.store, goal), rule_audits(session.store)
    accepted = triage_state(session.store).audit
    document = {
        "sampling": {**to_json(found), "sentence": found.sentence},
        "rules": [{**to_json(one), "sentence": one.statement.sentence} for one in audits],
        "triage": accepted and {**to_json(accepted), "sentence": str(accepted)},
    }

    def show() -> None:
        click.echo(found.sentence)
        for one in audits:
            click.echo(f"{one.batch_id}, {one.text}: {one.statement.sentence}")
        if accepted and accepted.looked_at:
            click.echo(str(accepted))

    emit(document, as_json, show)


@click.command()
@json_option
@click.pass_obj
def agreement(session: Session, as_json: bool) -> None:
    """How far reviewers agree about pairs that both decided: Cohen's kappa with its interval."""
    found = reviewer_agreement(session.store)

    def show() -> None:
        for couple in found.couples:
            click.echo(couple.sentence)
        if len(found.couples) != 1:
            click.echo(found.pooled.sentence)

    emit(to_json(found), as_json, show)


@click.command()
@click.option("--share", type=float, help="For which share of the pairs there is one; 0: none.")
@json_option
@click.pass_obj
def checks(session: Session, share: float | None, as_json: bool) -> None:
    """Mix pairs that are bad on purpose into the review, and see who notices them."""
    if share is not None:
        mix_in(session, share)
    made, reviewers = all_checks(session.store), attention(session.store)
    document = {
        "share": review_settings(session.store).check_share,
        "checks": [
            {"pair_id": check.pair.pair_id, "of_pair": check.of_pair, "kind": check.kind}
            for check in made
        ],
        "reviewers": to_json(reviewers),
    }

    def show() -> None:
        say(f"{len(made):,} attention checks.")
        print_table(
            ("reviewer", "checks", "noticed", "share", "95 % interval"), map(_row, reviewers)
        )

    emit(document, as_json, show)


def _row(found: Attention) -> tuple[str, ...]:
    interval = f"{format_share(found.low)} to {format_share(found.high)}"
    share = format_share(found.caught / found.decided)
    return found.reviewer, f"{found.decided:,}", f"{found.caught:,}", share, interval
