"""Commands and pages on a store of very many pairs."""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.speed.comparing import OURS, Compared, Setup, as_it_is, compete
from benchmarks.speed.measuring.cost import Cost, command_line, contestant
from benchmarks.speed.tables import Aim, Found, Row, at_most

PAIRS, QUICK_PAIRS = 100_000, 1_000
_LIST = "`pairs list`"
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    _LIST: ("pairs", "list", "--json"),
    "`masks list`": ("masks", "list", "--json"),
    "`status`": ("status", "--json"),
}
_TABLES = {_LIST: "pairs", "`masks list`": "masks"}
_SIDEBAR_MS, _PAGE_MS, _LIST_S, _LIST_MB = 10.0, 300.0, 3.0, 300.0


def measure(setup: Setup) -> Found:
    """The table; problems are rows that are missing from lists."""
    title = "Commands and pages on a store of many pairs"
    if importlib.util.find_spec("benchmarks.store") is None:
        return Found(title, [], skipped=["all of it, since benchmarks/store isn't there"])
    count = QUICK_PAIRS if setup.quick else PAIRS
    folder = setup.folder / "store"
    folder.mkdir(parents=True, exist_ok=True)
    filled = contestant("filled", "stored", "fill", folder=folder, masks=count)
    made = compete([lambda: filled], 1)
    if made.problems:
        return Found(title, [], problems=made.problems)
    workspace = Path(made.answers["filled"])
    found = _commands(workspace)
    rows = [row for name in found.costs for row in [Row(name, OURS, found.costs[name])]]
    problems = found.problems + list(_missing(workspace, found.answers))
    pages = compete([lambda: contestant("pages", "stored", "pages", workspace=workspace)], 1)
    seconds: Mapping[str, float] = pages.answers.get("pages") or {}
    rows += [Row(name, OURS, _cost(used)) for name, used in seconds.items()]
    aims = [] if setup.quick else list(_aims(found.costs, seconds))
    return Found(f"{title} ({count:,} masks)", rows, aims, [*problems, *pages.problems])


def _commands(workspace: Path) -> Compared:
    commands = [command_line(name, workspace, *words) for name, words in _COMMANDS.items()]
    return compete([partial(as_it_is, one) for one in commands], 1)


def _missing(workspace: Path, answers: Mapping[str, Any]) -> Iterator[str]:
    """Lists that have not a row for each in the database, as sqlite3 counts them."""
    with closing(sqlite3.connect(workspace / "migrate.db")) as database:
        for name, table in _TABLES.items():
            (there,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
            if len(answers.get(name) or ()) != there:
                yield f"{name}: {len(answers.get(name) or ())} rows of {there}"


def _cost(seconds: float) -> Cost:
    """What was measured inside of a process, where only time counts."""
    return Cost(seconds, seconds, 0, 0)


def _aims(costs: Mapping[str, Cost], seconds: Mapping[str, float]) -> Iterator[Aim]:
    if cost := costs.get(_LIST):
        yield at_most(f"{_LIST} less than {_LIST_S:g} s", cost.cpu_s, _LIST_S, " s")
        yield at_most(f"{_LIST} less than {_LIST_MB:g} MB", cost.peak_mb, _LIST_MB, " MB")
    for name, used in seconds.items():
        limit = _SIDEBAR_MS if name.startswith("sidebar") else _PAGE_MS
        if name.startswith(("sidebar", "page")):
            yield at_most(f"{name}: less than {limit:g} ms", 1000 * used, limit, " ms")
