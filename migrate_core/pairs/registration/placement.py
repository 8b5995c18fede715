"""Where a mask's labels go on Sentinel-2's grid: as its file says, or registered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...grid import PixelGrid, Window, aligned_grid, block, moved, window_of
from ...model import Mask
from ...products.pixels.resampling import NO_DATA, SATURATED
from ...products.scene_classes import flagged
from ..clouds import Clouds
from ..flags import OCCLUSION_KINDS
from ..image.mosaic import Mosaic
from ..label.grid_labels import GridLabels, PolygonLabels, RasterLabels, ShiftedLabels
from .label_edges import by_label_edges
from .shifts import SEARCH_M, Registration
from .source import COMPARED, ReferenceImage, UnusableImageError, by_source

# What is read around a mask that is registered, in pixels: the search, and what gradients, clouds
# and rounding need beyond.
_MARGIN = round(SEARCH_M / 10) + 4


@dataclass(frozen=True, eq=False)
class Placement:
    """Labels as they lie on `grid`, the pair's; `registration` is None where nobody asked."""

    labels: GridLabels
    grid: PixelGrid
    registration: Registration | None = None

    @property
    def source_grid(self) -> PixelGrid:
        """The pair's grid as it lies for the source image: moved back by what the mask moved."""
        if isinstance(self.labels, ShiftedLabels):
            return moved(self.grid, -self.labels.east_m, -self.labels.north_m)
        return self.grid

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences that say why the labels may not lie where their objects are."""
        return self.registration.warnings if self.registration else ()

    @property
    def sections(self) -> dict[str, Any]:
        """What pair.json says of the registration."""
        shift = self.registration.shift if self.registration else None
        return {"registration": self.registration, "shift": shift}


def reading_grid(grid: PixelGrid, base_grid: PixelGrid, *, register: bool) -> PixelGrid:
    """What to read of a product for a pair on `grid`: more where the mask may be moved."""
    if not register:
        return grid
    window = window_of(grid, base_grid)
    return block(
        base_grid,
        Window(
            window.column - _MARGIN,
            window.row - _MARGIN,
            window.width + 2 * _MARGIN,
            window.height + 2 * _MARGIN,
        ),
    )


def register_labels(
    mask: Mask, labels: RasterLabels | PolygonLabels, reference: ReferenceImage
) -> Placement:
    """Register a mask and say where its labels go.

    Raises MaskError when the mask's record of what was occluded can't be read.
    """
    found = _registered(mask, labels, reference)
    moved_labels: GridLabels = labels
    if found.applied and found.shift is not None:
        moved_labels = ShiftedLabels(labels, found.shift.east_m, found.shift.north_m)
    grid = aligned_grid(reference.grid, moved_labels.bounds(reference.grid.crs))
    return Placement(moved_labels, grid, found)


def _registered(mask: Mask, labels: GridLabels, reference: ReferenceImage) -> Registration:
    try:
        return by_source(mask, reference)
    except UnusableImageError as err:
        return by_label_edges(labels, mask.stored_classes, reference, str(err))


def reference_image(
    found: Mosaic, clouds: Clouds, names: Sequence[str], grid: PixelGrid
) -> ReferenceImage:
    """What Sentinel-2 sees, with the bands that registration compares."""
    bands = {name: band for name, band in zip(names, found.image, strict=True) if name in COMPARED}
    data = np.ones(grid.shape, dtype=bool)
    for band in bands.values():
        data &= (band != NO_DATA) & (band != SATURATED)
    return ReferenceImage(grid, bands, data, ~flagged(clouds.flags, OCCLUSION_KINDS))
