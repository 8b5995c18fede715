"""A mask in numbers and small: area of each class, size of its pixels, a thumbnail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from ..model import Mask
from .content import small_labels
from .footprint import pixel_size_m

_GEOD = Geod(ellps="WGS84")
_HECTARE_M2 = 10_000
# A file without overviews is read as a whole to be shown small; beyond this it takes too long.
_READ_PIXELS = 400_000_000


@dataclass(frozen=True)
class ClassArea:
    """A class of a mask: its value in the file and as stored in pairs, name and size.

    `share` 0…1 is of the valid pixels; `hectares` is None for a mask without a place.
    """

    value: str
    stored: int
    name: str | None
    pixels: int
    share: float
    hectares: float | None


def class_areas(mask: Mask) -> tuple[ClassArea, ...]:
    """The classes of a mask with their areas, by value; empty where they aren't known."""
    counts = mask.class_pixels or {}
    total = sum(counts.values())
    each = pixel_area_m2(mask)
    names = mask.class_names or {}
    return tuple(
        ClassArea(
            value,
            stored,
            names.get(value),
            counts[value],
            counts[value] / total,
            None if each is None else counts[value] * each / _HECTARE_M2,
        )
        for value, stored in (mask.classes or {}).items()
        if value in counts
    )


def pixel_area_m2(mask: Mask) -> float | None:
    """The mean area of a mask's pixels on the ellipsoid; None without a place."""
    if mask.extent is None or not mask.width or not mask.height:
        return None
    area, _ = _GEOD.geometry_area_perimeter(mask.extent)
    return float(abs(area)) / (mask.width * mask.height)


def pixel_size(mask: Mask) -> float | None:
    """The approximate width of a pixel in metres; None without a place."""
    return pixel_size_m(mask.grid) if mask.extent is not None else None


def thumbnail(mask: Mask, longest: int = 480) -> NDArray[np.uint8]:
    """The labels (height, width) of a mask at most `longest` pixels wide or high, nearest pixels.

    uint8 values as stored in pairs, 255 = no data. Raises MaskError when the file is gone or
    can't be shown.
    """
    return small_labels(mask, longest)
