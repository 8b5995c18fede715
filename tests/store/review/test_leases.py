"""Leases: who has which pair open."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from migrate_core.store.base import Store, open_store
from migrate_core.store.review.leases import Holder, Lease, hold_leases, leased_to_others
from migrate_core.workspace import Workspace

ANN, BOB, NOBODY = Holder("1", "ann"), Holder("2", "bob"), Holder("", "")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(Workspace(tmp_path))


def names(store: Store, holder: Holder, now: float) -> dict[str, str]:
    return {key: lease.reviewer for key, lease in leased_to_others(store, holder, now).items()}


def test_a_pair_is_leased_to_one_until_the_lease_ends(store: Store) -> None:
    assert hold_leases(store, ANN, ["a", "b"], now=0, until=60) == {"a", "b"}
    assert hold_leases(store, BOB, ["b", "c"], now=30, until=90) == {"c"}
    assert names(store, BOB, now=30) == {"a": "ann", "b": "ann"}
    assert names(store, ANN, now=30) == {"c": "bob"}
    assert names(store, BOB, now=61) == {}
    assert hold_leases(store, BOB, ["b"], now=61, until=121) == {"b"}


def test_a_lease_is_prolonged_by_who_has_it(store: Store) -> None:
    hold_leases(store, ANN, ["a"], now=0, until=60)
    hold_leases(store, ANN, ["a"], now=50, until=110)
    assert hold_leases(store, BOB, ["a"], now=100, until=160) == set()
    assert leased_to_others(store, BOB, now=100) == {"a": Lease("ann", 0)}


def test_a_lease_that_ended_begins_again_with_who_takes_it(store: Store) -> None:
    hold_leases(store, ANN, ["a"], now=0, until=60)
    hold_leases(store, ANN, ["a"], now=70, until=130)
    assert leased_to_others(store, BOB, now=70) == {"a": Lease("ann", 70)}
    hold_leases(store, BOB, ["a"], now=131, until=190)
    assert leased_to_others(store, ANN, now=131) == {"a": Lease("bob", 131)}


def test_leases_end_but_for_those_that_go_on(store: Store) -> None:
    hold_leases(store, ANN, ["a", "b", "c"], now=0, until=60)
    hold_leases(store, BOB, ["d"], now=0, until=60)
    assert hold_leases(store, ANN, ["c"], now=0, until=60) == {"c"}
    assert names(store, NOBODY, now=1) == {"c": "ann", "d": "bob"}
    assert hold_leases(store, ANN, [], now=1, until=60) == set()
    assert names(store, NOBODY, now=1) == {"d": "bob"}


def test_two_windows_of_one_reviewer_do_not_open_the_same_pair(store: Store) -> None:
    other = ANN._replace(window="3")
    assert hold_leases(store, ANN, ["a"], now=0, until=60) == {"a"}
    assert hold_leases(store, other, ["a", "b"], now=0, until=60) == {"b"}
    assert names(store, other, now=1) == {"a": "ann"}
    hold_leases(store, other, [], now=1, until=60)
    assert names(store, NOBODY, now=1) == {"a": "ann"}


def test_a_window_keeps_its_leases_when_another_person_sits_down(store: Store) -> None:
    hold_leases(store, ANN._replace(reviewer="root"), ["a"], now=0, until=60)
    assert hold_leases(store, ANN, ["a"], now=1, until=61) == {"a"}
    assert names(store, NOBODY, now=1) == {"a": "ann"}


def test_of_many_that_ask_at_once_one_gets_each_pair(store: Store) -> None:
    pairs = [f"p{number}" for number in range(5)]
    got: dict[str, frozenset[str]] = {}

    def ask(reviewer: str) -> None:
        got[reviewer] = hold_leases(store, Holder(reviewer, reviewer), pairs, now=0, until=60)

    threads = [threading.Thread(target=ask, args=(f"r{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(pair for found in got.values() for pair in found) == pairs
