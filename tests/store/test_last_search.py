"""What a search was asked for is remembered in the workspace."""

from pathlib import Path

from migrate_core.model import SceneQuery
from migrate_core.settings import RankingSettings
from migrate_core.store.base import open_store
from migrate_core.store.last_search import (
    SearchParameters,
    last_asked,
    last_found,
    remember_asked,
    remember_found,
)
from migrate_core.workspace import Workspace

FIRST = SearchParameters(
    ("local:/a", "local:/b"),
    SceneQuery(14, 60.0, "L1C"),
    RankingSettings(5.0, 0.8, {"closeness": 2.0}),
)
SECOND = SearchParameters(("local:/c",), SceneQuery(), RankingSettings())


def test_what_was_asked_and_what_was_found_are_two_things(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path))
    assert (last_asked(store), last_found(store)) == (None, None)
    remember_asked(store, FIRST)
    remember_found(store, FIRST)
    remember_asked(store, SECOND)
    store.engine.dispose()

    again = open_store(Workspace(tmp_path))
    assert (last_asked(again), last_found(again)) == (SECOND, FIRST)
    again.engine.dispose()
