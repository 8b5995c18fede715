"""Exact area shares of classes in the pixels of another grid.

The shares are integrals along the outlines of classes (see `outlines`), so only pixel sides of the
mask between two different classes matter. They are exact but for rounding, for any rotation, shear,
pixel size and CRS, and no polygon is ever built. Between two CRS, the corners of the mask's pixels
are reprojected and its sides taken to be straight.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...grid import FloatArray, PixelGrid, apply_affine, reproject_points
from ...model import IGNORE
from .boundary_integrals import Edges, add_areas

# Edges handled at a time; bounds the memory for the millions of edges of an aerial mask.
_CHUNK = 400_000
# Pixels whose sides are looked at a time, for the same reason.
_STRIP_PIXELS = 4_000_000
# Points on borders are at most this far apart, in target pixels.
_BETWEEN_POINTS = 0.2

_DOWN, _RIGHT = np.array([[0.0], [1.0]]), np.array([[1.0], [0.0]])


def area_shares(
    labels: NDArray[np.uint8], source: PixelGrid, target: PixelGrid, classes: Sequence[int]
) -> FloatArray:
    """The share 0…1 of each class in each pixel of `target`, (classes, height, width) float64.

    `labels` (height, width) on the grid `source`; 255 is unknown and belongs to no class. Shares
    of a pixel add up to the share of its area that the mask knows.
    """
    height, width = target.shape
    sums = np.zeros((len(classes), height, width + 1))
    index = np.full(256, -1, dtype=np.intp)
    index[list(classes)] = np.arange(len(classes))
    for edges in _boundary(labels):
        for chunk in edges.chunks(_CHUNK):
            add_areas(sums, index, _on(chunk, source, target))
    shares = np.cumsum(sums, axis=2)[:, :, :width]
    # A transform that mirrors the mask turns every outline around.
    return np.clip(shares * _orientation(source, target), 0.0, 1.0)


def class_borders(labels: NDArray[np.uint8], source: PixelGrid, target: PixelGrid) -> FloatArray:
    """Points on the pixel sides between two known classes, (2, n) in pixels of `target`.

    `labels` (height, width) on the grid `source`; 255 is unknown. On each side lie both ends, the
    middle, and more where else points would be further apart than a fifth of a pixel of `target`.
    """
    size = math.sqrt(abs(_determinant(source, target)))
    steps = max(2, math.ceil(size / _BETWEEN_POINTS))
    found = [np.empty((2, 0))]
    for edges in _boundary(labels):
        between = (edges.owner != IGNORE) & (edges.other != IGNORE)
        start, end = (side[:, between].astype(np.int64) for side in (edges.start, edges.end))
        points = [steps * start + step * (end - start) for step in range(steps + 1)]
        found.append(_distinct(np.concatenate(points, axis=1)) / steps)
    return _to_pixels(np.concatenate(found, axis=1), source, target)


def _distinct(points: NDArray[np.int64]) -> NDArray[np.int64]:
    """The points (2, n), none of them negative, each once."""
    if not points.size:
        return points
    width = int(points[0].max()) + 1
    row, column = np.divmod(np.unique(points[1] * width + points[0]), width)
    return np.stack([column, row])


def _boundary(labels: NDArray[np.uint8]) -> Iterator[Edges]:
    """All sides between different classes in mask pixels, the buffer included, strip by strip.

    Directed so that the owner's left sides run downward and its tops leftward: the area to the
    right of a left side then counts positive.
    """
    height, width = labels.shape
    rows = max(1, _STRIP_PIXELS // width)
    for first in range(0, height, rows):
        strip = labels[first : first + rows]
        framed = np.pad(strip, ((0, 0), (1, 1)), constant_values=IGNORE)
        yield _left_sides(framed, first)
        above = labels[first - 1 : first] if first else np.full((1, width), IGNORE, np.uint8)
        yield _tops(np.concatenate([above, strip]), first)
    buffer = np.full((1, width), IGNORE, np.uint8)
    yield _tops(np.concatenate([labels[-1:], buffer]), height)


def _left_sides(framed: NDArray[np.uint8], first: int) -> Edges:
    """The sides between neighbours in a row; `framed` has a column more on each side."""
    left, right = framed[:, :-1], framed[:, 1:]
    row, column = np.nonzero(left != right)
    start = np.stack([column, row + first]).astype(np.float64)
    return Edges(start, start + _DOWN, right[row, column], left[row, column])


def _tops(stacked: NDArray[np.uint8], first: int) -> Edges:
    """The sides between rows of `stacked`; its second row is row `first` of the raster."""
    above, below = stacked[:-1], stacked[1:]
    row, column = np.nonzero(above != below)
    end = np.stack([column, row + first]).astype(np.float64)
    return Edges(end + _RIGHT, end, below[row, column], above[row, column])


def _on(edges: Edges, source: PixelGrid, target: PixelGrid) -> Edges:
    """Edges in pixels of the mask, in pixels of the target."""
    start, end = (_to_pixels(points, source, target) for points in (edges.start, edges.end))
    return replace(edges, start=start, end=end)


def _to_pixels(points: FloatArray, source: PixelGrid, target: PixelGrid) -> FloatArray:
    """(2, n) pixel coordinates of one grid in those of another."""
    x, y = apply_affine(source.transform, points[0], points[1])
    x, y = reproject_points(source.crs, target.crs, x, y)
    return np.stack(apply_affine(~target.transform, x, y))


def _orientation(source: PixelGrid, target: PixelGrid) -> float:
    """1, or -1 when the way from mask pixels to target pixels is a reflection."""
    return 1.0 if _determinant(source, target) > 0 else -1.0


def _determinant(source: PixelGrid, target: PixelGrid) -> float:
    """The area of a mask pixel in target pixels, negative where the way is a reflection."""
    column, row = source.width / 2, source.height / 2
    corner, right, below = _to_pixels(
        np.array([[column, column + 1, column], [row, row, row + 1]]), source, target
    ).T
    across, down = right - corner, below - corner
    return float(across[0] * down[1] - across[1] * down[0])
