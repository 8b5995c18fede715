"""Making one pair: image, label, fractions and quality on one grid, and their provenance."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import MigrateError, PairError, ProductError, TransferError
from ..files.geotiff import new_geotiff
from ..grid import BoolArray, PixelGrid, aligned_grid
from ..logs.context import about
from ..masks.size import too_large
from ..masks.transformation import Transformation, transformation
from ..model import IGNORE, Mask
from ..products.pixels.resampling import NO_DATA
from ..products.product import Product
from ..scenes.access.opening import open_scene
from ..store.serialize import from_json, to_json
from ..workspace import PAIR_DOCUMENT, pair_complete, written_then_renamed
from .assessment.change import RULES, Change, PairLook, change_of
from .assessment.reassess import judged_by, reassess, refresh_change
from .assessment.suggestion import cloud_warnings, doubtful, offset_warnings, suggest
from .clouds import Clouds, assess_clouds
from .flags import occluded, occlusion, one_sided, quality_flags
from .image.bands import alike
from .image.mosaic import NumbersOf, mosaic
from .image.mosaic_check import MosaicCheck, mosaic_check
from .image.offset_check import OffsetCheck, offset_checks, with_chosen_offset
from .label.boundary_buffer import BoundaryBuffer, with_boundary_buffer
from .label.grid_labels import grid_labels
from .label.hard_label import hard_label
from .label.small_objects import objects_of
from .progress import ProgressReport, reporting
from .provenance import mask_dates, provenance
from .registration.placement import Placement, cropped, place, reading_grid, seen_by
from .source.occlusion import occluded_in_source
from .task import PairOutcome, PairTask, attempts, log_ids

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Pixels:
    """The rasters of a pair on `grid`; shapes as in the files."""

    grid: PixelGrid
    image: NDArray[np.uint16]
    label: NDArray[np.uint8]
    shares: NDArray[np.float32]
    flags: NDArray[np.uint8]
    clouds: Clouds
    source_known: bool
    offsets: OffsetCheck
    parts: MosaicCheck
    placement: Placement
    buffer: BoundaryBuffer | None


@dataclass(frozen=True)
class _Words:
    """Sentences beside the flags: `warnings` speak against accepting the pair, `notes` don't."""

    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def make_pair(task: PairTask) -> PairOutcome:
    """Make the pair and write its folder, or find it written. Raises MigrateError.

    The folder appears only when it is complete; one that lost files is made again.
    """
    folder = Path(task.folder)
    if pair_complete(folder):
        return _found(task, folder / PAIR_DOCUMENT)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with about(log_ids(task)), reporting(task.note) as report:
            return _made(task, folder, report)
    except MemoryError as err:
        raise PairError(
            f"{task.mask.name}: its pair doesn't fit into the memory of this machine ({err}). Make "
            "smaller masks: of polygons with --chip-size or --aoi, of a raster by cutting it."
        ) from err


def _found(task: PairTask, document: Path) -> PairOutcome:
    """The outcome of a pair that is there.

    Its dates follow a mask whose date was corrected, its change the mask's image and the rules of
    today, its suggestion the thresholds.
    """
    written = json.loads(document.read_text(encoding="utf-8"))
    content = written
    dates = mask_dates(task.mask)
    if any(content["mask"].get(name) != value for name, value in dates.items()):
        mask = {**content["mask"], **dates}
        content = {**content, "mask": mask, "days_offset": task.days_offset}
    if (content.get("compared_with"), content.get("change_rules")) != (
        task.mask.source.path,
        RULES,
    ):
        content = refresh_change(content, document.parent, task.mask)
    # A pair of an earlier version doesn't say which share of it is occluded.
    if judged_by(content) != task.thresholds or content.get("occluded") is None:
        empty_allowed = task.mask.empty_allowed
        content = reassess(content, document.parent, task.thresholds, empty_allowed=empty_allowed)
    if content is not written:
        _write_document(document, content)
    names = [field.name for field in fields(PairOutcome)]
    return from_json(PairOutcome, {name: content[name] for name in names if name in content})


def _write_document(document: Path, content: dict[str, Any]) -> None:
    with written_then_renamed(document) as temporary:
        temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def _made(task: PairTask, folder: Path, report: ProgressReport) -> PairOutcome:
    """Make the pair from its scenes, or where they can't be read from the same ones elsewhere."""
    failures: list[MigrateError] = []
    for attempt in attempts(task):
        try:
            return _made_of(attempt, folder, report)
        except (ProductError, TransferError) as err:
            failures.append(err)
            log.warning("%s", err)
    if len(failures) == 1:
        raise failures[0]
    others = "; ".join(str(err) for err in failures[1:])
    raise ProductError(f"{failures[0]} Elsewhere it failed as well: {others}") from failures[0]


