"""Order, filters and next steps of the review queue, and the rows it is made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from migrate_core.model import (
    Decision,
    Occluded,
    Occlusion,
    OcclusionBySensor,
    Pair,
    Scene,
    SensorShares,
    Shares,
    Shift,
    Suggestion,
)
from migrate_core.review.filters import NOT_BY_ME, QueueFilter
from migrate_core.review.pair_rows import pair_rows
from migrate_core.review.queue import (
    ORDERS,
    RANDOM,
    arranged,
    decision_counts,
    index_of,
    last_effective,
    neighbour,
    next_open,
    suspicion,
)
from migrate_core.review.queue_row import QueueRow
from migrate_core.review.queue_rows import last_decision, queue_rows, review_item
from migrate_core.review.run import decide
from migrate_core.states import DecisionState
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def row(pair_id: str, **facts: object) -> QueueRow:
    """A row about a clear pair, with some facts changed."""
    known = {
        "mask_name": f"{pair_id}.tif",
        "tile": "31TDG",
        "sensed_on": date(2020, 2, 2),
        "days_offset": 0.0,
        "suggestion": "accept",
        "occluded": 0.0,
    }
    return QueueRow(pair_id, **{**known, **facts})


def ids(rows: list[QueueRow]) -> str:
    return "".join(found.pair_id for found in rows)


def test_the_most_suspicious_come_first() -> None:
    rows = [
        row("a"),
        row("b", occluded=0.01),
        row("c", suggestion="unsure", occluded=0.1),
        row("d", suggestion="reject", occluded=0.4),
        row("e", suggestion="reject", occluded=0.9),
        row("f", suggestion="unsure", occluded=None),
    ]
    assert ids(arranged(rows, QueueFilter())) == "edfcba"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("mask name", "abc"),
        ("newest scene first", "bca"),
        ("furthest in time first", "cab"),
        ("most changed first", "bca"),
        ("largest shift first", "cba"),
        ("scene", "bac"),
    ],
)
def test_other_orders(order: str, expected: str) -> None:
    rows = [
        row(
            "c",
            sensed_on=date(2020, 2, 3),
            days_offset=-9.0,
            change=0.2,
            shift_m=12.0,
            scene_id="S3",
        ),
        row("a", sensed_on=None, days_offset=3.0, scene_id="S2"),
        row(
            "b",
            sensed_on=date(2021, 1, 1),
            days_offset=None,
            change=0.9,
            shift_m=0.0,
            scene_id="S1",
        ),
    ]
    assert ids(arranged(rows, QueueFilter(), order)) == expected


def test_each_number_makes_a_pair_more_suspicious() -> None:
    clear = row("a", coverage=1.0)
    worse = [
        replace(clear, occluded=0.1),
        replace(clear, occluded=None),
        replace(clear, change=0.1),
        replace(clear, shift_m=3.0),
        replace(clear, coverage=0.9),
        replace(clear, days_offset=-8.0),
    ]
    assert all(suspicion(one) > suspicion(clear) for one in worse)
    both = suspicion(replace(clear, occluded=0.1, change=0.1))
    assert both == pytest.approx(1 - (1 - suspicion(worse[0])) * 0.9)


def test_what_the_triage_expects_to_be_rejected_comes_first_whatever_is_suggested() -> None:
    rows = [row("a", score=0.9, suggestion="reject"), row("b", score=0.1), row("c", score=0.5)]
    assert ids(arranged(rows, QueueFilter())) == "bca"


def test_the_random_order_is_the_same_each_time_and_not_that_of_the_names() -> None:
    rows = [row(name) for name in "abcdefghij"]
    found = ids(arranged(rows, QueueFilter(), RANDOM))
    assert found == ids(arranged(reversed(rows), QueueFilter(), RANDOM))
    assert sorted(found) == sorted("abcdefghij")
    assert found != "abcdefghij"


@pytest.mark.parametrize("order", ORDERS)
def test_no_order_changes_when_something_is_decided(order: str) -> None:
    rows = [row("a"), row("b", occluded=0.5), row("c", suggestion="reject")]
    decided = [row("a", decision="accepted"), row("b", occluded=0.5, decision="rejected"), rows[2]]
    assert ids(arranged(decided, QueueFilter(), order)) == ids(arranged(rows, QueueFilter(), order))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (QueueFilter(), "abcd"),
        (QueueFilter(decision=DecisionState.UNDECIDED), "ad"),
        (QueueFilter(decision="accepted"), "b"),
        (QueueFilter(decision=NOT_BY_ME, reviewer="ann"), "acd"),
        (QueueFilter(decision=NOT_BY_ME, reviewer="bob"), "abd"),
        (QueueFilter(text=" B.TIF "), "b"),
        (QueueFilter(suggestion="reject"), "c"),
        (QueueFilter(tile="33UVS"), "d"),
        (QueueFilter(first=date(2020, 2, 2), last=date(2020, 2, 2)), "ab"),
        (QueueFilter(first=date(2020, 2, 3)), "c"),
        (QueueFilter(last=date(2020, 2, 1)), ""),
    ],
)
def test_filters(wanted: QueueFilter, expected: str) -> None:
    rows = [
        row("a"),
        row("b", decision="accepted", reviewers=("ann",)),
        row("c", decision="conflict", reviewers=("bob",), suggestion="reject",
            sensed_on=date(2020, 2, 3)),
        row("d", tile="33UVS", sensed_on=None),
    ]  # fmt: skip
    assert ids(arranged(rows, wanted, "mask name")) == expected


def test_steps_end_at_the_ends_of_the_queue() -> None:
    queue = [row("a"), row("b"), row("c")]
    assert [index_of(queue, pair_id) for pair_id in ("a", "c", "x", None)] == [0, 2, None, None]
    assert [neighbour(queue, pair_id, 1) for pair_id in "abc"] == ["b", "c", None]
    assert [neighbour(queue, pair_id, -1) for pair_id in "abc"] == [None, "a", "b"]
    assert neighbour(queue, "x", 1) == "a"
    assert neighbour([], "x", 1) is None


def test_the_next_open_pair_is_looked_for_round_the_end() -> None:
    queue = [row("a"), row("b", decision="accepted"), row("c"), row("d", decision="rejected")]
    assert next_open(queue, "a") == "c"
    assert next_open(queue, "c") == "a"
    assert next_open(queue, "gone") == "a"
    assert next_open(queue, None) == "a"
    assert next_open([queue[0], queue[1]], "a") is None


def test_the_next_open_pair_of_one_reviewer_is_one_they_have_not_decided() -> None:
    queue = [
        row("a", decision="accepted", reviewers=("ann",)),
        row("b", decision="accepted", reviewers=("ann", "bob")),
        row("c", decision="accepted", reviewers=("bob",)),
    ]
    assert next_open(queue, "b", "ann") == "c"
    assert next_open(queue, "b", "bob") == "a"
    assert next_open(queue, "b", "cat") == "c"


def test_counts_name_every_standing() -> None:
    rows = [row("a"), row("b", decision="accepted"), row("c", decision="accepted")]
    assert decision_counts(rows) == {
        "undecided": 1, "accepted": 2, "rejected": 0, "unsure": 0, "conflict": 0,
    }  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from("pqr"), st.booleans()), max_size=12))
def test_the_last_standing_decision_is_the_one_left_when_undone_ones_are_struck_out(
    steps: list[tuple[str, bool]],
) -> None:
    log: list[Decision] = []
    left: list[Decision] = []
    for number, (pair_id, undo) in enumerate(steps):
        mine = [entry for entry in left if entry.pair_id == pair_id]
        verdict = "undo" if undo and mine else "accept"
        entry = Decision(pair_id, verdict, "ann", None, NOON + timedelta(minutes=number))
        log.append(entry)
        if verdict == "undo":
            left.remove(mine[-1])
        else:
            left.append(entry)
    assert last_effective(reversed(log)) == (left[-1] if left else None)


# rows from the store

CLEAR = Shares(cloud=0.0, shadow=0.0, cirrus=0.5, snow=0.0, nodata=0.0, source=0.0)
CLOUDED = Shares(cloud=0.7, shadow=0.2, cirrus=0.0, snow=0.0, nodata=0.3, source=None)
# A pixel may have several flags: what is occluded is less than the sum of its causes.
OCCLUDED = {"p": Occluded(0.5, 0.5), "q": Occluded(0.9, 0.8), "u": Occluded(None, None)}
UNKNOWN = Shares(cloud=None, shadow=None, cirrus=None, snow=None, nodata=0.1, source=0.0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Pairs p (clear), q (clouded), u (clouds not known), made; f failed, s superseded."""
    store = open_store(Workspace(tmp_path))
    scene = Scene("S2A_X", "local", NOON, "L2A", "31TDG", "02.14", 3.0, box(0, 0, 1, 1), "x.zip")
    store.put_scenes([scene])
    shares = {"p": CLEAR, "q": CLOUDED, "u": UNKNOWN}
    made = [
        Pair(name, "m", f"{name}.tif", ("S2A_X", "S2A_Y"), "done", 1.5, 0.9,
             Occlusion(found, found), Suggestion("unsure", "why"), occluded=OCCLUDED[name])
        for name, found in shares.items()
    ]  # fmt: skip
    made[1] = replace(made[1], shift=Shift(-3.0, 4.0, 0.5, reliable=True), change=0.25)
    others = [
        Pair("f", "m", "f.tif", ("S2A_X",), "failed", error="no space"),
        Pair("s", "m", "s.tif", ("S2A_X",), "superseded"),
    ]
    store.put_pairs([*made, *others])
    return store


