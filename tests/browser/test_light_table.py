"""The light table in a real browser: keys, pictures and numbers, and that no decision is lost."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from migrate_core.jobs.background import now_utc
from migrate_core.model import Decision
from migrate_core.states import Verdict
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.browsing import REPOSITORY, browser_page, chromium, free_port, served_app
from tests.support.light_table import (
    LOOK_MS,
    SLOW_MS,
    light_table,
    log_of,
    press,
    queue_of,
    read,
    root,
    shown,
)

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

SIZES = ((1280, 800), (1920, 1080))
# Presses a key in the very task in which the next picture is said to be there.
KEY_AT_ONCE = """(root) => new Promise((done) => {
  new MutationObserver((_, observer) => {
    if (root.dataset.state !== 'ready') return;
    observer.disconnect();
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', code: 'KeyA' }));
    done();
  }).observe(root, { attributes: true });
  window.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', code: 'ArrowRight' }));
})"""
PICTURE = """(canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  return { width, height, data: [...data] };
}"""

REVIEW_MD = REPOSITORY / "docs" / "review.md"
# What the keys are called that hold while no tool is open.
KEYS = """async () => {
  const { ACTIONS, keyText } = await import('/review-api/assets/review/lighttable/actions.js');
  return ACTIONS.filter(({ tool }) => !tool).flatMap(({ keys }) => keys.map(keyText));
}"""


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


# deciding


def test_keys_alone_decide_and_the_next_pair_comes(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served
    first, second, third = queue_of(workspace)[:3]
    with light_table(address, tmp_path) as page:
        assert shown(page) == first
        press(page, "6", "1", "n")
        page.keyboard.type("axuz, my words")
        press(page, "Enter", "x")
        shown(page, second)
        press(page, "a")
        shown(page, third)
        (rejected,), (accepted,) = log_of(workspace, first), log_of(workspace, second)
        assert (rejected.verdict, rejected.reason) == ("reject", "cloud, changed: axuz, my words")
        assert (accepted.verdict, accepted.reason) == ("accept", None)
        assert f"pair={third}" in page.url
        press(page, "z")
        shown(page, second)
        assert [one.verdict for one in log_of(workspace, second)] == ["accept", "undo"]
        press(page, "ArrowLeft")
        shown(page, first)
        press(page, "z")
        page.wait_for_timeout(LOOK_MS)
        assert log_of(workspace, first)[-1].verdict == "undo"
        page.get_by_test_id("stSidebar").get_by_text("6 undecided").wait_for()


def test_a_key_held_down_or_pressed_too_soon_decides_nothing_more(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served
    pairs = queue_of(workspace)
    before = {pair: len(log_of(workspace, pair)) for pair in pairs}
    with light_table(address, tmp_path) as page:
        first = shown(page)
        for _ in range(5):
            page.keyboard.down("u")
        page.keyboard.up("u")
        second = shown(page, pairs[pairs.index(first) + 1])
        root(page).evaluate(KEY_AT_ONCE)
        shown(page, pairs[pairs.index(second) + 1])
        assert "Not counted" in root(page).inner_text()
        press(page, "Control+a", "Alt+x")
        page.wait_for_timeout(LOOK_MS)
        more = {pair: len(log_of(workspace, pair)) - before[pair] for pair in pairs}
        assert {pair: count for pair, count in more.items() if count} == {first: 1}
        press(page, "z")
        shown(page, first)


def test_a_decision_outlives_a_server_that_is_away_and_a_reload(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served
    with light_table(address, tmp_path) as page:
        pair_id = shown(page)
        before = len(log_of(workspace, pair_id))
        page.route("**/review-api/decisions", lambda route: route.abort())
        press(page, "a")
        root(page).get_by_text("1 not saved yet").wait_for()
        assert shown(page) == pair_id
        page.reload()
        root(page).get_by_text("1 not saved yet").wait_for(timeout=SLOW_MS)
        assert len(log_of(workspace, pair_id)) == before
        page.unroute("**/review-api/decisions")
        root(page).get_by_text("1 not saved yet").wait_for(state="hidden")
        assert len(log_of(workspace, pair_id)) == before + 1
        press(page, "z")
        page.wait_for_timeout(2 * LOOK_MS)
        assert log_of(workspace, pair_id)[-1].verdict == "undo"


def test_a_server_that_dies_and_comes_back_gets_every_decision_once(
    finished: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished, tmp_path / "workspace")
    workspace, port = Workspace(tmp_path / "workspace"), free_port()
    first, second, third = queue_of(workspace)[:3]
    log = tmp_path / "app.log"
    with browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page:
        with served_app(workspace.root, log, port) as address:
            page.goto(f"{address}/Review")
            shown(page, first)
        press(page, "x")
        root(page).get_by_text("1 not saved yet").wait_for()
        press(page, "ArrowRight")
        shown(page, second)
        press(page, "a")
        root(page).get_by_text("2 not saved yet").wait_for()
        with served_app(workspace.root, log, port):
            root(page).locator(".unsaved").wait_for(state="hidden", timeout=SLOW_MS)
            shown(page, third)
    assert [one.verdict for one in log_of(workspace, first)] == ["reject"]
    assert [one.verdict for one in log_of(workspace, second)] == ["accept"]


# pictures and numbers


def test_what_is_under_the_cursor_is_what_the_rasters_say(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served
    with light_table(address, tmp_path) as page:
        pair_id = shown(page)
        press(page, *(["d"] if not root(page).locator("aside").is_visible() else []))
        image, fractions = (
            read(workspace, pair_id, f"{name}.tif") for name in ("image", "fractions")
        )
        box = root(page).locator(".stage").bounding_box()
        for across, down in ((0.24, 0.5), (0.3, 0.55), (0.75, 0.45)):
            page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
            page.wait_for_timeout(200)
            line = root(page).locator(".reading").inner_text()
            row, column = map(int, re.search(r"row (\d+) column (\d+)", line).groups())
            values = root(page).locator(".values b").all_inner_texts()
            found = [0.0 if value == "–" else float(value) for value in values]
            assert found == pytest.approx(image[:, row, column] / 10000, abs=5e-5)
            shares = {int(value): float(share) for value, share in
                      re.findall(r"class (\d+) ([\d.]+) %", line)}  # fmt: skip
            for value, share in shares.items():
                assert share == pytest.approx(100 * fractions[value, row, column], abs=0.06)


def test_the_picture_is_the_image_in_whole_pixels(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served
    with light_table(address, tmp_path) as page:
        pair_id = shown(page)
        # Fixed stretch, white at 0.3; no label, no layers, one picture.
        press(page, "k", "l", "o", "o", "m", "m")
        page.wait_for_timeout(200)
        scale = float(root(page).locator(".zoom").inner_text().removeprefix("×"))
        picture = root(page).locator("canvas").first.evaluate(PICTURE)
        image = read(workspace, pair_id, "image.tif")
        drawn = np.array(picture["data"]).reshape(picture["height"], picture["width"], 4)
        height, width = image.shape[1:]
        left = round(picture["width"] / 2 - width * scale / 2)
        top = round(picture["height"] / 2 - height * scale / 2)
        rows, columns = np.mgrid[30 : height - 30 : 7, 30 : width - 30 : 7]
        ys, xs = (
            (top + (rows + 0.5) * scale).astype(int),
            (left + (columns + 0.5) * scale).astype(int),
        )
        rgb = image[[3, 2, 1]][:, rows, columns]
        wanted = np.clip(rgb.astype(float) * 255 / 3000, 0, 255)
        there = (rgb > 0).all(axis=0)
        assert there.any()
        found = drawn[ys, xs, :3].transpose(2, 0, 1)
        assert np.abs(found - wanted)[:, there].max() <= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_moves_from_pair_to_pair(
    served: tuple[str, Workspace], tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    address, workspace = served
    width, height = size
    with light_table(
        address, tmp_path, viewport={"width": width, "height": height}, color_scheme=scheme
    ) as page:
        parts = [root(page).locator(name) for name in (".stage", "footer", ".tools")]
        places = [part.bounding_box() for part in parts]
        assert places[1]["y"] + places[1]["height"] <= height
        for pair_id in queue_of(workspace)[1:4]:
            press(page, "ArrowRight")
            shown(page, pair_id)
            assert [part.bounding_box() for part in parts] == places
        press(page, "i")
        page.wait_for_timeout(200)
        assert root(page).locator(".stage").bounding_box()["height"] == places[0]["height"]


def test_every_way_of_looking_leaves_a_picture(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, _ = served
    with light_table(address, tmp_path) as page:
        seen = set()
        for keys in ("t", "f", "s", "j", "v", "w", "g", "]", "p", "p", "t", "o", "o", "o", "m", "m",
                     "Shift+B", "e", "k", "l", "+", "+", "Shift+ArrowLeft", "r", "m"):  # fmt: skip
            press(page, keys)
            page.wait_for_timeout(60)
            seen.add(root(page).locator("canvas").first.evaluate("(canvas) => canvas.toDataURL()"))
        assert len(seen) >= 18
        press(page, "?")
        page.get_by_role("region", name="Keys").get_by_text("Accept", exact=True).wait_for()
        before = root(page).locator("canvas").first.evaluate("(canvas) => canvas.toDataURL()")
        page.keyboard.down("b")
        held = root(page).locator("canvas").first.evaluate("(canvas) => canvas.toDataURL()")
        page.keyboard.up("b")
        after = root(page).locator("canvas").first.evaluate("(canvas) => canvas.toDataURL()")
        assert held != before == after


def test_undo_takes_back_the_newest_decision_wherever_it_was_made(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, workspace = served
    *_, last = queue_of(workspace)
    with light_table(address, tmp_path) as page:
        here = shown(page)
        press(page, "a")
        page.wait_for_timeout(2 * LOOK_MS)
        reviewer = log_of(workspace, here)[-1].reviewer
        store = open_store(workspace)
        store.append_decision(
            Decision(last, Verdict.UNSURE, reviewer, None, now_utc()), "elsewhere"
        )
        press(page, "z")
        shown(page, last)
        assert log_of(workspace, last)[-1].verdict == Verdict.UNDO
        press(page, "z")
        shown(page, here)
        assert log_of(workspace, here)[-1].verdict == Verdict.UNDO


# what can't be shown


def test_an_address_names_the_pair(served: tuple[str, Workspace], tmp_path: Path) -> None:
    address, workspace = served
    *_, last = queue_of(workspace)
    with light_table(address, tmp_path) as page:
        page.goto(f"{address}/Review?pair={last}")
        assert shown(page, last) == last
        page.goto(f"{address}/Review?pair=nothing")
        shown(page, "nothing", state="problem")
        root(page).get_by_text("There is no pair nothing").wait_for()
        press(page, "ArrowRight")
        shown(page, queue_of(workspace)[0])


def test_a_pair_whose_files_are_gone_says_so_and_can_be_decided(
    finished: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished, tmp_path / "workspace")
    workspace = Workspace(tmp_path / "workspace")
    first, second = queue_of(workspace)[:2]
    (workspace.pair(first) / "image.tif").unlink()
    shutil.rmtree(workspace.root / "views", ignore_errors=True)
    with (
        served_app(workspace.root, tmp_path / "app.log") as address,
        browser_page(tmp_path / "profile", viewport={"width": 1280, "height": 800}) as page,
    ):
        page.goto(f"{address}/Review")
        assert shown(page, first, state="problem") == first
        root(page).get_by_text("image.tif").first.wait_for()
        press(page, "5", "x")
        shown(page, second)
        assert log_of(workspace, first)[0].reason == "no data"


# the document


def test_the_document_names_every_key(served: tuple[str, Workspace], tmp_path: Path) -> None:
    address, _ = served
    section = REVIEW_MD.read_text(encoding="utf-8").split("## Keys")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    named = [key for cell in cells for key in re.findall(r"`([^`]+)`", cell)]
    digits = [f"{key[:-1]}{digit}" for key in ("1", "⇧1") for digit in range(2, 9)]
    with light_table(address, tmp_path) as page:
        keys = page.evaluate(KEYS)
    assert sorted([*named, *digits]) == sorted(set(keys))
