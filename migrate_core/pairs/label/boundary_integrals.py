"""Integrals along outlines: the area of each pixel of a grid that lies inside them.

By Green's theorem the share of an area in a pixel is an integral along its outline: an edge adds,
to every pixel of the rows it passes, the area to its right, with the sign of its direction. Each
edge is cut at the lines of the grid, and a running sum along the rows gives the shares. This is the
signed-area coverage of font rasterisers, in float64: exact but for rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...grid import FloatArray

IntArray = NDArray[np.intp]


@dataclass(frozen=True)
class Edges:
    """Straight edges of outlines, from `start` to `end`, each (2, n) of (column, row).

    `owner` (n,) is the class in whose outline an edge runs this way, with the class to the right
    of an edge that runs down; `other` the one in whose outline it runs back.
    """

    start: FloatArray
    end: FloatArray
    owner: NDArray[np.uint8]
    other: NDArray[np.uint8]

    def chunks(self, size: int) -> Iterator[Edges]:
        """The same edges, at most `size` at a time."""
        for first in range(0, self.owner.size, size):
            part = slice(first, first + size)
            yield Edges(self.start[:, part], self.end[:, part], self.owner[part], self.other[part])


def add_areas(sums: FloatArray, index: IntArray, edges: Edges) -> None:
    """Add the areas right of the edges to `sums` (classes, height, width + 1), in place.

    `index` (256,) is the place of each class in `sums`, -1 for those that aren't asked for. A
    running sum along the rows of `sums` makes shares of it.
    """
    start, end, origin = _clip(edges.start, edges.end)
    _, height, columns = sums.shape
    middle = (start + end) / 2
    drop = end[1] - start[1]
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
        cell = (band[known] * height + row[known]) * columns + column[known]
        flat += np.bincount(cell, sign * here[known], minlength=flat.size)
        inside = column[known] + 1 < columns
        flat += np.bincount(cell[inside] + 1, sign * beyond[known][inside], minlength=flat.size)


def _clip(start: FloatArray, end: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
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
