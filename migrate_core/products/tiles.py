"""Where the tiles of Sentinel-2 lie: the squares of the Military Grid Reference System.

A tile is named after a square of 100 km and reaches 4.9 km beyond it on average: 109.8 km, from the
last multiple of 60 m at or before its west and north edge on. Letters after NGA.STND.0037 (MGRS),
the edges after the granule metadata of real products.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

import shapely
from affine import Affine
from shapely.geometry.base import BaseGeometry

from ..grid import PixelGrid, in_one_world, reproject_geometry
from ..model import LONLAT
from .product import utm_crs

SIZE_PIXELS = 10_980
_SQUARE_M = 100_000
# Pixels of 60 m of all tiles of a zone are one grid, which begins at the equator.
_GRID_STEP_M = 60
_COLUMNS = ("STUVWXYZ", "ABCDEFGH", "JKLMNPQR")
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_BAND_DEGREES, _SOUTHERNMOST = 8, -80
# The length of a degree of latitude to half a percent; rows repeat after 2,000 km.
_DEGREE_M, _CYCLE_M = 111_000, 2_000_000
_FALSE_NORTHING_M = 10_000_000
_NAME = re.compile(rf"([0-9]{{2}})([{_BANDS}])([A-Z])([{_ROWS}])")
# A point about every 3 km along the edges, which are not straight in lon/lat.
_EDGE_M = 3000.0


@lru_cache(maxsize=4096)
def tile_grid(tile: str) -> PixelGrid | None:
    """The 10 m grid of a tile such as `31TDG`; None where there is no such tile."""
    match = _NAME.fullmatch(tile)
    if match is None:
        return None
    zone, band, column, row = int(match[1]), match[2], match[3], match[4]
    if not 1 <= zone <= 60 or column not in _COLUMNS[zone % 3]:
        return None
    west = (_COLUMNS[zone % 3].index(column) + 1) * _SQUARE_M
    # Rows begin at A in odd zones and at F in even ones.
    south = (_ROWS.index(row) - 5 * (zone % 2 == 0)) % len(_ROWS) * _SQUARE_M
    # From here on northings are counted from the equator in both hemispheres, as the grid is.
    equator = 0 if band >= "N" else _FALSE_NORTHING_M
    middle = (_SOUTHERNMOST + _BAND_DEGREES * (_BANDS.index(band) + 0.5)) * _DEGREE_M
    north = south + _SQUARE_M - equator
    north += round((middle - north + _SQUARE_M / 2) / _CYCLE_M) * _CYCLE_M
    left = math.floor(west / _GRID_STEP_M) * _GRID_STEP_M
    top = math.ceil(north / _GRID_STEP_M) * _GRID_STEP_M + equator
    return PixelGrid(utm_crs(tile), Affine(10, 0, left, 0, -10, top), SIZE_PIXELS, SIZE_PIXELS)


@lru_cache(maxsize=4096)
def tile_extent(tile: str) -> BaseGeometry | None:
    """The edges of a tile in lon/lat, cut at 180°; None where there is no such tile."""
    grid = tile_grid(tile)
    return None if grid is None else lonlat_polygon(grid)


def lonlat_polygon(grid: PixelGrid) -> BaseGeometry:
    """The edges of a grid in UTM as lon/lat, cut at the 180° meridian."""
    edges = reproject_geometry(grid.polygon().segmentize(_EDGE_M), grid.crs, LONLAT)
    return shapely.make_valid(in_one_world(edges))
