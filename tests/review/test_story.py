"""The story of a pair: decisions, repairs, batches, what was settled, earlier pairs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from migrate_core.errors import WrongUseError
from migrate_core.model import Decision, Pair, PairEdit
from migrate_core.review.run import decide, new_decision
from migrate_core.review.story import pair_story, story_of
from migrate_core.states import Basis, DecisionState, EditKind, PairState, Verdict
from migrate_core.store.base import Store, open_store
from migrate_core.store.decisions import append_edit
from migrate_core.workspace import Workspace

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = open_store(Workspace(tmp_path))
    old = Pair("old", "m", "m.tif", ("s",), PairState.SUPERSEDED)
    found.put_pairs([old, Pair("new", "m", "m.tif", ("s",), PairState.DONE)])
    return found


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def test_all_that_happened_is_in_order(store: Store) -> None:
    for entry in (
        Decision("old", Verdict.REJECT, "ann", "cloud", at(0)),
        Decision("new", Verdict.ACCEPT, "auto:v3", None, at(2), Basis.MODEL, "b2"),
        Decision("new", Verdict.ACCEPT, "ann", "accept pairs with: x", at(3), Basis.RULE, "b3"),
        Decision("new", Verdict.UNDO, "ann", None, at(4), Basis.RULE, "b3"),
        Decision("new", Verdict.REJECT, "bob", None, at(5)),
        Decision("new", Verdict.ACCEPT, "cem", "fine", at(6), settles=True),
    ):
        store.append_decision(entry)
    nudge = {"east_m": 2.5, "north_m": -1}
    append_edit(store, PairEdit("t", "new", EditKind.NUDGE, nudge, "bob", at(1)))
    found = [(one.pair_id, one.who, one.what, one.why) for one in pair_story(store, "new")]
    assert found == [
        ("old", "ann", "rejected", "cloud"),
        ("new", "bob", "moved the label 2.5 m east, -1 m north", None),
        ("new", "auto:v3", "accepted by the triage (batch b2)", None),
        ("new", "ann", "accepted by a rule (batch b3)", "accept pairs with: x"),
        ("new", "ann", "took back (batch b3)", None),
        ("new", "bob", "rejected", None),
        ("new", "cem", "settled: accepted", "fine"),
    ]


def test_a_pair_that_is_not_there_has_no_story(store: Store) -> None:
    assert story_of([]) == pair_story(store, "new") == []
    with pytest.raises(WrongUseError, match="'gone' is no pair"):
        pair_story(store, "gone")


def test_a_conflict_is_settled_once(store: Store) -> None:
    decide(store, new_decision("new", "accept", "ann"))
    with pytest.raises(WrongUseError, match="no conflict to settle"):
        decide(store, new_decision("new", "accept", "cem", settles=True))
    decide(store, new_decision("new", "reject", "bob"))
    found = decide(store, new_decision("new", "accept", "cem", "seen", settles=True))
    assert (found.decision, found.deciders) == (DecisionState.ACCEPTED, ("cem",))
    with pytest.raises(WrongUseError, match="no conflict to settle"):
        decide(store, new_decision("new", "reject", "dan", settles=True))
    undone = decide(store, new_decision("new", "undo", "cem"))
    assert undone.decision == DecisionState.CONFLICT
