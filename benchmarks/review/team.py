"""A team at one queue: two browsers and twenty scripted reviewers, on SQLite and PostgreSQL.

All decide at once through one server, until nothing is left; then what they did is compared with
the log.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import requests

from benchmarks.review.light_table import LOOK_MS, READY, demo, repeated
from migrate_core.model import Decision
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.browsing import browser_pages, served_app
from tests.support.postgresql import postgresql_cluster
from tests.support.team import Reviewer, at_work, doubled, leased_twice, lost

PAIRS, SCRIPTED, BROWSERS = 600, 20, 2
# A script looks at a pair for so long, so that the browsers get their share.
THINK_S = 1.0
KEY_HEADER = "x-review-key"


@dataclass(frozen=True)
class Worked:
    """What the scripted reviewers and the browsers did, and the log that is left of it."""

    team: list[Reviewer]
    log: list[Decision]
    seconds: float


@contextmanager
def database(kind: str) -> Iterator[str | None]:
    """The DATABASE_URL of a kind of database, which the server gets as well."""
    if kind == "SQLite":
        yield None
        return
    with postgresql_cluster(fsync="on") as url:
        os.environ["DATABASE_URL"] = url
        try:
            yield url
        finally:
            del os.environ["DATABASE_URL"]


def filled(workspace: Workspace, url: str | None) -> None:
    """Put the pairs of a workspace into the database that is measured."""
    if url is not None:
        source, target = open_store(workspace), open_store(workspace, url)
        target.put_masks(source.masks())
        target.put_pairs(source.pairs())
        target.engine.dispose()


def worked(workspace: Workspace, url: str | None, folder: Path) -> Worked:
    """Let all decide at once until no pair is left."""
    with (
        served_app(workspace.root, folder / "app.log") as address,
        browser_pages(BROWSERS, viewport={"width": 1280, "height": 800}) as pages,
    ):
        keys: list[str] = []
        for page in pages:
            page.on("request", lambda sent: keys.append(sent.headers.get(KEY_HEADER, "")))
            page.goto(f"{address}/Review")
            page.locator(READY).wait_for(timeout=60_000)
        key = next(filter(None, keys))
        team = [Reviewer(f"script {n + 1}", sender(address, key), THINK_S) for n in range(SCRIPTED)]
        for page in pages:
            page.evaluate(DECIDING, LOOK_MS)
        started = time.perf_counter()
        at_work(team)
        seconds = time.perf_counter() - started
        # What was open in a browser when the scripts ended is decided there.
        pages[0].wait_for_timeout(5000)
    store = open_store(workspace, url)
    log = store.decisions()
    store.engine.dispose()
    return Worked(team, log, seconds)


# Accepts what is shown, again and again.
DECIDING = """(look) => setInterval(() => window.dispatchEvent(
  new KeyboardEvent('keydown', { key: 'a', bubbles: true, cancelable: true })), look)"""


def sender(address: str, key: str) -> Any:
    """What a scripted reviewer asks the routes by: a connection of its own."""
    session = requests.Session()
    session.headers[KEY_HEADER] = key

    def post(path: str, document: Mapping[str, Any]) -> Any:
        answer = session.post(f"{address}/review-api/{path}", json=document, timeout=60)
        answer.raise_for_status()
        return answer.json()

    return post


def row(kind: str, found: Worked) -> str:
    """The line of one database."""
    log = found.log
    scripts = {one.name for one in found.team}
    by_browsers = sum(entry.reviewer not in scripts for entry in log)
    return (
        f"| {kind} | {len(log):,} of {PAIRS:,}, {by_browsers:,} in browsers | "
        f"{60 * len(log) / found.seconds:,.0f} | "
        f"{spread([s for one in found.team for s in one.decision_s])} | "
        f"{spread([s for one in found.team for s in one.lease_s])} | "
        f"{lost(found.team, log)} | {doubled(log)} | {leased_twice(found.team)} |"
    )


def spread(seconds: list[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    return f"{1000 * median(seconds):.0f} / {1000 * quantiles(seconds, n=20)[-1]:.0f} ms"


def table(folder: Path) -> str:
    """What was measured, as a table."""
    origin = demo(folder)
    lines = [
        "| database | pairs decided | decisions a minute | decision, median / 95th percentile | "
        "lease, median / 95th percentile | lost | doubled | leased twice |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind in ("SQLite", "PostgreSQL"):
        workspace = repeated(origin, folder, PAIRS)
        with database(kind) as url:
            filled(workspace, url)
            lines.append(row(kind, worked(workspace, url, folder)))
    return "\n".join(lines)
