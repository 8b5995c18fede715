"""Deciding many pairs at once, and taking that back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrate_core.errors import WrongUseError
from migrate_core.model import Pair
from migrate_core.review.batches import BatchRequest, decide_batch, undo_batch
from migrate_core.review.decisions import review_statuses
from migrate_core.review.queue_rows import last_decision, review_item
from migrate_core.review.run import decide, new_decision
from migrate_core.states import BatchKind, Verdict
from migrate_core.store.base import Store, open_store
from migrate_core.store.review.batches import batch_entries, batch_of, decisions_of_batch
from migrate_core.store.review.checks import AttentionCheck, all_checks, put_check, take_out_checks
from migrate_core.workspace import Workspace

PAIRS = ("p1", "p2", "p3")
RULE = BatchRequest(
    BatchKind.RULE, Verdict.ACCEPT, "ann", "no occlusion", {"occluded": 0}, batch_id="b1"
)


def pair(pair_id: str, state: str = "done") -> Pair:
    return Pair(pair_id, "m", "m.tif", ("scene",), state=state)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(Workspace(tmp_path))
    store.put_pairs([*map(pair, PAIRS), pair("failed", "failed")])
    return store


def decisions(store: Store) -> dict[str, str]:
    return {pair_id: str(found.decision) for pair_id, found in review_statuses(store).items()}


def test_a_rule_decides_many_and_is_undone_in_one_step(store: Store) -> None:
    batch = decide_batch(store, RULE, PAIRS)
    assert decisions(store) == dict.fromkeys(PAIRS, "accepted")
    assert batch_of(store, "b1") == batch
    assert {one.reason for one in decisions_of_batch(store, "b1")} == {"no occlusion"}
    assert [(entry.batch.batch_id, entry.pairs) for entry in batch_entries(store)] == [("b1", 3)]
    assert undo_batch(store, "b1", "bob") == 3
    assert decisions(store) == dict.fromkeys(PAIRS, "None")
    undone, made = batch_entries(store)
    assert (undone.batch.kind, undone.batch.reviewer) == ("undo", "bob")
    assert undone.batch.document == {"batch": "b1"}
    assert made.pairs == 3
    assert undo_batch(store, "b1", "bob") == 0


def test_a_request_that_comes_twice_decides_once(store: Store) -> None:
    decide_batch(store, RULE, PAIRS)
    decide_batch(store, RULE, PAIRS)
    assert len(store.decisions()) == 3


def test_undoing_a_batch_leaves_what_was_decided_by_hand(store: Store) -> None:
    decide(store, new_decision("p1", "unsure", "ann"))
    decide_batch(store, replace(RULE, kind=BatchKind.SELECTION), PAIRS)
    decide(store, new_decision("p2", "reject", "ann"))
    assert undo_batch(store, "b1", "ann") == 3
    assert decisions(store) == {"p1": "unsure", "p2": "rejected", "p3": "None"}
    decide(store, new_decision("p2", "undo", "ann"))
    assert decisions(store)["p2"] == "None"


def test_the_next_undo_of_a_reviewer_passes_over_batches_that_are_undone(store: Store) -> None:
    decide(store, new_decision("p1", "unsure", "ann"))
    decide_batch(store, RULE, PAIRS)
    found = last_decision(store, "ann")
    assert found is not None
    assert found.batch == "b1"
    undo_batch(store, "b1", "ann")
    found = last_decision(store, "ann")
    assert found is not None
    assert (found.pair_id, found.verdict, found.batch) == ("p1", "unsure", None)


def test_nothing_is_decided_where_one_is_no_finished_pair(store: Store) -> None:
    with pytest.raises(WrongUseError, match="'failed' is no finished pair"):
        decide_batch(store, RULE, [*PAIRS, "failed"])
    assert store.decisions() == []
    with pytest.raises(WrongUseError, match="'b1' is no batch"):
        undo_batch(store, "b1", "ann")


def test_an_undo_is_not_undone_as_a_batch(store: Store) -> None:
    decide_batch(store, RULE, PAIRS)
    undo_batch(store, "b1", "ann")
    undo = batch_entries(store)[0].batch.batch_id
    with pytest.raises(WrongUseError, match="is no batch"):
        undo_batch(store, undo, "ann")


def test_an_attention_check_can_be_decided_but_is_no_pair(store: Store) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    check = AttentionCheck(pair("p9"), "p1", "shifted label", now)
    put_check(store, check)
    assert all_checks(store) == [check]
    assert "p9" not in {one.pair_id for one in store.pairs()}
    assert store.pair_states() == {"done": 3, "failed": 1}
    assert decide(store, new_decision("p9", "reject", "ann")).decision == "rejected"
    item = review_item(store, "p9")
    assert item is not None
    assert item.pair == check.pair
    decide_batch(store, RULE, ["p1", "p9"])
    take_out_checks(store)
    assert all_checks(store) == []
    assert review_item(store, "p9") is None
