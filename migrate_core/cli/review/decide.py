"""`review …`: deciding, and what was decided; the other commands are in modules of their own."""

from __future__ import annotations

import click

from ...review.batches import decide_batch, selected
from ...review.decisions import ReviewStatus
from ...review.run import decide, default_reviewer, new_decision
from ...review.story import pair_story
from ...session import Session
from ...states import VERDICTS, Verdict, decision_state
from ...store.serialize import to_json
from ...text import format_time
from ..console import emit, json_option, print_table, say
from .audit import agreement, audit, checks
from .edit import edit
from .many import batches, queue, rules, show_batch, undo_many
from .standings import standings
from .team import team
from .triage import triage


@click.group()
def review() -> None:
    """Review: decide which pairs go into the dataset, and repair them."""


for command in (
    *(edit, audit, agreement, checks, team, triage),
    *(queue, rules, batches, undo_many, standings),
):
    review.add_command(command)


@review.command("decide")
@click.argument("pair_ids", nargs=-1, required=True, metavar="PAIR_ID...")
@click.argument("verdict", type=click.Choice([verdict.value for verdict in VERDICTS]))
@click.option("--reason", help="Why; goes into the log.")
@click.option("--reviewer", help="Who decides; default the user's name.")
@click.option("--settle", is_flag=True, help="Settle a conflict: what was said before gives way.")
@json_option
@click.pass_obj
def decide_pairs(
    session: Session,
    pair_ids: tuple[str, ...],
    verdict: str,
    reason: str | None,
    reviewer: str | None,
    settle: bool,
    as_json: bool,
) -> None:
    """Append a decision about a pair to the log, or about many at once, as a batch.

    The newest decision of each reviewer counts.
    """
    if len(pair_ids) == 1:
        status = decide(session.store, new_decision(pair_ids[0], verdict, reviewer, reason, settle))
        _show_status(pair_ids[0], status, as_json)
        return
    who = reviewer or default_reviewer()
    batch = decide_batch(session.store, selected(Verdict(verdict), who, reason), pair_ids)
    show_batch(session.store, batch, as_json)


@review.command("undo")
@click.argument("pair_id")
@click.option("--reviewer", help="Whose decision; default the user's name.")
@json_option
@click.pass_obj
def undo(session: Session, pair_id: str, reviewer: str | None, as_json: bool) -> None:
    """Take back one's newest decision about a pair; the log keeps both."""
    status = decide(session.store, new_decision(pair_id, Verdict.UNDO, reviewer))
    _show_status(pair_id, status, as_json)


@review.command("log")
@click.argument("pair_id")
@json_option
@click.pass_obj
def show_log(session: Session, pair_id: str, as_json: bool) -> None:
    """All that was decided and repaired of a pair and of earlier ones of its mask, and by whom."""
    story = pair_story(session.store, pair_id)

    def show() -> None:
        print_table(
            ("when", "who", "what", "why", "pair"),
            [(format_time(one.at), one.who, one.what, one.why or "", one.pair_id) for one in story],
        )

    emit(to_json(story), as_json, show)


def _show_status(pair_id: str, found: ReviewStatus, as_json: bool) -> None:
    document = {
        "pair_id": pair_id,
        "decision": found.decision,
        "reviewers": list(found.reviewers),
    }
    emit(document, as_json, lambda: say(f"{pair_id}: {decision_state(found.decision)}."))
