"""Models of the triage in the store: the newest is in use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from migrate_core.store.base import open_store
from migrate_core.store.review.models import newest_model, newest_version, put_model
from migrate_core.workspace import Workspace

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_newest_model_is_in_use(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path))
    assert newest_model(store) is None
    assert newest_version(store) is None
    put_model(store, "b", NOON + timedelta(days=1), {"weights": [0.5]})
    put_model(store, "a", NOON, {"weights": [0.25]})
    assert newest_version(store) == "b"
    assert newest_model(store) == {"weights": [0.5]}
    put_model(store, "b", NOON + timedelta(days=1), {"weights": [1.0]})
    assert newest_model(store) == {"weights": [1.0]}