def test_rows_say_what_the_store_knows_of_finished_pairs(store: Store) -> None:
    rows = {found.pair_id: found for found in queue_rows(store)}
    assert set(rows) == {"p", "q", "u"}
    known = QueueRow("p", "p.tif", "31TDG", NOON.date(), 1.5, "unsure", 0.5)
    assert rows["p"] == replace(known, scene_id="S2A_X", coverage=0.9)
    assert (rows["q"].occluded, rows["q"].shift_m, rows["q"].change) == (0.8, 5.0, 0.25)
    assert rows["u"].occluded is None


def test_a_pair_of_an_earlier_version_is_as_occluded_as_its_sides_leave_clear(store: Store) -> None:
    """Its shares are not added up: 0.7, 0.2 and 0.3 overlap."""
    pair = store.pair("q")
    assert pair is not None
    sides = SensorShares(sentinel2_only=0.7, source_only=0.05, both=0.05, clear=0.2)
    store.put_pairs(
        [replace(pair, occluded=None, occlusion_by_sensor=OcclusionBySensor(sides, sides))]
    )
    rows = {found.pair_id: found for found in queue_rows(store)}
    assert rows["q"].occluded == 0.8
    # One that doesn't have its sides either isn't known until `pairs make` looks at it again.
    store.put_pairs([replace(pair, occluded=None, occlusion_by_sensor=None)])
    assert {found.pair_id: found.occluded for found in queue_rows(store)}["q"] is None


