"""From area shares to the hard label, and which pixels lie inside a mask's footprint."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray, FloatArray, PixelGrid, apply_affine, on_turn_of, reproject_points
from ...model import IGNORE

# Shares are exact but for rounding; below this a difference is noise, not a majority.
_TIE = 1e-9
_KNOWN_ENOUGH = 0.5


def hard_label(shares: FloatArray, classes: Sequence[int]) -> NDArray[np.uint8]:
    """The class with the largest share of each pixel, (height, width) uint8.

    `shares` is (classes, height, width), `classes` ascending; ties go to the lower value. A pixel
    of which less than half is known is 255 (ignore).
    """
    values = np.array(classes, dtype=np.uint8)
    largest = shares.max(axis=0)
    label = values[(shares >= largest - _TIE).argmax(axis=0)]
    known = shares.sum(axis=0)
    return np.where(known >= _KNOWN_ENOUGH - _TIE, label, IGNORE).astype(np.uint8)


def inside_footprint(labels: NDArray[np.uint8], source: PixelGrid, target: PixelGrid) -> BoolArray:
    """Whether the centre of each pixel of `target` lies on a valid pixel of the mask.

    `labels` is (height, width) on `source`, 255 not valid; the result has the shape of `target`.
    """
    x, y = reproject_points(target.crs, source.crs, *target.centres())
    x = on_turn_of(source, x)
    columns, rows = (np.floor(a) for a in apply_affine(~source.transform, x, y))
    on_mask = (columns >= 0) & (columns < source.width) & (rows >= 0) & (rows < source.height)
    inside = np.zeros(target.shape, dtype=bool)
    found = labels[rows[on_mask].astype(np.intp), columns[on_mask].astype(np.intp)]
    inside[on_mask] = found != IGNORE
    return inside
