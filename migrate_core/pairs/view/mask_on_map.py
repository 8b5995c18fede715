"""A mask and its source image as one picture for a map: lon/lat, its rows evenly apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling

from ...errors import MaskError
from ...grid import BoolArray, Bounds, PixelGrid
from ...masks.raster.content import check_unchanged
from ...model import BACKGROUND, IGNORE, LONLAT, Mask
from .drawing import class_colour, class_colours, fill
from .source_content import shown_bands
from .source_view import source_pixels, warped_mask

LABEL, IMAGE, BOTH = "label", "image", "both"
# A class over the image is seen through; alone it is not.
_OVER_IMAGE = 0.45
# What is drawn of a mask whose extent has parts on both sides of 180° would span the world.
_WIDEST_DEGREES = 180.0


@dataclass(frozen=True)
class MapPicture:
    """RGBA uint8 (height, width, 4), and its bounds: west, south, east, north in degrees."""

    image: NDArray[np.uint8]
    bounds: Bounds


def mask_on_map(mask: Mask, shown: str, longest: int = 640) -> MapPicture:
    """The label, the source image, or `both`, at most `longest` pixels wide or high.

    Classes have the colours of the legends; background and no data of the label are clear. Raises
    MaskError where there is nothing to be shown, which says why.
    """
    grid = _grid(mask, longest)
    image = np.zeros((*grid.shape, 4), dtype=np.uint8)
    if shown in (IMAGE, BOTH):
        _lay_image(image, mask, grid)
    if shown in (LABEL, BOTH):
        _lay_label(image, mask, grid, 1.0 if shown == LABEL else _OVER_IMAGE)
    return MapPicture(image, grid.bounds)


def _grid(mask: Mask, longest: int) -> PixelGrid:
    """A lon/lat grid over the extent of a mask, with pixels that are about square on the ground."""
    if mask.extent is None:
        raise MaskError(f"{mask.name}: it has no georeference, so it can't be on the map.")
    west, south, east, north = mask.extent.bounds
    if east - west > _WIDEST_DEGREES:
        raise MaskError(f"{mask.name}: it lies on both sides of the 180° meridian.")
    shrink = max(math.cos(math.radians((south + north) / 2)), 0.01)
    step = max((east - west) * shrink, north - south) / longest
    width = max(1, math.ceil((east - west) * shrink / step))
    height = max(1, math.ceil((north - south) / step))
    transform = Affine((east - west) / width, 0, west, 0, (south - north) / height, north)
    return PixelGrid(LONLAT, transform, width, height)


def _lay_image(image: NDArray[np.uint8], mask: Mask, grid: PixelGrid) -> None:
    """The source image in its true colours, stretched; clear where it has no data."""
    found = source_pixels(mask, grid, Resampling.nearest)
    bands, names = shown_bands(found)
    for number in range(3):
        image[..., number] = bands[names[number % len(names)]]
    image[..., 3] = np.where(found.valid, 255, 0)


def _lay_label(image: NDArray[np.uint8], mask: Mask, grid: PixelGrid, opacity: float) -> None:
    """The classes of the label over what is there."""
    labels = warped_mask(mask, grid)
    if labels is None:
        if mask.vector is None:
            check_unchanged(mask)  # says what became of the file
        raise MaskError(f"{mask.name}: its file has changed since it was added. Add it again.")
    own = class_colours(mask)
    for value in np.unique(labels):
        if value not in (BACKGROUND, IGNORE):
            colour = own.get(int(value), class_colour(int(value)))
            _blend(image, labels == value, colour, opacity)


def _blend(
    image: NDArray[np.uint8], region: BoolArray, colour: tuple[int, int, int], opacity: float
) -> None:
    """A colour over a region; where nothing is below it, the colour alone."""
    seen = image[..., 3] > 0
    fill(image[..., :3], region & seen, colour, opacity)
    fill(image[..., :3], region & ~seen, colour, 1.0)
    image[region, 3] = 255
