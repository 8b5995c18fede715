"""How large the pair of a mask would be, known from where it lies and before anything is read."""

from __future__ import annotations

import math

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from ..grid import reproject_geometry
from ..model import LONLAT, Mask
from .vectors.antimeridian import unrolled
from .vectors.formats.crs import utm_crs

_PIXEL_M = 10.0
_DEGREE_M = 111_320.0
# Beyond so many degrees of longitude a UTM zone is no measure of anything.
_WIDEST = 12.0
# Edges are cut into so many pieces to be reprojected to UTM, where they are curved.
_PIECES = 20


def oversize(mask: Mask, most_pixels: int) -> str | None:
    """Why a mask is too large to become a pair of at most so many pixels of 10 m, or None."""
    area = mask.footprint or mask.extent
    if area is None or area.is_empty:
        return None
    (unrolled_area,) = unrolled(np.array([area], dtype=object), LONLAT)
    width, height = _by_degrees(unrolled_area)
    # Quick for the many that are small; turning to north of the grid makes windows a bit larger.
    if 2 * width * height > most_pixels:
        width, height = _in_utm(unrolled_area) or (width, height)
    return too_large(width, height, most_pixels)


def too_large(width: int, height: int, most_pixels: int) -> str | None:
    """What to say of a pair of `width` x `height` pixels if these are too many, or None."""
    if width * height <= most_pixels:
        return None
    side = math.sqrt(most_pixels)
    return (
        f"It covers {width / 100:.3g} km x {height / 100:.3g} km, {width} x {height} pixels of "
        f"10 m; no pair of more than {most_pixels} pixels (such as {side / 100:.3g} km x "
        f"{side / 100:.3g} km) is begun, to stay within the memory. Make smaller masks: of "
        "polygons with --chip-size or --aoi, of a raster by cutting it into tiles. Or set "
        "MIGRATE_MAX_PAIR_PIXELS and add it again."
    )


def _by_degrees(area: BaseGeometry) -> tuple[int, int]:
    """Columns and rows of an area in lon/lat, roughly."""
    west, south, east, north = area.bounds
    nearest = 0.0 if south < 0 < north else min(abs(south), abs(north))
    shrink = math.cos(math.radians(min(nearest, 90.0)))
    size = _DEGREE_M / _PIXEL_M
    return math.ceil((east - west) * size * shrink), math.ceil((north - south) * size)


def _in_utm(area: BaseGeometry) -> tuple[int, int] | None:
    """Columns and rows of the window in its UTM zone; None where that says nothing."""
    west, south, east, north = area.bounds
    if east - west > _WIDEST:
        return None
    middle = np.array([(west + east) / 2]), np.array([(south + north) / 2])
    edges = area.segmentize(max(east - west, north - south) / _PIECES)
    bounds = shapely.bounds(reproject_geometry(edges, LONLAT, utm_crs(*middle)[0]))
    if not np.isfinite(bounds).all():
        return None
    left, bottom, right, top = bounds / _PIXEL_M
    return round(right - left), round(top - bottom)
