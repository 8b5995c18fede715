"""Near duplicates and outliers as a table beside the manifest."""

from __future__ import annotations

from pathlib import Path

from ....escaping import write_csv
from .run import Findings

SIMILAR = "notable_pairs.csv"
COLUMNS = ("pair_id", "what", "other", "score", "reason")


def rows_of(found: Findings) -> list[dict[str, object]]:
    """A row for each near duplicate and outlier."""
    cells: list[tuple[object, ...]] = [
        (one.pair_id, "near duplicate", one.other, None, one.reason) for one in found.duplicates
    ]
    cells += [(one.pair_id, "outlier", "", one.score, one.reason) for one in found.outliers]
    return [dict(zip(COLUMNS, row, strict=True)) for row in cells]


def write_similar(folder: Path, found: Findings | None) -> None:
    """Write the table, also an empty one: then it is known that there are none."""
    if found is not None:
        write_csv(folder / SIMILAR, list(COLUMNS), rows_of(found))
