"""The samples of a format as a table: where and when each is, its split, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...escaping import write_csv
from ..formats.base import Part
from ..samples.footprint import lonlat_bounds, lonlat_footprint
from ..samples.sample import Sample
from .files import files_of_sample

TABLE = "samples.csv"
# Columns that every table has, and what is in them as Croissant has it.
COLUMNS = {
    "sample_id": ("sc:Text", "Name of the sample."),
    "split": ("sc:Text", "train, val or test."),
    "pair_id": ("sc:Text", "The pair of image and label that the sample is of."),
    "scene_id": ("sc:Text", "The Sentinel-2 product that the image is from."),
    "sensed_at": ("sc:DateTime", "When the image was taken, UTC."),
    "label_acquired": ("sc:Text", "The day of the image that the label was drawn on."),
    "crs": ("sc:Text", "Coordinate reference system of the pixels."),
    "width": ("sc:Integer", "Pixels from west to east, of 10 m."),
    "height": ("sc:Integer", "Pixels from north to south."),
    "west": ("sc:Float", "Longitude of the western edge."),
    "south": ("sc:Float", "Latitude of the southern edge."),
    "east": ("sc:Float", "Longitude of the eastern edge; less than west across 180°."),
    "north": ("sc:Float", "Latitude of the northern edge."),
}


def write_samples(folder: Path, parts: Sequence[Part]) -> list[str]:
    """Write the table, and give the names of its columns with files back. Raises DiskError."""
    rows = [
        (_row(sample), files_of_sample(part, sample)) for part in parts for sample in part.samples
    ]
    kinds = list(dict.fromkeys(kind for _, files in rows for kind in files if kind not in COLUMNS))
    columns = [*COLUMNS, *kinds]
    found = [{**dict.fromkeys(kinds, ""), **files, **row} for row, files in rows]
    write_csv(folder / TABLE, columns, [{name: row[name] for name in columns} for row in found])
    return kinds


def _row(sample: Sample) -> dict[str, Any]:
    grid = sample.grid
    bounds = lonlat_bounds([lonlat_footprint(grid)])
    return {
        "sample_id": sample.sample_id,
        "split": sample.split,
        "pair_id": sample.pair_id,
        "scene_id": sample.row["scene_id"],
        "sensed_at": sample.row["sensed_at"],
        "label_acquired": sample.row["acquired"],
        "crs": grid.crs,
        "width": grid.width,
        "height": grid.height,
        **dict(zip(("west", "south", "east", "north"), bounds, strict=True)),
    }
