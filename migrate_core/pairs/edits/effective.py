"""What the log of a pair's repairs adds up to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ...model import PairEdit
from ...states import EditKind
from ...store.serialize import from_json

# Sums of nudges are rounded to micrometres: tenths of metres there and back are nothing.
_DIGITS = 6


def effective(log: Iterable[PairEdit]) -> tuple[PairEdit, ...]:
    """The edits that count, oldest first.

    `log` is that of one pair, oldest first. Each undo takes back the newest of its own reviewer.
    """
    counting: list[PairEdit] = []
    for edit in log:
        if edit.kind != EditKind.UNDO:
            counting.append(edit)
        elif (newest := newest_of(counting, edit.reviewer)) is not None:
            counting.remove(newest)
    return tuple(counting)


def tokens_of(edits: Iterable[PairEdit]) -> tuple[str, ...]:
    """What the pair's row calls these edits when its files have them in them."""
    return tuple(edit.token for edit in edits)


def newest_of(edits: Iterable[PairEdit], reviewer: str) -> PairEdit | None:
    """The last of `edits` that is the reviewer's; None when none is."""
    return next((one for one in reversed(tuple(edits)) if one.reviewer == reviewer), None)


def total_nudge(edits: Iterable[PairEdit]) -> tuple[float, float]:
    """How far east and north the edits move the label together, in metres."""
    moves = [edit.document for edit in edits if edit.kind == EditKind.NUDGE]
    east, north = (
        round(math.fsum(move[name] for move in moves), _DIGITS) for name in ("east_m", "north_m")
    )
    return east, north


def edits_in(document: Mapping[str, Any]) -> tuple[PairEdit, ...]:
    """The edits that a pair.json says its files have in them; none in those of earlier versions."""
    return tuple(from_json(PairEdit, found) for found in document.get("edits", ()))


def registered_shift(document: Mapping[str, Any]) -> tuple[float, float]:
    """How far east and north a pair's mask was moved when it was made, in metres."""
    registration = document.get("registration") or {}
    if not registration.get("applied"):
        return 0.0, 0.0
    shift = registration["shift"]
    return shift["east_m"], shift["north_m"]


def label_shift(document: Mapping[str, Any]) -> tuple[float, float]:
    """How far east and north a pair's label lies from where its mask does, in metres.

    By registration and by edits; the source image is taken to lie with the label.
    """
    moves = (registered_shift(document), total_nudge(edits_in(document)))
    east, north = (round(math.fsum(one), _DIGITS) for one in zip(*moves, strict=True))
    return east, north
