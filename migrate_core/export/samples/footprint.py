"""Where a sample lies in longitude and latitude, as catalogues say it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from ...grid import Bounds, PixelGrid, in_one_world, reproject_geometry
from ...model import LONLAT

# About a centimetre: more digits say nothing.
_DEGREES = 7
_HALF_WORLD = 180.0


def lonlat_footprint(grid: PixelGrid) -> BaseGeometry:
    """The outline of a grid in EPSG:4326, counterclockwise, cut where it crosses 180°.

    As GeoJSON wants it (RFC 7946, sections 3.1.6 and 3.1.9).
    """
    outline = in_one_world(reproject_geometry(grid.polygon(), grid.crs, LONLAT))
    outline = shapely.transform(outline, lambda points: np.round(points, _DEGREES))
    return shapely.orient_polygons(outline)


def lonlat_bounds(footprints: Iterable[BaseGeometry]) -> Bounds:
    """West, south, east and north of geometries; west is larger than east across 180°.

    As GeoJSON has it (RFC 7946, section 5.2): of the ways around the world the narrower one.
    """
    parts = shapely.bounds([part for one in footprints for part in shapely.get_parts(one)])
    south, north = float(parts[:, 1].min()), float(parts[:, 3].max())
    west, east = float(parts[:, 0].min()), float(parts[:, 2].max())
    across = np.where(parts[:, [0]] < 0, parts[:, [0, 2]] + 2 * _HALF_WORLD, parts[:, [0, 2]])
    from_east, to_west = float(across[:, 0].min()), float(across[:, 1].max())
    if to_west > _HALF_WORLD and to_west - from_east < east - west:
        return from_east, south, round(to_west - 2 * _HALF_WORLD, _DEGREES), north
    return west, south, east, north
