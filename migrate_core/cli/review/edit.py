"""`review edit PAIR_ID …`: repairing the label of a pair instead of rejecting it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ...masks.vectors.formats.json_documents import load_json
from ...review.repair import EditRequest, Repaired, repair
from ...session import Session
from ...states import EditKind
from ...store.serialize import to_json
from ..console import emit, json_option, say

_reviewer_option = click.option("--reviewer", help="Who edits; default the user's name.")


@dataclass(frozen=True)
class _Target:
    """The pair that the command names, and where it is."""

    session: Session
    pair_id: str


@click.group()
@click.argument("pair_id")
@click.pass_context
def edit(context: click.Context, pair_id: str) -> None:
    """Repair the label of a pair; the log keeps every edit."""
    context.obj = _Target(context.obj, pair_id)


@edit.command("ignore")
@click.option(
    "--area",
    "path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="GeoJSON with polygons: pixels whose centre lies in one are ignored.",
)
@click.option("--reason", help="Why; goes into the log.")
@_reviewer_option
@json_option
@click.pass_obj
def ignore(
    target: _Target, path: Path, reason: str | None, reviewer: str | None, as_json: bool
) -> None:
    """Set the label in an area to ignore, such as one under a cloud."""
    document = {"area": load_json(path), "reason": reason}
    _edit(target, EditRequest(target.pair_id, EditKind.IGNORE, document, reviewer), as_json)


# Numbers may be negative, and are no options then.
@edit.command("nudge", context_settings={"ignore_unknown_options": True})
@click.argument("east_m", type=float)
@click.argument("north_m", type=float)
@_reviewer_option
@json_option
@click.pass_obj
def nudge(
    target: _Target, east_m: float, north_m: float, reviewer: str | None, as_json: bool
) -> None:
    """Move the label by so many metres; its shares are computed again from the mask."""
    document = {"east_m": east_m, "north_m": north_m}
    _edit(target, EditRequest(target.pair_id, EditKind.NUDGE, document, reviewer), as_json)


@edit.command("undo")
@_reviewer_option
@json_option
@click.pass_obj
def undo(target: _Target, reviewer: str | None, as_json: bool) -> None:
    """Take back one's newest edit of the pair; the log keeps both."""
    _edit(target, EditRequest(target.pair_id, EditKind.UNDO, {}, reviewer), as_json)


def _edit(target: _Target, request: EditRequest, as_json: bool) -> None:
    found = repair(target.session.store, target.session.workspace, request)
    emit(_document(found), as_json, lambda: _show(found))


def _document(found: Repaired) -> dict[str, Any]:
    """What a repair led to: the edits that count, oldest first, and what is said of the pair."""
    return {
        "pair_id": found.pair.pair_id,
        "edits": to_json(found.edits),
        "occlusion": to_json(found.pair.occlusion),
        "suggestion": to_json(found.pair.suggestion),
        "change": found.pair.change,
    }


def _show(found: Repaired) -> None:
    count = len(found.edits)
    say(f"{found.pair.pair_id}: {count} {'edit counts' if count == 1 else 'edits count'}.")
    if found.pair.suggestion is not None:
        say(f"Suggestion: {found.pair.suggestion.verdict}. {found.pair.suggestion.reason}")
