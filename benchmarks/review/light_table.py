"""How quick the review is: from key to painted picture in a real browser, and what it takes.

The demo's pairs, repeated to queues of 100 and 10,000, are reviewed by a script with Debian's
Chromium.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from migrate_core.model import Mask
from migrate_core.pairs.view.content import view_of
from migrate_core.pairs.view.packed import packed
from migrate_core.store.base import open_store
from migrate_core.store.masks import find_mask
from migrate_core.workspace import Workspace
from pages.shared.review.queue import queue_document
from tests.support.browsing import REPOSITORY, browser_page, served_app

LENGTHS = (100, 10_000)
DECISIONS = 60
READY = '[data-testid="pair-viewer"][data-state="ready"]'
# The time from a key to the paint of another pair, in the browser's own clock.
PRESS = """(key) => new Promise((done) => {
  const root = document.querySelector('[data-testid="pair-viewer"]') ??
    [...document.querySelectorAll('*')].map((one) => one.shadowRoot)
      .find((one) => one?.querySelector('[data-testid="pair-viewer"]'))
      .querySelector('[data-testid="pair-viewer"]');
  const before = root.dataset.pairId;
  const started = performance.now();
  new MutationObserver((_, observer) => {
    if (root.dataset.pairId === before || root.dataset.state !== 'ready') return;
    observer.disconnect();
    done(performance.now() - started);
  }).observe(root, { attributes: true });
  window.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
})"""
WEIGHT = """() => performance.getEntriesByType('resource')
  .concat(performance.getEntriesByType('navigation'))
  .map((one) => [one.name, one.transferSize])"""
# A decision sooner after the paint isn't counted.
LOOK_MS = 320


@dataclass(frozen=True)
class Played:
    """What a script that reviews met: milliseconds from key to paint, bytes, decisions a minute."""

    key_ms: list[float]
    page_mb: float
    component_kb: float
    per_minute: float


def made(folder: Path) -> Workspace:
    """The demo with its pairs, as the command line makes them."""
    workspace = Workspace(folder / "demo")
    demo = workspace.demo
    for words in (
        ("demo",),
        ("masks", "add", demo / "masks", "--image", demo / "images"),
        ("scenes", "search", "--source", f"local:{demo / 'scenes'}"),
        ("pairs", "make"),
    ):
        command = [sys.executable, "-m", "migrate_core", "--workspace", str(workspace.root)]
        subprocess.run([*command, *map(str, words)], cwd=REPOSITORY, check=True)
    return workspace


def repeated(origin: Workspace, folder: Path, length: int) -> Workspace:
    """A workspace with so many pairs, whose files are links to those of the demo.

    Nobody has looked at them: their packed views are made while they are reviewed.
    """
    root = folder / f"queue-{length}"
    # What was decided by an earlier run would leave too few to decide.
    shutil.rmtree(root, ignore_errors=True)
    workspace = Workspace(root)
    source, store = open_store(origin), open_store(workspace)
    store.put_masks(source.masks())
    originals = source.pairs()
    pairs = []
    for number in range(length):
        pair = originals[number % len(originals)]
        copy = replace(
            pair,
            pair_id=f"{pair.pair_id}-{number:05}",
            mask_name=f"{number:05}_{pair.mask_name}",
        )
        linked(origin.pair(pair.pair_id), workspace.pair(copy.pair_id))
        pairs.append(copy)
    store.put_pairs(pairs)
    return workspace


def linked(source: Path, target: Path) -> None:
    """A folder whose files are those of another."""
    target.mkdir(parents=True)
    for path in source.iterdir():
        os.link(path, target / path.name)


def played(workspace: Workspace, folder: Path) -> Played:
    """Open the review and decide about pair after pair."""
    profile = folder / f"profile-{workspace.root.name}-{time.time_ns()}"
    with (
        served_app(workspace.root, folder / "app.log") as address,
        browser_page(profile, viewport={"width": 1280, "height": 800}) as page,
    ):
        page.goto(f"{address}/Review")
        page.locator(READY).wait_for(timeout=60_000)
        page.wait_for_timeout(3000)
        loaded: list[tuple[str, int]] = page.evaluate(WEIGHT)
        started = time.perf_counter()
        keys = [pressed(page, "axu"[number % 3]) for number in range(DECISIONS)]
        minutes = (time.perf_counter() - started) / 60
    assert len(open_store(workspace).decisions()) >= DECISIONS
    own = sum(size for name, size in loaded if "/review-api/assets/" in name)
    pairs = sum(size for name, size in loaded if "/review-api/pairs/" in name)
    everything = sum(size for _, size in loaded) - pairs
    return Played(keys, everything / 1e6, own / 1e3, DECISIONS / minutes)


def pressed(page: Any, key: str) -> float:
    """Milliseconds from a key to the next pair's picture, after the time it takes to be counted."""
    page.wait_for_timeout(LOOK_MS)
    return float(page.evaluate(PRESS, key))


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of processor time that something takes, at its best of three."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        work()
        taken.append(1000 * (time.process_time() - started))
    return min(taken)


def _pack(path: Path, mask: Mask | None) -> None:
    packed(view_of(path, mask))


def rows(origin: Workspace, queues: Iterable[Workspace], folder: Path) -> Iterable[str]:
    """The lines of the table."""
    store = open_store(origin)
    for pair in store.pairs():
        mask, path = find_mask(store, pair.mask_id), origin.pair(pair.pair_id)
        view = view_of(path, mask)
        make_ms = timed(partial(_pack, path, mask))
        size = f"{view.header['width']} x {view.header['height']} pixels"
        factor = (view.header["source"] or {}).get("factor", "no")
        yield (
            f"| packed view of {size}, source image {factor} times as fine | "
            f"{len(packed(view)) / 1e6:.2f} MB, {make_ms:.0f} ms of processor time |"
        )
    for queue in queues:
        yield from queue_rows(queue, played(queue, folder))


def queue_rows(queue: Workspace, found: Played) -> Iterable[str]:
    """The lines about one queue, when a script has reviewed some of it."""
    store = open_store(queue)
    length = f"{len(store.pairs()):,} pairs"
    queue_ms = timed(lambda: queue_document(store, {"reviewer": "me"}))
    p95 = quantiles(found.key_ms, n=20)[-1]
    yield (
        f"| {length}: from key to painted next pair, {len(found.key_ms)} decisions | "
        f"median {median(found.key_ms):.0f} ms, 95th percentile {p95:.0f} ms |"
    )
    yield f"| {length}: the queue with its decisions | {queue_ms:.0f} ms |"
    yield (
        f"| {length}: decisions a minute by a script | "
        f"{found.per_minute:.0f} (each waits {LOOK_MS} ms, since sooner ones don't count) |"
    )
    yield (
        f"| {length}: page weight without pictures | {found.page_mb:.1f} MB, of which the light "
        f"table {found.component_kb:.0f} kB |"
    )


def table(folder: Path) -> str:
    """What was measured, as a table."""
    origin = demo(folder)
    queues = [repeated(origin, folder, length) for length in LENGTHS]
    return "\n".join(["| what | measured |", "| --- | --- |", *rows(origin, queues, folder)])


def demo(folder: Path) -> Workspace:
    """The demo's pairs, made once."""
    origin = Workspace(folder / "demo")
    return origin if origin.pairs.is_dir() else made(folder)
