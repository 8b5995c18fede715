"""A mask in numbers and small: area of each class, size of its pixels, a thumbnail."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from ..errors import MaskError
from ..model import Mask
from .raster.content import small_labels
from .raster.footprint import pixel_size_m
from .vectors.drawing import ClassArea as ClassArea
from .vectors.drawing import drawn_labels, picture_grid, polygon_areas

_GEOD = Geod(ellps="WGS84")
_HECTARE_M2 = 10_000


def class_areas(mask: Mask) -> tuple[ClassArea, ...]:
    """The classes of a mask with their areas, by value; empty where they aren't known.

    They aren't either when the polygons of a mask that consists of them are gone.
    """
    if mask.vector is not None:
        with suppress(MaskError):
            return polygon_areas(mask)
        return ()
    counts = mask.classes.pixels or {}
    total = sum(counts.values())
    each = pixel_area_m2(mask)
    names = mask.classes.names or {}
    return tuple(
        ClassArea(
            value,
            stored,
            names.get(value),
            counts[value],
            counts[value] / total,
            None if each is None else counts[value] * each / _HECTARE_M2,
        )
        for value, stored in (mask.classes.stored or {}).items()
        if value in counts
    )


def pixel_area_m2(mask: Mask) -> float | None:
    """The mean area of a mask's pixels on the ellipsoid; None without a georeference or pixels."""
    if mask.extent is None or not mask.width or not mask.height:
        return None
    area, _ = _GEOD.geometry_area_perimeter(mask.extent)
    return float(abs(area)) / (mask.width * mask.height)


def pixel_size(mask: Mask) -> float | None:
    """The approximate width of a pixel in metres; None without a georeference and for polygons."""
    return pixel_size_m(mask.grid) if mask.extent is not None and mask.vector is None else None


def thumbnail(mask: Mask, longest: int = 480) -> NDArray[np.uint8]:
    """The labels (height, width) of a mask at most `longest` pixels wide or high, nearest pixels.

    uint8 values as stored in pairs, 255 = no data. Raises MaskError when the file is gone or
    can't be shown.
    """
    if mask.vector is not None:
        return drawn_labels(mask, picture_grid(mask, longest))
    return small_labels(mask, longest)
