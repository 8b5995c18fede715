"""Exact area shares of polygons in the pixels of a grid, and which pixel centres lie in them.

No raster comes in between: the rings of the polygons are the outlines that `outlines` integrates
along.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ...grid import BoolArray, FloatArray, PixelGrid, apply_affine
from .boundary_integrals import Edges, add_areas

# Edges handled at a time, which bounds the memory.
_CHUNK = 400_000
_NONE = 255


def polygon_shares(areas: Sequence[BaseGeometry], target: PixelGrid) -> FloatArray:
    """The share 0…1 of each area in each pixel of `target`, (areas, height, width) float64.

    `areas` are at most 255 valid polygons or multipolygons in the CRS of `target`.
    """
    height, width = target.shape
    sums = np.zeros((len(areas), height, width + 1))
    index = np.full(256, -1, dtype=np.intp)
    index[: len(areas)] = np.arange(len(areas))
    for number, area in enumerate(areas):
        start, end = _edges(area, target)
        owner = np.full(start.shape[1], number, dtype=np.uint8)
        edges = Edges(start, end, owner, np.full_like(owner, _NONE))
        for chunk in edges.chunks(_CHUNK):
            add_areas(sums, index, chunk)
    return np.clip(np.cumsum(sums, axis=2)[:, :, :width], 0.0, 1.0)


def centres_inside(area: BaseGeometry, target: PixelGrid) -> BoolArray:
    """Whether the centre of each pixel of `target` lies in the area, (height, width).

    Counts the rings around a centre: an edge that passes the row of centres downward turns on what
    is to its right, one that passes upward turns it off.
    """
    height, width = target.shape
    start, end = _edges(area, target)
    # Rows of which the centres lie between the ends of an edge, the upper end included.
    first, last = (np.ceil(points[1] - 0.5).astype(np.intp) for points in (start, end))
    low = np.minimum(first, last).clip(0, height)
    count = np.maximum(first, last).clip(0, height) - low
    origin = np.repeat(np.arange(count.size), count)
    row = np.arange(origin.size) - np.repeat(np.cumsum(count) - count, count) + low[origin]
    drop = end[1] - start[1]
    along = (row + 0.5 - start[1][origin]) / drop[origin]
    crossing = start[0][origin] + along * (end[0] - start[0])[origin]
    column = np.ceil(crossing - 0.5).clip(0, width).astype(np.intp)
    turns = np.bincount(
        row * (width + 1) + column, np.sign(drop)[origin], minlength=height * (width + 1)
    )
    inside: BoolArray = np.cumsum(turns.reshape(height, width + 1), axis=1)[:, :width] > 0.5
    return inside


def _edges(area: BaseGeometry, target: PixelGrid) -> tuple[FloatArray, FloatArray]:
    """All edges in pixels, (2, n) each, with the area to the right of those that run down."""
    inverse = ~target.transform
    on_grid = shapely.transform(
        area, lambda points: np.column_stack(apply_affine(inverse, points[:, 0], points[:, 1]))
    )
    parts = shapely.get_parts(on_grid)
    rings = shapely.get_rings(parts)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same: NDArray[np.bool_] = ring[1:] == ring[:-1]
    start, end, ring = points[:-1][same], points[1:][same], ring[:-1][same]
    # By the area, since GEOS goes by the highest corner, which rounding may turn round.
    origin = start[np.searchsorted(ring, ring)]
    (x, y), (to_x, to_y) = (start - origin).T, (end - origin).T
    doubled = np.bincount(ring, x * to_y - to_x * y, minlength=rings.size)
    holes = shapely.get_num_interior_rings(parts)
    is_exterior = np.zeros(rings.size, dtype=bool)
    is_exterior[np.cumsum(holes + 1) - holes - 1] = True
    # Rows count downward, so that anticlockwise on paper is clockwise here.
    turned = ((doubled > 0) == is_exterior)[ring]
    return np.where(turned, end.T, start.T), np.where(turned, start.T, end.T)
