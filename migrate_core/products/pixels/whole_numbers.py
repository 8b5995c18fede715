"""Bilinear interpolation to pixels of a whole fraction of the size, in whole numbers.

The weights of a fine pixel are multiples of 1 / (2 * factor) in each direction, so nothing need be
rounded before the end. It takes a tenth of the time of a warp, whose positions could be any.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray, Window

# Rows of coarse pixels handled at a time: what they become stays in the processor's cache.
_ROWS = 64

Numbers = NDArray[np.uint32]


def interpolate(
    values: NDArray[np.uint16], special: BoolArray, window: Window, factor: int
) -> NDArray[np.uint16]:
    """`values` (height, width) in `window` of the pixels `factor` times as small, bilinear.

    Pixels that are `special` take no part: weights are shared among the others. What lies in one
    has its value. Halves are rounded up. `window` lies inside; `factor` is even and at most 14.
    """
    # A frame that takes no part is what lies beyond the edges.
    framed, unfit = np.pad(values, 1), np.pad(special, 1, constant_values=True)
    rows, columns = (
        slice(start // factor, -(-(start + size) // factor))
        for start, size in ((window.row, window.height), (window.column, window.width))
    )
    framed = framed[rows.start : rows.stop + 2, columns.start : columns.stop + 2]
    unfit = unfit[rows.start : rows.stop + 2, columns.start : columns.stop + 2]
    fine = _interpolated(framed, factor)
    _mend(fine, framed, unfit, factor)
    top, left = window.row - rows.start * factor, window.column - columns.start * factor
    return fine[top : top + window.height, left : left + window.width]


def _interpolated(framed: NDArray[np.uint16], factor: int) -> NDArray[np.uint16]:
    """All fine pixels inside the frame, as if every coarse one took part."""
    height, width = (size - 2 for size in framed.shape)
    fine = np.empty((height * factor, width * factor), dtype=np.uint16)
    total = 4 * factor**2
    for first in range(0, height, _ROWS):
        part = framed[first : first + _ROWS + 2].astype(np.uint32)
        target = fine[first * factor : (first + _ROWS) * factor]
        for down in range(factor):
            rows = _between(part[:-2], part[1:-1], part[2:], down, factor)
            for right in range(factor):
                sums = _between(rows[:, :-2], rows[:, 1:-1], rows[:, 2:], right, factor)
                sums += total // 2
                sums //= total
                target[down::factor, right::factor] = sums
    return fine


def _between(before: Numbers, here: Numbers, after: Numbers, number: int, factor: int) -> Numbers:
    """2 * factor times the value at fine pixel `number` of the coarse pixels `here`."""
    other, share = _neighbour(number, factor)
    return here * np.uint32(2 * factor - share) + (before if other < 0 else after) * np.uint32(
        share
    )


def _neighbour(number: int, factor: int) -> tuple[int, int]:
    """Where the other coarse pixel of fine pixel `number` is, -1 or 1, and its weight."""
    offset = 2 * number + 1 - factor
    return (-1 if offset < 0 else 1), abs(offset)


def _mend(
    fine: NDArray[np.uint16], framed: NDArray[np.uint16], unfit: BoolArray, factor: int
) -> None:
    """Put right the fine pixels of coarse ones that are unfit, or have an unfit neighbour."""
    if not unfit.any():
        return
    near, alike = np.zeros_like(unfit[1:-1, 1:-1]), np.ones_like(unfit[1:-1, 1:-1])
    height, width = near.shape
    for down in range(3):
        for right in range(3):
            shifted = slice(down, down + height), slice(right, right + width)
            near |= unfit[shifted]
            alike &= framed[shifted] == framed[1:-1, 1:-1]
    # Among its like a pixel has kept its value, as in an area without data.
    rows, columns = np.nonzero(near & ~alike)
    own, gone = framed[rows + 1, columns + 1], unfit[rows + 1, columns + 1]
    for down in range(factor):
        for right in range(factor):
            mean = _weighted(framed, unfit, (rows + 1, columns + 1), (down, right), factor)
            fine[rows * factor + down, columns * factor + right] = np.where(gone, own, mean)


def _weighted(
    framed: NDArray[np.uint16],
    unfit: BoolArray,
    positions: tuple[NDArray[np.intp], NDArray[np.intp]],
    numbers: tuple[int, int],
    factor: int,
) -> NDArray[np.int64]:
    """The mean of coarse pixels, shifted a fine one of each of `positions`, without the unfit."""
    rows, columns = positions
    total, weights = np.zeros((2, rows.size), dtype=np.int64)
    down, vertical = _neighbour(numbers[0], factor)
    right, horizontal = _neighbour(numbers[1], factor)
    for row, share_y in ((rows, 2 * factor - vertical), (rows + down, vertical)):
        for column, share_x in ((columns, 2 * factor - horizontal), (columns + right, horizontal)):
            weight = share_y * share_x * ~unfit[row, column]
            total += weight * framed[row, column].astype(np.int64)
            weights += weight
    mean: NDArray[np.int64] = (2 * total + weights) // np.maximum(2 * weights, 1)
    return mean
