"""The outline of a raster and the area of its valid pixels, as geometries."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj.exceptions import ProjError
from rasterio.features import shapes
from shapely.affinity import affine_transform
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from ...grid import (
    BoolArray,
    Bounds,
    FloatArray,
    PixelGrid,
    apply_affine,
    in_one_world,
    reproject_geometry,
    reproject_points,
    split_at_antimeridian,
    transformer,
)
from ...model import LONLAT

# A straight edge in one CRS is curved in another: between vertices 100 m apart it strays by less
# than a millimetre (100² / (8 · 6.4e6) m · tan 60°), which keeps footprints and grids exact.
_EDGE_M = 100.0
# Above this many pixels the valid area is traced on a coarser grid; search and coverage need
# it to the pixel of Sentinel-2, not to that of an aerial image.
_TRACED_PIXELS = 4_000_000
# Longitude (which some count from 0 to 360) and latitude, with room for a grid that reaches a pixel
# over the edge of the world.
_FURTHEST = (360.1, 90.1)
_MAX_VERTICES = 4_000
_HALF_WORLD = 180.0
_MOST_PIECES = 100


def extent(grid: PixelGrid) -> BaseGeometry:
    """The polygon of a raster's four corners in lon/lat; two where it crosses the 180° meridian.

    Raises ValueError when a corner has no position in lon/lat.
    """
    if not abs(grid.transform.determinant) > 0:
        raise ValueError("its transform gives pixels without an area")
    ring = np.array([(0, 0), (grid.width, 0), (grid.width, grid.height), (0, grid.height), (0, 0)])
    try:
        corners = _in_lonlat(ring, grid)
    except (ProjError, ShapelyError) as err:
        raise ValueError(f"PROJ knows no way from its CRS ({err})") from err
    if not np.isfinite(corners).all():
        raise ValueError("a corner lies outside the area in which its CRS is defined")
    if (np.abs(corners) > _FURTHEST).any():
        raise ValueError(f"a corner would lie at {corners[0][0]:.6g}, {corners[0][1]:.6g} degrees")
    return _in_one_world(shapely.polygons(corners), grid)


def _in_lonlat(pixels: NDArray[Any], grid: PixelGrid) -> FloatArray:
    """Positions (n, 2), columns and rows of pixels, as longitudes and latitudes."""
    columns, rows = pixels.astype(np.float64).T
    points = reproject_points(grid.crs, LONLAT, *apply_affine(grid.transform, columns, rows))
    return np.column_stack(points)


def _in_one_world(geometry: BaseGeometry, grid: PixelGrid) -> BaseGeometry:
    west, _, east, _ = geometry.bounds
    if not east - west > _HALF_WORLD:
        return split_at_antimeridian(geometry)
    middle = grid.transform @ (grid.width / 2, grid.height / 2)
    return in_world(geometry, grid.crs, middle)


def in_world(geometry: BaseGeometry, crs: str, middle: tuple[float, float]) -> BaseGeometry:
    """An area in lon/lat, cut along the 180° meridian where it crosses that.

    It was reprojected there from `crs`, in which its middle is at `middle`.
    """
    west, _, east, _ = geometry.bounds
    # What was in lon/lat never jumps from 179 to -179. What comes from another CRS and is wide may
    # also span the world; but then its middle is on this side.
    if crs == LONLAT or not east - west > _HALF_WORLD:
        return split_at_antimeridian(geometry)
    longitude, _ = transformer(crs, LONLAT).transform(*middle)
    if abs(longitude) < _HALF_WORLD / 2:
        return split_at_antimeridian(geometry)
    return in_one_world(geometry)


def footprint(valid: BoolArray, grid: PixelGrid) -> BaseGeometry:
    """The area of valid pixels (height, width) of a raster in lon/lat, edges densified."""
    if valid.all():
        # The most by far, and quicker without a geometry for each step.
        ring = _dense_ring(grid.width, grid.height, *_edge_pieces(grid))
        return _in_one_world(shapely.polygons(_in_lonlat(ring, grid)), grid)
    factor = max(1, math.ceil(math.sqrt(valid.size / _TRACED_PIXELS)))
    blocks = affine_transform(_trace(_coarser(valid, factor)), (factor, 0, 0, factor, 0, 0))
    # The last blocks may reach over the raster's edge.
    traced = blocks.intersection(shapely.box(0, 0, grid.width, grid.height))
    if shapely.get_num_coordinates(traced) > _MAX_VERTICES:
        traced = traced.simplify(factor)
    return _in_one_world(to_crs(traced, grid, LONLAT), grid)


def _edge_pieces(grid: PixelGrid) -> tuple[int, int]:
    """Into how many pieces the upper and the left edge of a raster are cut."""
    longest = _longest_edge(grid)
    return math.ceil(grid.width / longest), math.ceil(grid.height / longest)


@lru_cache(maxsize=64)
def _dense_ring(width: int, height: int, across: int, down: int) -> FloatArray:
    """The outline of a raster in pixels (n, 2), as GEOS cuts its edges into so many pieces."""
    box = shapely.get_coordinates(shapely.box(0, 0, width, height))
    edges = []
    for start, end in pairwise(box):
        pieces, length = (across, width) if start[1] == end[1] else (down, height)
        # Multiplied and divided in the order of GEOS, so that the last digits are its own.
        along = np.arange(pieces)[:, None] * (length / pieces) / length
        edges.append(start + along * (end - start))
    ring: FloatArray = np.concatenate([*edges, box[-1:]])
    return ring


def _coarser(valid: BoolArray, factor: int) -> BoolArray:
    """Blocks of `factor` x `factor` pixels of which the middle one is valid."""
    middle = factor // 2
    return valid if factor == 1 else valid[middle::factor, middle::factor]


def _trace(valid: BoolArray) -> BaseGeometry:
    """The valid area in pixel coordinates (column, row)."""
    found = shapes(valid.astype(np.uint8), mask=valid, connectivity=4, transform=Affine.identity())
    return shapely.union_all([shape(polygon) for polygon, _ in found])


def to_crs(geometry: BaseGeometry, grid: PixelGrid, crs: str) -> BaseGeometry:
    """A geometry in pixel coordinates of `grid` reprojected to `crs`, its edges densified."""
    dense = geometry.segmentize(_longest_edge(grid))
    a, b, c, d, e, f = tuple(grid.transform)[:6]
    return reproject_geometry(affine_transform(dense, (a, b, d, e, c, f)), grid.crs, crs)


def _longest_edge(grid: PixelGrid) -> float:
    """How far apart vertices are at most, in pixels of a grid."""
    return max(_EDGE_M / pixel_size_m(grid), 1 / _MOST_PIECES)


def pixel_size_m(grid: PixelGrid) -> float:
    """The approximate width of a pixel in metres, also where the CRS counts degrees or feet."""
    t, column, row = grid.transform, grid.width / 2, grid.height / 2
    x0, y0 = t.a * column + t.b * row + t.c, t.d * column + t.e * row + t.f
    x1, y1 = t.a * (column + 1) + t.b * row + t.c, t.d * (column + 1) + t.e * row + t.f
    return _length_m(grid.crs, x0, y0, x1, y1)


@lru_cache(maxsize=64)
def _length_m(crs: str, x0: float, y0: float, x1: float, y1: float) -> float:
    to_degrees = transformer(crs, LONLAT)
    (lon0, lat0), (lon1, lat1) = (to_degrees.transform(x, y) for x, y in ((x0, y0), (x1, y1)))
    degree_m = 111_320.0
    east = ((lon1 - lon0 + 180) % 360 - 180) * degree_m * math.cos(math.radians(lat0))
    return max(math.hypot(east, (lat1 - lat0) * degree_m), 1e-6)


def valid_bounds(valid: BoolArray, grid: PixelGrid, crs: str) -> Bounds:
    """The exact bounds (west, south, east, north) of the valid pixels in `crs`.

    Nothing is traced, so this stays quick for large masks: a coordinate of one CRS changes along
    the rows or along the columns of another, so that it is largest and smallest at an end of a row
    or of a column of valid pixels.
    """
    if not valid.any():
        raise ValueError("there is no valid pixel")
    columns, rows = (
        np.concatenate(ends).astype(float)
        for ends in zip(_ends_of_rows(valid), _ends_of_columns(valid), strict=True)
    )
    points = _sides(columns, rows, _pieces(grid))
    x, y = reproject_points(grid.crs, crs, *apply_affine(grid.transform, *points))
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _ends_of_rows(valid: BoolArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Column and row of the first and of the last valid pixel of each row that has one."""
    rows = np.flatnonzero(valid.any(axis=1))
    first = valid[rows].argmax(axis=1)
    last = valid.shape[1] - 1 - valid[rows, ::-1].argmax(axis=1)
    return np.concatenate([first, last]), np.concatenate([rows, rows])


