"""Which datasets exports have made: what the page lists, and what may be fetched from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from migrate_core.export.dataset import is_dataset
from migrate_core.export.report.card import CARD, is_unfinished
from migrate_core.jobs.background import answer
from pages.shared.frame import Page


@dataclass(frozen=True)
class Made:
    """A dataset, and when its card was written (seconds since 1970)."""

    folder: Path
    written_at: float


def known_datasets(page: Page) -> list[Made]:
    """The dataset of the last export and those in the workspace, the newest first."""
    document = answer(page.store, "export")
    last = [Path(document["path"])] if document else []
    folders = {card.parent for card in page.workspace.exports.glob(f"*/{CARD}")} | set(last)
    made = [
        Made(folder, (folder / CARD).stat().st_mtime) for folder in folders if _is_complete(folder)
    ]
    return sorted(made, key=lambda one: (-one.written_at, one.folder))


def _is_complete(folder: Path) -> bool:
    """Whether a folder is a dataset whose export came to its end."""
    return is_dataset(folder) and not is_unfinished((folder / CARD).read_text(encoding="utf-8"))
