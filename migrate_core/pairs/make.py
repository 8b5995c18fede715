"""Making one pair: image, label, fractions and quality on one grid, and their provenance."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from ..codec import from_json
from ..errors import MigrateError, ProductError, TransferError
from ..grid import BoolArray, PixelGrid, aligned_grid
from ..model import IGNORE
from ..products.product import Product
from ..products.reading import Numbers
from ..products.resampling import NO_DATA
from ..scenes.opening import open_scene
from ..workspace import PAIR_DOCUMENT, pair_complete, written_then_renamed
from .bands import alike
from .clouds import judge_clouds
from .grid_labels import grid_labels
from .labels import hard_label
from .mosaic import mosaic
from .offset_check import OffsetCheck, offset_check, with_chosen_offset
from .provenance import mask_dates, provenance
from .quality import occlusion, quality_flags
from .source_occlusion import hidden_in_source
from .stages import StageReport, reporting
from .suggestion import doubtful, suggest
from .task import PairOutcome, PairTask, attempts


@dataclass(frozen=True)
class _Pixels:
    """The rasters of a pair on `grid`; shapes as in the files."""

    grid: PixelGrid
    image: NDArray[np.uint16]
    label: NDArray[np.uint8]
    shares: NDArray[np.float32]
    flags: NDArray[np.uint8]
    clouds_known: bool
    offsets: OffsetCheck


def make_pair(task: PairTask) -> PairOutcome:
    """Make the pair and write its folder, or find it written. Raises MigrateError.

    The folder appears only when it is complete; one that lost files is made anew.
    """
    folder = Path(task.folder)
    if pair_complete(folder):
        return _found(task, folder / PAIR_DOCUMENT)
    shutil.rmtree(folder, ignore_errors=True)
    with reporting(task.note) as report:
        return _made(task, folder, report)


def _found(task: PairTask, document: Path) -> PairOutcome:
    """The outcome of a pair that is there; its dates follow a mask whose date was corrected."""
    content = json.loads(document.read_text(encoding="utf-8"))
    dates = mask_dates(task.mask)
    if any(content["mask"].get(name) != value for name, value in dates.items()):
        content["mask"] |= dates
        content["days_offset"] = task.days_offset
        _write_document(document, content)
    names = [field.name for field in fields(PairOutcome)]
    return from_json(PairOutcome, {name: content[name] for name in names if name in content})


def _write_document(document: Path, content: dict[str, Any]) -> None:
    with written_then_renamed(document) as temporary:
        temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def _made(task: PairTask, folder: Path, report: StageReport) -> PairOutcome:
    """Make the pair from its scenes, or where they can't be read from the same ones elsewhere."""
    failures: list[MigrateError] = []
    for attempt in attempts(task):
        try:
            return _made_of(attempt, folder, report)
        except (ProductError, TransferError) as err:
            failures.append(err)
    if len(failures) == 1:
        raise failures[0]
    others = "; ".join(str(err) for err in failures[1:])
    raise ProductError(f"{failures[0]} Elsewhere it failed as well: {others}") from failures[0]


def _made_of(task: PairTask, folder: Path, report: StageReport) -> PairOutcome:
    report.begin("fetch")
    opened = [with_chosen_offset(open_scene(scene), task.parameters) for scene in task.scenes]
    products = alike(opened, allow_missing=task.parameters.allow_missing_bands)
    pixels = _pixels(task, products, report)
    outcome = _outcome(pixels)
    with written_then_renamed(folder) as temporary:
        temporary.mkdir()
        _write_rasters(temporary, pixels, task, products[0])
        findings = {"offset_check": pixels.offsets}
        document = provenance(task, products, pixels.grid, outcome, findings)
        _write_document(temporary / PAIR_DOCUMENT, document)
    return outcome


def _outcome(pixels: _Pixels) -> PairOutcome:
    found = occlusion(pixels.flags, pixels.label, clouds_known=pixels.clouds_known)
    suggestion = suggest(
        pixels.flags, pixels.label, found.labelled, clouds_known=pixels.clouds_known
    )
    return PairOutcome(found, doubtful(suggestion, pixels.offsets.doubts))


def _pixels(task: PairTask, products: Sequence[Product], report: StageReport) -> _Pixels:
    mask = task.mask
    labels = grid_labels(mask)
    lattice = products[0].grid
    grid = aligned_grid(lattice, labels.bounds(lattice.crs))
    report.begin("convert")
    numbers: Numbers = {}
    found = mosaic(products, grid, task.parameters.resampling, numbers)
    clouds = judge_clouds(products, grid, found)
    report.begin("crop")
    inside = labels.inside(grid)
    image_inside = _blanked(found.image, inside)
    report.begin("align")
    classes = mask.stored_classes
    shares = labels.shares(grid, classes)
    label = np.where(inside, hard_label(shares, classes), IGNORE).astype(np.uint8)
    hidden = hidden_in_source(mask, grid)
    if task.parameters.ignore_occluded and hidden is not None:
        label[hidden] = IGNORE
    flags = quality_flags(found.image, clouds.flags, label, inside, hidden)
    return _Pixels(
        grid,
        image_inside,
        label,
        shares.astype(np.float32),
        flags,
        clouds_known=clouds.flags is not None,
        offsets=offset_check(products[0], numbers),
    )


def _blanked(image: NDArray[np.uint16], inside: BoolArray) -> NDArray[np.uint16]:
    return np.where(inside, image, NO_DATA).astype(np.uint16)


def _write_rasters(folder: Path, pixels: _Pixels, task: PairTask, product: Product) -> None:
    class_names = [f"class {value}" for value in task.mask.stored_classes]
    band_names = [band.name for band in product.bands]
    write_raster(folder / "image.tif", pixels.image, pixels.grid, NO_DATA, band_names)
    write_raster(folder / "label.tif", pixels.label[None], pixels.grid, IGNORE, ["label"])
    write_raster(folder / "fractions.tif", pixels.shares, pixels.grid, None, class_names)
    write_raster(folder / "quality.tif", pixels.flags[None], pixels.grid, None, ["quality flags"])


def write_raster(
    path: Path,
    pixels: NDArray[Any],
    grid: PixelGrid,
    nodata: int | None,
    descriptions: Sequence[str],
) -> None:
    """Write (bands, height, width) as a tiled, compressed GeoTIFF with described bands."""
    profile = {
        "driver": "GTiff",
        "dtype": pixels.dtype,
        "count": len(pixels),
        "width": grid.width,
        "height": grid.height,
        "crs": grid.crs,
        "transform": grid.transform,
        "nodata": nodata,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
        "predictor": 3 if pixels.dtype.kind == "f" else 2,
        "interleave": "band",
    }
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(pixels)
        dataset.descriptions = tuple(descriptions)
