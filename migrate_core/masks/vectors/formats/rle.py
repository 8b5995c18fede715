"""Run-length encoding of COCO: areas of pixels, column by column, as counts in turn 0 and 1.

The compressed form is that of pycocotools' `rleFrString`: 5 bits a character from `0` on, the
sixth says that more follow, and from the third count on only the difference to the one before the
last is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from affine import Affine
from rasterio.features import shapes
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

_MOST_PIXELS = 400_000_000


def rle_area(encoded: Any, size: tuple[int, int]) -> BaseGeometry | None:
    """The area in pixel coordinates (column, row) of an image of `size` (height, width).

    None where it can't be decoded or is of another size.
    """
    if not isinstance(encoded, dict) or encoded.get("size") != list(size):
        return None
    height, width = size
    counts = encoded.get("counts")
    runs: Any = _uncompressed(counts) if isinstance(counts, str) else counts
    if not _sound(runs, height * width):
        return None
    values = np.zeros(len(runs), dtype=np.uint8)
    values[1::2] = 1
    pixels = np.repeat(values, runs).reshape((width, height)).T
    found = shapes(
        np.ascontiguousarray(pixels), mask=pixels == 1, connectivity=4, transform=Affine.identity()
    )
    return shapely.union_all([shape(polygon) for polygon, _ in found])


def _sound(runs: Any, pixels: int) -> bool:
    return (
        isinstance(runs, Sequence)
        and all(type(run) is int and run >= 0 for run in runs)
        and sum(runs) == pixels <= _MOST_PIXELS
    )


def _uncompressed(text: str) -> list[int]:
    counts: list[int] = []
    value = shift = 0
    for character in text:
        code = ord(character) - 48
        value |= (code & 0x1F) << shift
        shift += 5
        if code & 0x20:
            continue
        if code & 0x10:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    return counts
