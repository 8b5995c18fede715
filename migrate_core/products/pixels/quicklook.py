"""A quick look at the ground: true colour at low resolution, for a map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform_bounds
from shapely.geometry.base import BaseGeometry

from ...errors import ProductError
from ...grid import Bounds, PixelGrid, Window, aligned_grid, block, reproject_geometry, window_of
from ...model import LONLAT
from ..product import BandFile, Product
from .reading import read_decimated
from .resampling import NO_DATA

TRUE_COLOUR = ("B04", "B03", "B02")
_NATIVE_M = 10.0
_METRES_PER_DEGREE = 111_320.0
# Reflectance times 10000: the brightest black, so that a picture full of cloud stays white; the
# least range, so that a flat picture isn't stretched to noise; and the brightest white, so that
# the ground between clouds isn't left in the dark.
_MAX_BLACK, _MIN_RANGE, _MAX_WHITE = 600.0, 800.0, 3000.0
_PERCENTILES = (1.0, 98.5)


@dataclass(frozen=True)
class Quicklook:
    """RGBA uint8 (height, width, 4), transparent where there is no data.

    `bounds` are (west, south, east, north) in lon/lat (EPSG:4326), in which pixels are evenly
    spaced.
    """

    image: NDArray[np.uint8]
    bounds: Bounds


def quicklook(
    products: Sequence[Product], area: BaseGeometry, pixels: int = 600, margin: float = 1.0
) -> Quicklook:
    """True colour around a lon/lat geometry and `margin` times its own size beyond on each side.

    Grey where a product lacks one of its bands. Where the first product has no data, the next
    ones fill in. The longer side has at most
    `pixels` pixels, none finer than 10 m. Raises ProductError when a band can't be read.
    """
    first = products[0].grid
    grid = _picture_grid(area, first.crs, pixels, margin)
    bands = np.zeros((len(TRUE_COLOUR), *grid.shape), dtype=np.uint16)
    for product in products:
        shown = np.stack([_on_grid(product, band, grid) for band in _shown(product)])
        bands = np.where((bands == NO_DATA).any(axis=0), shown, bands)
        if (bands != NO_DATA).all():
            break
    return Quicklook(_stretched(bands), grid.bounds)


def _picture_grid(area: BaseGeometry, crs: str, pixels: int, margin: float) -> PixelGrid:
    """The lon/lat grid of the picture: around the geometry, padded by a part of its longer side."""
    west, south, east, north = reproject_geometry(area, LONLAT, crs).bounds
    pad = margin * max(east - west, north - south)
    area = transform_bounds(crs, LONLAT, west - pad, south - pad, east + pad, north + pad)
    left, bottom, right, top = area
    shrink = max(math.cos(math.radians((bottom + top) / 2)), 0.01)
    longer_m = max((top - bottom), (right - left) * shrink) * _METRES_PER_DEGREE
    resolution_m = max(longer_m / pixels, _NATIVE_M)
    step_y = resolution_m / _METRES_PER_DEGREE
    step_x = step_y / shrink
    width, height = math.ceil((right - left) / step_x), math.ceil((top - bottom) / step_y)
    return PixelGrid(LONLAT, Affine(step_x, 0, left, 0, -step_y, top), width, height)


def _shown(product: Product) -> list[BandFile]:
    """The bands shown as red, green and blue: where one is missing, any of 10 m for all three."""
    fine = {band.name: band for band in product.bands if band.resolution_m == _NATIVE_M}
    if all(name in fine for name in TRUE_COLOUR):
        return [fine[name] for name in TRUE_COLOUR]
    if not fine:
        raise ProductError(
            f"{product.product_id}: it has no band of 10 m (B02, B03, B04, B08), so it can't be "
            "shown."
        )
    return [next(iter(fine.values()))] * len(TRUE_COLOUR)


def _on_grid(product: Product, band: BandFile, grid: PixelGrid) -> NDArray[np.uint16]:
    """One band on the picture's grid, (height, width), 0 outside the product."""
    out = np.zeros(grid.shape, dtype=np.uint16)
    window = _inside(product.grid, grid)
    if window is None:
        return out
    source = block(product.grid, window)
    step = abs(grid.transform.e) * _METRES_PER_DEGREE / _NATIVE_M
    # A power of two, since that is what overviews and JPEG 2000 come in.
    factor = 2 ** max(int(math.log2(max(step, 1.0))), 0)
    height, width = math.ceil(window.height / factor), math.ceil(window.width / factor)
    values = read_decimated(product, band, window, (height, width))
    scale = Affine.scale(window.width / width, window.height / height)
    reproject(
        values,
        out,
        src_transform=source.transform @ scale,
        src_crs=source.crs,
        dst_transform=grid.transform,
        dst_crs=grid.crs,
        src_nodata=NO_DATA,
        dst_nodata=NO_DATA,
        resampling=Resampling.bilinear,
    )
    return out


def _inside(base_grid: PixelGrid, grid: PixelGrid) -> Window | None:
    """The part of a product's grid under the picture; None when there is none."""
    area = transform_bounds(LONLAT, base_grid.crs, *grid.bounds)
    wanted = window_of(aligned_grid(base_grid, area), base_grid)
    left, top = max(wanted.column, 0), max(wanted.row, 0)
    right = min(wanted.column + wanted.width, base_grid.width)
    bottom = min(wanted.row + wanted.height, base_grid.height)
    if left >= right or top >= bottom:
        return None
    return Window(left, top, right - left, bottom - top)


def _stretched(bands: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """RGBA from reflectance (3, height, width): one percentile stretch for all three colours."""
    known = (bands != NO_DATA).all(axis=0)
    image = np.zeros((*known.shape, 4), dtype=np.uint8)
    if not known.any():
        return image
    low, high = np.percentile(bands[:, known], _PERCENTILES)
    black = min(low, _MAX_BLACK)
    white = min(max(high, black + _MIN_RANGE), _MAX_WHITE)
    scaled = (bands.astype(np.float32) - black) / (white - black)
    image[..., :3] = np.moveaxis((255 * scaled).clip(0, 255).round().astype(np.uint8), 0, -1)
    image[..., :3][~known] = 0
    image[..., 3] = np.where(known, 255, 0)
    return image
