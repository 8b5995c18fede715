"""`PixelGrid` and its arithmetic: where pixels lie, without the pixels.

Coordinates are (x, y) in the CRS of the grid; pixel positions are (column, row) with the outer
corner of the first pixel at (0, 0); arrays are (height, width).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Proj, Transformer
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

# A footprint corner that lies on the grid comes back from PROJ with an error of about 1e-9 m;
# a millionth of a pixel keeps such noise from adding a row of pixels, and is far below any
# geolocation error.
SNAP_TOLERANCE_PIXELS = 1e-6
# Grids are the same when their pixels lie within a thousandth of a pixel.
_ALIGNED_PIXELS = 1e-3
# UTM counts northings from the equator, in the southern hemisphere from this far south of it.
_FALSE_NORTHING_M = 10_000_000
_UTM = re.compile(r"EPSG:32([67])(\d\d)")
# Projections in which x is proportional to the longitude.
_CYLINDRICAL = ("Mercator", "Popular Visualisation Pseudo", "Equidistant Cyl", "Lambert Cyl")
_HALF_WORLD = 180.0

Bounds = tuple[float, float, float, float]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class PixelGrid:
    """A raster's grid: CRS (an `EPSG:n` string or WKT), affine transform, size in pixels."""

    crs: str
    transform: Affine
    width: int
    height: int

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width), the shape of an array on this grid."""
        return self.height, self.width

    @property
    def resolution(self) -> float:
        """Width of a pixel in units of the CRS."""
        return math.hypot(self.transform.a, self.transform.d)

    @property
    def bounds(self) -> Bounds:
        """(west, south, east, north) of the corners in units of the CRS."""
        west, south, east, north = self.polygon().bounds
        return west, south, east, north

    def polygon(self) -> Polygon:
        """The four outer corners as a polygon, in the CRS of the grid."""
        w, h = self.width, self.height
        return Polygon([self.transform @ corner for corner in ((0, 0), (w, 0), (w, h), (0, h))])

    def centres(self) -> tuple[FloatArray, FloatArray]:
        """X and y of every pixel centre, each (height, width)."""
        columns, rows = np.meshgrid(np.arange(self.width) + 0.5, np.arange(self.height) + 0.5)
        x, y = apply_affine(self.transform, columns, rows)
        return x, y

    def finer(self, factor: int) -> PixelGrid:
        """The grid whose pixels are `factor` times as small, over the same area."""
        return PixelGrid(
            self.crs,
            self.transform @ Affine.scale(1 / factor),
            self.width * factor,
            self.height * factor,
        )

    def coarser(self, factor: int) -> PixelGrid:
        """The grid of pixels `factor` times as large with the same origin, rounded up."""
        return PixelGrid(
            self.crs,
            self.transform @ Affine.scale(factor),
            math.ceil(self.width / factor),
            math.ceil(self.height / factor),
        )


@dataclass(frozen=True)
class Window:
    """A block of pixels of a grid; may reach over its edges, then offsets are negative."""

    column: int
    row: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the block in an array (…, height, width) that holds all of it."""
        return (
            slice(self.row, self.row + self.height),
            slice(self.column, self.column + self.width),
        )


def aligned_grid(base_grid: PixelGrid, bounds: Bounds) -> PixelGrid:
    """The smallest grid on the north-up `grid` that contains `bounds`, which may lie outside.

    `bounds` is (west, south, east, north) in the CRS of the grid.
    """
    west, south, east, north = bounds
    inverse = ~base_grid.transform
    left, top = inverse @ (west, north)
    right, bottom = inverse @ (east, south)
    column, row = _floor(left), _floor(top)
    width, height = max(_ceil(right) - column, 1), max(_ceil(bottom) - row, 1)
    return block(base_grid, Window(column, row, width, height))


def block(base_grid: PixelGrid, window: Window) -> PixelGrid:
    """The grid of the pixels of `grid` in `window`, the inverse of `window_of`."""
    transform = base_grid.transform @ Affine.translation(window.column, window.row)
    return PixelGrid(base_grid.crs, transform, window.width, window.height)


def moved(grid: PixelGrid, x: float, y: float) -> PixelGrid:
    """The grid with `x` and `y`, in units of its CRS, added to all its coordinates."""
    return replace(grid, transform=Affine.translation(x, y) @ grid.transform)


def window_of(grid: PixelGrid, base_grid: PixelGrid) -> Window:
    """Where `grid` lies on `grid`, of which it must be a block of whole pixels."""
    column, row = ~base_grid.transform @ (grid.transform.c, grid.transform.f)
    return Window(round(column), round(row), grid.width, grid.height)


def in_crs(grid: PixelGrid, crs: str) -> PixelGrid | None:
    """The same pixels written in `crs`, where that is but another way to count northings.

    That is the same CRS, or the same UTM zone of the other hemisphere: tiles on both sides of the
    equator are one grid. None where a grid of one CRS isn't one of the other.
    """
    if grid.crs == crs:
        return grid
    here, there = _UTM.fullmatch(grid.crs), _UTM.fullmatch(crs)
    if here is None or there is None or here[2] != there[2]:
        return None
    north = _FALSE_NORTHING_M if there[1] == "7" else -_FALSE_NORTHING_M
    moved = Affine.translation(0, north) @ grid.transform
    return PixelGrid(crs, moved, grid.width, grid.height)


