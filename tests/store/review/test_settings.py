"""How a team reviews is kept in the workspace."""

from __future__ import annotations

from pathlib import Path

from migrate_core.store.base import open_store
from migrate_core.store.review.settings import (
    ReviewSettings,
    put_review_settings,
    review_settings,
)
from migrate_core.workspace import Workspace


def test_what_was_set_is_there_again(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert review_settings(open_store(workspace)) == ReviewSettings()
    wanted = ReviewSettings(double_share=0.2, auto_accept=True)
    put_review_settings(open_store(workspace), wanted)
    assert review_settings(open_store(workspace)) == wanted
