"""Masks that consist of polygons, in numbers and as small pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Geod
from rasterio.features import rasterize
from shapely.geometry.base import BaseGeometry

from ...grid import PixelGrid, reproject_geometries, reproject_geometry
from ...model import BACKGROUND, IGNORE, LONLAT, Mask
from .antimeridian import unrolled
from .labels import label_polygons
from .segments import footprint_edges

_GEOD = Geod(ellps="WGS84")
_HECTARE_M2 = 10_000
BACKGROUND_NAME = "background"


@dataclass(frozen=True)
class ClassArea:
    """A class of a mask: its value in the file and as stored in pairs, name and size.

    `share` 0…1 is of the valid pixels, or of the known area of a mask that consists of polygons,
    where `pixels` is 0; `hectares` is None for a mask without a georeference.
    """

    value: str
    stored: int
    name: str | None
    pixels: int
    share: float
    hectares: float | None


def polygon_areas(mask: Mask) -> tuple[ClassArea, ...]:
    """The classes of a mask of polygons with their areas on the ellipsoid, background first.

    Raises MaskError when the polygons are gone.
    """
    drawn = label_polygons(mask)
    crs = mask.georeference.crs or ""
    hectares = {BACKGROUND: _hectares(drawn.background, crs)}
    hectares |= {value: _hectares(area, crs) for value, area in drawn.classes.items()}
    total = sum(hectares.values()) or 1.0
    named = {stored: text for text, stored in (mask.classes.stored or {}).items()}
    names: dict[int, str | None] = {
        stored: (mask.classes.names or {}).get(text) for stored, text in named.items()
    }
    return tuple(
        ClassArea(
            named.get(stored, str(stored)),
            stored,
            names.get(stored) or (BACKGROUND_NAME if stored == BACKGROUND else None),
            0,
            size / total,
            size,
        )
        for stored, size in hectares.items()
        if size > 0
    )


def _hectares(area: BaseGeometry, crs: str) -> float:
    if area.is_empty:
        return 0.0
    (clip,) = footprint_edges(np.array([area], dtype=object), crs)
    # Holes count against the ring around them only when they run the other way.
    reprojected = np.array([reproject_geometry(clip, crs, LONLAT)], dtype=object)
    (lonlat,) = shapely.orient_polygons(unrolled(reprojected, LONLAT))
    size, _ = _GEOD.geometry_area_perimeter(lonlat)
    return float(abs(size)) / _HECTARE_M2


def picture_grid(mask: Mask, longest: int) -> PixelGrid:
    """A grid over the area of a mask in its own CRS, at most `longest` pixels wide or high."""
    assert mask.vector is not None
    west, south, east, north = mask.vector.area.bounds
    pixel = max(east - west, north - south) / longest
    width, height = (max(1, round(size / pixel)) for size in (east - west, north - south))
    transform = Affine((east - west) / width, 0, west, 0, -(north - south) / height, north)
    return PixelGrid(mask.georeference.crs or "", transform, width, height)


def drawn_labels(mask: Mask, grid: PixelGrid) -> NDArray[np.uint8]:
    """The labels (height, width) of a mask of polygons on any grid, by pixel centre.

    uint8 values as stored in pairs, 255 outside the area and where nothing is known: for looking
    at, not for shares. Raises MaskError when the polygons are gone.
    """
    drawn = label_polygons(mask)
    areas = [drawn.area, *drawn.classes.values(), drawn.unknown]
    values = [BACKGROUND, *drawn.classes, IGNORE]
    geometries = np.empty(len(areas), dtype=object)
    geometries[:] = areas
    crs = mask.georeference.crs or ""
    if crs != grid.crs:
        geometries = reproject_geometries(footprint_edges(geometries, crs), crs, grid.crs)
    shown = [
        (geometry, value)
        for geometry, value in zip(geometries, values, strict=True)
        if not geometry.is_empty
    ]
    labels: NDArray[np.uint8] = rasterize(
        shown, grid.shape, fill=IGNORE, transform=grid.transform, dtype="uint8"
    )
    return labels
