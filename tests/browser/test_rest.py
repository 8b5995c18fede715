"""Pages rest: without work nothing is asked of the server, with it they follow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from migrate_core.jobs.background import working
from migrate_core.model import Pair, PairParameters, RankedScene
from migrate_core.store.base import Store, open_store
from migrate_core.store.pair_list import PageRequest, pair_rows
from migrate_core.workspace import Workspace
from tests.support.browsing import browser_page, chromium, served_app
from tests.support.builders import a_mask, a_scene

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

PAGES = ("", "Masks", "Scenes", "Pairs", "Review", "Export")
SLOW_MS = 120_000
# Polls came every second or two, those of Pairs at ten thousand pairs one after the other.
REST_S = {"Pairs": 20}
OTHERS_REST_S = 6
# A poll comes every second or two; so many are certain in this time even on a busy machine.
FOLLOW_S, FOLLOWED = 20, 3


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


def fill(root: Path, count: int) -> Store:
    """A workspace of so many masks with a finished pair each."""
    store = open_store(Workspace(root))
    masks = [a_mask(f"m{number:05}.tif") for number in range(count)]
    scene = a_scene("S2A_X", sensed_at=datetime(2020, 2, 2, 10, tzinfo=UTC))
    ranked = RankedScene(scene, 1.0, 1, 0.9, {"coverage": 1.0}, usable=True)
    store.put_masks(masks)
    store.put_scenes([scene])
    store.put_candidates({mask.mask_id: [ranked] for mask in masks})
    pairs = [
        Pair(f"{mask.mask_id}_20200202_00000000", mask.mask_id, mask.name, ("S2A_X",), "done",
             parameters=PairParameters())
        for mask in masks
    ]  # fmt: skip
    store.put_pairs(pairs)
    return store


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = fill(tmp_path_factory.mktemp("rest") / "workspace", 10_000)
    yield store
    store.engine.dispose()


@pytest.fixture(scope="module")
def address(many: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for all tests: none changes what the others look at."""
    root = Path(str(many.engine.url.database)).parent
    with served_app(root, tmp_path_factory.mktemp("log") / "app.log") as found:
        yield found


class Questions:
    """How often the page asked the server to run something: frames on its websocket."""

    def __init__(self, page: Any) -> None:
        self.count = 0
        page.on("websocket", lambda socket: socket.on("framesent", self._sent))

    def _sent(self, _frame: Any) -> None:
        self.count += 1

    def within(self, page: Any, seconds: float) -> int:
        before = self.count
        page.wait_for_timeout(1000 * seconds)
        return self.count - before


def settle(page: Any) -> None:
    """Wait until the page is drawn and its script is at an end."""
    page.get_by_role("heading", level=1).first.wait_for(timeout=SLOW_MS)
    page.get_by_test_id("stSidebar").get_by_text("Workspace").first.wait_for(timeout=SLOW_MS)
    page.wait_for_timeout(3000)
    running = page.get_by_test_id("stStatusWidget")
    running.wait_for(state="detached", timeout=SLOW_MS)


def test_a_page_of_ten_thousand_masks_is_read_at_once(many: Store) -> None:
    began = time.process_time()
    assert len(pair_rows(many, PageRequest(None, 5000, 15), alive=False)) == 15
    assert time.process_time() - began < 1


@pytest.mark.parametrize("name", PAGES)
def test_without_work_a_page_rests(address: str, tmp_path: Path, name: str) -> None:
    with browser_page(tmp_path, viewport={"width": 1280, "height": 800}) as page:
        asked = Questions(page)
        page.goto(f"{address}/{name}")
        settle(page)
        assert asked.count > 0
        assert asked.within(page, REST_S.get(name, OTHERS_REST_S)) == 0


def test_work_of_a_terminal_is_seen_at_the_next_use_and_followed_to_its_end(
    many: Store, address: str, tmp_path: Path
) -> None:
    with browser_page(tmp_path, viewport={"width": 1280, "height": 800}) as page:
        asked = Questions(page)
        page.goto(f"{address}/Pairs")
        settle(page)
        with working(many, "pairs") as job:
            job.report(7, 0, total=100)
            page.get_by_text("How they are made").click()
            page.get_by_text("Register: move shifted masks").click()
            for part in ("stMain", "stSidebar"):
                page.get_by_test_id(part).get_by_text("7 of 100").wait_for(timeout=SLOW_MS)
            assert asked.within(page, FOLLOW_S) >= FOLLOWED
            job.report(8, 0)
            main = page.get_by_test_id("stMain").get_by_text("8 of 100")
            main.wait_for(timeout=SLOW_MS)
        main.wait_for(state="detached", timeout=SLOW_MS)
        settle(page)
        assert asked.within(page, OTHERS_REST_S) == 0
