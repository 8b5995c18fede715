"""The candidates of a mask side by side in a real browser: looked at, stepped through, used."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace
from tests.support.browsing import browser_page, chromium

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

SLOW_MS = 60_000
NORTH_PIT = "20210613_093021_1014_north_pit.tif"
# What the map has laid on the ground, and its badges.
ON_MAP = "img.leaflet-image-layer"


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


def tile(page: Any, words: str) -> Any:
    return page.get_by_role("option", name=re.compile(words))


def selected(page: Any) -> str:
    """The date of the picture that is marked."""
    return str(page.locator('[role="option"][aria-selected="true"] b').inner_text())


def is_looked_at(page: Any, date: str, offset: str) -> None:
    """Waits until the text, the map and the address are those of the scene of this date."""
    page.get_by_test_id("stMain").locator("strong", has_text=date).wait_for(timeout=SLOW_MS)
    badge = page.frame_locator("iframe").get_by_text(offset, exact=True)
    badge.first.wait_for(timeout=SLOW_MS)
    page.wait_for_function(
        "date => new URL(location).searchParams.get('scene')?.includes(date)",
        arg=date.replace("-", ""),
        timeout=SLOW_MS,
    )


def used(store: Store, mask_id: str) -> str:
    (found,) = [one for one in store.candidates()[mask_id] if one.selected]
    return f"{found.ranked.scene.sensed_at:%Y-%m-%d}"


def scene_in_address(page: Any) -> str | None:
    return parse_qs(urlsplit(page.url).query).get("scene", [None])[0]


def test_a_click_or_a_key_looks_at_a_candidate_and_enter_uses_it(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served_alone
    store = open_store(workspace)
    (mask,) = [one for one in store.masks() if one.name == NORTH_PIT]
    with browser_page(
        tmp_path / "profile", viewport={"width": 1280, "height": 800}, color_scheme="dark"
    ) as page:
        page.goto(f"{address}/Scenes?mask={mask.mask_id}")
        page.locator("[data-testid=scene-strip] img").nth(3).wait_for(timeout=SLOW_MS)
        page.frame_locator("iframe").locator(ON_MAP).wait_for(timeout=SLOW_MS)
        assert selected(page) == "2021-06-22"
        assert scene_in_address(page) is None
        names = [one.get_attribute("aria-label") for one in page.get_by_role("option").all()]
        assert names[0] == "2021-06-22, 9 days after, cloud in scene 0.0 %, in use"
        assert names[1] == "2021-06-12, 1 day before, cloud in scene 20.6 %, not usable"

        tile(page, "2021-06-17").click()
        is_looked_at(page, "2021-06-17", "4 days after")
        assert selected(page) == "2021-06-17"

        page.keyboard.press("ArrowLeft")
        is_looked_at(page, "2021-06-12", "1 day before")
        page.keyboard.press("j")
        is_looked_at(page, "2021-06-17", "4 days after")

        page.go_back()
        is_looked_at(page, "2021-06-12", "1 day before")
        page.reload()
        page.locator("[data-testid=scene-strip] img").nth(3).wait_for(timeout=SLOW_MS)
        is_looked_at(page, "2021-06-12", "1 day before")
        assert selected(page) == "2021-06-12"

        assert used(store, mask.mask_id) == "2021-06-22"
        page.get_by_role("listbox").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="In use (chosen by hand)").wait_for(timeout=SLOW_MS)
        assert used(store, mask.mask_id) == "2021-06-12"
        tile(page, "2021-06-12.* in use").wait_for(timeout=SLOW_MS)
        assert page.get_by_test_id("stException").count() == 0
    store.engine.dispose()


def test_what_comes_while_the_map_is_being_loaded_is_on_it(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served
    (mask,) = [one for one in open_store(workspace).masks() if one.name == NORTH_PIT]
    held: list[Any] = []
    with browser_page(tmp_path, viewport={"width": 1280, "height": 800}) as page:
        page.route(re.compile(r"leaflet[^/]*[.]js$"), lambda route: held.append(route))
        page.goto(f"{address}/Scenes?mask={mask.mask_id}")
        page.locator("[data-testid=scene-strip] img").nth(3).wait_for(timeout=SLOW_MS)
        tile(page, "2021-06-17").click()
        page.get_by_test_id("stMain").locator("strong", has_text="2021-06-17").wait_for()
        page.get_by_text("Picture: 2021-06-17").wait_for(timeout=SLOW_MS)
        page.wait_for_timeout(500)
        (leaflet,) = held
        leaflet.continue_()
        is_looked_at(page, "2021-06-17", "4 days after")
        page.frame_locator("iframe").locator(ON_MAP).wait_for(timeout=SLOW_MS)


def test_list_map_and_pictures_are_in_the_window_with_advice(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, _ = served
    with browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page:
        page.goto(f"{address}/Scenes")
        page.locator("[data-testid=scene-strip] img").first.wait_for(timeout=SLOW_MS)
        assert page.get_by_role("button", name="Widen to 11 days").first.is_visible()
        for width, height, least in ((1280, 800, 240), (1920, 1080, 500)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(1000)
            for part in (
                page.get_by_test_id("stDataFrame").first,
                page.locator("iframe[title*=folium]"),
                page.get_by_test_id("scene-strip"),
            ):
                box = part.bounding_box()
                assert box["y"] + box["height"] <= height
            assert page.locator("iframe[title*=folium]").bounding_box()["height"] >= least
            # The mask with its badge is in the map, of whichever size.
            mask = page.frame_locator("iframe").locator("path[stroke='#CC79A7']").bounding_box()
            seen = page.locator("iframe[title*=folium]").bounding_box()
            assert seen["y"] < mask["y"]
            assert mask["y"] + mask["height"] < seen["y"] + seen["height"]
            assert mask["height"] > 0.25 * seen["height"]


def test_a_footprint_is_chosen_by_keyboard(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    address, _ = served_alone
    with browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page:
        page.goto(f"{address}/Scenes")
        page.locator("[data-testid=scene-strip] img").first.wait_for(timeout=SLOW_MS)
        frame = page.frame_locator("iframe")
        frame.locator(ON_MAP).wait_for(timeout=SLOW_MS)
        page.locator("iframe[title*=folium]").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        option = frame.get_by_role("option")
        expect(option).to_have_attribute("aria-selected", "true")
        label = re.compile("^Tile 33UVS: .*, no usable scene$")
        expect(option).to_have_attribute("aria-label", label)
        first = option.get_attribute("aria-label")
        page.keyboard.press("Home")
        found = []
        for _step in range(int(str(option.get_attribute("aria-setsize")))):
            found.append(
                (option.get_attribute("aria-label"), option.get_attribute("aria-disabled"))
            )
            if found[-1][0].startswith("Tile") and option.get_attribute("aria-selected") == "false":
                break
            page.keyboard.press("PageDown")
        assert found[-1][0] != first
        page.keyboard.press("Enter")
        page.wait_for_function("() => new URL(location).searchParams.has('scene')")
        expect(option).to_have_attribute("aria-label", found[-1][0])
        expect(option).to_have_attribute("aria-selected", "true")
        # What chooses nothing says so.
        page.keyboard.press("End")
        for _step in found:
            if option.get_attribute("aria-disabled") == "true":
                break
            page.keyboard.press("PageUp")
        expect(frame.locator("#outline_keys")).to_have_text(
            "Arrow keys: other outlines, Esc: leave"
        )


def test_a_candidate_that_can_not_be_shown_says_why_in_its_place(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served_alone
    store = open_store(workspace)
    (mask,) = [one for one in store.masks() if one.name == NORTH_PIT]
    ranked = [one.ranked for one in store.candidates()[mask.mask_id]]
    away = replace(ranked[1].scene, source="cdse", href="cdse:1")
    store.put_scenes([away])
    store.put_candidates({mask.mask_id: [ranked[0], replace(ranked[1], scene=away)]})
    with browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page:
        page.goto(f"{address}/Scenes?mask={mask.mask_id}&scene={away.scene_id}")
        reason = tile(page, "2021-06-12").get_by_text("before a product is downloaded")
        reason.wait_for(timeout=SLOW_MS)
        tile(page, "2021-06-22").locator("img").wait_for(timeout=SLOW_MS)
        assert selected(page) == "2021-06-12"
        # Nothing here is read from a service.
        assert not page.get_by_role("checkbox", name="Read from services").is_visible()
    store.engine.dispose()
