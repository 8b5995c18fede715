"""Pixels of one grid on another, as between two UTM zones: resampled, each exactly in its place.

GDAL's warper interpolates between the positions it computes and may be wrong by an eighth of a
pixel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...grid import (
    FloatArray,
    PixelGrid,
    Window,
    aligned_grid,
    apply_affine,
    block,
    reproject_points,
    window_of,
)
from .resampling import NO_DATA, SATURATED


def pixel_centres(grid: PixelGrid, crs: str) -> tuple[FloatArray, FloatArray]:
    """X and y in `crs` of the centres of all pixels of `grid`, each (height, width)."""
    return reproject_points(grid.crs, crs, *grid.centres())


def grid_covering(base_grid: PixelGrid, x: FloatArray, y: FloatArray) -> PixelGrid:
    """The block of `grid` that holds all points, and a pixel more on each side."""
    held = aligned_grid(base_grid, (float(x.min()), float(y.min()), float(x.max()), float(y.max())))
    window = window_of(held, base_grid)
    more = Window(window.column - 1, window.row - 1, window.width + 2, window.height + 2)
    return block(base_grid, more)


def nearest(
    values: NDArray[np.uint8], source: PixelGrid, x: FloatArray, y: FloatArray
) -> NDArray[np.uint8]:
    """The value of the pixel that each point lies in; all points lie on `source`."""
    columns, rows = apply_affine(~source.transform, x, y)
    found: NDArray[np.uint8] = values[_index(rows), _index(columns)]
    return found


def bilinear(
    values: NDArray[np.uint16], source: PixelGrid, x: FloatArray, y: FloatArray
) -> NDArray[np.uint16]:
    """Values between the pixel centres of `source`, rounded; points keep a pixel to its edges.

    No-data (0) and saturated (65535) pixels take no part: weights are shared among the others.
    What lies in a no-data or saturated pixel stays so.
    """
    columns, rows = apply_affine(~source.transform, x, y)
    inside = values[_index(rows), _index(columns)]
    left, top = _index(columns - 0.5), _index(rows - 0.5)
    east, south = columns - 0.5 - left, rows - 0.5 - top
    total, weights = np.zeros(x.shape), np.zeros(x.shape)
    for down, vertical in ((0, 1 - south), (1, south)):
        for right, horizontal in ((0, 1 - east), (1, east)):
            corner = values[top + down, left + right]
            weight = vertical * horizontal * ((corner != NO_DATA) & (corner != SATURATED))
            total += weight * corner
            weights += weight
    special = (inside == NO_DATA) | (inside == SATURATED)
    mean = np.divide(total, weights, out=np.zeros(x.shape), where=~special)
    return np.where(special, inside, np.floor(mean + 0.5)).astype(np.uint16)


def _index(positions: FloatArray) -> NDArray[np.intp]:
    return np.floor(positions).astype(np.intp)
