"""Repairs on the light table in a real browser: what is drawn and pressed against the rasters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.features import rasterize

from migrate_core.model import PairEdit
from migrate_core.store.base import open_store
from migrate_core.store.decisions import edits_of
from migrate_core.workspace import Workspace
from tests.support.browsing import chromium
from tests.support.light_table import (
    LOOK_MS,
    SLOW_MS,
    ground,
    light_table,
    log_of,
    notice,
    place,
    press,
    queue_of,
    read,
    root,
    shown,
)

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

IGNORE, UNKNOWN = 255, 128
RASTERS = ("label.tif", "fractions.tif", "quality.tif")
# Corners as shares of the stage: a quadrangle on the left panel, and the way round a lasso on the
# right one, which strays over the left one and stays a place of the right one there.
CORNERS = ((0.17, 0.31), (0.33, 0.36), (0.3, 0.55), (0.2, 0.52))
LASSO = ((0.7, 0.66), (0.74, 0.64), (0.78, 0.68), (0.76, 0.74), (0.71, 0.73), (0.45, 0.7))


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


def edits(workspace: Workspace, pair_id: str) -> list[PairEdit]:
    store = open_store(workspace)
    found = list(edits_of(store, pair_id))
    store.engine.dispose()
    return found


def raster_bytes(workspace: Workspace, pair_id: str) -> dict[str, bytes]:
    return {name: (workspace.pair(pair_id) / name).read_bytes() for name in RASTERS}


def label_and_quality(workspace: Workspace, pair_id: str) -> tuple[Any, Any]:
    return read(workspace, pair_id, "label.tif")[0], read(workspace, pair_id, "quality.tif")[0]


def click_corners(page: Any) -> list[tuple[float, float]]:
    """Click the corners; where each is on the ground."""
    found = []
    for corner in CORNERS:
        at = place(page, *corner)
        page.mouse.move(*at)
        found.append(ground(page))
        page.mouse.click(*at)
        page.wait_for_timeout(350)  # two clicks so far apart are no double click
    return found


def drag_round(page: Any) -> float:
    """Drag round an area; an easting that it doesn't reach."""
    page.mouse.move(*place(page, 0.79, 0.68))
    limit, _ = ground(page)
    page.mouse.move(*place(page, *LASSO[0]))
    page.mouse.down()
    for corner in LASSO[1:]:
        page.mouse.move(*place(page, *corner), steps=5)
    page.mouse.up()
    return limit


def inside(workspace: Workspace, pair_id: str, area: Any) -> NDArray[np.bool_]:
    """Pixels whose centre lies in the area."""
    with rasterio.open(workspace.pair(pair_id) / "label.tif") as dataset:
        shape, transform = dataset.shape, dataset.transform
    return rasterize([json.loads(json.dumps(area))], shape, transform=transform) == 1


