"""What the log of a pair's repairs adds up to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from migrate_core.model import PairEdit
from migrate_core.pairs.edits.effective import effective, label_shift, total_nudge
from migrate_core.states import EditKind
from migrate_core.store.serialize import to_json

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def log(*entries: str) -> list[PairEdit]:
    """`ann nudge` and so on; tokens are the numbers of the entries, from 1."""
    found = []
    for number, entry in enumerate(entries, 1):
        reviewer, kind = entry.split()
        move = {"east_m": 0.1 * number, "north_m": -0.2} if kind == "nudge" else {}
        found.append(PairEdit(str(number), "p", EditKind(kind), move, reviewer, NOON))
    return found


@pytest.mark.parametrize(
    ("entries", "counting"),
    [
        ((), ""),
        (("ann nudge", "ann ignore"), "12"),
        (("ann nudge", "ann ignore", "ann undo"), "1"),
        (("ann nudge", "ann ignore", "ann undo", "ann undo"), ""),
        (("ann nudge", "ben ignore", "ann undo"), "2"),
        (("ann nudge", "ben undo"), "1"),
        (("ann nudge", "ann undo", "ann undo", "ann ignore"), "4"),
        (("ann nudge", "ben nudge", "ann nudge", "ben undo", "ann undo"), "1"),
    ],
)
def test_an_undo_takes_back_the_newest_of_its_own_reviewer(
    entries: tuple[str, ...], counting: str
) -> None:
    assert "".join(edit.token for edit in effective(log(*entries))) == counting


def test_tenths_there_and_back_are_nothing() -> None:
    moves = [0.1, 0.2, -0.3]
    edits = [
        PairEdit(str(m), "p", EditKind.NUDGE, {"east_m": m, "north_m": -m}, "ann", NOON)
        for m in moves
    ]
    assert sum(moves) != 0
    assert total_nudge(edits) == (0, 0)


def test_a_label_lies_where_registration_and_edits_moved_it() -> None:
    edits = to_json(log("ann nudge", "ben ignore", "ann nudge"))
    shift = {"east_m": 4.0, "north_m": -2.5}
    assert label_shift({}) == (0, 0)
    assert label_shift({"registration": None, "edits": edits}) == (0.4, -0.4)
    refused = {"applied": False, "shift": shift}
    assert label_shift({"registration": refused}) == (0, 0)
    applied = {"applied": True, "shift": shift}
    assert label_shift({"registration": applied, "edits": edits}) == (4.4, -2.9)
