"""The gallery in a real browser: selecting, deciding many at once, rules, and undoing it all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.browsing import browser_page, chromium, served_app
from tests.support.light_table import SLOW_MS, light_table, press, queue_of, shown
from tests.support.many import numbered, say_of

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
ROOT = "[data-testid=pair-gallery]"


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


@contextmanager
def gallery(address: str, tmp_path: Path) -> Iterator[Any]:
    with light_table(address, tmp_path) as page:
        page.get_by_text("Gallery", exact=True).click()
        rested(page)
        yield page


def rested(page: Any) -> None:
    page.locator(f"{ROOT}[data-state=ready]").wait_for(timeout=SLOW_MS)


def root(page: Any) -> Any:
    return page.get_by_test_id("pair-gallery")


def cells(page: Any) -> Any:
    return root(page).locator(".cell")


def selected(page: Any) -> list[str]:
    found = root(page).locator(".cell[aria-selected=true]")
    return sorted(one.get_attribute("data-pair-id") for one in found.all())


def told(page: Any, text: str) -> None:
    root(page).locator(".notice").get_by_text(text).wait_for()
    rested(page)


def decisions(page: Any) -> Counter[str]:
    badges = root(page).locator(".cell .badge").all()
    return Counter(badge.get_attribute("data-decision") for badge in badges)


def test_pairs_are_selected_by_mouse_and_keys_and_decided_in_one_step(
    copied: Path, tmp_path: Path
) -> None:
    workspace = Workspace(copied)
    queue = queue_of(workspace)
    with served_app(copied, tmp_path / "app.log") as address, gallery(address, tmp_path) as page:
        assert [one.get_attribute("data-pair-id") for one in cells(page).all()] == queue
        cells(page).nth(1).click()
        assert selected(page) == [queue[1]]
        cells(page).nth(3).click(modifiers=["Shift"])
        assert selected(page) == sorted(queue[1:4])
        cells(page).nth(2).click(modifiers=["Control"])
        assert selected(page) == sorted([queue[1], queue[3]])
        drag(page, cells(page).nth(0), cells(page).nth(1))
        assert selected(page) == sorted(queue[:2])
        press(page, "Control+a")
        assert selected(page) == sorted(queue)
        press(page, "Escape")
        assert selected(page) == []
        press(page, "a")
        told(page, "Nothing is selected.")
        press(page, "Home", "Shift+ArrowRight", "Control+ArrowRight", " ")
        assert selected(page) == sorted(queue[:3])
        press(page, "1", "n")
        page.keyboard.type("axuz")
        press(page, "Enter", "x")
        told(page, "3 rejected. Undo: Z")
        assert decisions(page) == {"rejected": 3, "undecided": 3}
        log = decisions_of(workspace)
        assert {(one.verdict, one.reason, one.basis) for one in log} == {
            ("reject", "cloud: axuz", "person")
        }
        page.get_by_test_id("stSidebar").get_by_text("3 rejected").wait_for()
        root(page).get_by_text("3 of 6 decided").wait_for()
        press(page, "z")
        told(page, "Took back: 3 rejected (3 pairs)")
        assert decisions(page) == {"undecided": 6}
        press(page, "End", "Enter")
        assert shown(page) == queue[-1]


def drag(page: Any, first: Any, last: Any) -> None:
    """From the gap above one cell into another."""
    start, end = first.bounding_box(), last.bounding_box()
    page.mouse.move(start["x"] + 3, start["y"] - 3)
    page.mouse.down()
    page.mouse.move(end["x"] + 40, end["y"] + 40, steps=6)
    page.mouse.up()


def decisions_of(workspace: Workspace) -> list[Any]:
    store = open_store(workspace)
    found = store.decisions()
    store.engine.dispose()
    return found


def test_a_rule_shows_what_it_would_do_and_is_audited_and_undone(
    copied: Path, tmp_path: Path
) -> None:
    with served_app(copied, tmp_path / "app.log") as address, gallery(address, tmp_path) as page:
        root(page).get_by_role("button", name="Rule and batches").click()
        panel = page.get_by_test_id("gallery-panel")
        panel.get_by_text("A rule needs a filter").wait_for()
        page.get_by_role("button", name="Filter and sort").click()
        page.get_by_label("Mask name contains").fill("2021061")
        page.get_by_label("Mask name contains").press("Enter")
        page.keyboard.press("Escape")
        panel.get_by_text("Accept 5 of 6 undecided pairs.").wait_for()
        assert decisions_of(Workspace(copied)) == []
        panel.get_by_label("Audit").fill("2")
        panel.get_by_role("button", name="accept 5 pairs").click()
        told(page, "5 pairs decided by the rule, 2 of them wait to be looked at. Undo: Z")
        # Those that are to be looked at seem undecided.
        assert decisions(page) == {"accepted": 3, "undecided": 2}
        panel.get_by_text("Audit of 2: No random checks yet").wait_for()
        panel.get_by_role("button", name="Look at its audit").click()
        first = shown(page)
        press(page, "a")
        page.locator(f"[data-testid=pair-viewer]:not([data-pair-id='{first}'])").wait_for()
        shown(page)
        press(page, "a")
        page.get_by_test_id("stSidebar").get_by_text("1 undecided, 5 accepted").wait_for()
        page.get_by_role("button", name="Leave the audit").click()
        page.get_by_text("Gallery", exact=True).click()
        rested(page)
        panel.get_by_text("After 2 random checks with 0 bad pairs").wait_for()
        # All pairs are looked at again.
        assert decisions(page) == {"accepted": 5, "undecided": 1}
        panel.get_by_role("button", name="Undo").click()
        told(page, "Took back")
        assert decisions(page) == {"accepted": 2, "undecided": 4}


def test_ten_thousand_pairs_are_in_the_page_as_they_come_into_sight(
    tmp_path: Path,
) -> None:
    workspace = Workspace(tmp_path / "many")
    store = open_store(workspace)
    store.put_pairs([numbered(number) for number in range(10_000)])
    store.engine.dispose()
    with served_app(workspace.root, tmp_path / "app.log") as address:
        with browser_page(tmp_path / "p", viewport={"width": 1280, "height": 800}) as page:
            page.goto(f"{address}/Review")
            page.get_by_text("Gallery", exact=True).click()
            rested(page)
            find_nothing(page)
            assert 0 < cells(page).count() < 60
            press(page, "End")
            cells(page).last.wait_for()
            assert cells(page).count() < 60
            assert cells(page).last.get_attribute("data-place") == "9999"
            press(page, "Shift+Home")
            root(page).get_by_text("10,000 of 10,000 selected").wait_for()
            press(page, "u")
            root(page).get_by_text("Once more to have 10,000 pairs marked as unsure.").wait_for()
            assert decisions_of(workspace) == []
            press(page, "u")
            told(page, "10,000 marked as unsure")
            press(page, "z")
            told(page, "Took back: 10,000 marked as unsure (10,000 pairs)")
            root(page).get_by_text("0 of 10,000 decided").wait_for()


def find_nothing(page: Any) -> None:
    """A filter that nothing fits, and back."""
    page.get_by_role("button", name="Filter and sort").click()
    field = page.get_by_label("Mask name contains")
    for text, count in (("nowhere", 0), ("p000", 10)):
        field.fill(text)
        field.press("Enter")
        root(page).get_by_text(f"0 of {count} selected").wait_for()
        assert root(page).get_by_text("No pair fits the filters.").is_visible() == (not count)
    field.fill("")
    field.press("Enter")
    page.keyboard.press("Escape")
    root(page).get_by_text("0 of 10,000 selected").wait_for()


def test_the_map_tells_decisions_apart_and_opens_a_pair(copied: Path, tmp_path: Path) -> None:
    workspace = Workspace(copied)
    first, second, *_ = queue_of(workspace)
    store = open_store(workspace)
    say_of(store, [first], "reject")
    say_of(store, [second], "accept")
    store.engine.dispose()
    with (
        served_app(copied, tmp_path / "app.log") as address,
        light_table(address, tmp_path) as page,
    ):
        page.get_by_text("Map", exact=True).click()
        signs = page.frame_locator("iframe[title*=folium]").locator(".leaflet-marker-icon")
        signs.nth(5).wait_for(timeout=SLOW_MS)
        assert Counter(signs.all_inner_texts()) == {"✕": 1, "✓": 1, "○": 4}
        page.get_by_text("1 accepted").last.wait_for()
        signs.get_by_text("✕").click(force=True)
        assert shown(page, first) == first
