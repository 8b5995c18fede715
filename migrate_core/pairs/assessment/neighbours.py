"""What lies next to pixels, for the few pixels of a pair.

scipy.ndimage has more and is imported in a quarter of a second, as long as a small pair takes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray


def alone(values: NDArray[Any]) -> BoolArray:
    """The pixels (height, width) whose eight neighbours, as far as they exist, have their value."""
    same = np.ones(values.shape, dtype=np.bool_)
    across = values[:, 1:] == values[:, :-1]
    same[:, 1:] &= across
    same[:, :-1] &= across
    # What is alike in a row, and as the rows above and below, is alike in all nine.
    found, down = same.copy(), (values[1:] == values[:-1])
    found[1:] &= down & same[:-1]
    found[:-1] &= down & same[1:]
    return found


def squared_distances(wanted: BoolArray, reach: int) -> NDArray[np.int64]:
    """The squared distance in pixels of each (height, width) to the nearest `wanted` one.

    Exact up to `reach`; whatever is further off has a larger number than `reach` squared.
    """
    height, width = wanted.shape
    far = 2 * (reach + 1)
    columns = np.arange(width)
    before = np.maximum.accumulate(np.where(wanted, columns, -far), axis=1)
    after = np.minimum.accumulate(np.where(wanted, columns, width + far)[:, ::-1], axis=1)[:, ::-1]
    in_row = np.minimum(columns - before, after - columns).clip(max=far) ** 2
    found = in_row.copy()
    for rows in range(1, min(reach, height - 1) + 1):
        further = in_row + rows**2
        np.minimum(found[rows:], further[:-rows], out=found[rows:])
        np.minimum(found[:-rows], further[rows:], out=found[:-rows])
    return found
