"""`review triage …`: learn from decisions, and accept automatically what keeps a promise."""

from __future__ import annotations

import click

from ...errors import WrongUseError
from ...model import Problem
from ...review.run import default_reviewer
from ...review.triage.run import (
    TriageState,
    accept_automatically,
    explained,
    learn,
    switch,
    triage_state,
    undo_acceptance,
)
from ...session import Session
from ...store.serialize import to_json
from ...text import format_share
from ..console import emit, json_option, report, say


@click.group()
def triage() -> None:
    """Learn what persons decide, and accept by it; off until it is switched on."""


@triage.command("learn")
@json_option
@click.pass_obj
def learn_from_decisions(session: Session, as_json: bool) -> None:
    """Learn from all decisions of persons."""
    model = learn(session.store)
    document = {"version": model.version, "good": model.good, "bad": model.bad}
    text = f"Model {model.version}, of {model.good:,} accepted and {model.bad:,} other pairs."
    emit(document, as_json, lambda: say(text))


@triage.command("show")
@click.argument("pair_id", required=False)
@json_option
@click.pass_obj
def show_state(session: Session, pair_id: str | None, as_json: bool) -> None:
    """Where triage stands; or what it expects of a pair, and why."""
    if pair_id is not None:
        _show_pair(session, pair_id, as_json)
        return
    found = triage_state(session.store)
    emit(to_json(found), as_json, lambda: _show_state(found))


def _show_pair(session: Session, pair_id: str, as_json: bool) -> None:
    found = explained(session.store, pair_id)
    if found is None:
        raise WrongUseError(
            f"Nothing is expected of {pair_id!r}: it is no finished pair, or nothing was learnt "
            "yet (`review triage learn`)."
        )

    def show() -> None:
        click.echo(f"{pair_id}: accepted with a chance of {format_share(found.probability)}.")
        for sentence in (*found.speaks_for, *found.speaks_against):
            click.echo(f"{sentence}.")

    emit(to_json(found), as_json, show)


def _show_state(found: TriageState) -> None:
    if found.version:
        click.echo(found.learnt)
    elif found.learnable:
        click.echo(found.learnable)
    click.echo(f"Automatic acceptance is {'on' if found.on else 'off'}.")
    click.echo(found.stopped or found.plan)
    click.echo(f"{found.accepted:,} pairs are accepted by a model alone.")
    if found.audit and found.accepted:
        click.echo(f"{found.audit} To be looked at: {len(found.to_audit):,}.")


@triage.command("accept")
@click.option("--dry-run", is_flag=True, help="Show what would be accepted, and change nothing.")
@json_option
@click.pass_obj
def accept(session: Session, dry_run: bool, as_json: bool) -> None:
    """Accept what keeps the promise, as one batch, and take back what doesn't any more."""
    found = accept_automatically(session.store, dry_run=dry_run)

    def show() -> None:
        verb = "would be" if dry_run else "are"
        say(
            f"{len(found.accepted):,} pairs {verb} accepted by model {found.version}; of "
            f"{len(found.withdrawn):,} the acceptance {'would be' if dry_run else 'is'} taken back."
        )
        if found.batch_id:
            say(f"Batch {found.batch_id}.")

    emit(to_json(found), as_json, show)
    if found.stopped:
        report([Problem("triage", found.stopped)])


@triage.command("switch")
@click.argument("state", type=click.Choice(["on", "off"]))
@json_option
@click.pass_obj
def switch_acceptance(session: Session, state: str, as_json: bool) -> None:
    """Allow automatic acceptance, or not any more; what is accepted stays until it is undone."""
    on = state == "on"
    switch(session.store, on=on)
    emit({"on": on}, as_json, lambda: say(f"Automatic acceptance is {state}."))


@triage.command("undo")
@click.option("--reviewer", help="Who takes it back; by default the user's name.")
@json_option
@click.pass_obj
def undo(session: Session, reviewer: str | None, as_json: bool) -> None:
    """Take back all that models have accepted; what persons decided stays."""
    count = undo_acceptance(session.store, reviewer or default_reviewer())
    text = f"The acceptance of {count:,} pairs is taken back."
    emit({"pairs": count}, as_json, lambda: say(text))
