"""Ranking in a real browser: a weight is moved, its effect seen, and used for all masks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from migrate_core.store.base import open_store
from migrate_core.store.last_search import last_found
from migrate_core.workspace import Workspace
from tests.support.browsing import browser_page, chromium

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

SLOW_MS = 60_000


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


def test_the_effect_of_a_limit_and_a_weight_is_seen_and_used(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served_alone
    view = {"width": 1280, "height": 800}
    with browser_page(tmp_path / "profile", viewport=view) as page:
        page.goto(f"{address}/Scenes")
        main = page.get_by_test_id("stMain")
        main.get_by_text(re.compile("^Ranking: usable up to 10 %")).click()
        main.get_by_text("This is the ranking in use").wait_for(timeout=SLOW_MS)
        moved = slider(page, "Weight: closeness")
        for _ in range(20):
            moved.press("ArrowRight")
        main.get_by_text("closeness 50 %").wait_for(timeout=SLOW_MS)
        limit = page.get_by_role("spinbutton", name="Usable: cloud up to, %")
        limit.fill("25")
        limit.press("Enter")
        planned = main.get_by_text(re.compile(r"3 of 6 masks would get another scene; 5 would"))
        planned.wait_for(timeout=SLOW_MS)
        main.get_by_role("button", name="Use this ranking").click()
        page.get_by_test_id("stSidebar").get_by_text("5 matched").wait_for(timeout=SLOW_MS)
        main.get_by_text(re.compile("^Ranking: usable up to 25 %")).wait_for(timeout=SLOW_MS)
        main.get_by_text(re.compile("3 of 6 masks got another scene")).wait_for()
    store = open_store(workspace)
    found = last_found(store)
    store.engine.dispose()
    assert found is not None
    assert (found.ranking.usable_cloud_percent, found.ranking.weights["closeness"]) == (25, 3)


def slider(page: Any, name: str) -> Any:
    found = page.get_by_role("slider", name=name)
    found.focus()
    return found
