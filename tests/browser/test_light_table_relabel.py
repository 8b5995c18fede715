"""Editing the label on the light table in a real browser: what is drawn against the new pair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from shapely import Polygon
from shapely.affinity import translate

from migrate_core.masks.relabel.label_areas import LabelAreas, label_areas
from migrate_core.masks.vectors.polygons import union_by
from migrate_core.model import Mask
from migrate_core.store.base import open_store
from migrate_core.store.mask_versions import version_log
from migrate_core.workspace import Workspace
from tests.support.browsing import chromium
from tests.support.light_table import (
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

# Corners as shares of the stage: on the left panel, and on the right one.
LEFT = ((0.17, 0.31), (0.33, 0.36), (0.3, 0.55), (0.2, 0.52))
RIGHT = ((0.62, 0.42), (0.74, 0.4), (0.7, 0.62))
BOW = ((0.17, 0.31), (0.33, 0.55), (0.33, 0.31), (0.17, 0.55))


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


def mask_of(workspace: Workspace, pair_id: str) -> Mask:
    """The mask in force of the file whose mask a pair is of."""
    store = open_store(workspace)
    pair = store.pair(pair_id)
    found = {mask.mask_id: mask for mask in store.masks()}
    store.engine.dispose()
    assert pair is not None
    return found[pair.mask_id]


def states(workspace: Workspace) -> dict[str, str]:
    store = open_store(workspace)
    found = {pair.pair_id: str(pair.state) for pair in store.pairs()}
    store.engine.dispose()
    return found


def words(page: Any, text: str) -> None:
    root(page).locator(".words").get_by_text(text).wait_for(timeout=SLOW_MS)


def opened(page: Any) -> str:
    """Open the tool on the pair that is shown; its id."""
    pair_id = shown(page)
    press(page, "Shift+E")
    words(page, "Click corners")
    return pair_id


def draw(page: Any, corners: Any) -> None:
    """Click corners and close the boundary by Enter."""
    for corner in corners:
        page.mouse.click(*place(page, *corner))
        page.wait_for_timeout(350)  # two clicks so far apart are no double click
    press(page, "Enter")


def polygon(page: Any, corners: Any) -> Polygon:
    """The polygon of corners on the ground, to a metre."""
    ring = []
    for corner in corners:
        page.mouse.move(*place(page, *corner))
        ring.append(ground(page))
    return Polygon(ring)


def of(areas: LabelAreas, value: int = 1) -> shapely.Geometry:
    return union_by(areas.values, areas.polygons)[value]


def new_pair(page: Any, before: str) -> str:
    """Open the pair that is being made; its id."""
    root(page).locator(".making.there").wait_for(timeout=SLOW_MS)
    press(page, "Shift+N")
    root(page).locator(f"xpath=self::*[not(@data-pair-id='{before}')]").wait_for(timeout=SLOW_MS)
    return shown(page)


def exact_shares(workspace: Workspace, pair_id: str, area: shapely.Geometry) -> Any:
    """The share of each pixel of a pair that lies in an area in its CRS."""
    with rasterio.open(workspace.pair(pair_id) / "fractions.tif") as dataset:
        a, _, c, _, e, f = list(dataset.transform)[:6]
        rows, columns = np.indices(dataset.shape)
    west, north = c + a * columns, f + e * rows
    shapely.prepare(area)
    squares = shapely.box(west, north + e, west + a, north)
    shares = np.where(shapely.covers(area, squares), 1.0, 0.0)
    edge = shapely.intersects(area, squares) & (shares == 0)
    shares[edge] = shapely.area(shapely.intersection(squares[edge], area)) / (a * -e)
    return shares


def test_what_is_drawn_is_the_label_of_the_new_pair(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served_alone
    with light_table(address, tmp_path) as page:
        first = opened(page)
        old = mask_of(workspace, first)
        before = of(label_areas(old))
        added, erased = polygon(page, LEFT), polygon(page, RIGHT)
        draw(page, LEFT)
        words(page, "1 change not saved")
        press(page, "0")
        draw(page, RIGHT)
        words(page, "2 changes not saved")
        assert states(workspace)[first] == "done"
        press(page, "Enter")
        notice(page, "with the edited label")
        second = new_pair(page, first)
        mask = mask_of(workspace, second)
        now = of(label_areas(mask))
        # What was read off the line of values is right to half a metre, each way.
        wanted = before.union(added).difference(erased)
        assert now.symmetric_difference(wanted).area < 0.75 * (added.length + erased.length)
        assert now.symmetric_difference(before).area > 20_000
        exact = exact_shares(workspace, second, now)
        np.testing.assert_allclose(read(workspace, second, "fractions.tif")[1], exact, atol=1e-6)
        label = read(workspace, second, "label.tif")[0]
        inside = label != 255
        np.testing.assert_array_equal(label[inside] == 1, exact[inside] > 0.5)
        assert (states(workspace)[first], states(workspace)[second]) == ("superseded", "done")
        assert mask.version is not None
        press(page, "i")
        assert "version 2 of the label, drawn by" in root(page).locator("aside").inner_text()
        press(page, "Shift+U")
        notice(page, "with the label of before")
        assert new_pair(page, second) == first
        assert mask_of(workspace, first) == old
        store = open_store(workspace)
        log = [(entry.kind, entry.reviewer) for entry in version_log(store, old.key)]
        store.engine.dispose()
        assert [kind for kind, _ in log] == ["edit", "undo"]
        assert root(page).get_by_text("1 of 6").is_visible()


def test_what_is_drawn_goes_back_by_what_the_label_was_moved(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served_alone
    with light_table(address, tmp_path) as page:
        first = opened(page)
        draw(page, LEFT)
        words(page, "1 change")
        # What was drawn before lies with the label; what is drawn then goes back by its shift.
        press(page, "Shift+M", *["Shift+ArrowRight"] * 6, *["ArrowUp"] * 3, "Enter")
        notice(page, "Saved: moved the label 60 m east, 3 m north")
        press(page, "Escape", "Shift+E")
        words(page, "1 change")
        drawn, erased = polygon(page, LEFT), polygon(page, RIGHT)
        press(page, "0")
        draw(page, RIGHT)
        words(page, "2 changes")
        before = of(label_areas(mask_of(workspace, first)))
        press(page, "Enter")
        second = new_pair(page, first)
        now = of(label_areas(mask_of(workspace, second)))
        wanted = before.union(drawn).difference(translate(erased, -60, -3))
        assert now.symmetric_difference(wanted).area < 0.75 * (drawn.length + erased.length)


def test_what_was_decided_is_proposed_for_the_edited_label(
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
        opened(page)
        draw(page, LEFT)
        words(page, "1 change")
        press(page, "Enter")
        notice(page, "is being saved")
        press(page, "ArrowRight")
        shown(page, second)
        new = new_pair(page, second)
        press(page, "y")
        shown(page, second)
        assert [one.verdict for one in log_of(workspace, new)] == ["reject"]


def test_corners_are_pulled_put_in_and_taken_away(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served_alone
    with light_table(address, tmp_path) as page:
        first = opened(page)
        press(page, "0")
        draw(page, ((0.1, 0.1), (0.45, 0.1), (0.45, 0.95), (0.1, 0.95)))  # all that there is
        press(page, "1")
        draw(page, ((0.2, 0.4), (0.3, 0.4), (0.3, 0.6), (0.2, 0.6)))
        words(page, "2 changes")
        press(page, "c")
        pull(page, (0.3, 0.6), (0.32, 0.65))  # a corner
        words(page, "3 changes")
        pull(page, (0.25, 0.4), (0.25, 0.35))  # an edge
        words(page, "4 changes")
        page.mouse.move(*place(page, 0.2, 0.4))
        press(page, "Delete")
        words(page, "5 changes")
        press(page, "c", "Enter")
        notice(page, "with the edited label")
        second = new_pair(page, first)
        now = of(label_areas(mask_of(workspace, second)))
        wanted = polygon(page, ((0.25, 0.35), (0.3, 0.4), (0.32, 0.65), (0.2, 0.6)))
        assert now.symmetric_difference(wanted).area < wanted.length
        assert len(now.exterior.coords) == 5


def pull(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*place(page, *start))
    page.mouse.down()
    page.mouse.move(*place(page, *end), steps=4)
    page.mouse.up()


def test_a_boundary_that_crosses_itself_stays_to_be_mended(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served
    with light_table(address, tmp_path) as page:
        first = opened(page)
        draw(page, BOW)
        notice(page, "crosses or touches itself")
        words(page, "4 corners")
        press(page, "Backspace", "Backspace", "Enter")
        notice(page, "at least three corners")
        press(page, "Escape")
        words(page, "Click corners")
        press(page, "Enter")
        notice(page, "Nothing is changed yet")
        press(page, "Shift+U")
        notice(page, "is that of its file")
        assert set(states(workspace).values()) == {"done"}
        assert mask_of(workspace, first).version is None


def test_steps_are_undone_and_redone(served: tuple[str, Workspace], tmp_path: Path) -> None:
    address, _ = served
    with light_table(address, tmp_path) as page:
        opened(page)
        before = picture(page)
        draw(page, LEFT)
        words(page, "1 change not saved")
        after = picture(page)
        assert after != before
        press(page, "z")
        words(page, "Click corners")
        assert picture(page) == before
        press(page, "Shift+Z")
        words(page, "1 change")
        assert picture(page) == after


def test_changes_are_dropped_after_a_question_alone(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served
    with light_table(address, tmp_path) as page:
        opened(page)
        before = picture(page)
        draw(page, LEFT)
        words(page, "1 change not saved")
        after = picture(page)
        press(page, "a")
        notice(page, "deciding keys are off")
        press(page, "Escape")
        words(page, "Drop 1 change?")
        press(page, "c", "c")
        words(page, "1 change not saved")
        # Who goes elsewhere finds it again.
        press(page, "Shift+M", "Escape", "Shift+E")
        words(page, "1 change not saved")
        assert picture(page) == after
        press(page, "Escape", "Escape", "Shift+E")
        words(page, "Click corners")
        assert picture(page) == before
        assert set(states(workspace).values()) == {"done"}


def test_a_label_that_the_server_missed_is_saved_once(
    served_alone: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served_alone
    with light_table(address, tmp_path) as page:
        first = opened(page)
        draw(page, LEFT)
        words(page, "1 change")
        answers = []

        def lose(route: Any) -> None:
            """The answer gets lost, not the request; later ones get lost themselves."""
            if not answers:
                answers.append(route.fetch())
            route.abort()

        page.route("**/review-api/labels", lose)
        press(page, "Enter")
        notice(page, "is being saved")
        root(page).locator(".making").get_by_text("1 being made").wait_for()
        press(page, "Shift+E")
        notice(page, "The edited label of this pair is being saved")
        assert root(page).locator(".tool-line").is_hidden()
        for _ in range(SLOW_MS // 200):
            if not answers:
                page.wait_for_timeout(200)
        assert answers
        page.reload()
        root(page).locator(".making").get_by_text("1 being made").wait_for()
        page.unroute("**/review-api/labels")
        second = new_pair(page, first)
        mask = mask_of(workspace, second)
        assert mask.version is not None
        assert mask.version.number == 2


def picture(page: Any) -> str:
    found: str = root(page).locator("canvas").first.evaluate("(canvas) => canvas.toDataURL()")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_classes_words_and_buttons_have_room(
    served: tuple[str, Workspace], tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    address, _ = served
    width, height = size
    options = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    with light_table(address, tmp_path, **options) as page:
        opened(page)
        draw(page, LEFT)
        words(page, "1 change not saved")
        for name in (".tool-line", ".words", ".palette"):
            part = root(page).locator(name)
            assert part.evaluate("(node) => node.scrollWidth <= node.clientWidth"), name
