"""Edges cut into short segments, so that they stay straight in another CRS."""

from __future__ import annotations

import numpy as np
import shapely

from ...grid import FloatArray, reproject_points
from ...model import LONLAT
from .formats.crs import units_per_metre
from .formats.layer import GeometryArray

# Between points 10 m apart an edge that is straight in one CRS strays in another by some
# micrometres (10² / (8 · 6.4e6) m · tan 60°), less than a millionth of a 10 m pixel's area.
EXACT_M = 10.0
# For footprints, which are searched and drawn, a millimetre does.
FOOTPRINT_M = 100.0
_MOST_SEGMENTS = 2_000
# More than any area that labels are drawn in has; what has more has a wrong CRS.
_UTMOST_SEGMENTS = 1_000_000


def densified(geometries: GeometryArray, crs: str, longest_m: float = EXACT_M) -> GeometryArray:
    """The geometries with no edge longer than about `longest_m` metres on the ground."""
    if not len(geometries):
        return geometries
    return _clip(geometries, crs, longest_m, _UTMOST_SEGMENTS)


def footprint_edges(geometries: GeometryArray, crs: str) -> GeometryArray:
    """Edges cut as for footprints; those of large areas into longer segments."""
    return _clip(geometries, crs, FOOTPRINT_M, _MOST_SEGMENTS)


def _clip(geometries: GeometryArray, crs: str, longest_m: float, most: int) -> GeometryArray:
    bounds = shapely.bounds(geometries)
    bounds = np.where(np.isfinite(bounds), bounds, 0.0)
    segment = longest_m * _smallest_unit(bounds, crs)
    segment = np.maximum(segment, shapely.length(geometries) / most)
    clip: GeometryArray = shapely.segmentize(geometries, segment)
    return clip


def _smallest_unit(bounds: FloatArray, crs: str) -> FloatArray:
    """Units of the CRS a metre (n,), in the direction in which there are fewer."""
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    lon, lat = reproject_points(crs, LONLAT, x, y)
    smallest = np.minimum(*units_per_metre(crs, lon, lat))
    return np.where(np.isfinite(smallest) & (smallest > 0), smallest, 1.0)