def _made_of(task: PairTask, folder: Path, report: ProgressReport) -> PairOutcome:
    report.begin("fetch")
    opened = [with_chosen_offset(open_scene(scene), task.parameters) for scene in task.scenes]
    products = alike(opened, allow_missing=task.parameters.allow_missing_bands)
    pixels = _pixels(task, products, report)
    placing = _placing(task.mask, pixels.grid)
    words = _words(pixels, placing)
    looks = change_of(task.mask, _look(pixels, products[0]))
    outcome = _outcome(task, pixels, words, looks)
    # Not beside the other pairs, where whoever looks for images would find half of one.
    with written_then_renamed(folder, apart=folder.parent.parent) as temporary:
        temporary.mkdir()
        _write_rasters(temporary, pixels, task, products[0])
        findings = {
            **_findings(task, pixels),
            "transformation": placing,
            "change_found": looks,
            **to_json(words),
        }
        document = provenance(task, products, pixels.grid, outcome, findings)
        _write_document(temporary / PAIR_DOCUMENT, document)
    return outcome


def _placing(mask: Mask, grid: PixelGrid) -> Transformation:
    """How exactly the mask was brought to the CRS of the scene."""
    if mask.georeference.crs is None or mask.extent is None:
        raise ValueError(f"{mask.name} has no place")
    return transformation(mask.georeference.crs, grid.crs, mask.extent)


def _words(pixels: _Pixels, placing: Transformation) -> _Words:
    registration = pixels.placement.registration
    return _Words(
        warnings=(
            *offset_warnings(pixels.offsets.warnings),
            *cloud_warnings(pixels.clouds.disputed, pixels.label),
            *pixels.parts.warnings,
            *placing.warnings,
            *(registration.warnings if registration else ()),
        ),
        notes=(*pixels.parts.notes, *(pixels.buffer.notes if pixels.buffer else ())),
    )


def _outcome(task: PairTask, pixels: _Pixels, words: _Words, looks: Change) -> PairOutcome:
    """What the flags say, and what else was found."""
    flags, label, known = pixels.flags, pixels.label, pixels.clouds.known
    empty_allowed = task.mask.empty_allowed
    suggestion = suggest(flags, label, known, task.thresholds, empty_allowed=empty_allowed)
    registration = pixels.placement.registration
    return PairOutcome(
        occlusion(flags, label, known),
        doubtful(suggestion, words.warnings, words.notes),
        shift=registration.shift if registration else None,
        change=looks.value,
        change_note=looks.note,
        change_rules=looks.rules,
        one_sided=one_sided(flags, label, known, source_known=pixels.source_known),
        judged_by=task.thresholds,
        compared_with=task.mask.source.path,
        occluded=occluded(flags, label, known, empty_allowed=empty_allowed),
    )


def _findings(task: PairTask, pixels: _Pixels) -> dict[str, Any]:
    """Sections of pair.json on how its rasters came to be."""
    return {
        "offset_check": pixels.offsets,
        "clouds": pixels.clouds.findings,
        "mosaic": pixels.parts,
        "registration": pixels.placement.registration,
        "ignore_rim": pixels.buffer,
        "objects": objects_of(task.mask, pixels.placement.labels, pixels.grid),
    }


def _look(pixels: _Pixels, product: Product) -> PairLook:
    names = [band.name for band in product.bands]
    return PairLook(
        pixels.grid,
        pixels.placement.source_grid,
        dict(zip(names, pixels.image, strict=True)),
        pixels.label,
        pixels.flags,
    )


def _pixels(task: PairTask, products: Sequence[Product], report: ProgressReport) -> _Pixels:
    mask, parameters = task.mask, task.parameters
    labels = grid_labels(mask)
    base_grid = products[0].grid
    placement = Placement(labels, aligned_grid(base_grid, labels.bounds(base_grid.crs)))
    _check_size(placement.grid, task)
    around = reading_grid(placement.grid, base_grid, register=parameters.register)
    report.begin("convert")
    numbers: NumbersOf = {}
    found = mosaic(products, around, parameters.resampling, numbers)
    clouds = assess_clouds(products, around, found, parameters.clouds)
    if parameters.register:
        names = [band.name for band in products[0].bands]
        placement = place(mask, labels, seen_by(found, clouds, names, around))
    grid = placement.grid
    found, clouds = cropped(found, around, grid), cropped(clouds, around, grid)
    report.begin("crop")
    inside = placement.labels.inside(grid)
    image_inside = _blanked(found.image, inside)
    report.begin("align")
    classes = mask.stored_classes
    shares = placement.labels.shares(grid, classes)
    label = np.where(inside, hard_label(shares, classes), IGNORE).astype(np.uint8)
    occluded = occluded_in_source(mask, placement.source_grid)
    if parameters.ignore_occluded and occluded is not None:
        label[occluded] = IGNORE
    label, buffer = with_boundary_buffer(label, placement.labels, grid, parameters.ignore_rim_m)
    flags = quality_flags(found.image, clouds.flags, label, inside, occluded)
    return _Pixels(
        grid,
        image_inside,
        label,
        shares.astype(np.float32),
        flags,
        clouds=clouds,
        source_known=occluded is not None,
        offsets=offset_checks(products, numbers, np.unique(found.origin).tolist()),
        parts=mosaic_check(products, found, inside),
        placement=placement,
        buffer=buffer,
    )


def _check_size(grid: PixelGrid, task: PairTask) -> None:
    """Refuse a pair whose window is too large, before its pixels are read. Raises PairError."""
    if (why := too_large(grid.width, grid.height, task.max_pixels)) is not None:
        raise PairError(f"{task.mask.name}: {why}")


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
    with new_geotiff(path, **profile) as dataset:
        dataset.write(pixels)
        dataset.descriptions = tuple(descriptions)
