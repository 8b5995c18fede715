"""Choices on pages outlive a reload, go away with the browser's way back, and are in links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from migrate_core.workspace import Workspace
from tests.support.browsing import browser_page, chromium

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

SLOW_MS = 60_000
# By then the browser has the address of a choice: `pages.shared.state` waits as long.
SETTLED_MS = 2500


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


def include(page: Any, name: str) -> Any:
    return page.get_by_role("radio", name=re.compile(f"^{name}"))


def test_choices_on_export_outlive_a_reload_and_go_away_with_the_way_back(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, _ = served
    with browser_page(tmp_path) as page:
        page.goto(f"{address}/Export")
        include(page, "Accepted:").wait_for(timeout=SLOW_MS, state="attached")
        page.get_by_text(re.compile("^All but rejected")).click()
        page.wait_for_url(re.compile(r"\?include=all$"), timeout=SLOW_MS)
        page.get_by_role("button", name="Export 6 pairs").wait_for(timeout=SLOW_MS)
        page.reload()
        page.get_by_role("button", name="Export 6 pairs").wait_for(timeout=SLOW_MS)
        assert include(page, "All but rejected").is_checked()
        page.get_by_text(re.compile("^Accepted and undecided")).click()
        page.wait_for_url(re.compile(r"\?include=undecided$"), timeout=SLOW_MS)
        page.wait_for_timeout(SETTLED_MS)
        page.go_back()
        page.wait_for_url(re.compile(r"\?include=all$"), timeout=SLOW_MS)
        page.wait_for_function(
            "() => [...document.querySelectorAll('[role=radiogroup] input')]"
            ".some((one) => one.checked && one.closest('label').innerText.includes('All but'))",
            timeout=SLOW_MS,
        )
        assert page.get_by_test_id("stException").count() == 0


def test_how_pairs_are_made_outlives_a_look_at_another_page_and_a_reload(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, _ = served
    with browser_page(tmp_path) as page:
        page.goto(f"{address}/Pairs?resampling=cubic")
        anew = page.get_by_text("This makes 6 new pairs in place of 6 present ones")
        anew.wait_for(timeout=SLOW_MS)
        sidebar = page.get_by_test_id("stSidebar")
        sidebar.get_by_role("link", name=re.compile("^Masks")).click()
        page.get_by_role("heading", name="Masks", level=1).wait_for(timeout=SLOW_MS)
        sidebar.get_by_role("link", name=re.compile("^Pairs")).click()
        anew.wait_for(timeout=SLOW_MS)
        page.wait_for_url(re.compile("resampling=cubic"), timeout=SLOW_MS)
        page.reload()
        anew.wait_for(timeout=SLOW_MS)
        assert page.get_by_test_id("stException").count() == 0
