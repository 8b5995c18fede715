"""The masks page in a real browser without internet: the map, and clicks on map and table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box

from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from pages.shared.maps import _IMAGERY
from tests.support.browsing import browser_page, served_app
from tests.support.builders import WEST, a_mask, lonlat_box

ASSETS = Path(__file__).resolve().parents[2] / "static" / "maps" / "leaflet.js"
NORTH = 4690320.0


def put_masks(folder: Path, names: str = "ab") -> None:
    """Masks beside each other."""
    store = open_store(Workspace(folder))
    for number, name in enumerate(f"{name}.tif" for name in names):
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
        expect(page.locator("strong", has_text="b.tif")).to_be_visible()
        page.reload()
        expect(page).to_have_url(re.compile("mask=b"))
        expect(page.locator("strong", has_text="b.tif")).to_be_visible()
        # The first page of a new server takes its time on a busy machine.
        expect(outlines).to_have_count(2, timeout=30_000)
    assert [url for url in asked if "127.0.0.1" not in url and "leaflet" in url] == []
    assert any("leaflet.js" in url for url in asked)


def put_hundreds(folder: Path) -> None:
    """So many masks that numbers say how many lie where."""
    store = open_store(Workspace(folder))
    places = [(lon, lat) for lon in range(10, 40) for lat in range(36, 56)]
    boxes = [box(lon, lat, lon + 0.02, lat + 0.02) for lon, lat in places]
    store.put_masks([a_mask(f"m{n:03}.tif", extent=at, footprint=at) for n, at in enumerate(boxes)])
    store.engine.dispose()


def map_frame(page: Any) -> Any:
    """What is in the frame of the map, once its outlines are drawn."""
    frame = page.frame_locator("iframe[title*=folium]")
    frame.locator("path.leaflet-interactive").first.wait_for(timeout=30_000)
    return frame


@pytest.mark.browser
@pytest.mark.skipif(not ASSETS.is_file(), reason="needs `make offline-assets`")
def test_the_map_takes_the_window_and_keeps_what_it_shows(tmp_path: Path) -> None:
    put_masks(tmp_path / "workspace")
    with (
        served_app(tmp_path / "workspace", tmp_path / "log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page,
    ):
        page.goto(f"{address}/Masks")
        outlines = map_frame(page).locator("path.leaflet-interactive")
        seen = page.locator("iframe[title*=folium]")
        for width, height, least in ((1280, 800, 250), (1920, 1080, 450), (1280, 800, 250)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(1000)
            box_of_map = seen.bounding_box()
            assert box_of_map["height"] >= least
            assert box_of_map["y"] + box_of_map["height"] <= height
            boxes = [outline.bounding_box() for outline in outlines.all()]
            left = min(one["x"] for one in boxes)
            right = max(one["x"] + one["width"] for one in boxes)
            top = min(one["y"] for one in boxes)
            bottom = max(one["y"] + one["height"] for one in boxes)
            assert left >= box_of_map["x"]
            assert right <= box_of_map["x"] + box_of_map["width"]
            # Both masks fill the map in any size; zooms are a quarter apart.
            assert (
                right - left > 0.7 * box_of_map["width"]
                or bottom - top > 0.7 * box_of_map["height"]
            )


# Where the map and the table stand, whenever one of them is elsewhere than before.
_WATCH = """(() => {
  window.standings = [];
  const look = () => {
    const tops = [".st-key-masks_map_frame", "[data-testid=stDataFrame]"].map((found) => {
      const element = [...document.querySelectorAll(found)].find((one) => one.checkVisibility());
      return element ? Math.round(element.getBoundingClientRect().y) : null;
    });
    const last = window.standings.at(-1);
    if (String(last) !== String(tops)) window.standings.push(tops);
    requestAnimationFrame(look);
  };
  look();
})()"""


@pytest.mark.browser
@pytest.mark.skipif(not ASSETS.is_file(), reason="needs `make offline-assets`")
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_first_rows_of_the_list_are_seen_at_once_and_never_move(
    tmp_path: Path, language: str
) -> None:
    from playwright.sync_api import expect

    put_masks(tmp_path / "workspace", "abcdef")
    with (
        served_app(tmp_path / "workspace", tmp_path / "log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page,
    ):
        page.add_init_script(_WATCH)
        page.goto(f"{address}/Masks?language={language}")
        map_frame(page)
        table = page.locator('[data-testid="stDataFrame"]:visible').first
        expect(table).to_be_visible()
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
        top = table.bounding_box()["y"]
        # The head and three rows.
        assert top + 4 * 35 <= 800
        table.click(position={"x": 200, "y": 35 + 17})
        for _ in range(2):
            page.keyboard.press("ArrowDown")
            page.wait_for_timeout(500)
            expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
        standings = page.evaluate("window.standings")
        # From when the list is there: the style of the page may come after its first texts.
        seen = {tuple(standing) for standing in standings if standing[1] is not None}
        assert len({map_top for map_top, _ in seen}) == 1
        assert {table_top for _, table_top in seen} == {round(top)}


@pytest.mark.browser
@pytest.mark.skipif(not ASSETS.is_file(), reason="needs `make offline-assets`")
def test_a_map_that_was_moved_stays_where_it_is_in_another_window(tmp_path: Path) -> None:
    put_masks(tmp_path / "workspace")
    with (
        served_app(tmp_path / "workspace", tmp_path / "log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page,
    ):
        page.goto(f"{address}/Masks")
        map_frame(page)
        frame = page.locator("iframe[title*=folium]").element_handle().content_frame()
        frame.evaluate("window.map.setZoom(9, { animate: false })")
        page.set_viewport_size({"width": 1920, "height": 1080})
        page.wait_for_timeout(1000)
        assert frame.evaluate("window.map.getZoom()") == 9
        assert frame.evaluate("window.map.getSize().y") > 450


@pytest.mark.browser
@pytest.mark.skipif(not ASSETS.is_file(), reason="needs `make offline-assets`")
def test_an_outline_is_chosen_by_keyboard(tmp_path: Path) -> None:
    from playwright.sync_api import expect

    put_masks(tmp_path / "workspace")
    with (
        served_app(tmp_path / "workspace", tmp_path / "log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page,
    ):
        page.goto(f"{address}/Masks")
        frame = map_frame(page)
        listed, ring = frame.get_by_role("listbox"), frame.locator("#outline_ring")
        expect(ring).to_be_hidden()
        page.locator("iframe[title*=folium]").focus()
        # The map, then all outlines at once.
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(listed).to_be_focused()
        option = frame.get_by_role("option")
        expect(option).to_have_attribute("aria-label", re.compile("^a.tif, 2020-01-20, ready"))
        expect(option).to_have_attribute("aria-selected", "true")
        expect(option).to_have_attribute("aria-setsize", "2")
        expect(ring).to_be_visible()
        expect(frame.locator(".leaflet-tooltip")).to_contain_text("a.tif")
        page.keyboard.press("ArrowRight")
        expect(option).to_have_attribute("aria-label", re.compile("^b.tif"))
        expect(option).to_have_attribute("aria-selected", "false")
        assert listed.get_attribute("aria-activedescendant") == option.get_attribute("id")
        around = ring.bounding_box()
        outline = frame.locator("path.leaflet-interactive[stroke-width='2']").bounding_box()
        assert around["x"] <= outline["x"]
        assert around["x"] + around["width"] >= outline["x"] + outline["width"]
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("mask=b"))
        expect(option).to_have_attribute("aria-selected", "true")
        # Where the work goes on: the other one is an arrow away.
        expect(listed).to_be_focused()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press(" ")
        expect(page).to_have_url(re.compile("mask=a"))
        page.keyboard.press("Escape")
        expect(frame.locator("#map_div")).to_be_focused()
        expect(ring).to_be_hidden()


@pytest.mark.browser
@pytest.mark.skipif(not ASSETS.is_file(), reason="needs `make offline-assets`")
def test_a_long_attribution_leaves_the_scale_bar_free(tmp_path: Path) -> None:
    put_masks(tmp_path / "workspace")
    with (
        served_app(tmp_path / "workspace", tmp_path / "log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 900, "height": 800}) as page,
    ):
        page.goto(f"{address}/Masks")
        frame = map_frame(page)
        inside = page.locator("iframe[title*=folium]").element_handle().content_frame()
        attribution = _IMAGERY["attribution"]
        inside.evaluate("text => window.map.attributionControl.addAttribution(text)", attribution)
        scale = frame.locator(".leaflet-control-scale").bounding_box()
        text = frame.locator(".leaflet-control-attribution").bounding_box()
        # Else it tells nothing: the text takes all of the map's width.
        assert text["width"] > 0.9 * page.locator("iframe[title*=folium]").bounding_box()["width"]
        assert scale["y"] + scale["height"] <= text["y"]


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


@pytest.mark.browser
@pytest.mark.skipif(not ASSETS.is_file(), reason="needs `make offline-assets`")
def test_a_click_on_a_number_shows_its_masks_and_a_reload_keeps_the_list(tmp_path: Path) -> None:
    from playwright.sync_api import expect

    put_hundreds(tmp_path / "workspace")
    with (
        served_app(tmp_path / "workspace", tmp_path / "log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 1400}) as page,
    ):
        frame = page.frame_locator("iframe[title*=folium]")
        page.goto(f"{address}/Masks")
        numbers = frame.locator(".leaflet-marker-icon span")
        expect(numbers.first).to_be_visible(timeout=30_000)
        outlines = frame.locator("path.leaflet-interactive")
        assert outlines.count() == 0
        count = int(numbers.nth(70).inner_text())
        numbers.nth(70).click()
        expect(outlines).to_have_count(count)
        outlines.first.hover()
        tooltips = frame.locator(".leaflet-tooltip")
        # That of the number takes a moment to fade.
        expect(tooltips).to_have_count(1)
        expect(tooltips).to_contain_text("2020-01-20, ready")
        page.get_by_label("Name contains").fill("m00")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("name=m00"))
        expect(outlines).to_have_count(10)
        page.reload()
        expect(outlines).to_have_count(10, timeout=30_000)
        expect(page.get_by_label("Name contains")).to_have_value("m00")


@pytest.mark.browser
@pytest.mark.skipif(not ASSETS.is_file(), reason="needs `make offline-assets`")
def test_a_number_is_chosen_by_keyboard(tmp_path: Path) -> None:
    from playwright.sync_api import expect

    put_hundreds(tmp_path / "workspace")
    with (
        served_app(tmp_path / "workspace", tmp_path / "log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page,
    ):
        page.goto(f"{address}/Masks")
        frame = page.frame_locator("iframe[title*=folium]")
        expect(frame.locator(".leaflet-marker-icon span").first).to_be_visible(timeout=30_000)
        outlines = frame.locator("path.leaflet-interactive")
        page.locator("iframe[title*=folium]").focus()
        # Hundreds of numbers are one stop: the map, all of them, and the buttons that zoom.
        for stop in ("map_div", "outline_list"):
            page.keyboard.press("Tab")
            expect(frame.locator(f"#{stop}")).to_be_focused()
        page.keyboard.press("End")
        option = frame.get_by_role("option")
        label = re.compile(r"^\d+ masks, such as m\d+.tif, A click zooms in$")
        expect(option).to_have_attribute("aria-label", label)
        in_cell = int(str(option.get_attribute("aria-label")).split()[0])
        page.keyboard.press("Enter")
        expect(outlines).to_have_count(in_cell)
        # One of its masks is looked at next, and the map hasn't gone away from them.
        expect(option).to_have_attribute("aria-label", re.compile("^m.*, ready"))
        expect(outlines.first).to_be_in_viewport()
        page.keyboard.press("Tab")
        expect(frame.get_by_role("button", name="Zoom in")).to_be_focused()


@pytest.mark.browser
def test_marked_masks_are_edited_and_a_click_in_a_row_keeps_the_marks(tmp_path: Path) -> None:
    from playwright.sync_api import expect

    put_masks(tmp_path / "workspace")
    with (
        served_app(tmp_path / "workspace", tmp_path / "log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 1800}) as page,
    ):
        page.goto(f"{address}/Masks")
        table = page.get_by_test_id("stDataFrame").first
        expect(table).to_be_visible(timeout=30_000)
        # The table is a canvas: a row is 35 pixels high, the first is below the head.
        table.click(position={"x": 16, "y": 35 + 17})
        expect(page.get_by_text("1 mask marked")).to_be_visible()
        table.click(position={"x": 200, "y": 70 + 17})
        expect(page).to_have_url(re.compile("mask=b"))
        expect(page.get_by_text("1 mask marked")).to_be_visible()
        # While the page is drawn again, what is clicked may move away.
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
        page.get_by_text("Edit many masks", exact=True).click()
        page.get_by_role("textbox", name="Date (UTC)").fill("2020-03-03")
        # A table tells of its marks a moment later: what is pressed in that moment may be lost.
        page.wait_for_timeout(500)
        page.get_by_role("button", name="See what this changes in 1 marked mask").click()
        expect(page.get_by_text("1 mask would change")).to_be_visible(timeout=30_000)
        page.get_by_role("button", name="Change 1 mask").click()
        expect(page.get_by_text("1 mask changed: date of 1.")).to_be_visible(timeout=60_000)
    store = open_store(Workspace(tmp_path / "workspace"))
    assert [str(mask.acquired) for mask in store.masks()] == ["2020-03-03", "2020-01-20T10:15:32Z"]
    store.engine.dispose()
