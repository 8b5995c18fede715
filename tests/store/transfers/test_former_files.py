"""What earlier versions kept in files is taken over when a workspace is opened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrate_core.store.base import open_store
from migrate_core.store.transfers.downloads import downloaded
from migrate_core.store.transfers.orders import Order, orders
from migrate_core.workspace import Workspace

ORDER = {
    "source": "dhus:https://x",
    "product_id": "uuid",
    "scene_id": "S2A",
    "state": "ordered",
    "since": "2024-01-01T00:00:00Z",
    "asked_at": "2024-01-02T00:00:00Z",
    "words": "wait",
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """The files as version 0.1.0 wrote them, one line cut short by a full disk."""
    workspace = Workspace(tmp_path)
    workspace.orders.mkdir(parents=True)
    lines = (
        '{"at": 1700000000.5, "bytes": 7, "requests": 1, "what": "a"}',
        '{"at": 17000',
        '["no", "entry"]',
        '{"at": 1700000001, "bytes": 8000000000000, "requests": 2, "what": "b"}',
    )
    (workspace.transfer / "cdse.jsonl").write_text("\n".join(lines) + "\n")
    (workspace.orders / "0123456789abcdef.json").write_text(json.dumps(ORDER))
    (workspace.orders / "broken.json").write_text("{")
    return workspace


def test_downloads_and_orders_of_files_are_taken_over_once(workspace: Workspace) -> None:
    for _ in range(2):
        store = open_store(workspace)
        assert downloaded(store, "cdse", 0) == (8_000_000_000_007, 3)
        names = ("source", "product_id", "scene_id", "state", "since", "words")
        assert orders(store) == [Order(*(ORDER[name] for name in names))]
    assert list(workspace.transfer.rglob("*.json*")) == []


def test_a_kill_before_the_files_are_gone_counts_nothing_twice(workspace: Workspace) -> None:
    before = {path: path.read_bytes() for path in workspace.transfer.rglob("*.json*")}
    open_store(workspace)
    for path, content in before.items():
        path.write_bytes(content)
    assert downloaded(open_store(workspace), "cdse", 0) == (8_000_000_000_007, 3)


def test_a_file_that_can_not_be_read_does_not_keep_a_workspace_closed(workspace: Workspace) -> None:
    (workspace.transfer / "a.jsonl").mkdir()
    assert orders(open_store(workspace)) == []
    (workspace.transfer / "a.jsonl").rmdir()
    assert len(orders(open_store(workspace))) == 1
