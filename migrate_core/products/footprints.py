"""The outline of a scene as documents give it, checked once at the edge: is it on Earth, and there?

Services, catalogues and products give outlines that hold no area, aren't numbers, have latitude
and longitude in the wrong order or lie in another part of the world. One that the tile can't mend
is an error: where the scene has data isn't known then. Every outline comes in through here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

from ..errors import ProductError
from ..grid import PixelGrid, in_one_world, reproject_geometry
from ..model import LONLAT
from .positions import readings
from .tiles import lonlat_polygon, tile_extent

# Four times a tile of 109.8 km: outlines of services are coarse, none is as coarse as this.
TILE_KM2 = 50_000.0
# A datatake: a swath of 290 km from pole to pole.
DATATAKE_KM2 = 6_000_000.0
_EARTH_RADIUS_KM = 6371.0
_LARGEST_LATITUDE, _LARGEST_LONGITUDE = 90.0, 360.0
_WKT = re.compile(
    r"\s*(?:geography)?'?\s*(?:SRID\s*=\s*(\d+)\s*;)?\s*([A-Z].*?)\s*'?\s*", re.I | re.S
)
_LONLAT_SRID = "4326"
_NOT_FINITE = "the footprint: it has coordinates that aren't finite numbers"
# The share of an outline out of its tile from which its axes may be in the wrong order.
_MOSTLY = 0.75
# What parsers raise on foreign documents: wrong types, ragged lists, numbers out of range.
_GARBLED = (
    ShapelyError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


@dataclass(frozen=True)
class Footprint:
    """Where a scene has data: valid polygons in lon/lat, cut at the 180° meridian.

    `problem` says what was wrong with the outline that was given, and what was done about it.
    """

    area: BaseGeometry
    problem: str | None = None


class _UnusableError(ProductError):
    """An outline that can't be right, and why."""


class _OutsideTileError(_UnusableError):
    """An outline that could be right, of another tile."""

    def __init__(self, area: BaseGeometry) -> None:
        lon, lat = shapely.get_coordinates(area)[0]
        super().__init__(
            f"the footprint: it lies near latitude {lat:.2f}, longitude {lon:.2f}, which isn't "
            "where its tile is"
        )
        self.area = area


def from_geojson(document: Any, tile: str, crs: str = LONLAT) -> Footprint:
    """The footprint of a scene of a tile by a GeoJSON geometry in `crs`. Raises ProductError."""
    if document is None:
        raise _UnusableError("the footprint: there is none")
    try:
        with np.errstate(invalid="ignore"):
            given = reproject_geometry(shape(document), crs, LONLAT)
    except _GARBLED as err:
        raise _garbled(err) from err
    return checked(given, tile)


def from_wkt(text: Any, tile: str) -> Footprint:
    """The footprint by well-known text, with an SRID before it or without. Raises ProductError."""
    match = _WKT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise _UnusableError("the footprint: there is none")
    if (match[1] or _LONLAT_SRID) != _LONLAT_SRID:
        raise _UnusableError(f"the footprint: its SRID is {match[1]} in place of {_LONLAT_SRID}")
    try:
        with np.errstate(invalid="ignore"):
            given = shapely.from_wkt(match[2])
    except _GARBLED as err:
        raise _garbled(err) from err
    return checked(given, tile)


def from_positions(text: str, tile: str, largest_km2: float = TILE_KM2) -> Footprint:
    """The footprint by EXT_POS_LIST: latitude before longitude, some with a height after them.

    Of the ways to read the list that which gives an outline where the tile is; see `checked`.
    Raises ProductError.
    """
    ways = list(readings(text))
    if not ways:
        raise _UnusableError("the footprint: EXT_POS_LIST is no list of positions")
    if not np.isfinite(ways[0]).all():
        raise _UnusableError(_NOT_FINITE)
    tile_area = tile_extent(tile)
    orders = [Polygon([(lon, lat) for lat, lon in way]) for way in ways]
    found = []
    for given in orders:
        with suppress(_UnusableError):
            area = _usable(given, tile_area, largest_km2)
            # Numbers that were taken for others make lines that cross, and reach out of the tile.
            outside = round(_outside(area, tile_area), 1) if tile_area else 0.0
            found.append((not given.is_valid, outside, area))
    if found:
        return Footprint(min(found, key=lambda reading: reading[:2])[-1])
    return _within_tile(orders[0], tile, largest_km2)


def checked(given: BaseGeometry, tile: str, largest_km2: float = TILE_KM2) -> Footprint:
    """What can be believed of a lon/lat outline of a scene of a tile such as `31TDG`.

    One with latitude and longitude in the wrong order is mended where the tile tells, and one that
    lies elsewhere than its tile is named. One that is larger than a tile can be is cut to the tile;
    more than `largest_km2` can't be right. Raises ProductError that says why.
    """
    try:
        return _within_tile(given, tile, largest_km2)
    except _OutsideTileError as err:
        return Footprint(err.area, f"it garbles {err}. One of the two is wrong.")


