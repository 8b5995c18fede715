"""The files of a report: `report.html` and `CITATION.cff`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...workspace import Workspace, written_then_renamed
from ..manifest import Row
from .citation import CITATION, citation
from .description import Description, Exported
from .html import REPORT, Pictures, report
from .pictures.footprint_map import footprint_map
from .pictures.overlays import overlays

REPORT_FILES = (REPORT, CITATION)


def pictures(
    workspace: Workspace, exported: Exported, rows: Mapping[str, Row], plots: Sequence[Path]
) -> Pictures:
    """What is to be seen: `rows` of the manifest are by pair id, `plots` PNG files."""
    chosen = exported.chosen
    colours = {one.value: one.colour for one in exported.uncut.classes}
    return Pictures(
        {path.stem: path.read_bytes() for path in plots},
        footprint_map(
            {entry.pair.pair_id: entry.footprint for entry in chosen},
            {pair_id: row["split"] for pair_id, row in rows.items()},
        ),
        overlays(workspace, chosen, rows, colours),
    )


def write_report(destination: Path, described: Description, shown: Pictures) -> None:
    """Write the files. Raises DiskError."""
    texts = {REPORT: report(described, shown), CITATION: citation(described)}
    for name, text in texts.items():
        with written_then_renamed(destination / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
