"""The shift between the image that a mask was drawn on and Sentinel-2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray
from rasterio.features import geometry_mask

from ...errors import MaskError
from ...grid import BoolArray, FloatArray, PixelGrid, Window, block, reproject_geometry
from ...masks.raster.footprint import pixel_size_m
from ...masks.raster.opening import opened
from ...model import Mask
from ..source.image import LIKE, band_order, image_path, source_grid, warped_image
from ..source.occlusion import occluded_in_source
from .gradient_matching import Match, Reference, match
from .shifts import SEARCH_M, Registration, WindowShift, by_image
from .warp import FINE, fine_grid, warp

# Which of Sentinel-2 go with each band of an image; a grey one is like two.
_LIKE = {name: (band,) for name, band in LIKE.items()}
_GREY = ("B03", "B04")
# Three bands say what there is to say.
_BANDS = 3
# The source's pixels must not be much coarser than Sentinel-2's.
_COARSEST_M = 20.0
_RADIUS = round(SEARCH_M / 10)
# What a cloud touches is wider than its flags, in pixels.
_CLOUD_BUFFER = 2
# A part of at most this many pixels of Sentinel-2 on a side is compared: beyond it nothing is won.
_LONGEST = 400
# An outline gets a corner after so many pixels, so that it stays straight in another CRS.
_SEGMENTS = 100

# The bands of Sentinel-2 that may be compared.
COMPARED = frozenset(LIKE.values())


class UnusableImageError(MaskError):
    """There is no source image that could be compared with Sentinel-2."""


@dataclass(frozen=True, eq=False)
class ReferenceImage:
    """Sentinel-2 around a mask: its 10 m bands by name (height, width) uint16 on `grid`.

    `data` (height, width) is where they have data, `clear` where no cloud, shadow or snow is.
    """

    grid: PixelGrid
    bands: Mapping[str, NDArray[np.uint16]]
    data: BoolArray
    clear: BoolArray

    @property
    def usable(self) -> BoolArray:
        """Where there is data and the ground is seen."""
        return self.data & self.clear

    def part(self, window: Window) -> ReferenceImage:
        """What lies in a window."""
        where = window.slices
        bands = {name: band[where] for name, band in self.bands.items()}
        return ReferenceImage(block(self.grid, window), bands, self.data[where], self.clear[where])


def by_source(mask: Mask, reference: ReferenceImage) -> Registration:
    """Compare the source image with Sentinel-2.

    Raises UnusableImageError when there is no image that could be compared, MaskError when the
    record of what was occluded in it can't be read.
    """
    try:
        images, valid, pairs, part = _read(mask, reference)
    except MaskError as err:
        raise UnusableImageError(str(err)) from err
    valid = _clear(mask, part.grid, images, valid)
    usable = ~scipy.ndimage.binary_dilation(~part.usable, iterations=_CLOUD_BUFFER)
    still = np.stack([_mean_band(part, bands) for bands in pairs.values()])
    found = match(warp(images, valid), Reference(still, usable, _RADIUS))
    if found is None:
        return Registration(
            "source image",
            None,
            applied=False,
            reason="The mask was not moved: nothing is clear and has edges in both images.",
        )
    both = part.data & valid[FINE // 2 :: FINE, FINE // 2 :: FINE]
    clear_share = float(usable[both].mean()) if both.any() else 0.0
    return by_image(found, clear_share, _windows(found, part.grid))


def _read(
    mask: Mask, reference: ReferenceImage
) -> tuple[NDArray[Any], BoolArray, dict[str, tuple[str, ...]], ReferenceImage]:
    """The image (n, 4 h, 4 w), where it is valid, its bands with Sentinel-2's, and that part."""
    with opened(image_path(mask)) as dataset:
        source = source_grid(dataset, mask)
        _check_fine(dataset, source)
        names, _ = band_order(dataset)
        pairs = _pairs(names, reference)
        polygon = source.polygon().segmentize(_SEGMENTS * source.resolution)
        outside = geometry_mask(
            [reproject_geometry(polygon, source.crs, reference.grid.crs)],
            reference.grid.shape,
            reference.grid.transform,
        )
        first = next(iter(pairs.values()))
        edges = scipy.ndimage.gaussian_gradient_magnitude(_mean_band(reference, first), 1.0)
        # Square roots, so that a town doesn't weigh more than all fields.
        part = reference.part(_richest(np.where(reference.usable & ~outside, np.sqrt(edges), 0)))
        indexes = [names[name] for name in pairs]
        images, valid = warped_image(dataset, source, fine_grid(part.grid), indexes)
    return images, valid, pairs, part


def _windows(found: Match, grid: PixelGrid) -> tuple[WindowShift, ...]:
    """The windows of a match in metres."""
    shifts = []
    for window in found.windows:
        middle = (window.column + window.width / 2, window.row + window.height / 2)
        x, y = grid.transform @ middle
        row, column = window.shift
        shifts.append(WindowShift(x, y, round(10 * column, 1), round(-10 * row, 1)))
    return tuple(shifts)


def _check_fine(dataset: Any, source: PixelGrid) -> None:
    size = pixel_size_m(source)
    if size > _COARSEST_M:
        raise MaskError(
            f"{dataset.name}: with pixels of {size:.0f} m the source image is too coarse to be "
            f"placed on Sentinel-2's 10 m; {_COARSEST_M:.0f} m is the most."
        )


def _pairs(names: Mapping[str, int], reference: ReferenceImage) -> dict[str, tuple[str, ...]]:
    """Which bands of the image go with which of Sentinel-2."""
    like = {"grey": _GREY} if "grey" in names else _LIKE
    found = {
        name: bands
        for name, bands in like.items()
        if name in names and all(band in reference.bands for band in bands)
    }
    if not found:
        raise MaskError(
            "The source image and the product have no bands in common (red, green, blue or near "
            "infrared)."
        )
    return dict(list(found.items())[:_BANDS])


def _mean_band(reference: ReferenceImage, bands: tuple[str, ...]) -> NDArray[np.float32]:
    """The mean of some bands, (height, width)."""
    stack = np.stack([reference.bands[band] for band in bands])
    mean: NDArray[np.float32] = stack.mean(axis=0, dtype=np.float32)
    return mean


def _richest(worth: FloatArray) -> Window:
    """The part of at most 400 x 400 pixels with the largest sum of `worth` (height, width)."""
    height, width = (min(size, _LONGEST) for size in worth.shape)
    sums = np.pad(worth.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    inside = sums[height:, width:] - sums[:-height, width:]
    inside -= sums[height:, :-width] - sums[:-height, :-width]
    row, column = np.unravel_index(inside.argmax(), inside.shape)
    return Window(int(column), int(row), width, height)


def _clear(mask: Mask, grid: PixelGrid, images: NDArray[Any], valid: BoolArray) -> BoolArray:
    """Where the image shows the ground, (4 h, 4 w)."""
    clear: BoolArray = valid & np.isfinite(images).all(axis=0)
    occluded = occluded_in_source(mask, grid)
    if occluded is not None:
        clear &= ~occluded.repeat(FINE, axis=0).repeat(FINE, axis=1)
    return clear
