"""Tables by keyboard: a key that moves to another row chooses it, the next goes on from there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from migrate_core.store.base import open_store
from migrate_core.store.candidates import candidates_of
from migrate_core.workspace import Workspace
from tests.support.browsing import browser_page, chromium

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

SLOW_MS = 60_000


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


@contextmanager
def table_of(address: str, folder: Path, number: int) -> Iterator[tuple[Any, Any]]:
    """A page, and one of its tables with the keyboard on it."""
    with browser_page(folder, viewport={"width": 1280, "height": 1300}) as page:
        page.goto(address)
        table = page.locator('[data-testid="stDataFrame"]:visible').nth(number)
        table.locator("canvas").first.wait_for(timeout=SLOW_MS)
        page.get_by_test_id("stStatusWidget").wait_for(state="detached", timeout=SLOW_MS)
        table.locator("canvas").first.focus()
        yield page, table


def settles(page: Any) -> None:
    page.wait_for_timeout(300)
    page.get_by_test_id("stStatusWidget").wait_for(state="detached", timeout=SLOW_MS)


def down_to(page: Any, named: str) -> None:
    """A key to the next row, whose mask or scene the address has to name then."""
    from playwright.sync_api import expect

    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile(named))
    settles(page)


def mask_ids(workspace: Workspace) -> list[str]:
    """As the list orders them: by name."""
    return [mask.mask_id for mask in sorted(open_store(workspace).masks(), key=lambda m: m.name)]


def mask_in(page: Any) -> str:
    """The mask that the address names."""
    return parse_qs(urlsplit(page.url).query)["mask"][0]


def focus_is_in(table: Any) -> bool:
    return bool(table.evaluate("table => table.contains(document.activeElement)"))


def test_a_cell_of_the_list_of_pairs_shows_its_pair_and_marks_count_before_it(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    address, workspace = served
    ids = mask_ids(workspace)
    with table_of(f"{address}/Pairs", tmp_path, 0) as (page, table):
        main = page.get_by_test_id("stMain")
        for number in (1, 2):
            down_to(page, f"mask={ids[number]}")
        box = table.bounding_box()
        page.mouse.move(box["x"] + 15, box["y"] + 20, steps=4)
        for row in (0, 2):
            page.mouse.click(box["x"] + 15, box["y"] + 55 + 35 * row, delay=60)
            settles(page)
        expect(main.get_by_role("button", name="Make the 2 selected")).to_be_visible()


def test_arrows_choose_masks_and_shift_space_marks_them(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    address, workspace = served
    ids = mask_ids(workspace)
    with table_of(f"{address}/Masks", tmp_path, 0) as (page, table):
        main = page.get_by_test_id("stMain")
        for number in (1, 2):
            down_to(page, f"mask={ids[number]}")
            assert focus_is_in(table)
            # A cell that is selected leaves the marks.
            expect(table.locator("tr[aria-selected=true]")).to_have_count(number - 1)
            page.keyboard.press("Shift+Space")
            expect(main.get_by_text(f"{number} marked mask").first).to_be_attached()
            settles(page)
        # The next row is chosen; the marks of the others stay.
        down_to(page, f"mask={ids[3]}")
        expect(main.get_by_text("2 marked masks").first).to_be_attached()
        # By mouse, a mark alone chooses nothing.
        table.scroll_into_view_if_needed()
        box = table.bounding_box()
        page.mouse.click(box["x"] + 16, box["y"] + 35 * 1.5)
        expect(main.get_by_text("3 marked masks").first).to_be_attached()
        assert ids[3] in page.url
        page.mouse.click(box["x"] + 16, box["y"] + 35 * 1.5)
        expect(main.get_by_text("2 marked masks").first).to_be_attached()
        page.mouse.click(box["x"] + 120, box["y"] + 35 * 1.5)
        expect(page).to_have_url(re.compile(f"mask={ids[0]}"))
        expect(main.get_by_text("2 marked masks").first).to_be_attached()


def test_arrows_choose_masks_and_scenes_of_one(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    address, workspace = served
    store = open_store(workspace)
    with table_of(f"{address}/Scenes", tmp_path / "masks", 0) as (page, table):
        chosen = [mask_in(page)]
        for _ in range(3):
            page.keyboard.press("ArrowDown")
            expect(page).not_to_have_url(re.compile(f"mask={chosen[-1]}"))
            settles(page)
            assert focus_is_in(table)
            chosen.append(mask_in(page))
        assert len(set(chosen)) == 4
    found = ((one, candidates_of(store, one)) for one in chosen)
    mask_id, scenes = next(
        (one, [each.ranked.scene.scene_id for each in candidates])
        for one, candidates in found
        if len(candidates) > 2
    )
    with table_of(f"{address}/Scenes?mask={mask_id}", tmp_path / "scenes", 1) as (page, table):
        for number in (1, 2):
            down_to(page, f"scene={scenes[number]}")
            assert focus_is_in(table)


def test_keys_pressed_while_the_page_is_drawn_are_not_lost(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    with table_of(f"{served[0]}/Scenes", tmp_path, 0) as (page, table):
        masks = [mask_in(page)]
        for _ in range(3):
            page.keyboard.press("ArrowDown")
            expect(page).not_to_have_url(re.compile(f"mask={masks[-1]}"))
            settles(page)
            masks.append(mask_in(page))
        # About as long apart as an answer takes to come: a selection that comes with it is old.
        for wait_ms in (150, 250, 350):
            for key, end in (("ArrowUp", masks[0]), ("ArrowDown", masks[3])):
                for _ in range(3):
                    page.keyboard.press(key)
                    page.wait_for_timeout(wait_ms)
                expect(page).to_have_url(re.compile(f"mask={end}"))
                settles(page)
                assert mask_in(page) == end
        assert focus_is_in(table)


def test_keys_are_not_lost_while_rows_are_marked(
    served: tuple[str, Workspace], tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    address, workspace = served
    ids = mask_ids(workspace)
    with table_of(f"{address}/Masks", tmp_path, 0) as (page, table):
        main = page.get_by_test_id("stMain")
        for number in (1, 2):
            down_to(page, f"mask={ids[number]}")
            page.keyboard.press("Shift+Space")
            expect(main.get_by_text(f"{number} marked mask").first).to_be_attached()
            settles(page)
        # About as long apart as an answer takes to come: a selection that comes with it is old.
        for wait_ms in (50, 150, 250, 350):
            for key, end in (("ArrowDown", ids[5]), ("ArrowUp", ids[2])):
                for _ in range(3):
                    page.keyboard.press(key)
                    page.wait_for_timeout(wait_ms)
                expect(page).to_have_url(re.compile(f"mask={end}"))
                settles(page)
                assert mask_in(page) == end
                expect(main.get_by_text("2 marked masks").first).to_be_attached()
                expect(table.locator("tr[aria-selected=true]")).to_have_count(2)
        assert focus_is_in(table)
        page.keyboard.press("Escape")
        settles(page)
        expect(main.get_by_text("2 marked masks").first).to_be_attached()
        expect(table.locator("tr[aria-selected=true]")).to_have_count(2)
