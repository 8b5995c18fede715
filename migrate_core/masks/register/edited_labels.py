"""Masks whose labels were edited, when their files are added again: the edits stay."""

from __future__ import annotations

from dataclasses import replace

from ...model import Mask
from ..checks import CONTENT, with_problems
from .registered import Note, Registered

_KEPT = "were edited, and keep their edited labels"
_LOST = "were edited, but have other files now, whose labels count"


def with_edited_labels(known: Mask | None, mask: Mask, registered: Registered) -> Mask:
    """A mask as read from its file, with the edited labels that the `known` one has.

    Date, source image and what was occluded in it are as given now; all else is the version's.
    """
    if known is None or known.version is None:
        _tell_of_loss(mask, registered)
        return mask
    text = (
        f"{mask.name}: its labels were edited; version {known.version.number} stays in force. "
        f"`masks relabel {known.mask_id} --undo` takes the edits back."
    )
    registered.notes.append(Note(_KEPT, text))
    problems = {topic: why for topic, why in mask.problems.items() if topic != CONTENT}
    kept = replace(
        known,
        path=mask.path,
        name=mask.name,
        acquired=mask.acquired,
        source=replace(mask.source, valid_from=None),
        user_set=mask.user_set,
    )
    return with_problems(kept, problems)


def _tell_of_loss(mask: Mask, registered: Registered) -> None:
    """That the file of an edited mask is another one now."""
    listed = registered.listed(mask)
    if listed is not None and listed.version is not None:
        text = (
            f"{mask.name}: the labels of {listed.mask_id} were edited, but its file is another "
            "one now, and its labels count. The edits stay in the log."
        )
        registered.notes.append(Note(_LOST, text))
