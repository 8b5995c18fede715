"""The masks page in a real browser without internet: the map, and clicks on map and table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.browsing import browser_page, served_app
from tests.support.builders import WEST, a_mask, lonlat_box

ASSETS = Path(__file__).resolve().parents[2] / "static" / "maps" / "leaflet.js"
NORTH = 4690320.0


def put_masks(folder: Path) -> None:
    """Two masks beside each other."""
    store = open_store(Workspace(folder))
    for number, name in enumerate(("a.tif", "b.tif")):
        place = lonlat_box(WEST + 500 * number, NORTH - 300, WEST + 500 * number + 300, NORTH)
        store.put_masks([a_mask(name, extent=place, footprint=place)])
    store.engine.dispose()


@pytest.mark.browser
@pytest.mark.skipif(not ASSETS.is_file(), reason="needs `make offline-assets`")
def test_the_map_works_without_internet_and_a_click_selects(tmp_path: Path) -> None:
    from playwright.sync_api import expect

    put_masks(tmp_path / "workspace")
    asked: list[str] = []
    with (
        served_app(tmp_path / "workspace", tmp_path / "log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 1400}) as page,
    ):
        page.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
        page.on("request", lambda request: asked.append(request.url))
        frame = page.frame_locator("iframe[title*=folium]")
        page.goto(f"{address}/Masks")
        outlines = frame.locator("path.leaflet-interactive")
        # The first page of a new server takes its time on a busy machine.
        expect(outlines).to_have_count(2, timeout=30_000)
        expect(frame.get_by_text("Countries: Natural Earth")).to_be_visible()
        expect(frame.locator(".leaflet-ground-pane path").first).to_be_attached()
        frame.locator("path.leaflet-interactive[stroke-width='2']").click()
        expect(page).to_have_url(re.compile("mask=b"))
        expect(page.get_by_text("b.tif", exact=True).first).to_be_visible()
        page.reload()
        expect(page).to_have_url(re.compile("mask=b"))
        expect(page.get_by_text("b.tif", exact=True).first).to_be_visible()
        # The first page of a new server takes its time on a busy machine.
        expect(outlines).to_have_count(2, timeout=30_000)
    assert [url for url in asked if "127.0.0.1" not in url and "leaflet" in url] == []
    assert any("leaflet.js" in url for url in asked)


@pytest.mark.browser
def test_without_library_and_internet_the_map_says_so(tmp_path: Path) -> None:
    from playwright.sync_api import expect

    put_masks(tmp_path / "workspace")
    with (
        served_app(tmp_path / "workspace", tmp_path / "log") as address,
        browser_page(tmp_path / "profile") as page,
    ):
        # Whether from here or from afar: the library does not come.
        page.route(re.compile(r"leaflet[^/]*\.js$"), lambda route: route.abort())
        page.goto(f"{address}/Masks")
        notice = page.frame_locator("iframe[title*=folium]").locator("#map_notice")
        expect(notice).to_contain_text("make offline-assets", timeout=30_000)
