"""The outline of a raster and the area of its valid pixels, as geometries."""

from __future__ import annotations

import math

import numpy as np
import shapely
from affine import Affine
from pyproj.exceptions import ProjError
from rasterio.features import shapes
from shapely.affinity import affine_transform
from shapely.errors import ShapelyError
from shapely.geometry import MultiPoint, shape
from shapely.geometry.base import BaseGeometry

from ..grid import BoolArray, Bounds, PixelGrid, reproject_geometry, transformer
from ..model import LONLAT

# A straight edge in one CRS is curved in another: between vertices 100 m apart it strays by less
# than a millimetre (100² / (8 · 6.4e6) m · tan 60°), which keeps footprints and grids exact.
_EDGE_M = 100.0
# Above this many pixels the valid area is traced on a coarser lattice; search and coverage need
# it to the pixel of Sentinel-2, not to that of an aerial image.
_TRACED_PIXELS = 4_000_000
# Longitude and latitude, with room for a grid that reaches a pixel over the edge of the world.
_FURTHEST = (180.1, 90.1)
_MAX_VERTICES = 4_000
_HALF_WORLD = 180.0


def extent(grid: PixelGrid) -> BaseGeometry:
    """The polygon of a raster's four corners in lon/lat; two where it crosses the 180° meridian.

    Raises ValueError when a corner has no place in lon/lat.
    """
    if not abs(grid.transform.determinant) > 0:
        raise ValueError("its transform gives pixels without an area")
    try:
        polygon = reproject_geometry(grid.outline(), grid.crs, LONLAT)
    except (ProjError, ShapelyError) as err:
        raise ValueError(f"PROJ knows no way from its CRS ({err})") from err
    corners = shapely.get_coordinates(polygon)
    if not np.isfinite(corners).all():
        raise ValueError("a corner lies outside the area in which its CRS is defined")
    if (np.abs(corners) > _FURTHEST).any():
        raise ValueError(f"a corner would lie at {corners[0][0]:.6g}, {corners[0][1]:.6g} degrees")
    return _in_one_world(polygon, grid)


def _in_one_world(geometry: BaseGeometry, grid: PixelGrid) -> BaseGeometry:
    """A lon/lat geometry, cut along the 180° meridian where it crosses that.

    Its vertices are at -179 and 179 then, and it would reach around the other side of the world.
    RFC 7946, section 3.1.9, cuts such geometries, too.
    """
    west, _, east, _ = geometry.bounds
    middle = grid.transform @ (grid.width / 2, grid.height / 2)
    longitude, _ = transformer(grid.crs, LONLAT).transform(*middle)
    # A raster of the whole world is as wide, but its middle is on this side.
    if east - west <= _HALF_WORLD or abs(longitude) < _HALF_WORLD / 2:
        return geometry
    turned = shapely.transform(geometry, lambda c: np.column_stack([c[:, 0] % 360, c[:, 1]]))
    eastern = turned.intersection(shapely.box(0, -90, 180, 90))
    western = turned.intersection(shapely.box(180, -90, 360, 90))
    moved = shapely.transform(western, lambda c: np.column_stack([c[:, 0] - 360, c[:, 1]]))
    return shapely.union_all([eastern, moved])


def footprint(valid: BoolArray, grid: PixelGrid) -> BaseGeometry:
    """The area of valid pixels (height, width) of a raster in lon/lat, edges densified."""
    factor = max(1, math.ceil(math.sqrt(valid.size / _TRACED_PIXELS)))
    if valid.all():
        traced: BaseGeometry = shapely.box(0, 0, grid.width, grid.height)
    else:
        blocks = affine_transform(_trace(_coarser(valid, factor)), (factor, 0, 0, factor, 0, 0))
        # The last blocks may reach over the raster's edge.
        traced = blocks.intersection(shapely.box(0, 0, grid.width, grid.height))
    if shapely.get_num_coordinates(traced) > _MAX_VERTICES:
        traced = traced.simplify(factor)
    return _in_one_world(to_crs(traced, grid, LONLAT), grid)


def _coarser(valid: BoolArray, factor: int) -> BoolArray:
    """Blocks of `factor` x `factor` pixels of which the middle one is valid."""
    middle = factor // 2
    return valid if factor == 1 else valid[middle::factor, middle::factor]


def _trace(valid: BoolArray) -> BaseGeometry:
    """The valid area in pixel coordinates (column, row)."""
    found = shapes(valid.astype(np.uint8), mask=valid, connectivity=4, transform=Affine.identity())
    return shapely.union_all([shape(polygon) for polygon, _ in found])


def to_crs(geometry: BaseGeometry, grid: PixelGrid, crs: str) -> BaseGeometry:
    """A geometry in pixel coordinates of `grid` carried to `crs`, its edges densified."""
    dense = geometry.segmentize(max(_EDGE_M / pixel_size_m(grid), 1.0))
    a, b, c, d, e, f = tuple(grid.transform)[:6]
    return reproject_geometry(affine_transform(dense, (a, b, d, e, c, f)), grid.crs, crs)


def pixel_size_m(grid: PixelGrid) -> float:
    """The approximate width of a pixel in metres, also where the CRS counts degrees or feet."""
    to_metres = transformer(grid.crs, LONLAT)
    column, row = grid.width / 2, grid.height / 2
    ends = [grid.transform @ (column, row), grid.transform @ (column + 1, row)]
    (lon0, lat0), (lon1, lat1) = (to_metres.transform(x, y) for x, y in ends)
    degree_m = 111_320.0
    east = ((lon1 - lon0 + 180) % 360 - 180) * degree_m * math.cos(math.radians(lat0))
    return max(math.hypot(east, (lat1 - lat0) * degree_m), 1e-6)


def valid_bounds(valid: BoolArray, grid: PixelGrid, crs: str) -> Bounds:
    """The exact bounds (west, south, east, north) of the valid pixels in `crs`.

    The first and last valid pixel of each row span the convex hull of the area; nothing is
    traced, so this stays quick and exact for large masks.
    """
    rows = np.flatnonzero(valid.any(axis=1))
    if rows.size == 0:
        raise ValueError("there is no valid pixel")
    first = valid[rows].argmax(axis=1)
    last = valid.shape[1] - valid[rows, ::-1].argmax(axis=1)
    corners = [
        np.column_stack([columns, rows + side]) for columns in (first, last) for side in (0, 1)
    ]
    hull = MultiPoint(np.concatenate(corners)).convex_hull
    west, south, east, north = to_crs(hull, grid, crs).bounds
    return west, south, east, north
