"""What came of adding masks, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Mask, Problem
from .checks import FILE

# So many of the files that couldn't be read are named.
_NAMED = 5


def unread(masks: Sequence[Mask]) -> list[Problem]:
    """The masks that are only the place of a file that couldn't be read."""
    return [Problem(mask.name, mask.problems[FILE]) for mask in masks if FILE in mask.problems]


def result_of_adding(masks: Sequence[Mask], refused: Sequence[Problem]) -> str:
    """How many masks were added, and which files can't be read and why.

    `refused` are the files that didn't become masks.
    """
    lost = [*refused, *unread(masks)]
    added = f"{len(masks) - len(unread(masks))} added"
    if not lost:
        return f"{added}."
    shown = " ".join(named_problem(problem) for problem in lost[:_NAMED])
    more = f" … and {len(lost) - _NAMED} more." if len(lost) > _NAMED else ""
    return f"{added}, {len(lost)} can't be read: {shown}{more}"


def named_problem(problem: Problem) -> str:
    """A problem that begins with the name of what it is about, once."""
    text = problem.message
    return text if text.startswith(problem.item) else f"{problem.item}: {text}"
