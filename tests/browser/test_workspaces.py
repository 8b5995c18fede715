"""Two tabs of one browser work in two workspaces; what is decided goes where it was looked at."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.browsing import browser_page, chromium
from tests.support.light_table import SLOW_MS, log_of, press, shown

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


def decided(page: Any, workspace: Workspace) -> list[str]:
    """Accept the pair that is shown; who said what of it in a workspace, once it is saved."""
    pair_id = shown(page)
    press(page, "a")
    page.wait_for_timeout(3000)
    return [entry.verdict for entry in log_of(workspace, pair_id)]


def go_to(page: Any, name: str) -> None:
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_role("link", name=re.compile(f"^{name}")).first.click()


def log_length(workspace: Workspace) -> int:
    store = open_store(workspace)
    found = len(store.decisions())
    store.engine.dispose()
    return found


def test_each_tab_decides_in_its_own_workspace_and_can_open_another(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, own = served_alone
    other = Workspace(Path(shutil.copytree(own.root, tmp_path / "other")))
    with browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as first:
        first.goto(f"{address}/Review")
        shown(first)
        second = first.context.new_page()
        second.set_default_timeout(SLOW_MS)
        second.goto(f"{address}/Review?workspace=other")
        assert decided(second, other) == ["accept"]
        assert (log_length(own), log_length(other)) == (0, 1)
        second.reload()
        second.get_by_test_id("stSidebar").get_by_text("other").wait_for(timeout=SLOW_MS)
        # From page to page, and to the other workspace in the same tab.
        go_to(second, "Home")
        second.get_by_text("Workspace: other").click()
        second.get_by_role("link", name=own.root.name, exact=True).click()
        second.get_by_text(f"Workspace: {own.root.name}").wait_for(timeout=SLOW_MS)
        go_to(second, "Review")
        shown(second)
        second.wait_for_timeout(2000)
        assert decided(second, own) == ["accept"]
        assert (log_length(own), log_length(other)) == (1, 1)
        assert second.get_by_test_id("stException").count() == 0
