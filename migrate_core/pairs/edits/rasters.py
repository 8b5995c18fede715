"""The rasters of a pair that edits change, as they are with some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.features import geometry_mask

from ...errors import PairError
from ...grid import BoolArray, PixelGrid
from ...model import IGNORE, Mask, PairEdit, PairParameters
from ...products.scene_classes import Flag, flagged
from ...states import EditKind
from ..label.boundary_buffer import with_boundary_buffer
from ..label.grid_labels import ShiftedLabels, grid_labels
from ..label.hard_label import hard_label
from ..registration.placement import Placement
from ..source.occlusion import occluded_in_source
from .documents import area_of
from .effective import total_nudge

# What says something of the label or of where it lies; all else is of the scene, and stays.
_OF_LABEL = Flag.OUTSIDE | Flag.SOURCE | Flag.UNKNOWN


@dataclass(frozen=True, eq=False)
class LabelRasters:
    """Label and flags (height, width) uint8, shares (classes, height, width) float32."""

    label: NDArray[np.uint8]
    shares: NDArray[np.float32]
    flags: NDArray[np.uint8]


@dataclass(frozen=True)
class MadeOf:
    """What a pair's label is made of; `shift` is how far registration moved it east and north."""

    mask: Mask
    grid: PixelGrid
    parameters: PairParameters
    shift: tuple[float, float] = (0.0, 0.0)


def with_edits(made: LabelRasters, edits: Sequence[PairEdit], source: MadeOf) -> LabelRasters:
    """The rasters with these edits, of those that were `made`.

    Nudges add up and are applied to the mask once; areas to ignore stay where they were drawn,
    since what they cover is in the scene. Raises MaskError when the mask is needed and gone.
    """
    east_m, north_m = total_nudge(edits)
    found = made if east_m == north_m == 0 else _nudged(made, source, east_m, north_m)
    areas = [area_of(edit.document) for edit in edits if edit.kind == EditKind.IGNORE]
    if not areas:
        return found
    ignored = ~geometry_mask(areas, source.grid.shape, source.grid.transform)
    return LabelRasters(
        np.where(ignored, IGNORE, found.label).astype(np.uint8),
        found.shares,
        _marked(found.flags, {Flag.UNKNOWN: ignored}),
    )


def _nudged(made: LabelRasters, source: MadeOf, east_m: float, north_m: float) -> LabelRasters:
    """The rasters of a pair whose mask lies that much further east and north, in metres.

    The image stays as it was cut: it has nothing where the footprint wasn't, so there the label is
    unknown and the flags say so.
    """
    mask, grid, parameters = source.mask, source.grid, source.parameters
    registered_east, registered_north = source.shift
    moved = ShiftedLabels(grid_labels(mask), registered_east + east_m, registered_north + north_m)
    placement = Placement(moved, grid)
    inside, classes = moved.inside(grid), mask.stored_classes
    image_cut = flagged(made.flags, Flag.OUTSIDE)
    shares = moved.shares(grid, classes)
    label = np.where(inside & ~image_cut, hard_label(shares, classes), IGNORE).astype(np.uint8)
    occluded = occluded_in_source(mask, placement.source_grid)
    if parameters.ignore_occluded and occluded is not None:
        label[occluded] = IGNORE
    label, _ = with_boundary_buffer(label, moved, grid, parameters.ignore_rim_m)
    flags = _marked(
        made.flags & np.uint8(~_OF_LABEL & 0xFF),
        {
            Flag.OUTSIDE: ~inside,
            Flag.NO_DATA: inside & image_cut,
            Flag.UNKNOWN: label == IGNORE,
            **({} if occluded is None else {Flag.SOURCE: occluded}),
        },
    )
    return LabelRasters(label, shares.astype(np.float32), flags)


def _marked(flags: NDArray[np.uint8], where: dict[Flag, BoolArray]) -> NDArray[np.uint8]:
    """The flags with more of them set."""
    found = flags.copy()
    for flag, pixels in where.items():
        found[pixels] |= np.uint8(flag)
    return found


def read_label_rasters(folder: Path) -> LabelRasters:
    """The rasters in the folder of a pair. Raises PairError when one can't be read."""
    return LabelRasters(
        read_raster(folder / "label.tif")[0],
        read_raster(folder / "fractions.tif"),
        read_raster(folder / "quality.tif")[0],
    )


def read_raster(path: Path) -> NDArray[Any]:
    """All bands (bands, height, width) of a file of a pair. Raises PairError."""
    try:
        with rasterio.open(path, driver="GTiff") as dataset:
            pixels: NDArray[Any] = dataset.read()
    except RasterioError as err:
        raise PairError(
            f"{path}: the file of a pair can't be read ({err}). Delete the pair's folder and make "
            "it again."
        ) from err
    return pixels
