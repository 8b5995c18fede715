"""Exact area shares of classes in the pixels of another grid.

The share of a class in a pixel is an integral over the class's area, and by Green's theorem an
integral along its outline: an edge of the outline adds, to every pixel of the rows it passes, the
area to its right, with the sign of its direction. So only pixel sides of the mask between two
different classes matter, each is cut at the lines of the target grid, and a running sum along
the rows gives the shares. This is the signed-area coverage of font rasterisers, in float64: exact
but for rounding, for any rotation, shear, pixel size and CRS, and no polygon is ever built. Between
two CRS, the corners of the mask's pixels are carried over and its sides taken to be straight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..grid import FloatArray, PixelGrid, apply_affine, reproject_points
from ..model import IGNORE

# Edges handled at a time; bounds the memory for the millions of edges of an aerial mask.
_CHUNK = 400_000
# Pixels whose sides are looked at a time, for the same reason.
_STRIP_PIXELS = 4_000_000

IntArray = NDArray[np.intp]

_DOWN, _RIGHT = np.array([[0.0], [1.0]]), np.array([[1.0], [0.0]])


@dataclass(frozen=True)
class _Edges:
    """Sides of mask pixels between two classes.

    From (column, row) `start` to `end`, each (2, n) in mask pixel coordinates; the class in whose
    outline the side runs this way, `owner`, and the one in whose outline it runs back, `other`.
    """

    start: FloatArray
    end: FloatArray
    owner: NDArray[np.uint8]
    other: NDArray[np.uint8]

    def chunks(self) -> Iterator[_Edges]:
        for first in range(0, self.owner.size, _CHUNK):
            part = slice(first, first + _CHUNK)
            yield _Edges(self.start[:, part], self.end[:, part], self.owner[part], self.other[part])


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
        for chunk in edges.chunks():
            _accumulate(sums, index, chunk, source, target)
    shares = np.cumsum(sums, axis=2)[:, :, :width]
    # A transform that mirrors the mask turns every outline around.
    return np.clip(shares * _orientation(source, target), 0.0, 1.0)


def _boundary(labels: NDArray[np.uint8]) -> Iterator[_Edges]:
    """All sides between different classes, the rim of the raster included, strip by strip.

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
    rim = np.full((1, width), IGNORE, np.uint8)
    yield _tops(np.concatenate([labels[-1:], rim]), height)


def _left_sides(framed: NDArray[np.uint8], first: int) -> _Edges:
    """The sides between neighbours in a row; `framed` has a column more on each side."""
    left, right = framed[:, :-1], framed[:, 1:]
    row, column = np.nonzero(left != right)
    start = np.stack([column, row + first]).astype(np.float64)
    return _Edges(start, start + _DOWN, right[row, column], left[row, column])


def _tops(stacked: NDArray[np.uint8], first: int) -> _Edges:
    """The sides between rows of `stacked`; its second row is row `first` of the raster."""
    above, below = stacked[:-1], stacked[1:]
    row, column = np.nonzero(above != below)
    end = np.stack([column, row + first]).astype(np.float64)
    return _Edges(end + _RIGHT, end, below[row, column], above[row, column])


def _accumulate(
    sums: FloatArray, index: IntArray, edges: _Edges, source: PixelGrid, target: PixelGrid
) -> None:
    """Add the areas right of the edges to `sums` (classes, height, width + 1)."""
    start = _to_pixels(edges.start, source, target)
    end = _to_pixels(edges.end, source, target)
    whole_start, whole_end, origin = _cut(start, end)
    _, height, columns = sums.shape
    middle = (whole_start + whole_end) / 2
    drop = whole_end[1] - whole_start[1]
    row = np.floor(middle[1]).astype(np.intp)
    # Left of the grid an edge has all of its rows to its right, beyond it nothing.
    x = middle[0].clip(0, columns - 1)
    column = np.minimum(np.floor(x).astype(np.intp), columns - 1)
    keep = (row >= 0) & (row < height) & (drop != 0)
    row, column, x, drop, origin = (a[keep] for a in (row, column, x, drop, origin))
    here, beyond = drop * (1 - (x - column)), drop * (x - column)
    flat = sums.reshape(-1)
    for labels, sign in ((edges.owner, 1.0), (edges.other, -1.0)):
        band = index[labels[origin]]
        known = band >= 0
        place = (band[known] * height + row[known]) * columns + column[known]
        flat += np.bincount(place, sign * here[known], minlength=flat.size)
        inside = column[known] + 1 < columns
        flat += np.bincount(place[inside] + 1, sign * beyond[known][inside], minlength=flat.size)


def _to_pixels(points: FloatArray, source: PixelGrid, target: PixelGrid) -> FloatArray:
    """(2, n) pixel coordinates of one grid in those of another."""
    x, y = apply_affine(source.transform, points[0], points[1])
    x, y = reproject_points(source.crs, target.crs, x, y)
    return np.stack(apply_affine(~target.transform, x, y))


def _cut(start: FloatArray, end: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Cut segments at whole columns and rows; also gives the number each piece came from."""
    start, end, origin = _shorten(start, end)
    # A piece of at most one pixel in x and y crosses at most one line of each kind.
    crossings = [_crossing(start[axis], end[axis]) for axis in (0, 1)]
    cuts = np.sort(np.stack(crossings), axis=0)
    stops = [np.zeros_like(cuts[0]), cuts[0], cuts[1], np.ones_like(cuts[0])]
    points = [start + (end - start) * stop for stop in stops]
    return (
        np.concatenate(points[:-1], axis=1),
        np.concatenate(points[1:], axis=1),
        np.tile(origin, 3),
    )


def _shorten(start: FloatArray, end: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Split segments evenly so that none is longer than a pixel in x or y."""
    parts = np.maximum(np.ceil(np.abs(end - start).max(axis=0)), 1).astype(np.intp)
    origin = np.repeat(np.arange(parts.size), parts)
    if origin.size == parts.size:
        return start, end, origin
    number = np.arange(origin.size) - np.repeat(np.cumsum(parts) - parts, parts)
    step = ((end - start) / parts)[:, origin]
    first = start[:, origin] + step * number
    return first, first + step, origin


def _crossing(start: FloatArray, end: FloatArray) -> FloatArray:
    """Where (0…1 along the piece) it crosses a whole number; 0 where it doesn't."""
    line = np.ceil(np.minimum(start, end))
    crosses = (line > np.minimum(start, end)) & (line < np.maximum(start, end))
    return np.divide(line - start, end - start, out=np.zeros_like(start), where=crosses)


def _orientation(source: PixelGrid, target: PixelGrid) -> float:
    """1, or -1 when the way from mask pixels to target pixels is a reflection."""
    column, row = source.width / 2, source.height / 2
    corner, right, below = _to_pixels(
        np.array([[column, column + 1, column], [row, row, row + 1]]), source, target
    ).T
    across, down = right - corner, below - corner
    return 1.0 if across[0] * down[1] - across[1] * down[0] > 0 else -1.0
