"""`status`."""

from __future__ import annotations

import click

from ..jobs.background import now_utc
from ..review.overview import matches, overview
from ..session import Session
from ..store.serialize import to_json
from .console import emit, json_option, print_table, say

_NEXT = {
    "masks": "masks add PATH (or `demo` for an example)",
    "scenes": "scenes search --source local:PATH",
    "pairs": "pairs make",
    "review": "review decide PAIR_ID accept|reject|unsure",
    "export": "export DEST",
}


@click.command()
@json_option
@click.pass_obj
def status(session: Session, as_json: bool) -> None:
    """Where the work stands: counts for every stage, what runs, what to do next."""
    found = overview(session.store, now_utc())
    document = {
        "workspace": str(session.workspace.root),
        **to_json(found),
        "next_step": _NEXT[found.next_stage],
    }

    def show() -> None:
        text = {
            stage: ", ".join(f"{count} {state}" for state, count in document[stage].items())
            for stage in ("masks", "pairs", "review")
        }
        rows = [
            ("masks", text["masks"]),
            ("scenes", str(matches(session.store))),
            *((stage, text[stage]) for stage in ("pairs", "review")),
        ]
        print_table(("stage", document["workspace"]), rows)
        for job in found.running:
            say(f"Running: {job.kind}, {job.finished} of {job.total} finished.")
        say(f"Next: {_NEXT[found.next_stage]}")
        if session.workspace.main_log.is_file():
            say(f"Log: {session.workspace.main_log}")

    emit(document, as_json, show)