def test_areas_that_are_drawn_are_ignored_pixel_by_pixel(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served_alone
    with light_table(address, tmp_path) as page:
        pair_id = shown(page)
        before = raster_bytes(workspace, pair_id)
        label, quality = label_and_quality(workspace, pair_id)
        zoom = root(page).locator(".zoom").inner_text()
        press(page, "1", "Shift+I")
        corners = click_corners(page)
        press(page, "Enter")
        limit = drag_round(page)
        assert "2 drawn" in root(page).locator(".tool-line").inner_text()
        press(page, "a")
        notice(page, "deciding keys are off")
        assert edits(workspace, pair_id) == []
        press(page, "Enter")
        notice(page, "Saved: ignored")
        assert shown(page) == pair_id
        assert root(page).locator(".zoom").inner_text() == zoom
        (edit,) = edits(workspace, pair_id)
        assert (edit.kind, edit.document["reason"]) == ("ignore", "cloud")
        rings = [ring for polygon in edit.document["area"]["coordinates"] for ring in polygon]
        drawn, lasso = sorted(rings, key=len)
        assert (len(drawn), max(x for x, _ in lasso) < limit) == (5, True)
        for corner in corners:
            assert min(np.hypot(*(np.array(ring) - corner)) for ring in drawn) < 1
        taken = inside(workspace, pair_id, edit.document["area"])
        assert 500 < taken.sum() < taken.size / 4
        new_label, new_quality = label_and_quality(workspace, pair_id)
        np.testing.assert_array_equal(new_label, np.where(taken, IGNORE, label))
        np.testing.assert_array_equal(new_quality, np.where(taken, quality | UNKNOWN, quality))
        page.mouse.move(*place(page, 0.26, 0.44))
        page.wait_for_timeout(200)
        assert "set to ignore" in root(page).locator(".reading").inner_text()
        press(page, "Escape", "Shift+Z")
        notice(page, "Took back: ignored")
        assert raster_bytes(workspace, pair_id) == before
        assert log_of(workspace, pair_id) == []


def test_keys_move_the_label_by_tenths_and_whole_pixels(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served_alone
    with light_table(address, tmp_path) as page:
        pair_id = shown(page)
        before = raster_bytes(workspace, pair_id)
        shares = read(workspace, pair_id, "fractions.tif")
        press(page, "Shift+M", *["ArrowRight"] * 10, "Shift+ArrowUp")
        picture = root(page).locator("canvas").first.evaluate("(canvas) => canvas.toDataURL()")
        assert "10.00 m east, 10.00 m north" in root(page).locator(".words").inner_text()
        assert raster_bytes(workspace, pair_id) == before
        press(page, "Escape", "Shift+M", "ArrowDown")
        moved = root(page).locator("canvas").first.evaluate("(canvas) => canvas.toDataURL()")
        assert moved != picture
        press(page, *["ArrowRight"] * 10, "ArrowUp", "Shift+ArrowUp")
        again = root(page).locator("canvas").first.evaluate("(canvas) => canvas.toDataURL()")
        assert again == picture
        press(page, "Enter")
        notice(page, "Saved: moved the label 10 m east, 10 m north")
        shown(page)
        (edit,) = edits(workspace, pair_id)
        assert edit.document == {"east_m": 10, "north_m": 10}
        # A pixel east and a pixel north: each has what its neighbour had.
        found, there = read(workspace, pair_id, "fractions.tif")[:, :-1, 1:], shares[:, 1:, :-1]
        both = (found.sum(axis=0) > 0.999) & (there.sum(axis=0) > 0.999)
        assert both.sum() > 1000
        np.testing.assert_allclose(found[:, both], there[:, both], atol=1e-6)
        press(page, "ArrowLeft", "Escape", "Shift+Z")
        notice(page, "Took back: moved")
        assert raster_bytes(workspace, pair_id) == before
        press(page, "Shift+Z")
        notice(page, "You have repaired nothing")


def test_a_repair_that_the_server_missed_is_saved_once(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served_alone
    with light_table(address, tmp_path) as page:
        pair_id = shown(page)
        press(page, "Shift+M", "ArrowRight")
        # The answer gets lost, not the request.
        page.route("**/review-api/edits", lambda route: (route.fetch(), route.abort()))
        press(page, "Enter")
        notice(page, "Not saved")
        page.unroute("**/review-api/edits")
        press(page, "Enter")
        notice(page, "Saved: moved the label 1 m east")
        assert [edit.kind for edit in edits(workspace, pair_id)] == ["nudge"]


def test_another_scene_is_chosen_and_its_pair_comes_while_one_goes_on(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served_alone
    first, second = queue_of(workspace)[:2]
    with light_table(address, tmp_path) as page:
        shown(page, first)
        press(page, "x")
        shown(page, second)
        press(page, "ArrowLeft")
        shown(page, first)
        press(page, "Shift+F")
        cards = root(page).locator(".film .card")
        cards.first.wait_for()
        assert cards.count() == 3
        for picture in range(3):
            cards.nth(picture).locator("img").wait_for(timeout=SLOW_MS)
        assert "shown" in cards.first.inner_text()
        press(page, "Enter")
        notice(page, "is made of this scene")
        press(page, "ArrowRight", "Enter")
        notice(page, "is being made")
        press(page, "ArrowRight")
        shown(page, second)
        there = root(page).locator(".making.there")
        there.wait_for(timeout=SLOW_MS)
        press(page, "Shift+N")
        page.wait_for_timeout(LOOK_MS)
        new = shown(page)
        assert new not in (first, second)
        assert root(page).get_by_text("1 of 6").is_visible()
        # What was decided about the earlier pair is proposed for this one.
        press(page, "y")
        shown(page, second)
        assert [one.verdict for one in log_of(workspace, new)] == ["reject"]
        store = open_store(workspace)
        states = {pair.pair_id: pair.state for pair in store.pairs()}
        store.engine.dispose()
        assert (states[first], states[new]) == ("superseded", "done")


def test_a_pair_that_is_being_made_is_known_after_a_reload(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served_alone
    first, *_ = queue_of(workspace)
    with light_table(address, tmp_path) as page:
        shown(page, first)
        page.route("**/making", lambda route: route.fulfill(json={"state": "making", "text": ""}))
        press(page, "Shift+F")
        root(page).locator(".film .card").first.wait_for()
        press(page, "ArrowRight", "Enter")
        notice(page, "is being made")
        for _ in range(2):
            page.reload()
            shown(page)
            assert root(page).locator(".making").inner_text() == "1 being made …"
        page.unroute("**/making")
        root(page).locator(".making.there").wait_for(timeout=SLOW_MS)
        page.reload()
        shown(page)
        press(page, "Shift+N")
        page.wait_for_timeout(LOOK_MS)
        assert shown(page) != first
        assert root(page).locator(".making").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_nothing_moves_when_a_tool_opens(
    served: tuple[str, Workspace], tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    address, _ = served
    width, height = size
    with light_table(
        address, tmp_path, viewport={"width": width, "height": height}, color_scheme=scheme
    ) as page:
        parts = [root(page).locator(name) for name in (".stage", "footer", ".tools", ".decisions")]
        places = [part.bounding_box() for part in parts]
        for key in ("Shift+I", "Shift+M", "Shift+E", "Shift+F"):
            press(page, key)
            page.wait_for_timeout(200)
            assert root(page).locator(".tool-line").is_visible()
            assert [part.bounding_box() for part in parts] == places
            press(page, "Escape")
            assert root(page).locator(".tool-line").is_hidden()
        tools = root(page).locator(".tools")
        assert tools.evaluate("(node) => node.scrollWidth <= node.clientWidth")
