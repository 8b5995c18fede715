"""Making one pair: image, label, fractions and quality on one grid, and their provenance."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from .. import __version__
from ..codec import from_json, to_json
from ..errors import MigrateError, ProductError, TransferError
from ..grid import BoolArray, PixelGrid, aligned_grid
from ..masks.footprint import valid_bounds
from ..masks.raster import read_labels
from ..model import (
    IGNORE,
    Occlusion,
    Scene,
    Suggestion,
)
from ..products.access import without_secrets
from ..products.product import Product
from ..products.reading import Numbers, read_bands, read_scene_classification
from ..products.resampling import NO_DATA
from ..scenes.opening import open_scene
from ..workspace import PAIR_DOCUMENT, pair_complete, written_then_renamed
from .area_shares import area_shares
from .identity import stated
from .labels import hard_label, inside_footprint
from .offset_check import OffsetCheck, offset_check, with_chosen_offset
from .quality import occlusion, quality_flags
from .stages import StageReport, reporting
from .suggestion import doubtful, suggest
from .task import Origin, PairOutcome, PairTask, attempts, in_place


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
    acquired = str(task.mask.acquired)
    if content["mask"]["acquired"] != acquired:
        content["mask"]["acquired"] = acquired
        content["days_offset"] = task.days_offset
        _write_document(document, content)
    return PairOutcome(
        from_json(Occlusion, content["occlusion"]), from_json(Suggestion, content["suggestion"])
    )


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
    products = [with_chosen_offset(open_scene(scene), task.parameters) for scene in task.scenes]
    pixels = _pixels(task, products, report)
    found = occlusion(pixels.flags, pixels.label, clouds_known=pixels.clouds_known)
    suggestion = suggest(
        pixels.flags, pixels.label, found.labelled, clouds_known=pixels.clouds_known
    )
    outcome = PairOutcome(found, doubtful(suggestion, pixels.offsets.doubts))
    with written_then_renamed(folder) as temporary:
        temporary.mkdir()
        _write_rasters(temporary, pixels, task, products[0])
        provenance = _provenance(task, products, pixels, outcome)
        _write_document(temporary / PAIR_DOCUMENT, provenance)
    return outcome


def _pixels(task: PairTask, products: Sequence[Product], report: StageReport) -> _Pixels:
    mask = task.mask
    labels = read_labels(mask)
    lattice = products[0].grid
    grid = aligned_grid(lattice, valid_bounds(labels != IGNORE, mask.grid, lattice.crs))
    report.begin("convert")
    numbers: Numbers = {}
    image, classification = _mosaic(products, grid, task.parameters.resampling, numbers)
    report.begin("crop")
    inside = inside_footprint(labels, mask.grid, grid)
    image_inside = _blanked(image, inside)
    report.begin("align")
    classes = mask.stored_classes
    shares = area_shares(labels, mask.grid, grid, classes)
    label = np.where(inside, hard_label(shares, classes), IGNORE).astype(np.uint8)
    flags = quality_flags(image, classification, label, inside)
    return _Pixels(
        grid,
        image_inside,
        label,
        shares.astype(np.float32),
        flags,
        clouds_known=classification is not None,
        offsets=offset_check(products[0], numbers),
    )


def _blanked(image: NDArray[np.uint16], inside: BoolArray) -> NDArray[np.uint16]:
    return np.where(inside, image, NO_DATA).astype(np.uint16)


def _mosaic(
    products: Sequence[Product], grid: PixelGrid, resampling: str, numbers: Numbers
) -> tuple[NDArray[np.uint16], NDArray[np.uint8] | None]:
    """Image and scene classification; later products fill where earlier ones have no data.

    They are parts of one acquisition on one lattice, so nothing is resampled or blended.
    `numbers` is filled with what the files of the first one have.
    """
    image = read_bands(products[0], grid, resampling, numbers)
    classification = read_scene_classification(products[0], grid)
    for product in products[1:]:
        if (image != NO_DATA).all():
            break
        other = read_bands(product, grid, resampling)
        # A coarse pixel at the seam has data in both parts, the 10 m pixels in it in one: the part
        # with more bands is the one that saw the place.
        better = (other != NO_DATA).sum(axis=0) > (image != NO_DATA).sum(axis=0)
        image[:, better] = other[:, better]
        more = read_scene_classification(product, grid)
        if classification is not None and more is not None:
            classification[better] = more[better]
    return image, classification


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


def _provenance(
    task: PairTask, products: Sequence[Product], pixels: _Pixels, outcome: PairOutcome
) -> dict[str, Any]:
    """What pair.json says: where every pixel came from and how."""
    mask, grid = task.mask, pixels.grid
    return {
        "pair_id": task.pair_id,
        "software": {"name": "migrate_core", "version": __version__},
        "mask": {
            "mask_id": mask.mask_id,
            "name": mask.name,
            "file": mask.path,
            "sha256": mask.sha256,
            "crs": mask.crs,
            "transform": mask.transform,
            "georeference": mask.georeference or mask.path,
            "acquired": str(mask.acquired),
            "classes": dict(mask.classes or {}),
            "image": mask.image,
        },
        "scenes": [
            {**_scene_provenance(scene, product), "pixels_from": to_json(origin)}
            for scene, product, origin in zip(task.scenes, products, _origins(task), strict=True)
        ],
        "days_offset": task.days_offset,
        "coverage": task.coverage,
        "grid": {
            "crs": grid.crs,
            "transform": tuple(grid.transform)[:6],
            "width": grid.width,
            "height": grid.height,
        },
        "bands": [band.name for band in products[0].bands],
        "offset_check": to_json(pixels.offsets),
        "parameters": stated(task.parameters),
        "occlusion": to_json(outcome.occlusion),
        "suggestion": to_json(outcome.suggestion),
    }


def _origins(task: PairTask) -> tuple[Origin, ...]:
    """Where the pixels came from; where nothing was fetched, from where the scene lies."""
    return task.origins or tuple(map(in_place, task.scenes))


def _scene_provenance(scene: Scene, product: Product) -> dict[str, Any]:
    return {
        "scene_id": scene.scene_id,
        "product_id": product.product_id,
        "source": scene.source,
        "file": without_secrets(scene.href),
        "sensed_at": to_json(scene.sensed_at),
        "level": product.level,
        "tile": scene.tile,
        "baseline": product.baseline,
        "cloud_percent": scene.cloud_percent,
        "offsets": {band.name: product.offsets.get(band.name, 0) for band in product.bands},
        "offsets_from": product.offset_origin,
    }
