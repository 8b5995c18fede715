"""Orders of long-term archives in the store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from migrate_core.store.base import open_store
from migrate_core.store.transfers.orders import Order, find_order, forget_order, orders, put_order
from migrate_core.workspace import Workspace

ORDER = Order("dhus:https://x", "uuid", "S2A", "ordered", "2024-01-01T00:00:00Z")


def test_an_order_is_found_on_another_day_and_keeps_its_first_time(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path))
    assert put_order(store, ORDER) == ORDER
    later = replace(ORDER, state="refused", since="2024-01-02T00:00:00Z", words="busy")
    assert put_order(store, later).since == ORDER.since
    other_process = open_store(Workspace(tmp_path))
    assert orders(other_process) == [replace(later, since=ORDER.since)]
    assert find_order(store, ORDER.source, ORDER.product_id) == replace(later, since=ORDER.since)
    assert find_order(store, ORDER.source, "other") is None
    forget_order(store, ORDER.source, ORDER.product_id)
    assert orders(store) == []


def test_the_oldest_order_comes_first(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path))
    put_order(store, ORDER)
    put_order(store, replace(ORDER, product_id="older", since="2023-12-31T00:00:00Z"))
    assert [order.product_id for order in orders(store)] == ["older", "uuid"]