def is_block_of(grid: PixelGrid, base_grid: PixelGrid) -> bool:
    """Whether `grid` consists of whole pixels of `grid`, or would beyond its edges.

    Both must be in one CRS, as `in_crs` brings them there.
    """
    inverse = ~base_grid.transform
    column, row = inverse @ (grid.transform.c, grid.transform.f)
    right, bottom = inverse @ (grid.transform @ (grid.width, grid.height))
    ends = np.array([column, row, right - grid.width, bottom - grid.height])
    aligned = np.abs(ends - np.round([column, row, column, row])) < _ALIGNED_PIXELS
    return grid.crs == base_grid.crs and bool(aligned.all())


def _floor(value: float) -> int:
    return math.floor(value + SNAP_TOLERANCE_PIXELS)


def _ceil(value: float) -> int:
    return math.ceil(value - SNAP_TOLERANCE_PIXELS)


def apply_affine(transform: Affine, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """`transform` applied to arrays of coordinates of any common shape."""
    # By name, which is far quicker than to unpack an Affine: this is called for each of many masks.
    t = transform
    return t.a * x + t.b * y + t.c, t.d * x + t.e * y + t.f


@lru_cache(maxsize=64)
def transformer(source: str, target: str) -> Transformer:
    """The PROJ pipeline between two CRS, x before y on both sides."""
    return Transformer.from_crs(source, target, always_xy=True)


def reproject_points(
    source: str, target: str, x: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Coordinates of any shape from one CRS to another; unchanged when both are the same."""
    if source == target:
        return x, y
    out_x, out_y = transformer(source, target).transform(x, y)
    return np.asarray(out_x, dtype=np.float64), np.asarray(out_y, dtype=np.float64)


def reproject_geometry(geometry: BaseGeometry, source: str, target: str) -> BaseGeometry:
    """A geometry with each of its vertices reprojected to another CRS; edges stay straight."""
    if source == target:
        return geometry
    return shapely.transform(
        geometry,
        lambda points: np.column_stack(
            reproject_points(source, target, points[:, 0], points[:, 1])
        ),
    )


def reproject_geometries(
    geometries: NDArray[np.object_], source: str, target: str
) -> NDArray[np.object_]:
    """The same for an array of geometries at once, which is far quicker than one by one."""
    if source == target:
        return geometries
    reprojected: NDArray[np.object_] = shapely.transform(
        geometries,
        lambda points: np.column_stack(
            reproject_points(source, target, points[:, 0], points[:, 1])
        ),
    )
    return reprojected


def split_at_antimeridian(geometry: BaseGeometry) -> BaseGeometry:
    """A lon/lat geometry, its longitudes brought to -180…180 and cut where it crosses 180°.

    Longitudes must go on beyond 180 or -180 there, not jump. RFC 7946, section 3.1.9, cuts such
    geometries, too.
    """
    west, _, east, _ = geometry.bounds
    if not np.isfinite([west, east]).all() or (west >= -_HALF_WORLD and east <= _HALF_WORLD):
        return geometry
    pieces: list[BaseGeometry] = []
    aligned = shapely.make_valid(geometry)
    for turn in range(math.floor((west + 180) / 360), math.ceil((east + 180) / 360)):
        world = shapely.box(360 * turn - 180, -91, 360 * turn + 180, 91)
        piece = shapely.transform(
            aligned.intersection(world), lambda c, turn=turn: c - np.array([360.0 * turn, 0.0])
        )
        pieces += [part for part in shapely.get_parts(piece) if part.area > 0]
    return shapely.union_all(pieces)


def in_one_world(geometry: BaseGeometry) -> BaseGeometry:
    """A lon/lat geometry that is less than half the world wide, cut where it crosses 180°.

    Its longitudes may jump from 179 to -179 there, by which it would reach around the other side of
    the world; one that is cut already stays so.
    """
    west, _, east, _ = geometry.bounds
    if east - west > _HALF_WORLD:
        geometry = shapely.transform(geometry, lambda c: np.column_stack([c[:, 0] % 360, c[:, 1]]))
    return split_at_antimeridian(geometry)


@lru_cache(maxsize=64)
def world_width(crs: str) -> float | None:
    """After how much x a CRS begins again: 360 degrees, or as much of a cylindrical projection."""
    known = CRS(crs)
    if known.is_geographic:
        return 2 * math.pi / float(known.axis_info[0].unit_conversion_factor)
    method = known.coordinate_operation.method_name if known.coordinate_operation else ""
    if not method.startswith(_CYLINDRICAL):
        return None
    projected = Proj(known)
    origin, degree, quarter = (float(projected(lon, 0)[0]) for lon in (0, 1, 90))
    width, exactly = 360 * abs(degree - origin), 4 * abs(quarter - origin)
    # Where x begins again between 0 and 90 degrees, the quarter is none.
    return exactly if math.isclose(width, exactly, rel_tol=1e-6) else width


def on_turn_of(grid: PixelGrid, x: FloatArray) -> FloatArray:
    """X coordinates in the CRS of `grid`, moved by whole turns of the world to lie nearest to it.

    What PROJ says of a place is between -180 and 180 degrees, while a raster across the 180°
    meridian counts on, as one that counts from 0 to 360 does.
    """
    width = world_width(grid.crs)
    if width is None:
        return x
    middle, _ = grid.transform @ (grid.width / 2, grid.height / 2)
    turned: FloatArray = x + width * np.round((middle - x) / width)
    return turned
