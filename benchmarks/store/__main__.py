"""Measure commands and pages on a store of many masks; prints a table in Markdown.

    python -m benchmarks.store /tmp/store --pairs 100000 --write

makes the store in the folder, some minutes for 100,000, unless it is there from before, and puts
the table into docs/scale.md. With `--postgresql` it is the same of tables on a server of its own;
`--database-url` (or DATABASE_URL) names another, whose database has to be empty, or be that of the
folder.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.store.fill import fill
from benchmarks.store.measure import (
    COMMANDS,
    PAGES,
    Usage,
    command_usage,
    page_usage,
    store_usages,
    working_in,
)
from migrate_core.settings import load_settings
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace
from tests.support.browsing import REPOSITORY
from tests.support.postgresql import postgresql_cluster

DOCUMENT = REPOSITORY / "docs" / "scale.md"
URL = "DATABASE_URL"


@contextmanager
def database(given: argparse.Namespace) -> Iterator[None]:
    """Let DATABASE_URL, which commands and pages get as well, be what was asked for."""
    if given.database_url is not None:
        os.environ[URL] = given.database_url
    if not given.postgresql:
        yield
        return
    with postgresql_cluster(fsync="on") as url:
        os.environ[URL] = url
        yield


def filled(folder: Path, masks: int) -> tuple[Workspace, Store]:
    """The workspace with so many masks, made where it isn't there."""
    workspace = Workspace(folder / f"store-{masks}")
    store = open_store(workspace, load_settings().database_url)
    if not store.mask_states():
        fill(store, masks)
    return workspace, store


def rows(workspace: Workspace, store: Store) -> Iterator[tuple[str, Usage]]:
    """What was measured, one after the other."""
    yield from store_usages(store, workspace)
    with working_in(workspace.root):
        for page, path in PAGES.items():
            yield f"page {page}", page_usage(path)
    for name, words in COMMANDS.items():
        yield f"`{name}`", command_usage(workspace.root, words)


def table(workspace: Workspace, store: Store, masks: int) -> Iterator[str]:
    """The lines of the table."""
    server = "PostgreSQL" if URL in os.environ else "SQLite"
    yield f"| {masks:,} masks, {server} | processor seconds | memory, MB | rows read |"
    yield "| --- | --- | --- | --- |"
    for name, usage in rows(workspace, store):
        memory = "" if usage.memory_mb is None else f"{usage.memory_mb:,.0f}"
        yield f"| {name} | {usage.seconds:.3f} | {memory} | {usage.rows:,} |"


def put(name: str, text: str) -> None:
    """Replace the table between `<!-- NAME -->` and `<!-- end NAME -->` in the document."""
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
    document = DOCUMENT.read_text(encoding="utf-8")
    changed = marks.sub(lambda found: f"{found[1]}{text}\n{found[2]}", document)
    DOCUMENT.write_text(changed, encoding="utf-8")


def main() -> None:
    """Fill, measure, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--database-url")
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    with database(given):
        workspace, store = filled(given.folder, given.pairs)
        lines = []
        for line in table(workspace, store, given.pairs):
            print(line, flush=True)
            lines.append(line)
        store.engine.dispose()
        if given.write:
            put("PostgreSQL" if URL in os.environ else "SQLite", "\n".join(lines))


if __name__ == "__main__":
    main()
