"""`review queue`, `review rules`, `review batches` and `review undo-batch`: many pairs at once."""

from __future__ import annotations

from collections.abc import Mapping

import click

from ...errors import WrongUseError
from ...model import Batch
from ...review.batches import undo_batch
from ...review.filters import NAMES, parse_filter
from ...review.queue import MOST_SUSPICIOUS, ORDERS, arranged
from ...review.queue_rows import queue_rows
from ...review.rules.audit import audited_in
from ...review.rules.rule import parse_rule, preview
from ...review.rules.run import apply_rule
from ...review.run import default_reviewer
from ...session import Session
from ...states import VERDICTS, decision_state
from ...store.base import Store
from ...store.review.batches import batch_entries, decisions_of_batch
from ...store.serialize import to_json
from ...text import format_share, format_time
from ..console import emit, json_option, print_table, say

filter_option = click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="NAME=VALUE",
    help=f"Which pairs; all have to hold. Names: {', '.join(NAMES)}. Limits of numbers: ..5, 2..5.",
)


def filter_of(filters: tuple[str, ...]) -> Mapping[str, str]:
    """Filters as texts by name. Raises WrongUseError for one without a name, or named twice."""
    found: dict[str, str] = {}
    for text in filters:
        name, sign, value = text.partition("=")
        if not sign or name in found:
            raise WrongUseError(
                f"--filter {text}: needed is NAME=VALUE, each name once, such as occluded=..0."
            )
        found[name] = value
    return found


@click.command()
@click.option("--order", type=click.Choice(list(ORDERS)), default=MOST_SUSPICIOUS)
@filter_option
@click.option("--reviewer", help="For whom: `not decided by me`; default the user's name.")
@json_option
@click.pass_obj
def queue(
    session: Session, order: str, filters: tuple[str, ...], reviewer: str | None, as_json: bool
) -> None:
    """The pairs to look at, in order: what is known of each, and what was decided."""
    wanted = parse_filter(filter_of(filters), reviewer or default_reviewer())
    rows = arranged(queue_rows(session.store), wanted, order)

    def show() -> None:
        header = ("pair", "suggestion", "label occluded", "days", "decision")
        cells = [
            (
                row.pair_id,
                row.suggestion or "",
                format_share(row.occluded),
                "" if row.days_offset is None else f"{row.days_offset:+.1f}",
                decision_state(row.decision),
            )
            for row in rows
        ]
        print_table(header, cells)

    emit([to_json(row) for row in rows], as_json, show)


@click.command()
@click.argument("verdict", type=click.Choice([verdict.value for verdict in VERDICTS]))
@filter_option
@click.option("--apply", "apply_it", is_flag=True, help="Do it; without, it is only shown.")
@click.option(
    "--audit", type=int, help="How many pairs of it persons look at; default 5 %, at least 59."
)
@click.option("--reviewer", help="Who applies the rule; default the user's name.")
@json_option
@click.pass_obj
def rules(
    session: Session,
    verdict: str,
    filters: tuple[str, ...],
    apply_it: bool,
    audit: int | None,
    reviewer: str | None,
    as_json: bool,
) -> None:
    """Say the same of all undecided pairs that fit the filters; shown first, done with --apply."""
    rule, store = parse_rule(filter_of(filters), verdict), session.store
    if apply_it:
        show_batch(store, apply_rule(store, rule, reviewer or default_reviewer(), audit), as_json)
        return
    found = preview(queue_rows(store), rule)
    document = {
        "rule": rule.text,
        "pairs": list(found.pair_ids),
        "undecided": found.undecided,
        "looked_at": found.looked_at,
        "agreed": found.agreed,
        "otherwise": found.otherwise,
        "sentences": found.sentences,
    }

    def show() -> None:
        for sentence in (f"{rule.text}.", *found.sentences):
            click.echo(sentence)
        say("Nothing was decided; --apply does it.")

    emit(document, as_json, show)


@click.command()
@json_option
@click.pass_obj
def batches(session: Session, as_json: bool) -> None:
    """What was decided at once, newest first, and what was undone."""
    found = batch_entries(session.store)

    def show() -> None:
        rows = [
            (
                batch.batch_id,
                batch.kind,
                f"{pairs:,}",
                format_time(batch.made_at),
                batch.reviewer,
                batch.document.get("text") or batch.document.get("batch") or "",
            )
            for batch, pairs in found
        ]
        print_table(("batch", "kind", "pairs", "when", "who", "what"), rows)

    emit([{**to_json(batch), "pairs": pairs} for batch, pairs in found], as_json, show)


@click.command("undo-batch")
@click.argument("batch_id")
@click.option("--reviewer", help="Who undoes it; default the user's name.")
@json_option
@click.pass_obj
def undo_many(session: Session, batch_id: str, reviewer: str | None, as_json: bool) -> None:
    """Take back all decisions of a batch; what was decided otherwise, before or since, stays."""
    undone = undo_batch(session.store, batch_id, reviewer or default_reviewer())
    document = {"batch_id": batch_id, "undone": undone}
    emit(document, as_json, lambda: say(f"{undone:,} decisions were taken back."))


def show_batch(store: Store, batch: Batch, as_json: bool) -> None:
    """What a batch has decided, and how it is audited and undone."""
    pairs, audited = len(decisions_of_batch(store, batch.batch_id)), len(audited_in(batch))
    document = {"batch_id": batch.batch_id, "pairs": pairs, "audited": audited}

    def show() -> None:
        say(f"{pairs:,} pairs were decided. To undo it: review undo-batch {batch.batch_id}")
        if audited:
            say(
                f"Look at {audited:,} of them, drawn at random: the filter audit="
                f"{batch.batch_id} of the queue."
            )

    emit(document, as_json, show)