def _ends_of_columns(valid: BoolArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Column and row of the first and of the last valid pixel of each column that has one."""
    columns = np.flatnonzero(valid.any(axis=0))
    last = valid.shape[0] - 1 - _first_rows(valid[::-1])[columns]
    return np.tile(columns, 2), np.concatenate([_first_rows(valid)[columns], last])


def _first_rows(valid: BoolArray) -> NDArray[np.intp]:
    """The first valid row of each column that has one; down the rows, which lie in memory so."""
    first = np.zeros(valid.shape[1], dtype=np.intp)
    pending = valid.any(axis=0)
    for row, here in enumerate(valid):
        found = pending & here
        first[found] = row
        pending &= ~found
        if not pending.any():
            break
    return first


def _pieces(grid: PixelGrid) -> int:
    """Into how many pieces the side of a pixel is cut; one but for very large pixels."""
    return min(max(math.ceil(pixel_size_m(grid) / _EDGE_M), 1), _MOST_PIECES)


def _sides(columns: FloatArray, rows: FloatArray, pieces: int) -> tuple[FloatArray, FloatArray]:
    """Positions along the four sides of pixels, corners included."""
    along = np.linspace(0, 1, pieces + 1)
    none, one = np.zeros_like(along), np.ones_like(along)
    right = np.concatenate([along, along, none, one])
    down = np.concatenate([none, one, along, along])
    return (columns[:, None] + right).ravel(), (rows[:, None] + down).ravel()
