"""Several persons in several browsers: no two look at one pair unasked, and nothing is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from migrate_core.review.run import decide, new_decision
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.browsing import browser_pages, chromium, served_app
from tests.support.light_table import LOOK_MS, SLOW_MS, log_of, press, queue_of, root, shown

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


@pytest.fixture
def fresh(finished: Path, tmp_path: Path) -> Iterator[tuple[str, Workspace]]:
    """A server on a workspace that nobody has reviewed yet."""
    shutil.copytree(finished, tmp_path / "workspace")
    with served_app(tmp_path / "workspace", tmp_path / "app.log") as address:
        yield address, Workspace(tmp_path / "workspace")


@contextmanager
def team(address: str, *names: str, query: str = "") -> Iterator[list[Any]]:
    """The review in a browser of each person, opened one after the other."""
    troubles: list[str] = []
    with browser_pages(len(names), viewport={"width": 1280, "height": 800}) as pages:
        for page, name in zip(pages, names, strict=True):
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.goto(f"{address}/Review{query}")
            shown(page)
            be(page, name)
        yield pages
    assert troubles == []


def be(page: Any, name: str) -> None:
    """Type a reviewer's name, where it is another."""
    field = page.get_by_role("textbox", name="Reviewer")
    if name and field.input_value() != name:
        field.fill(name)
        field.press("Enter")
        field.blur()
        page.get_by_test_id("stStatusWidget").wait_for(state="hidden")
        page.wait_for_timeout(2 * LOOK_MS)
        shown(page)


def decisions(workspace: Workspace) -> list[tuple[str, str]]:
    store = open_store(workspace)
    found = [(one.pair_id, one.reviewer) for one in store.decisions()]
    store.engine.dispose()
    return found


@pytest.mark.parametrize("names", [("ann", "bob"), ("", "")])
def test_two_browsers_share_a_queue_without_meeting(
    fresh: tuple[str, Workspace], names: tuple[str, str]
) -> None:
    address, workspace = fresh
    pairs = queue_of(workspace)
    with team(address, *names) as pages:
        before: list[str] = []
        for _ in range(len(pairs) // 2):
            for page, pair_id in zip(pages, before, strict=False):
                # The view of the next pair may still be made.
                root(page).and_(page.locator(f':not([data-pair-id="{pair_id}"])')).wait_for(
                    timeout=SLOW_MS
                )
            seen = before = [shown(page) for page in pages]
            assert seen[0] != seen[1]
            for page in pages:
                press(page, "a")
            for page, pair_id in zip(pages, seen, strict=True):
                page.wait_for_timeout(2 * LOOK_MS)
                assert log_of(workspace, pair_id) != []
        assert sorted(pair for pair, _ in decisions(workspace)) == sorted(pairs)
        root(pages[1]).get_by_text("All pairs of this queue are decided.").wait_for()


def test_a_pair_that_is_open_with_another_says_so_when_a_link_opens_it(
    fresh: tuple[str, Workspace],
) -> None:
    address, _ = fresh
    with team(address, "ann", "bob") as (ann, bob):
        first = shown(ann)
        bob.goto(f"{address}/Review?pair={first}")
        shown(bob, first)
        root(bob).get_by_text("Open with ann since").wait_for()
        be(bob, "bob")
        press(bob, "ArrowRight")
        other = shown(bob)
        assert other != first
        root(bob).get_by_text("Open with ann since").wait_for(state="hidden")


def test_who_leaves_frees_what_was_open(fresh: tuple[str, Workspace]) -> None:
    address, workspace = fresh
    with team(address, "ann") as (ann,):
        first = shown(ann)
        ann.goto("about:blank")
        ann.wait_for_timeout(LOOK_MS)
        ann.goto(f"{address}/Review")
        be(ann, "bob")
        assert shown(ann) == first == queue_of(workspace)[0]
        ann.get_by_text("Gallery").click()
        ann.wait_for_timeout(6000)
        store = open_store(workspace)
        with store.engine.connect() as connection:
            left = connection.exec_driver_sql("SELECT COUNT(*) FROM pair_leases").scalar()
        assert left == 0


def test_the_pairs_that_are_left_are_open_with_somebody(fresh: tuple[str, Workspace]) -> None:
    address, workspace = fresh
    pairs = queue_of(workspace)
    with team(address, "ann", "bob") as (ann, bob):
        at_ann = shown(ann)
        for _ in range(len(pairs)):
            if "is open with ann" in root(bob).inner_text():
                break
            press(bob, "a")
            bob.wait_for_timeout(2 * LOOK_MS)
        root(bob).get_by_text("All that is left here is open with ann.").wait_for(timeout=SLOW_MS)
        assert shown(ann) == at_ann
        assert at_ann not in [pair for pair, _ in decisions(workspace)]


def test_a_conflict_is_settled_from_a_link_to_conflicts(fresh: tuple[str, Workspace]) -> None:
    address, workspace = fresh
    first, second = queue_of(workspace)[:2]
    store = open_store(workspace)
    for pair_id in (first, second):
        decide(store, new_decision(pair_id, "accept", "ann"))
        decide(store, new_decision(pair_id, "reject", "bob", "cloud"))
    store.engine.dispose()
    with team(address, "cem", query="?decision=conflict&order=mask%20name") as (page,):
        at_first = shown(page)
        assert at_first in (first, second)
        root(page).get_by_text("They disagree: ann: accept; bob: reject (cloud)").wait_for()
        root(page).get_by_role("button", name="Settle: reject").wait_for()
        press(page, "x")
        page.wait_for_timeout(2 * LOOK_MS)
        entry = log_of(workspace, at_first)[-1]
        assert (entry.reviewer, entry.verdict, entry.settles) == ("cem", "reject", True)
        assert {shown(page), at_first} == {first, second}
        page.reload()
        shown(page)
        page.get_by_text("conflict, mask name").wait_for()
