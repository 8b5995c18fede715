"""Where clouds are looked for: a window around a pair, wider to the sun's side, at coarse scale.

A cloud shades the ground at `height * tan(sun zenith)` from its foot, on the side away from the
sun. So what shades a pair stands to its sunward side, up to kilometres outside of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...grid import PixelGrid, Window, aligned_grid, block, in_crs, window_of
from ...products.pixels.reading import read_decimated
from ...products.pixels.resampling import NO_DATA, SATURATED
from ...products.product import Product, SunAngles

# Clouds are found at the native scale of B01, B09 and B10, shadows at that of B8A and B11.
CLOUD_M = 60
SHADOW_M = 20
# Shadows are looked for from clouds up to this height: above it clouds are mostly thin cirrus.
HIGHEST_CLOUD_M = 8000.0
# And no farther from their cloud than this, which a low sun would otherwise make a whole tile.
FARTHEST_SHADOW_M = 6000.0
# Context on all sides, for averaging and dilating (360 m) and for seeing shadows whole.
MARGIN_M = 600.0

Reflectance = NDArray[np.float32]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class Reach:
    """How far a shadow may lie from its cloud, in metres, and the way there from the cloud.

    `east` and `north` are the unit vector away from the sun.
    """

    farthest_m: float
    east: float
    north: float
    metres_per_height: float


def reach(sun: SunAngles) -> Reach | None:
    """How far shadows fall by the sun; None where it stands too low to tell (beyond 85 degrees)."""
    if not 0 <= sun.zenith_deg <= 85:
        return None
    slope = math.tan(math.radians(sun.zenith_deg))
    azimuth = math.radians(sun.azimuth_deg)
    farthest = min(HIGHEST_CLOUD_M * slope, FARTHEST_SHADOW_M)
    return Reach(farthest, -math.sin(azimuth), -math.cos(azimuth), slope)


def padded(grid: PixelGrid, products: Sequence[Product], away: Reach | None) -> PixelGrid | None:
    """The 60 m pixels of the products around `grid` and to the sun's side of it.

    Clipped to where products are; None where nothing of the window lies in one. `grid` is north-up
    in metres, the products lie on one grid of 60 m pixels.
    """
    west, south, east, north = grid.bounds
    x, y = (0.0, 0.0)
    if away is not None:
        # From a shadow back to its cloud, which is towards the sun.
        x, y = -away.east * away.farthest_m, -away.north * away.farthest_m
    bounds = (
        west + min(x, 0) - MARGIN_M,
        south + min(y, 0) - MARGIN_M,
        east + max(x, 0) + MARGIN_M,
        north + max(y, 0) + MARGIN_M,
    )
    base_grid = _coarse_grid(products[0], CLOUD_M)
    wanted = aligned_grid(base_grid, bounds)
    parts = [_common(wanted, product) for product in products]
    windows = [window_of(part, base_grid) for part in parts if part is not None]
    if not windows:
        return None
    left, top = min(window.column for window in windows), min(window.row for window in windows)
    right = max(window.column + window.width for window in windows)
    bottom = max(window.row + window.height for window in windows)
    return block(base_grid, Window(left, top, right - left, bottom - top))


def _coarse_grid(product: Product, resolution_m: int) -> PixelGrid:
    """The product's grid of larger pixels, without those that its edge cuts.

    A rest at the edge of an odd product takes its neighbour's value.
    """
    factor = resolution_m // 10
    coarse = product.grid.coarser(factor)
    return replace(coarse, width=product.grid.width // factor, height=product.grid.height // factor)


def _common(grid: PixelGrid, product: Product) -> PixelGrid | None:
    """The part of a coarse `grid` that lies in a product of the same grid; None for none."""
    base_grid = _coarse_grid(product, round(grid.resolution))
    own = in_crs(grid, base_grid.crs)
    if own is None:
        raise ValueError(f"{product.product_id} lies on another grid")
    window = window_of(own, base_grid)
    left, top = max(window.column, 0), max(window.row, 0)
    right = min(window.column + window.width, base_grid.width)
    bottom = min(window.row + window.height, base_grid.height)
    if left >= right or top >= bottom:
        return None
    inside = Window(left - window.column, top - window.row, right - left, bottom - top)
    return block(grid, inside)


def read_reflectance(products: Sequence[Product], name: str, grid: PixelGrid) -> Reflectance:
    """A band on a coarse `grid` of the products' grid, (height, width), NaN for no data.

    Values are averages of what the file's own overviews offer. Later products fill where earlier
    ones have no data. Raises ProductError.
    """
    values = np.full(grid.shape, np.nan, dtype=np.float32)
    for product in products:
        part = _common(grid, product)
        if part is not None:
            here = values[window_of(part, grid).slices]
            digital_numbers = _digital_numbers(product, name, part)
            fills = np.isnan(here) & (digital_numbers != NO_DATA) & (digital_numbers != SATURATED)
            here[fills] = digital_numbers[fills] / np.float32(10000)
        if not np.isnan(values).any():
            break
    return values


def _digital_numbers(product: Product, name: str, grid: PixelGrid) -> NDArray[np.uint16]:
    """A band's pixels after the offset rule on a coarse grid inside the product."""
    band = next(band for band in product.bands if band.name == name)
    own = in_crs(grid, product.grid.crs)
    if own is None:
        raise ValueError(f"{product.product_id} lies on another grid")
    corner = window_of(own, product.grid)
    factor = round(grid.resolution / product.grid.resolution)
    window = Window(corner.column, corner.row, grid.width * factor, grid.height * factor)
    return read_decimated(product, band, window, grid.shape)


def coarsened(values: Reflectance, factor: int) -> Reflectance:
    """Means of blocks of `factor` x `factor` pixels; NaN where a block has a NaN."""
    height, width = values.shape[0] // factor, values.shape[1] // factor
    blocks = values[: height * factor, : width * factor].reshape(height, factor, width, factor)
    means: Reflectance = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means


def repeated(values: NDArray[T], factor: int) -> NDArray[T]:
    """Each pixel as `factor` x `factor` pixels."""
    return values.repeat(factor, axis=0).repeat(factor, axis=1)


def at_pixels(values: NDArray[Any], coarse: PixelGrid, grid: PixelGrid) -> NDArray[Any]:
    """`values` on `coarse` at the pixels of `grid`, a block of the same grid: the nearest.

    As 60 m and 20 m pixels consist of whole 10 m pixels, each takes the value of the one it lies
    in; what lies outside of `coarse` takes that of its edge.
    """
    factor = round(coarse.resolution / grid.resolution)
    corner = window_of(coarse, grid)
    rows = (np.arange(grid.height) - corner.row) // factor
    columns = (np.arange(grid.width) - corner.column) // factor
    rows, columns = rows.clip(0, coarse.height - 1), columns.clip(0, coarse.width - 1)
    return values[np.ix_(rows, columns)]
