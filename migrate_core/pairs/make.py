"""Making one pair: open its scenes, then image, label, quality, assessment, and its files."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from ..errors import MigrateError, PairError, ProductError, TransferError
from ..grid import PixelGrid, aligned_grid, window_of
from ..logs.context import about
from ..masks.size import too_large
from ..products.jp2.shared_tiles import expecting
from ..products.product import Product
from ..products.remote.index import keep_in
from ..store.serialize import to_json
from ..workspace import Workspace
from .assessment.assess import assess
from .assessment.reassess import reassess, refresh_change, thresholds_of
from .assessment.rules import RULES
from .clouds import Clouds, assess_clouds
from .files import pair_complete, read_document, write_document, write_pair
from .image.bands import alike
from .image.mosaic import mosaic
from .image.offset_check import with_chosen_offset
from .image.pair_image import PairImage, pair_image
from .label.grid_labels import grid_labels
from .label.pair_label import pair_label
from .progress import ProgressReport, reporting
from .provenance import mask_dates, provenance
from .quality import pair_quality
from .registration.placement import Placement, reading_grid, reference_image, register_labels
from .sharing import opened_scene
from .source.occlusion import occluded_in_source
from .task import PairOutcome, PairTask, attempts, log_ids, outcome_of

log = logging.getLogger(__name__)


def make_pair(task: PairTask) -> PairOutcome:
    """Make the pair and write its folder, or find it written. Raises MigrateError.

    The folder appears only when it is complete; one that lost files is made again.
    """
    folder = Path(task.folder)
    if pair_complete(folder):
        return _found(task, folder)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with about(log_ids(task)), _together(task), reporting(task.note) as report:
            return _made(task, folder, report)
    except MemoryError as err:
        raise PairError(
            f"{task.mask.name}: its pair doesn't fit into the memory of this machine ({err}). Make "
            "smaller masks: of polygons with --chip-size or --aoi, of a raster by cutting it."
        ) from err


def _together(task: PairTask) -> AbstractContextManager[None]:
    """For the time of the block, windows are read as some of those of the task's run."""
    return nullcontext() if task.sharing is None else expecting(task.sharing.windows)


def _found(task: PairTask, folder: Path) -> PairOutcome:
    """The outcome of a pair that is there.

    Its dates follow a mask whose date was corrected, its change the mask's image and the rules of
    today, its suggestion the thresholds.
    """
    written = read_document(folder)
    content = written
    dates = mask_dates(task.mask)
    if any(content["mask"].get(name) != value for name, value in dates.items()):
        mask = {**content["mask"], **dates}
        content = {**content, "mask": mask, "days_offset": task.days_offset}
    if (content.get("compared_with"), content.get("change_rules")) != (
        task.mask.source.path,
        RULES,
    ):
        content = refresh_change(content, folder, task.mask)
    # A pair of an earlier version doesn't say which share of it is occluded.
    if thresholds_of(content) != task.thresholds or content.get("occluded") is None:
        empty_allowed = task.mask.empty_allowed
        content = reassess(content, folder, task.thresholds, empty_allowed=empty_allowed)
    if content is not written:
        write_document(folder, content)
    return outcome_of(content)


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
    mask, parameters = task.mask, task.parameters
    report.begin("fetch")
    keep_in(Workspace(folder.parent.parent).indexes)
    opened = [
        with_chosen_offset(opened_scene(scene, task.sharing), parameters) for scene in task.scenes
    ]
    products = alike(opened, allow_missing=parameters.allow_missing_bands)
    placement, image, clouds = _register_and_cut(task, products, report)
    report.begin("align")
    source = occluded_in_source(mask, placement.source_grid)
    wanted = image.inside
    if parameters.ignore_occluded and source is not None:
        wanted = wanted & ~source
    label = pair_label(mask, placement.labels, image.grid, wanted, parameters.ignore_rim_m)
    quality = pair_quality(image, clouds, label, source, empty_allowed=mask.empty_allowed)
    assessment = assess(task, image, label, quality, placement)
    found = (image, placement, label, quality, assessment)
    sections = {name: value for part in found for name, value in part.sections.items()}
    document = {**provenance(task, products), **to_json(sections)}
    write_pair(folder, image, label, quality, document)
    return outcome_of(document)


def _register_and_cut(
    task: PairTask, products: Sequence[Product], report: ProgressReport
) -> tuple[Placement, PairImage, Clouds]:
    """Read the scene where the mask lies, or where it is found to lie; its image and its clouds."""
    mask, parameters = task.mask, task.parameters
    labels = grid_labels(mask)
    base_grid = products[0].grid
    placement = Placement(labels, aligned_grid(base_grid, labels.bounds(base_grid.crs)))
    _check_size(placement.grid, task)
    read_grid = reading_grid(placement.grid, base_grid, register=parameters.register)
    report.begin("convert")
    found = mosaic(products, read_grid, parameters.resampling)
    clouds = assess_clouds(products, read_grid, found, parameters.clouds)
    if parameters.register:
        names = [band.name for band in products[0].bands]
        placement = register_labels(mask, labels, reference_image(found, clouds, names, read_grid))
    report.begin("crop")
    window = window_of(placement.grid, read_grid)
    inside = placement.labels.inside(placement.grid)
    image = pair_image(products, found.part(window), placement.grid, inside)
    return placement, image, clouds.part(window)


def _check_size(grid: PixelGrid, task: PairTask) -> None:
    """Refuse a pair whose window is too large, before its pixels are read. Raises PairError."""
    if (why := too_large(grid.width, grid.height, task.max_pixels)) is not None:
        raise PairError(f"{task.mask.name}: {why}")
