"""What a run of pairs would do, and what failed before it, as counted by the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrate_core.model import Decision, PairParameters
from migrate_core.states import Failure
from migrate_core.store.base import Store, open_store
from migrate_core.store.derived.before_run import (
    RunAhead,
    failures,
    masks_failed_by,
    run_ahead,
)
from migrate_core.workspace import Workspace
from tests.store.test_pair_list import mask, pair, ranked

BILINEAR, CUBIC = PairParameters(), PairParameters("cubic")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Masks a to d with the scene s1 selected and another, s2; of e none was found."""
    store = open_store(Workspace(tmp_path))
    store.put_masks([mask(name) for name in "abcde"] + [mask("f", "no date")])
    scenes = [ranked("s1"), ranked("s2")]
    store.put_scenes([one.scene for one in scenes])
    store.put_candidates(dict.fromkeys("abcdf", scenes))
    store.put_pairs(
        [
            pair("a", "s1", "done"),
            pair("b", "s1", "failed"),
            pair("c", "s1", "superseded"),
            pair("d", "s2", "done"),
        ]
    )
    return store


def decide(store: Store, pair_id: str, verdict: str) -> None:
    store.append_decision(Decision(pair_id, verdict, "ann", None, datetime.now(UTC)))


def test_as_pairs_were_made_only_what_is_missing_is_made(store: Store) -> None:
    # b failed, d is of another scene than the selected one.
    assert run_ahead(store, BILINEAR) == RunAhead(made=1, back=1, new=2, replaced=1, decided={})


def test_another_way_replaces_all_present_pairs(store: Store) -> None:
    assert run_ahead(store, CUBIC) == RunAhead(made=0, back=0, new=4, replaced=3, decided={})


def test_an_offset_that_a_person_set_is_no_other_way(store: Store) -> None:
    by_hand = replace(pair("a", "s1", "done"), parameters=PairParameters(offset=-1000))
    store.put_pairs([by_hand])
    assert run_ahead(store, BILINEAR).made == 1


def test_decisions_about_pairs_that_are_replaced_are_counted(store: Store) -> None:
    assert run_ahead(store, CUBIC).decided == {}
    decide(store, "a_s1", "accept")
    decide(store, "d_s2", "reject")
    # It was superseded before.
    decide(store, "c_s1", "accept")
    assert run_ahead(store, CUBIC).decided == {"accepted": 1, "rejected": 1}
    assert run_ahead(store, BILINEAR).decided == {"rejected": 1}


def test_failures_are_counted_by_kind_the_most_first(store: Store) -> None:
    kinds = {"a": Failure.MASK, "b": Failure.SERVICE, "c": Failure.SERVICE, "d": None}
    store.put_pairs(
        [replace(pair(name, "s1", "failed"), failure=kind) for name, kind in kinds.items()]
    )
    # What an earlier version wrote has no kind.
    expected = {Failure.SERVICE: 2, Failure.MASK: 1, Failure.UNFORESEEN: 1}
    assert failures(store) == expected
    assert next(iter(failures(store))) == Failure.SERVICE
    assert masks_failed_by(store, Failure.SERVICE) == ["b", "c"]
    assert masks_failed_by(store, Failure.UNFORESEEN) == ["d"]
    store.put_pairs([pair("b", "s1", "done")])
    assert failures(store)[Failure.SERVICE] == 1
