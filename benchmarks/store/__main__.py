"""Measure commands and pages on a store of many masks; prints a table in Markdown.

    python -m benchmarks.store /tmp/store --pairs 100000

makes the store in the folder, some minutes for 100,000, unless it is there from before.
DATABASE_URL puts its tables on a PostgreSQL server; the database has to be empty then.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
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


def filled(folder: Path, masks: int) -> tuple[Workspace, Store]:
    """The workspace with so many masks, made where it isn't there."""
    workspace = Workspace(folder / f"store-{masks}")
    store = open_store(workspace, load_settings().database_url)
    if not store.mask_states():
        fill(store, masks)
    return workspace, store


def rows(workspace: Workspace, store: Store) -> Iterator[tuple[str, Usage]]:
    """What was measured, one after the other."""
    for name, usage in store_usages(store):
        yield name, usage
    with working_in(workspace.root):
        for page, path in PAGES.items():
            yield f"page {page}", page_usage(path)
    for name, words in COMMANDS.items():
        yield f"`{name}`", command_usage(workspace.root, words)


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=100_000)
    given = parser.parse_args()
    workspace, store = filled(given.folder, given.pairs)
    print(f"| {given.pairs:,} masks | processor seconds | memory, MB |\n| --- | --- | --- |")
    for name, usage in rows(workspace, store):
        memory = "" if usage.memory_mb is None else f"{usage.memory_mb:,.0f}"
        print(f"| {name} | {usage.seconds:.3f} | {memory} |", flush=True)


if __name__ == "__main__":
    main()
