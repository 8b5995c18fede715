"""What was repaired of a pair, and what it differs in from an earlier one, in words and numbers."""

from __future__ import annotations

from typing import Any

from migrate_core.errors import MigrateError
from migrate_core.model import Mask, PairEdit
from migrate_core.pairs.compare import compare
from migrate_core.pairs.edits.effective import effective, label_shift, tokens_of, total_nudge
from migrate_core.pairs.files import Document
from migrate_core.review.queue_rows import ReviewItem
from migrate_core.review.story import format_edit
from migrate_core.store.serialize import to_json
from migrate_core.text import _, format_time
from migrate_core.workspace import Workspace
from pages.shared.language.messages import message_text

NOT_APPLIED = (
    "Not all edits of this pair could be applied to its files; the log of the workspace says why."
)
# What moves a label by less isn't proposed, in metres.
_LEAST_M = 0.05


def repairs_document(workspace: Workspace, item: ReviewItem, document: Document) -> dict[str, Any]:
    """The edits that count, oldest first; where the label could be moved; and the difference.

    Also which version of the mask's label it is, where that was edited.
    """
    counting = effective(item.edits)
    return {
        "label_version": _label_version(item.mask),
        "edits": [_entry(edit) for edit in counting],
        "nudge": _nudge(item, document, counting),
        "difference": _difference(workspace, item),
    }


def is_behind(item: ReviewItem) -> bool:
    """Whether the pair's files lack edits that count, or have some that were taken back."""
    return tokens_of(effective(item.edits)) != item.pair.edits


def _entry(edit: PairEdit) -> dict[str, Any]:
    return {
        "token": edit.token,
        "kind": edit.kind,
        "when": format_time(edit.made_at),
        "who": edit.reviewer,
        "text": format_edit(edit),
        "document": to_json(edit.document),
    }


def _label_version(mask: Mask | None) -> dict[str, str] | None:
    """`version 2 of the label, drawn by ann`; None for the label of the file."""
    found = mask.version if mask else None
    if found is None:
        return None
    form = (
        _("version {number} of the label, edited in {file} by {reviewer}")
        if found.file
        else _("version {number} of the label, drawn by {reviewer}")
    )
    text = form.format(number=found.number, file=found.file, reviewer=found.reviewer)
    return {"text": text, "when": format_time(found.made_at), "who": found.reviewer}


def _nudge(item: ReviewItem, document: Document, counting: tuple[PairEdit, ...]) -> dict[str, Any]:
    """How far the label was moved by edits, and the rest of the measured shift, in metres."""
    east_m, north_m = total_nudge(counting)
    found: dict[str, Any] = {"east_m": east_m, "north_m": north_m, "proposed": None}
    shift, there = item.pair.shift, label_shift(document)
    if shift is not None:
        rest = {
            "east_m": round(shift.east_m - there[0], 2) + 0.0,
            "north_m": round(shift.north_m - there[1], 2) + 0.0,
        }
        if max(map(abs, rest.values())) >= _LEAST_M:
            found["proposed"] = {**rest, "reliable": shift.reliable}
    return found


def _difference(workspace: Workspace, item: ReviewItem) -> dict[str, Any] | None:
    """What the pair differs in from the earlier one; None where there is none to compare with."""
    if item.earlier_id is None:
        return None
    try:
        found, _rasters = compare(
            workspace.pair(item.earlier_id), workspace.pair(item.pair.pair_id)
        )
    except MigrateError as err:
        return {"pair_id": item.earlier_id, "sentences": [message_text(err)]}
    return {
        "pair_id": item.earlier_id,
        "sentences": list(map(message_text, found.sentences)),
        **to_json(found),
    }
