"""The log of repairs in the database, and databases of before it was kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from migrate_core.model import Pair, PairEdit
from migrate_core.states import EditKind, PairState
from migrate_core.store.base import Store, open_store
from migrate_core.store.decisions import (
    append_edit,
    applied_edits,
    edit_logs,
    edit_of,
    edits_of,
    renew_pair,
)
from migrate_core.store.schema.migrations import SCHEMA_VERSION
from migrate_core.workspace import Workspace
from tests.support.older_database import make_older

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NUDGE = PairEdit("t1", "p", EditKind.NUDGE, {"east_m": 1.5, "north_m": 0.0}, "ann", NOON)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(Workspace(tmp_path))


def test_edits_are_appended_in_order_and_the_same_token_counts_once(store: Store) -> None:
    undo = replace(NUDGE, token="t2", kind=EditKind.UNDO, document={})
    other = replace(NUDGE, token="t3", pair_id="q", reviewer="ben")
    for edit in (NUDGE, undo, other, replace(NUDGE, reviewer="eve")):
        append_edit(store, edit)
    assert edits_of(store, "p") == [NUDGE, undo]
    assert edit_of(store, "t3") == other
    assert edit_of(store, "t4") is None


def test_logs_are_those_of_pairs_that_are_done(store: Store) -> None:
    states = {"p": PairState.DONE, "q": PairState.SUPERSEDED, "r": PairState.DONE}
    store.put_pairs([Pair(key, "m", "m.tif", ("A",), state) for key, state in states.items()])
    for key in states:
        append_edit(store, replace(NUDGE, token=key, pair_id=key))
    assert edit_logs(store) == {key: edits_of(store, key) for key in ("p", "r")}
    renew_pair(store, "p", {"edits": ("p",)})
    assert applied_edits(store) == {"p": ("p",), "q": (), "r": ()}


def test_a_renewed_pair_keeps_all_else(store: Store) -> None:
    pair = Pair("p", "m", "m.tif", ("A",), PairState.DONE, change=0.5)
    store.put_pairs([pair, replace(pair, pair_id="q")])
    renew_pair(store, "p", {"edits": ("t1",), "change": 0.25})
    assert store.pair("p") == replace(pair, edits=("t1",), change=0.25)
    assert store.pair("q") == replace(pair, pair_id="q")
    renew_pair(store, "nobody", {"change": 1.0})
    assert [one.pair_id for one in store.pairs()] == ["p", "q"]


def test_a_database_without_the_log_gets_it_and_keeps_its_rows(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    old = open_store(workspace)
    pair = Pair("p", "m", "m.tif", ("A",), PairState.DONE)
    old.put_pairs([pair])
    make_older(old.engine, "2")
    with old.engine.begin() as connection:
        # Its documents know nothing of edits either.
        without = "UPDATE pairs SET document = json_remove(document, '$.edits')"
        connection.execute(sa.text(without))
    old.engine.dispose()
    store = open_store(workspace)
    assert store.pairs() == [pair]
    append_edit(store, NUDGE)
    assert applied_edits(store) == {"p": ()}
    with store.engine.connect() as connection:
        version = connection.scalar(sa.text("SELECT value FROM facts WHERE name = 'schema'"))
    assert version == SCHEMA_VERSION
