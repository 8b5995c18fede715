"""Opening pairs: what is granted, and what a reviewer learns of the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrate_core.model import Decision, Pair
from migrate_core.review.batches import BatchRequest, decide_batch
from migrate_core.review.team.open_pairs import open_pairs
from migrate_core.states import BatchKind, DecisionState, PairState, Verdict
from migrate_core.store.base import Store, open_store
from migrate_core.store.review.leases import Holder
from migrate_core.store.review.settings import ReviewSettings, put_review_settings
from migrate_core.workspace import Workspace

ANN, BOB = Holder("1", "ann"), Holder("2", "bob")
ACCEPTED = (DecisionState.ACCEPTED, None)
UNDECIDED = (None, None)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(Workspace(tmp_path))


def say(store: Store, pair_id: str, who: str = "ann") -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    store.append_decision(Decision(pair_id, Verdict.ACCEPT, who, None, now))


def test_pairs_that_are_open_with_another_are_not_granted(store: Store) -> None:
    assert open_pairs(store, ANN, ["a", "b"], 0).granted == {"a", "b"}
    found = open_pairs(store, BOB, ["b", "c"], 0)
    assert found.granted == {"c"}
    assert {pair: lease.reviewer for pair, lease in found.others.items()} == {
        "a": "ann",
        "b": "ann",
    }
    assert found.statuses == {"b": UNDECIDED, "c": UNDECIDED}


def test_one_learns_what_others_decided_since(store: Store) -> None:
    say(store, "a")
    known = open_pairs(store, BOB, [], 0)
    assert (known.statuses, known.newest) == ({"a": ACCEPTED}, 1)
    say(store, "b")
    found = open_pairs(store, BOB, ["c"], known.newest)
    assert found.statuses == {"b": ACCEPTED, "c": UNDECIDED}
    assert open_pairs(store, ANN, ["b"], found.newest).statuses == {
        "b": (DecisionState.ACCEPTED, Verdict.ACCEPT)
    }


def test_a_pair_that_was_decided_while_it_was_leased_is_known_to_be(store: Store) -> None:
    open_pairs(store, ANN, ["a"], 0)
    say(store, "a")
    open_pairs(store, ANN, ["b"], 0)
    found = open_pairs(store, BOB, ["a"], 1)
    assert (found.granted, found.statuses) == ({"a"}, {"a": ACCEPTED})


def test_the_second_of_double_review_learns_nothing(store: Store) -> None:
    put_review_settings(store, ReviewSettings(double_share=1.0))
    say(store, "a")
    assert open_pairs(store, BOB, [], 0).statuses == {"a": UNDECIDED}
    assert open_pairs(store, ANN, [], 0).statuses["a"][0] == DecisionState.ACCEPTED


def test_one_learns_what_persons_have_looked_at(store: Store) -> None:
    store.put_pairs([Pair("a", "m", "m.tif", ("scene",), state=PairState.DONE)])
    decide_batch(store, BatchRequest(BatchKind.MODEL, Verdict.ACCEPT, "auto:1"), ["a"])
    found = open_pairs(store, BOB, ["a", "b"], 0)
    assert (found.statuses["a"], found.looked_at) == (ACCEPTED, frozenset())
    say(store, "a")
    assert open_pairs(store, BOB, ["b"], 1).looked_at == {"a"}
    put_review_settings(store, ReviewSettings(double_share=1.0))
    assert open_pairs(store, BOB, ["b"], 1).looked_at == frozenset()


def test_who_audits_a_rule_does_not_learn_what_it_decided(store: Store) -> None:
    pairs = ("a", "b")
    store.put_pairs(
        [Pair(pair_id, "m", "m.tif", ("scene",), state=PairState.DONE) for pair_id in pairs]
    )
    document = {"text": "clear", "verdict": "accept", "pairs": 2, "audit": {"pairs": ["a"]}}
    rule = BatchRequest(BatchKind.RULE, Verdict.ACCEPT, "ann", document=document)
    decide_batch(store, rule, pairs)
    by_ann = (DecisionState.ACCEPTED, Verdict.ACCEPT)
    assert open_pairs(store, ANN, ["a"], 0).statuses == {"a": UNDECIDED, "b": by_ann}
    say(store, "a", "bob")
    assert open_pairs(store, ANN, ["a"], 2).statuses == {"a": by_ann}


def test_leases_last_as_long_as_the_team_says(store: Store) -> None:
    put_review_settings(store, replace(ReviewSettings(), lease_minutes=0.0))
    open_pairs(store, ANN, ["a"], 0)
    assert open_pairs(store, BOB, ["a"], 0).granted == {"a"}
