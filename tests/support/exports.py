"""A workspace with finished pairs that are made of numbers, for tests of exports.

The pairs have random pixels, lie in one or more UTM zones, are of several sizes, days and scenes,
and are accepted unless told otherwise. What is in them is read with rasterio alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray

from migrate_core.acquired import Acquired
from migrate_core.export.dataset import Dataset, export_dataset
from migrate_core.export.request import ExportRequest
from migrate_core.grid import PixelGrid, reproject_geometry
from migrate_core.mask import ClassTable, Georeference, Mask
from migrate_core.model import Decision, Occluded, Occlusion, Pair, Shares
from migrate_core.pairs.files import (
    FRACTIONS,
    IMAGE,
    LABEL,
    QUALITY,
    write_document,
    write_raster,
)
from migrate_core.pairs.label.hard_label import hard_label
from migrate_core.products.product import band_names
from migrate_core.review.run import decide
from migrate_core.states import PairState
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace

CLASSES: Mapping[int, str] = {0: "background", 1: "quarry", 2: "water"}
NORTH_M = 4_690_320


@dataclass(frozen=True)
class MadePair:
    """One pair: its UTM zone, place, size in pixels, day, level and decision (None: undecided)."""

    zone: int = 31
    east_m: int = 482_820
    north_m: int = NORTH_M
    width: int = 50
    height: int = 40
    day: int = 0
    level: str = "L2A"
    verdict: str | None = "accept"
    reviewer: str = "ann"


@dataclass(frozen=True)
class Exportable:
    """The workspace and its pairs, by their order."""

    workspace: Workspace
    store: Store
    pair_ids: tuple[str, ...]

    def export(self, destination: Path, *formats: str, **wanted: Any) -> Dataset:
        """Export accepted pairs in these formats, GeoTIFF for none."""
        request = ExportRequest(destination, formats=formats or ("geotiff",), **wanted)
        return export_dataset(self.store, self.workspace, request, lambda *_: None)

    def read(self, pair_id: str, name: str) -> NDArray[Any]:
        """A raster of a pair by its name (`image` …): (bands, height, width)."""
        with rasterio.open(self.workspace.pair(pair_id) / f"{name}.tif") as dataset:
            found: NDArray[Any] = dataset.read()
            return found


def spread_out(count: int = 6) -> list[MadePair]:
    """Pairs far from each other in two UTM zones, of three sizes and days."""
    return [
        MadePair(
            zone=31 + number % 2,
            east_m=400_000 + 20_000 * number,
            width=50 + 10 * (number % 3),
            height=40 + 5 * (number % 2),
            day=number % 3,
        )
        for number in range(count)
    ]


def exportable(root: Path, pairs: Sequence[MadePair] | None = None, seed: int = 1) -> Exportable:
    """Make the workspace `root` with these pairs, by default `spread_out()`."""
    workspace = Workspace(root)
    store = open_store(workspace)
    made = spread_out() if pairs is None else pairs
    rng = np.random.default_rng(seed)
    ids = [_add(store, workspace, number, one, rng) for number, one in enumerate(made)]
    return Exportable(workspace, store, tuple(ids))


def _add(
    store: Store, workspace: Workspace, number: int, one: MadePair, rng: np.random.Generator
) -> str:
    grid = PixelGrid(
        f"EPSG:326{one.zone}", Affine(10, 0, one.east_m, 0, -10, one.north_m), one.width, one.height
    )
    sensed = datetime(2020, 6, 1, 10, 43, 51, tzinfo=UTC) + timedelta(days=one.day)
    mask = _mask(number, grid, sensed)
    scene_id = (
        f"S2A_MSI{one.level}_{sensed:%Y%m%dT%H%M%S}_N0500_R008_T{one.zone}TDG_20230101T000000"
    )
    pair_id = f"{mask.mask_id}_{sensed:%Y%m%d}_{number:08x}"
    shares = Shares(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    pair = Pair(
        pair_id,
        mask.mask_id,
        mask.name,
        (scene_id,),
        PairState.DONE,
        days_offset=0.5 * number,
        coverage=1.0,
        occlusion=Occlusion(shares, shares),
        occluded=Occluded(0.0, 0.0),
    )
    store.put_masks([mask])
    store.put_pairs([pair])
    bands = tuple(band_names(one.level))
    _write_files(workspace.pair(pair_id), grid, bands, rng)
    write_document(workspace.pair(pair_id), _document(pair, mask, grid, bands, scene_id, one))
    if one.verdict is not None:
        decide(store, Decision(pair_id, one.verdict, one.reviewer, None, datetime.now(UTC)))
    return pair_id


def _mask(number: int, grid: PixelGrid, sensed: datetime) -> Mask:
    footprint = reproject_geometry(shapely.box(*grid.bounds), grid.crs, "EPSG:4326")
    return Mask(
        f"m{number}-{number:08x}",
        f"m{number}.tif",
        f"/masks/m{number}.tif",
        sha256=f"{number:064x}",
        width=grid.width,
        height=grid.height,
        georeference=Georeference(grid.crs, tuple(grid.transform)[:6]),
        extent=footprint,
        footprint=footprint,
        acquired=Acquired.parse(f"{sensed:%Y-%m-%d}"),
        classes=ClassTable(
            stored={str(value): value for value in CLASSES},
            names={str(value): name for value, name in CLASSES.items() if value},
        ),
    )


def _write_files(
    folder: Path, grid: PixelGrid, bands: Sequence[str], rng: np.random.Generator
) -> None:
    folder.mkdir(parents=True)
    image = rng.integers(1, 9000, (len(bands), *grid.shape)).astype(np.uint16)
    image[:, :3, :4] = 0
    shares = rng.dirichlet((0.3, 0.3, 0.3), grid.shape).transpose(2, 0, 1)
    shares[:, :3, :4] = 0
    label = hard_label(shares, tuple(CLASSES))
    label[-2:, -5:] = 255
    quality = np.where(label == 255, np.uint8(128), np.uint8(0))
    quality[:3, :4] = 1 | 2
    quality[10:14, 10:20] |= 4
    write_raster(folder, IMAGE, image, grid, bands)
    write_raster(folder, LABEL, label[None], grid, ["label"])
    names = [f"class {value}" for value in CLASSES]
    write_raster(folder, FRACTIONS, shares.astype(np.float32), grid, names)
    write_raster(folder, QUALITY, quality[None], grid, ["quality flags"])


def _document(
    pair: Pair, mask: Mask, grid: PixelGrid, bands: Sequence[str], scene_id: str, one: MadePair
) -> dict[str, Any]:
    """A pair.json with what exports read of it."""
    sensed = f"{scene_id.split('_')[2]}Z"
    sensed_at = datetime.strptime(sensed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return {
        "pair_id": pair.pair_id,
        "software": {"name": "migrate_core", "version": "0"},
        "mask": {
            "mask_id": mask.mask_id,
            "name": mask.name,
            "file": mask.path,
            "sha256": mask.sha256,
            "crs": mask.georeference.crs,
            "transform": mask.georeference.transform,
            "acquired": f"{sensed_at:%Y-%m-%d}",
            "acquired_end": None,
            "classes": {str(value): value for value in CLASSES},
            "class_names": dict(mask.classes.names or {}),
            "class_colours": {},
            "sensor": "planetscope",
        },
        "scenes": [
            {
                "scene_id": scene_id,
                "product_id": scene_id,
                "source": "local:scenes",
                "sensed_at": f"{sensed_at:%Y-%m-%dT%H:%M:%SZ}",
                "level": one.level,
                "tile": f"{one.zone}TDG",
                "baseline": "05.00",
                "cloud_percent": 1.5,
            }
        ],
        "grid": {
            "crs": grid.crs,
            "transform": tuple(grid.transform)[:6],
            "width": grid.width,
            "height": grid.height,
        },
        "bands": list(bands),
        "clouds": [{"method": "scl"}],
        "days_offset": pair.days_offset,
        "coverage": pair.coverage,
        "parameters": {"resampling": "bilinear"},
    }
