"""`review team`: how a team reviews, and how far it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from ...review.team.run import TeamReport, keep_settings, team_report
from ...session import Session
from ...store.review.settings import ReviewSettings, review_settings
from ...store.serialize import to_json
from ..console import emit, json_option


@click.command()
@click.option("--double-share", type=float, help="Share of the pairs that two look at; default 0.")
@click.option("--check-share", type=float, help="For which share there is an attention check.")
@click.option("--lease-minutes", type=float, help="How long a pair stays with who opened it.")
@click.option("--goal-share", type=float, help="Share of bad pairs that is to be shown at most.")
@json_option
@click.pass_obj
def team(session: Session, /, as_json: bool, **given: Any) -> None:
    """Set how the team reviews, and see how far it is."""
    changes = {name: value for name, value in given.items() if value is not None}
    if changes:
        keep_settings(session, replace(review_settings(session.store), **changes))
    settings, found = review_settings(session.store), team_report(session.store)
    document = {
        "settings": to_json(settings),
        **to_json(found),
        "sampling": {**to_json(found.sampling), "sentence": found.sampling.sentence},
    }
    emit(document, as_json, lambda: _show(settings, found))


def _show(settings: ReviewSettings, found: TeamReport) -> None:
    for name, value in to_json(settings).items():
        click.echo(f"{name}: {value}")
    click.echo(f"Pairs that wait for a second look: {found.second_looks:,}.")
    click.echo(f"Conflicts: {found.conflicts:,}.")
    click.echo(found.agreement.pooled.sentence)
    click.echo(found.sampling.sentence)
    for reviewer in found.attention:
        click.echo(reviewer.sentence)
