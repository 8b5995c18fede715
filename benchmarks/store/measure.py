"""Processor seconds, memory and rows read by each command, and each page drawn again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from streamlit.testing.v1 import AppTest

from benchmarks.store.fill import mask_id, pair_id
from migrate_core.export.selection.choice import Choice
from migrate_core.export.selection.counts import counts_of_choice
from migrate_core.export.selection.curation import Curation
from migrate_core.jobs.background import now_utc
from migrate_core.review.batches import undo_batch
from migrate_core.review.overview import matches, overview
from migrate_core.review.rules.rule import parse_rule
from migrate_core.review.rules.run import apply_rule
from migrate_core.review.run import decide, new_decision
from migrate_core.store.base import Store
from migrate_core.workspace import Workspace
from pages.shared.review.queue import queue_document
from tests.support.app import APP, open_page
from tests.support.database_counts import counted

RULE = parse_rule({"occluded": "..0", "days": "..5"}, "accept")
FILTERS: Mapping[str, Mapping[str, str]] = {
    "by a column": {"basis": "person"},
    "by a number": {"occluded": "..5"},
}
# A mask that has a pair, of which the number is that of a store of any size.
_NUMBER = 55
COMMANDS: Mapping[str, Sequence[str]] = {
    "status": ("status",),
    "masks list": ("masks", "list"),
    "masks list --json": ("masks", "list", "--json"),
    "scenes list": ("scenes", "list"),
    "scenes list --json": ("scenes", "list", "--json"),
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
    """Processor seconds, rows read, and the most memory in MB, None where it wasn't measured.

    The seconds are those of the program; a server of a database has its own.
    """

    seconds: float
    rows: int
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
    counts = workspace / "counts.json"
    program = [sys.executable, "-m", "benchmarks.store.command", str(counts)]
    starter = [sys.executable, "-S", "-c", _STARTER, *program, "--workspace", str(workspace)]
    done = subprocess.run([*starter, *words], capture_output=True, text=True, check=True)
    seconds, memory_mb = map(float, done.stdout.split())
    return Usage(seconds, json.loads(counts.read_text(encoding="utf-8"))["rows"], memory_mb)


def page_usage(path: str) -> Usage:
    """What a page takes when it is drawn again, nothing having changed."""
    app = open_page(path) if path != APP.name else AppTest.from_file(APP, default_timeout=120).run()
    return timed(lambda: app.run(timeout=120))


def store_usages(store: Store, workspace: Workspace) -> Iterator[tuple[str, Usage]]:
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
    for name, filters in FILTERS.items():
        # Rows of the review are kept, and what is counted is, until something is decided.
        yield f"an export's counts, {name}", timed(partial(_counted, store, workspace, filters), 1)
    yield "a rule applied, and undone", timed(lambda: _applied(store), times=1)


def sidebar(store: Store) -> None:
    """What the frame of every page asks for."""
    overview(store, now_utc())
    matches(store)


def _counted(store: Store, workspace: Workspace, filters: Mapping[str, str]) -> None:
    counts_of_choice(store, workspace, Choice(), Curation(filters))


def _applied(store: Store) -> None:
    undo_batch(store, apply_rule(store, RULE, "ann").batch_id, "ann")


def timed(work: Callable[[], object], times: int = 3) -> Usage:
    """The processor time of this process, at its best of some times."""
    taken = []
    for _ in range(times):
        started = time.process_time()
        with counted() as counts:
            work()
        taken.append(Usage(time.process_time() - started, counts.rows))
    return min(taken)


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