def _within_tile(given: BaseGeometry, tile: str, largest_km2: float) -> Footprint:
    """The same, for an outline in its tile. Raises _ElsewhereError, _OutlineError."""
    tile_area = tile_extent(tile)
    try:
        area = _usable(given, tile_area, largest_km2)
    except _UnusableError:
        turned = _turned(given, tile, largest_km2, largest_outside=1)
        if turned is None:
            raise
        return turned
    if tile_area is not None and _outside(area, tile_area) > _MOSTLY:
        # Near the places where latitude and longitude are the same both ways may touch the tile.
        return _turned(given, tile, largest_km2, 1 - _MOSTLY) or Footprint(area)
    return Footprint(area)


def _turned(
    given: BaseGeometry, tile: str, largest_km2: float, largest_outside: float
) -> Footprint | None:
    """The outline with its axes exchanged, where that lies in the tile; None where it doesn't."""
    tile_area = tile_extent(tile)
    if tile_area is None or given.is_empty:
        return None
    swapped = shapely.transform(shapely.force_2d(given), lambda points: points[:, ::-1])
    try:
        area = _usable(swapped, tile_area, largest_km2)
    except _UnusableError:
        return None
    if _outside(area, tile_area) > largest_outside:
        return None
    return Footprint(
        area,
        "its outline has latitude and longitude in the wrong order. They were taken in the right "
        f"one, in which it lies in its tile {tile}.",
    )


def _outside(area: BaseGeometry, tile_area: BaseGeometry) -> float:
    """The share of an outline that lies out of its tile."""
    return float(area.difference(tile_area).area / area.area)


def granule_footprint(grid: PixelGrid, reason: ProductError) -> Footprint:
    """The whole extent of a granule on disk whose outline can't be right, with or without data."""
    return Footprint(
        lonlat_polygon(grid),
        f"it garbles {reason}. The extent of the granule was taken in its place, so its coverage "
        "may be given too high.",
    )


def _garbled(err: BaseException) -> _UnusableError:
    reason = " ".join(str(err).split())[:100]
    return _UnusableError(f"the footprint: it can't be read ({reason or type(err).__name__})")


def _usable(
    given: BaseGeometry, tile_area: BaseGeometry | None, largest_km2: float
) -> BaseGeometry:
    """The valid polygons of an outline at its place. Raises _OutlineError."""
    area = _on_earth(given)
    size = _size_km2(area)
    if not size:
        raise _UnusableError("the footprint: it encloses no area")
    if size > largest_km2:
        raise _UnusableError(f"the footprint: its {size:,.0f} km² are more than a scene can have")
    if tile_area is None:
        return area
    if not area.intersects(tile_area):
        raise _OutsideTileError(area)
    # A product of several granules has one outline, of which only the part in the tile is meant.
    return area if size <= TILE_KM2 else polygons(area.intersection(tile_area))


def _on_earth(given: BaseGeometry) -> BaseGeometry:
    """The polygons of a lon/lat geometry, valid, in one world. Raises _OutlineError."""
    if given.is_empty:
        raise _UnusableError("the footprint: it is empty")
    # Before any operation: some of them fail on what isn't finite.
    lon, lat = shapely.get_coordinates(given).T
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise _UnusableError(_NOT_FINITE)
    off = (np.abs(lat) > _LARGEST_LATITUDE) | (np.abs(lon) > _LARGEST_LONGITUDE)
    if off.any():
        number = int(np.argmax(off))
        raise _UnusableError(
            f"the footprint: latitude {lat[number]:g}, longitude {lon[number]:g} isn't on Earth"
        )
    try:
        area = polygons(given)
        if area.is_empty:
            raise _UnusableError(f"the footprint: it is a {given.geom_type}, no polygon")
        return polygons(shapely.make_valid(in_one_world(area)))
    except ShapelyError as err:
        raise _garbled(err) from err


def polygons(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry in two dimensions, without lines, points and empty rings."""
    found = [
        Polygon(part.exterior, [ring for ring in part.interiors if not ring.is_empty])
        for part in _parts(shapely.force_2d(geometry))
        if isinstance(part, Polygon) and not part.is_empty
    ]
    return found[0] if len(found) == 1 else MultiPolygon(found)


def _parts(geometry: BaseGeometry) -> Iterable[BaseGeometry]:
    """The simple geometries in a geometry, collections in collections taken apart."""
    parts: Sequence[BaseGeometry] = getattr(geometry, "geoms", ())
    if not parts:
        yield geometry
    for part in parts:
        yield from _parts(part)


def _size_km2(area: BaseGeometry) -> float:
    """The area on a sphere: longitude and the sine of latitude make an equal-area projection."""
    flat = shapely.transform(
        area,
        lambda points: np.column_stack(
            [np.radians(points[:, 0]), np.sin(np.radians(points[:, 1]))]
        ),
    )
    return float(flat.area) * _EARTH_RADIUS_KM**2
