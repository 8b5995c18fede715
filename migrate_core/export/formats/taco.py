"""The format `taco`: a folder that tacoreader opens, one sample with its rasters each.

TACO 0.5 in its form of a folder (https://tacofoundation.github.io): `DATA/` has a folder for each
sample, with a table `__meta__` of what is in it; `METADATA/level0.parquet` has a row for each
sample, `level1.parquet` one for each of their files; `COLLECTION.json` describes both tables.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from ...workspace import written_then_renamed
from ..samples.footprint import lonlat_bounds, lonlat_footprint
from ..samples.sample import Sample
from .base import Content, Format, Part
from .rasters import write_fractions, write_image, write_label, write_quality
from .wording import description, identifier

if TYPE_CHECKING:
    from pyarrow import Table

Json = dict[str, Any]

_FILES = ("image.tif", "label.tif", "fractions.tif", "quality.tif")
_META = "__meta__"
_COLLECTION = "COLLECTION.json"
_LEVELS = ("METADATA/level0.parquet", "METADATA/level1.parquet")
_FILE, _FOLDER = "FILE", "FOLDER"
_CURRENT, _PARENT, _PATH = "internal:current_id", "internal:parent_id", "internal:relative_path"
# TACO has a word of its own for it.
_SPLITS = {"train": "train", "val": "validation", "test": "test"}
_DESCRIPTIONS = {
    "id": "Name of the sample, or of a file in it.",
    "type": "FILE or FOLDER.",
    "stac:crs": "Coordinate reference system.",
    "stac:tensor_shape": "Bands, height and width of the image.",
    "stac:geotransform": "Affine transform in the order of GDAL.",
    "stac:time_start": "When the image was taken, UTC.",
    "stac:centroid": "Centre in EPSG:4326 as WKB.",
    "split": "train, validation or test.",
    "pair_id": "The pair of image and label that the sample is of.",
    "mask_name": "The file that the label is from.",
    "scene_id": "The Sentinel-2 product that the image is from.",
    _CURRENT: "Number of the row in this table.",
    _PARENT: "Number of the row of its folder in the table above.",
    _PATH: "Path from DATA/.",
}


class Taco(Format):
    """A sample is a folder of four rasters; tables tell where, when, and which split."""

    name = "taco"
    title = "TACO"
    help = "Folders of samples with tables that tacoreader queries and GDAL reads from."
    loads = "tacoreader.load('DEST/taco')"

    def parts(self, content: Content) -> Sequence[Part]:
        """One a sample."""
        return [
            Part(
                sample.sample_id,
                (sample,),
                tuple(f"DATA/{sample.sample_id}/{name}" for name in (*_FILES, _META)),
            )
            for sample in content.samples
        ]

    def write(self, part: Part, content: Content, folder: Path) -> None:
        """The rasters of a sample, and the table of them."""
        (sample,) = part.samples
        pixels = content.pixels(sample)
        image, label, fractions, quality, meta = (folder / name for name in part.files)
        write_image(image, pixels, folder)
        write_label(label, pixels, content.classes, folder)
        write_fractions(fractions, pixels, content.classes, folder)
        write_quality(quality, pixels, folder)
        _write_table(meta, _files_of_sample(), folder)

    def finish(self, content: Content, folder: Path) -> Sequence[str]:
        """The tables of all samples and files, and what describes them."""
        levels = (_level0(content), _level1(content))
        for name, table in zip(_LEVELS, levels, strict=True):
            _write_table(folder / name, table, folder)
        with written_then_renamed(folder / _COLLECTION) as temporary:
            text = json.dumps(_collection(content, levels), ensure_ascii=False, indent=1)
            temporary.write_text(text, encoding="utf-8")
        return [*_LEVELS, _COLLECTION]


def _write_table(path: Path, table: Table, apart: Path) -> None:
    import pyarrow.parquet as pq

    with written_then_renamed(path, apart=apart) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def _files_of_sample() -> Table:
    import pyarrow as pa

    return pa.table({"id": list(_FILES), "type": [_FILE] * len(_FILES)})


def _level0(content: Content) -> Table:
    """A row for each sample; the number of its parent is its own, as there is nothing above."""
    import pyarrow as pa

    schema = [
        ("id", pa.string()),
        ("type", pa.string()),
        ("stac:crs", pa.string()),
        ("stac:tensor_shape", pa.list_(pa.int64())),
        ("stac:geotransform", pa.list_(pa.float64())),
        ("stac:time_start", pa.timestamp("us")),
        ("stac:centroid", pa.binary()),
        *((name, pa.string()) for name in ("split", "pair_id", "mask_name", "scene_id")),
        (_CURRENT, pa.int64()),
        (_PARENT, pa.int64()),
    ]
    rows = [
        {**_row(sample, len(content.bands)), _CURRENT: number, _PARENT: number}
        for number, sample in enumerate(content.samples)
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(schema))


def _row(sample: Sample, bands: int) -> Json:
    grid, row = sample.grid, sample.row
    centre = shapely.centroid(lonlat_footprint(grid))
    return {
        "id": sample.sample_id,
        "type": _FOLDER,
        "stac:crs": grid.crs,
        "stac:tensor_shape": [bands, *grid.shape],
        "stac:geotransform": list(grid.transform.to_gdal()),
        "stac:time_start": _time(row["sensed_at"]),
        "stac:centroid": shapely.to_wkb(centre),
        "split": _SPLITS[sample.split],
        "pair_id": sample.pair_id,
        "mask_name": row["mask_name"],
        "scene_id": row["scene_id"],
    }


def _time(text: str) -> datetime:
    """A time in UTC without its zone, as TACO has it."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _level1(content: Content) -> Table:
    """A row for each file of each sample."""
    import pyarrow as pa

    samples, count = content.samples, len(_FILES)
    numbers = range(len(samples) * count)
    return pa.table(
        {
            "id": list(_FILES) * len(samples),
            "type": [_FILE] * len(numbers),
            _CURRENT: pa.array(numbers, pa.int64()),
            _PARENT: pa.array([number // count for number in numbers], pa.int64()),
            _PATH: [f"{sample.sample_id}/{name}" for sample in samples for name in _FILES],
        }
    )


def _collection(content: Content, levels: Sequence[Table]) -> Json:
    return {
        "id": identifier(content),
        "dataset_version": "1.0.0",
        "description": description(content),
        "licenses": [content.about.licence or "not given"],
        "providers": _providers(content),
        "tasks": ["semantic-segmentation"],
        "taco_version": "0.5.0",
        "title": content.name[:250],
        "keywords": ["sentinel-2", "segmentation"],
        "extent": _extent(content),
        "labels:classes": [
            {"name": one.name, "category": str(one.value), "description": None}
            for one in content.classes
        ],
        "labels:num_classes": len(content.classes),
        "labels:description": "Values of label.tif; 255 is ignore. Bands of fractions.tif.",
        "taco:pit_schema": _pit_schema(len(content.samples)),
        "taco:field_schema": {
            f"level{number}": _fields(table) for number, table in enumerate(levels)
        },
    }


def _providers(content: Content) -> list[Json]:
    owner = {"name": "European Union/ESA/Copernicus", "roles": ["producer", "licensor"]}
    makers = [{"name": name, "roles": ["processor"]} for name in content.about.authors]
    return [{**one, "url": None, "links": None} for one in (*makers, owner)]


def _extent(content: Content) -> Json:
    times = sorted(sample.row["sensed_at"] for sample in content.samples)
    bounds = lonlat_bounds(lonlat_footprint(sample.grid) for sample in content.samples)
    return {"spatial": list(bounds), "temporal": [times[0], times[-1]]}


def _pit_schema(count: int) -> Json:
    """What the tree of folders looks like: the same files in each sample, in the same order."""
    files = {"n": count * len(_FILES), "type": [_FILE] * len(_FILES), "id": list(_FILES)}
    return {
        "root": {"n": count, "type": _FOLDER},
        "shape": [count, len(_FILES)],
        "hierarchy": {"1": [files]},
    }


def _fields(table: Table) -> list[list[str]]:
    return [[one.name, str(one.type), _DESCRIPTIONS[one.name]] for one in table.schema]
