"""What came of adding masks, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ...model import Mask, Problem
from ..checks import FILE


def unread(masks: Sequence[Mask]) -> list[Problem]:
    """The masks that are only the place of a file that couldn't be read."""
    return [Problem(mask.name, mask.problems[FILE]) for mask in masks if FILE in mask.problems]


def result_of_adding(masks: Sequence[Mask], refused: Sequence[Problem]) -> str:
    """How many masks were added, and how many files can't be read, in a line.

    `refused` are the files that didn't become masks. Why is reported with each problem.
    """
    unusable = len(unread(masks))
    lost = len(refused) + unusable
    added = f"{len(masks) - unusable} added"
    return f"{added}, {lost} can't be read." if lost else f"{added}."
