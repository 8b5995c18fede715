"""Which files belong to a dataset: what goes along when it is zipped or sent elsewhere."""

from __future__ import annotations

from pathlib import Path

from .journal import Journal
from .manifest import TABLES
from .report.card import CARD
from .report.files import REPORT_FILES
from .selection.similar.table import SIMILAR
from .splits.earlier import SPLITS_FILE

# Besides the files of the formats; those that an export didn't write are left out.
_ALWAYS = (CARD, *REPORT_FILES, *TABLES, SPLITS_FILE, SIMILAR)


def files_of_dataset(folder: Path) -> list[str]:
    """The files of the dataset in `folder`, as paths in it with forward slashes; the card first."""
    plots = sorted(f"plots/{path.name}" for path in (folder / "plots").glob("*.png"))
    parts = [name for one in Journal(folder).all() for name in one.files]
    names = dict.fromkeys((*_ALWAYS, *(name for name in plots if "/." not in name), *parts))
    return [name for name in names if (folder / name).is_file()]
