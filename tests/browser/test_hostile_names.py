"""Hostile names through the whole app in a real browser: nothing of them is fetched or drawn."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from migrate_core.demo import DemoCase
from migrate_core.export.report.card import CARD
from migrate_core.model import Decision
from migrate_core.review.run import decide
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.browsing import REPOSITORY, browser_page, chromium, served_app
from tests.support.servers.faulty import FaultyServer, Reply, serving

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

SLOW_MS = 60_000


@pytest.fixture(scope="module", autouse=True)
def _browser_is_there() -> None:
    chromium()


def run(workspace: Path, *words: object) -> None:
    command = [sys.executable, "-m", "migrate_core", "--workspace", str(workspace)]
    subprocess.run([*command, *map(str, words)], cwd=REPOSITORY, check=True)


def hostile(server: FaultyServer, name: str) -> str:
    """What each viewer would fetch, were it taken for Markdown or HTML."""
    url = f"{server.url}/{name}"
    return f"![{name}]({url}.png) <img src='{url}.gif'> $x$ :red[r] [l]({url})"


def prepared(folder: Path, demo: DemoCase, server: FaultyServer) -> Path:
    """The demo, reviewed, with every name that a person or a file gives made hostile."""
    workspace = folder / "workspace"
    run(workspace, "masks", "add", demo.masks, "--image", demo.images)
    run(workspace, "scenes", "search", "--source", f"local:{demo.scenes}")
    run(workspace, "pairs", "make")
    store = open_store(Workspace(workspace))
    name, label = hostile(server, "mask"), {"1": hostile(server, "class")}
    store.put_masks(
        [
            replace(mask, name=name, classes=replace(mask.classes, names=label))
            for mask in store.masks()
        ]
    )
    now = datetime.now(UTC)
    for pair in store.pairs():
        reason, reviewer = hostile(server, "reason"), hostile(server, "reviewer")
        decide(store, Decision(pair.pair_id, "accept", reviewer, reason, now))
    store.put_pairs([replace(pair, mask_name=name) for pair in store.pairs()])
    store.engine.dispose()
    run(workspace, "export", workspace / "exports" / "hostile")
    return workspace


def visited(page: Any, address: str, name: str) -> str:
    """All that a page shows, once it has come to rest."""
    page.goto(f"{address}/{name}")
    page.get_by_role("heading", name=name, exact=True, level=1).wait_for(timeout=SLOW_MS)
    page.wait_for_timeout(4000)
    assert page.get_by_test_id("stException").count() == 0
    return str(page.get_by_test_id("stMain").inner_text())


def test_no_name_is_fetched_by_whoever_looks_at_it(demo: DemoCase, tmp_path: Path) -> None:
    with serving(lambda _: Reply(404)) as server:
        workspace = prepared(tmp_path, demo, server)
        # A card from before, or from somebody else, is shown on the same page.
        other = workspace / "exports" / "other"
        other.mkdir()
        foreign = f"\n\n{hostile(server, 'card')}\n\nMade with migrate_core\n"
        (other / CARD).write_text(f"# Dataset card{foreign}")
        (other / "manifest.csv").write_text("pair_id\n")
        view = {"width": 1280, "height": 800}
        with (
            served_app(workspace, tmp_path / "app.log") as address,
            browser_page(tmp_path / "profile", viewport=view) as page,
        ):
            shown = {
                name: visited(page, address, name)
                for name in ("Masks", "Scenes", "Pairs", "Review", "Export")
            }
            page.goto(f"{address}/Review")
            viewer = page.locator('[data-testid="pair-viewer"][data-state="ready"]')
            viewer.wait_for(timeout=SLOW_MS)
            # The facts and the log, then the layers of the drawer.
            reviewed = ""
            for _ in range(2):
                page.keyboard.press("i")
                page.wait_for_timeout(500)
                reviewed += viewer.inner_text()
            (workspace / "exports" / "hostile" / CARD).touch()
            own = visited(page, address, "Export")
        assert server.asked == []
    assert "!card" in shown["Export"]
    assert "![class](http" in own
    assert "![mask](http" in shown["Scenes"]
    assert "![mask](http" in reviewed
    assert "![reviewer](http" in reviewed
