"""The store of many masks of `benchmarks.store`, and what parts of pages take on it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.speed.contestants.answers import main


def fill(folder: str, masks: int) -> Any:
    """The workspace with so many masks, made where it isn't there."""
    stored = import_module("benchmarks.store.__main__")
    return str(stored.filled(Path(folder), masks)[0].root)


def pages(workspace: str) -> Any:
    """Processor seconds of the sidebar and of each page when it is drawn again."""
    from migrate_core.store.base import open_store
    from migrate_core.workspace import Workspace

    measure = import_module("benchmarks.store.measure")
    opened = Workspace(Path(workspace))
    usages = measure.store_usages(open_store(opened), opened)
    found = {name: usage.seconds for name, usage in usages}
    with measure.working_in(opened.root):
        return found | {
            f"page {name}": measure.page_usage(path).seconds for name, path in measure.PAGES.items()
        }


if __name__ == "__main__":
    main({"fill": fill, "pages": pages})
