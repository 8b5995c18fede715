"""From page to page in a real browser while the machine is busy: no page may stay white."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from migrate_core.jobs.background import working
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.browsing import browser_page, chromium, served_app

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

SLOW_MS = 60_000
HOME = "Label migration to Sentinel-2"
# From each of these the next step of the finished workspace, Review, is one press away.
PAGES = ("Home", "Masks", "Scenes", "Pairs", "Export")


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


@contextmanager
def busy_cores() -> Iterator[None]:
    """Another process for each core, which does nothing but keep it busy."""
    command = [sys.executable, "-c", "while True: pass"]
    busy = [subprocess.Popen(command) for _ in range(os.cpu_count() or 2)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


@contextmanager
def a_job_at_work(workspace: Path) -> Iterator[None]:
    """Keeps the pages looking how far something is; it beats its heart until the end."""
    with working(open_store(Workspace(workspace)), "convert"):
        yield


def watch(page: Any) -> list[str]:
    """What the browser complains about from now on: errors of scripts, in whatever way."""
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: said.type == "error" and troubles.append(said.text))
    return troubles


def sidebar(page: Any) -> Any:
    return page.get_by_test_id("stSidebar")


def stands(page: Any, name: str) -> None:
    """The page is there, with its title and its frame, and shows no exception."""
    title = HOME if name == "Home" else name
    page.get_by_role("heading", name=title, exact=True, level=1).wait_for(timeout=SLOW_MS)
    # The last of the frame: the rest of it is there by then.
    sidebar(page).get_by_text("Glossary").wait_for(timeout=SLOW_MS)
    assert page.get_by_test_id("stException").count() == 0


def still_stands(page: Any, name: str) -> None:
    """The page is there, and nothing that was asked for by the page before empties it."""
    stands(page, name)
    page.wait_for_timeout(700)
    stands(page, name)


# Without work no page asks by itself, so there are fewer moments for a click to fall into.
@pytest.mark.parametrize(
    ("work", "times"), [(nullcontext, 8), (a_job_at_work, 20)], ids=["at rest", "at work"]
)
def test_no_page_stays_white_while_the_cores_are_busy(
    copied: Path, tmp_path: Path, work: Callable[[Path], AbstractContextManager[object]], times: int
) -> None:
    with (
        work(copied),
        served_app(copied, tmp_path / "app.log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page,
        busy_cores(),
    ):
        troubles = watch(page)
        page.goto(address)
        stands(page, "Home")
        for number in range(times):
            name = PAGES[number % len(PAGES)]
            sidebar(page).get_by_role("link", name=re.compile(f"^{name}")).click()
            stands(page, name)
            # So that clicks fall at all moments between two looks of the page at the work.
            page.wait_for_timeout(430 * number % 2100)
            sidebar(page).get_by_role("link", name=re.compile("^Review")).click()
            still_stands(page, "Review")
    assert [trouble for trouble in troubles if "delta path" in trouble] == []


def test_the_frame_shows_a_job_at_once_and_rests_after_it(copied: Path, tmp_path: Path) -> None:
    with (
        served_app(copied, tmp_path / "app.log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page,
    ):
        asked: list[Any] = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda sent: asked.append(sent)))
        page.goto(f"{address}/Export")
        page.get_by_test_id("stMain").get_by_text("Accepted and undecided: 6 pairs").click()
        page.get_by_role("button", name=re.compile("Export 6 pairs")).click()
        sidebar(page).get_by_text(re.compile("^Exporting: ")).wait_for(timeout=SLOW_MS)
        # Away from the page that watches the export: the frame alone sees how it ends.
        sidebar(page).get_by_role("link", name=re.compile("^Review")).click()
        stands(page, "Review")
        sidebar(page).get_by_text(re.compile("^Exporting: ")).wait_for(
            state="detached", timeout=SLOW_MS
        )
        page.wait_for_timeout(2000)
        asked.clear()
        page.wait_for_timeout(5000)
        assert asked == []
        # Counts follow a decision without a look every two seconds.
        page.keyboard.press("a")
        sidebar(page).get_by_text(re.compile("5 undecided, 1 accepted")).wait_for()