def test_rows_carry_the_decisions_of_now_whatever_the_age_of_the_facts(store: Store) -> None:
    facts = pair_rows(store)
    decide(store, Decision("p", "accept", "ann", None, NOON))
    decide(store, Decision("q", "accept", "ann", None, NOON))
    decide(store, Decision("q", "reject", "bob", None, NOON))
    found = {row.pair_id: (row.decision, row.reviewers) for row in queue_rows(store)}
    assert found == {
        "p": ("accepted", ("ann",)),
        "q": ("conflict", ("ann", "bob")),
        "u": (None, ()),
    }
    assert {row.decision for row in facts} == {None}


def test_an_item_holds_what_is_known_and_leaves_out_what_is_not(store: Store) -> None:
    decide(store, Decision("p", "accept", "ann", "clear", NOON))
    item = review_item(store, "p")
    assert item is not None
    assert item.pair.mask_name == "p.tif"
    assert item.mask is None
    assert [scene.scene_id for scene in item.scenes] == ["S2A_X"]
    assert [entry.reason for entry in item.log] == ["clear"]
    assert review_item(store, "nothing") is None


def test_the_last_decision_is_the_reviewers_own(store: Store) -> None:
    assert last_decision(store, "ann") is None
    decide(store, Decision("p", "accept", "ann", None, NOON))
    decide(store, Decision("q", "reject", "bob", None, NOON))
    found = last_decision(store, "ann")
    assert found is not None
    assert (found.pair_id, found.verdict, found.decided_at) == ("p", "accept", NOON)
    decide(store, Decision("p", "undo", "ann", None, NOON))
    assert last_decision(store, "ann") is None


def test_a_press_that_arrives_twice_is_written_once(store: Store) -> None:
    decision = Decision("p", "accept", "ann", None, NOON)
    decide(store, decision, "the same press")
    decide(store, decision, "the same press")
    assert store.decisions() == [decision]
