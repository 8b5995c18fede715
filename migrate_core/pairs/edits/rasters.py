"""The rasters of a pair that edits change, as they are with some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.features import geometry_mask

from ...grid import PixelGrid
from ...model import IGNORE, Mask, PairEdit, PairParameters
from ...products.scene_classes import Flag, flagged
from ...states import EditKind
from ..files import FRACTIONS, LABEL, QUALITY, PairRaster, open_raster
from ..flags import OCCLUSION_KINDS, quality_flags
from ..label.grid_labels import ShiftedLabels, grid_labels
from ..label.pair_label import pair_label
from ..registration.placement import Placement
from ..source.occlusion import occluded_in_source
from .documents import area_of
from .effective import total_nudge


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
        found.flags | np.where(ignored, np.uint8(Flag.UNKNOWN), np.uint8(0)),
    )


def _nudged(made: LabelRasters, source: MadeOf, east_m: float, north_m: float) -> LabelRasters:
    """The rasters of a pair whose mask lies that much further east and north, in metres.

    The image stays as it was cut: it has nothing where the footprint wasn't, so there the label is
    unknown and the flags say so.
    """
    mask, grid, parameters = source.mask, source.grid, source.parameters
    registered_east, registered_north = source.shift
    labels = ShiftedLabels(grid_labels(mask), registered_east + east_m, registered_north + north_m)
    source_image = occluded_in_source(mask, Placement(labels, grid).source_grid)
    inside, outside = labels.inside(grid), flagged(made.flags, Flag.OUTSIDE)
    wanted = inside & ~outside
    if parameters.ignore_occluded and source_image is not None:
        wanted &= ~source_image
    label = pair_label(mask, labels, grid, wanted, parameters.ignore_rim_m)
    without_data = flagged(made.flags, Flag.NO_DATA) | (inside & outside)
    clouds = made.flags & np.uint8(OCCLUSION_KINDS)
    flags = quality_flags(without_data, clouds, label.pixels, inside, source_image)
    return LabelRasters(label.pixels, label.shares, flags)


def read_label_rasters(folder: Path) -> LabelRasters:
    """The rasters in the folder of a pair. Raises PairError when one can't be read."""
    label, shares, flags = (_read(folder, raster) for raster in (LABEL, FRACTIONS, QUALITY))
    return LabelRasters(label[0], shares, flags[0])


def _read(folder: Path, raster: PairRaster) -> NDArray[Any]:
    with open_raster(folder, raster) as dataset:
        pixels: NDArray[Any] = dataset.read()
    return pixels
