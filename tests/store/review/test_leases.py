"""Leases: who has which pair open."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from migrate_core.store.base import Store, open_store
from migrate_core.store.review.leases import end_leases, leased_to_others, take_leases
from migrate_core.workspace import Workspace


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(Workspace(tmp_path))


def test_a_pair_is_leased_to_one_until_the_lease_ends(store: Store) -> None:
    assert take_leases(store, ["a", "b"], "ann", now=0, until=60) == {"a", "b"}
    assert take_leases(store, ["b", "c"], "bob", now=30, until=90) == {"c"}
    assert leased_to_others(store, "bob", now=30) == {"a": "ann", "b": "ann"}
    assert leased_to_others(store, "ann", now=30) == {"c": "bob"}
    assert leased_to_others(store, "bob", now=61) == {}
    assert take_leases(store, ["b"], "bob", now=61, until=121) == {"b"}


def test_a_lease_is_prolonged_by_who_has_it(store: Store) -> None:
    take_leases(store, ["a"], "ann", now=0, until=60)
    take_leases(store, ["a"], "ann", now=50, until=110)
    assert take_leases(store, ["a"], "bob", now=100, until=160) == set()


def test_leases_end_but_for_those_that_go_on(store: Store) -> None:
    take_leases(store, ["a", "b", "c"], "ann", now=0, until=60)
    take_leases(store, ["d"], "bob", now=0, until=60)
    end_leases(store, "ann", but=["c"])
    assert leased_to_others(store, "", now=1) == {"c": "ann", "d": "bob"}


def test_of_many_that_ask_at_once_one_gets_each_pair(store: Store) -> None:
    pairs = [f"p{number}" for number in range(5)]
    got: dict[str, frozenset[str]] = {}

    def ask(reviewer: str) -> None:
        got[reviewer] = take_leases(store, pairs, reviewer, now=0, until=60)

    threads = [threading.Thread(target=ask, args=(f"r{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(pair for found in got.values() for pair in found) == pairs
