"""The light table in a real browser, and what the workspace behind it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rasterio

from migrate_core.model import Decision
from migrate_core.review.filters import QueueFilter
from migrate_core.review.pair_rows import pair_rows
from migrate_core.review.queue import arranged
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.browsing import browser_page

SLOW_MS = 60_000
# Longer than the 0.3 s in which a decision isn't counted.
LOOK_MS = 400


@contextmanager
def light_table(
    address: str, tmp_path: Path, *, state: str = "ready", **options: Any
) -> Iterator[Any]:
    """A page of the review that has come to rest, without an error of its scripts."""
    troubles: list[str] = []
    options = {"viewport": {"width": 1280, "height": 800}, **options}
    with browser_page(tmp_path / "profile", **options) as page:
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(f"{address}/Review")
        shown(page, state=state)
        yield page
    assert troubles == []


def shown(page: Any, pair_id: str | None = None, *, state: str = "ready") -> str:
    """Wait until a pair (or any) is painted and may be decided about; its id."""
    named = f'[data-pair-id="{pair_id}"]' if pair_id else ""
    viewer = page.locator(f"[data-testid=pair-viewer][data-state={state}]{named}")
    viewer.wait_for(timeout=SLOW_MS)
    page.wait_for_timeout(LOOK_MS)
    return str(root(page).get_attribute("data-pair-id"))


def root(page: Any) -> Any:
    return page.get_by_test_id("pair-viewer")


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def queue_of(workspace: Workspace) -> list[str]:
    """The ids of the pairs in the order of the page."""
    store = open_store(workspace)
    found = [row.pair_id for row in arranged(pair_rows(store), QueueFilter())]
    store.engine.dispose()
    return found


def log_of(workspace: Workspace, pair_id: str) -> list[Decision]:
    store = open_store(workspace)
    found = list(store.decisions(pair_id))
    store.engine.dispose()
    return found


def read(workspace: Workspace, pair_id: str, name: str) -> Any:
    with rasterio.open(workspace.pair(pair_id) / name) as dataset:
        return dataset.read()


def place(page: Any, across: float, down: float) -> tuple[float, float]:
    """A place of the stage in CSS pixels of the page."""
    box = root(page).locator(".stage").bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def ground(page: Any) -> tuple[float, float]:
    """Easting and northing under the cursor, in whole metres, as the line of values says."""
    page.wait_for_timeout(150)
    line = root(page).locator(".reading").inner_text()
    return tuple(float(one.replace(",", "")) for one in re.findall(r"[EN] ([\d,]+)", line)[:2])  # type: ignore[return-value]


def notice(page: Any, text: str) -> None:
    root(page).locator(".notice").get_by_text(text).wait_for(timeout=SLOW_MS)
