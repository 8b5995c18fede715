"""Pairs of a run: kept as they are now, written some at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from migrate_core.errors import DatabaseUnusableError
from migrate_core.model import Pair
from migrate_core.pairs.run.pair_rows import PairRows
from migrate_core.states import PairState
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace

PAIRS = [Pair(f"p{n}", f"m{n}", f"m{n}.tif", ("s",)) for n in range(3)]


class Clock:
    """A clock that tests put forward."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("migrate_core.pairs.run.pair_rows.time", clock)
    return clock


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(Workspace(tmp_path / "workspace"))
    yield store
    store.engine.dispose()


def states(store: Store) -> list[str]:
    return [pair.state for pair in store.pairs()]


def test_what_changed_is_written_together_with_the_last_of_each_pair(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = PairRows(store, PAIRS)
    written: list[list[str]] = []
    put = store.put_pairs
    monkeypatch.setattr(
        store,
        "put_pairs",
        lambda pairs: (written.append([pair.pair_id for pair in pairs]), put(pairs)),
    )
    for state in (PairState.RUNNING, PairState.DONE):
        for pair in PAIRS[:2]:
            rows.put(replace(rows[pair.pair_id], state=state))
    assert states(store) == []
    rows.write()
    assert (states(store), written) == (["done", "done"], [["p0", "p1"]])
    assert [pair.state for pair in rows.all()] == ["done", "done", "queued"]


def test_writing_is_due_at_once_and_then_twice_a_second_where_something_changed(
    store: Store, clock: Clock
) -> None:
    rows = PairRows(store, PAIRS)
    assert not rows.due
    rows.put(replace(PAIRS[0], state=PairState.RUNNING))
    assert rows.due
    rows.write()
    clock.now += 10
    assert not rows.due
    rows.put(replace(PAIRS[0], state=PairState.DONE))
    assert rows.due
    rows.write()
    rows.put(replace(PAIRS[1], state=PairState.RUNNING))
    clock.now += 0.4
    assert not rows.due
    clock.now += 0.2
    assert rows.due


def test_what_could_not_be_written_is_written_the_next_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = PairRows(store, PAIRS)
    rows.put(replace(PAIRS[0], state=PairState.DONE))

    def refuse(pairs: object) -> None:
        raise DatabaseUnusableError("busy")

    with monkeypatch.context() as patch:
        patch.setattr(store, "put_pairs", refuse)
        with pytest.raises(DatabaseUnusableError):
            rows.write()
    rows.write()
    assert states(store) == ["done"]
