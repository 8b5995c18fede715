"""Scenes of a service in a real browser: its connection tested, searched, looked at, priced."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.browsing import REPOSITORY, browser_page, chromium, served_app
from tests.support.range_server import Answer, RangeServer, serving
from tests.support.stac_items import catalogue_api

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

SLOW_MS = 60_000
PICTURES = os.environ.get("MIGRATE_SCREENSHOTS_SERVICES")


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


@pytest.fixture
def service(
    require_data: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[RangeServer]:
    """Earth Search in small with real COGs; the Planetary Computer is down."""
    boadella = require_data("boadella")
    with serving(boadella / "stac") as server:
        api = catalogue_api(boadella / "stac", server.url)
        server.rule = lambda asked: Answer(400) if "/down" in asked.path else api(asked)
        monkeypatch.setenv("EARTH_SEARCH_URL", f"{server.url}/stac")
        monkeypatch.setenv("PLANETARY_COMPUTER_URL", f"{server.url}/down")
        monkeypatch.setenv("PLANETARY_COMPUTER_SAS_URL", f"{server.url}/down")
        yield server


@pytest.fixture
def workspace(require_data: Callable[[str], Path], tmp_path: Path) -> Path:
    """A workspace with the masks of the lake."""
    folder = tmp_path / "workspace"
    command = [sys.executable, "-m", "migrate_core", "--workspace", str(folder)]
    masks = require_data("boadella") / "masks"
    subprocess.run([*command, "masks", "add", str(masks)], cwd=REPOSITORY, check=True)
    return folder


def button(page: Any, name: str) -> Any:
    main = page.get_by_test_id("stMain")
    return main.get_by_role("button", name=re.compile(name)).first


def picture(page: Any, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/services-{name}.png", full_page=True)


def test_a_service_is_tested_searched_looked_at_and_priced(
    service: RangeServer, workspace: Path, tmp_path: Path
) -> None:
    view = {"width": 1300, "height": 1100}
    with (
        served_app(workspace, tmp_path / "app.log") as address,
        browser_page(tmp_path / "profile", viewport=view, color_scheme="light") as page,
    ):
        page.goto(f"{address}/Scenes")
        for name in ("Earth Search", "Planetary Computer"):
            button(page, name).click()
        button(page, "Test connection").click()
        main = page.get_by_test_id("stMain")
        main.get_by_text(re.compile("search works")).wait_for(timeout=SLOW_MS)
        main.get_by_text(re.compile("search fails")).wait_for()
        picture(page, "tested")

        button(page, r"(^|\s)Search$").click()
        page.get_by_test_id("stSidebar").get_by_text("5 matched").wait_for(timeout=SLOW_MS)
        # The service that is down is named, and the table is there all the same.
        warned = page.get_by_test_id("stAlertContentWarning")
        warned.get_by_text(re.compile("planetary-computer: the search failed")).wait_for()
        main.get_by_text("All 5 masks have a usable scene").wait_for()
        main.get_by_text(re.compile(r"rank 1 of \d")).wait_for()
        assert pixels_are_asked_for(service)
        assert main.get_by_text("There is no quicklook").count() == 0
        picture(page, "found")

        page.goto(f"{address}/Pairs")
        main.get_by_text("What fetching pixels from services takes").wait_for()
        main.get_by_text(re.compile("Estimates before the start")).wait_for()
        picture(page, "priced")
        button(page, "Make 5 pairs").click()
        page.get_by_test_id("stSidebar").get_by_text("5 made").wait_for(timeout=2 * SLOW_MS)
        # The last pair is counted a moment before the run ends and the page is drawn again.
        main.get_by_text("What fetching pixels from services takes").wait_for(
            state="detached", timeout=SLOW_MS
        )
        assert page.get_by_test_id("stException").count() == 0
        picture(page, "made")


def pixels_are_asked_for(service: RangeServer) -> bool:
    """Whether the page reads the picture of the scene, within the patience of a person."""
    deadline = time.monotonic() + SLOW_MS / 1000
    while time.monotonic() < deadline:
        if any(asked.path.endswith("B04.tif") for asked in service.asked):
            return True
        time.sleep(0.1)
    return False
