"""Processor seconds and memory of each command, and of each page when it is drawn again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from streamlit.testing.v1 import AppTest

from benchmarks.store.fill import mask_id, pair_id
from migrate_core.jobs.background import now_utc
from migrate_core.review.batches import undo_batch
from migrate_core.review.overview import matches, overview
from migrate_core.review.rules.rule import parse_rule
from migrate_core.review.rules.run import apply_rule
from migrate_core.review.run import decide, new_decision
from migrate_core.store.base import Store
from pages.shared.review.queue import queue_document
from tests.support.app import APP, open_page

RULE = parse_rule({"occluded": "..0", "days": "..5"}, "accept")
# A mask that has a pair, of which the number is that of a store of any size.
_NUMBER = 55
COMMANDS: Mapping[str, Sequence[str]] = {
    "status": ("status",),
    "masks list": ("masks", "list", "--json"),
    "scenes list": ("scenes", "list", "--json"),
    "pairs list": ("pairs", "list"),
    "pairs list --json": ("pairs", "list", "--json"),
    "pairs make --mask X": ("pairs", "make", "--mask", mask_id(_NUMBER), "--workers", "1"),
    "review decide": ("review", "decide", pair_id(_NUMBER), "accept", "--reviewer", "cat"),
    "review queue": ("review", "queue", "--json"),
    "export --dry-run": ("export", "nowhere", "--dry-run", "--json"),
}
PAGES: Mapping[str, str] = {
    "Home": "app.py",
    "Masks": "pages/1_Masks.py",
    "Scenes": "pages/2_Scenes.py",
    "Pairs": "pages/3_Pairs.py",
    "Review": "pages/4_Review.py",
    "Export": "pages/5_Export.py",
}


class Usage(NamedTuple):
    """Processor seconds, and the most memory in MB, None where it wasn't measured."""

    seconds: float
    memory_mb: float | None = None


# A small process starts the command: Linux counts the memory of a large one for what it starts.
_STARTER = """
import resource, subprocess, sys
quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
subprocess.run(sys.argv[1:], **quiet)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def command_usage(workspace: Path, words: Sequence[str]) -> Usage:
    """What a command takes as a process of its own, with its workers."""
    call = [sys.executable, "-m", "migrate_core", "--workspace", str(workspace), *words]
    starter = [sys.executable, "-S", "-c", _STARTER, *call]
    done = subprocess.run(starter, capture_output=True, text=True, check=True)
    seconds, memory_mb = map(float, done.stdout.split())
    return Usage(seconds, memory_mb)


def page_usage(path: str) -> Usage:
    """What a page takes when it is drawn again, nothing having changed."""
    app = open_page(path) if path != APP.name else AppTest.from_file(APP, default_timeout=120).run()
    return timed(lambda: app.run(timeout=120))


def store_usages(store: Store) -> Iterator[tuple[str, Usage]]:
    """What parts of pages take that run often, or wait for a person, by what they do."""
    yield "sidebar, nothing changed", timed(lambda: sidebar(store))
    decisions = iter(range(10_000))

    def decided_and_counted() -> None:
        number = 100 * next(decisions) + _NUMBER
        decide(store, new_decision(pair_id(number), "accept", "dan"))
        sidebar(store)

    yield "a decision, and the sidebar after it", timed(decided_and_counted)
    asked = {"reviewer": "ann"}
    queue_document(store, asked)
    yield "the queue with its decisions", timed(lambda: queue_document(store, asked))
    yield "a rule applied, and undone", timed(lambda: _applied(store), times=1)


def sidebar(store: Store) -> None:
    """What the frame of every page asks for."""
    overview(store, now_utc())
    matches(store)


def _applied(store: Store) -> None:
    undo_batch(store, apply_rule(store, RULE, "ann").batch_id, "ann")


def timed(work: Callable[[], object], times: int = 3) -> Usage:
    """The processor time of this process, at its best of some times."""
    taken = []
    for _ in range(times):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return Usage(min(taken))


@contextmanager
def working_in(workspace: Path) -> Iterator[None]:
    """Let pages of this process open a workspace."""
    before = os.environ.get("MIGRATE_WORKSPACE")
    os.environ["MIGRATE_WORKSPACE"] = str(workspace)
    try:
        yield
    finally:
        if before is None:
            del os.environ["MIGRATE_WORKSPACE"]
        else:
            os.environ["MIGRATE_WORKSPACE"] = before
