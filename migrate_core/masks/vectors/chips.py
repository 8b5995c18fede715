"""Square chips of a grid, those that features lie in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ...errors import MaskError
from ...grid import reproject_geometries, reproject_points
from ...model import LONLAT
from .antimeridian import moved_by, offsets, unrolled
from .formats.crs import is_metric, utm_crs
from .formats.layer import GeometryArray
from .polygons import polygonal
from .segments import FOOTPRINT_M, densified

_MOST = 50_000
# Long edges are cut before features are reprojected to the grid's CRS, to see which chips they
# touch.
_EDGE_M = 1_000.0

Cells = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Chips:
    """Chips (n,) in the CRS of the features, their names, and in words the CRS of their grid."""

    polygons: GeometryArray
    names: tuple[str, ...]
    crs: str


def chips(
    geometries: GeometryArray, crs: str, size_m: float, within: BaseGeometry | None = None
) -> Chips:
    """The chips that features lie in, cut to the area `within`.

    Their corners are multiples of `size_m` in the CRS of the features, or, where that isn't in
    metres, in the UTM zone of each feature. Raises MaskError when there are too many or none.
    """
    polygons: list[GeometryArray] = []
    names: list[str] = []
    used = []
    for zone, members in _by_zone(geometries, crs):
        cells = _touched(_reprojected(geometries[members], crs, zone), size_m)
        squares = _squares(cells, size_m)
        if zone != crs:
            dense = densified(squares, zone, FOOTPRINT_M)
            squares = unrolled(reproject_geometries(dense, zone, crs), crs)
        prefix = "" if zone == crs else f"{_zone_name(zone)}-"
        polygons.append(squares)
        names += [f"{prefix}c{column}-r{row}" for column, row in cells.tolist()]
        used.append(zone)
    made = np.concatenate(polygons)
    if within is not None:
        turns = offsets(within.bounds, shapely.total_bounds(made), crs)
        within = shapely.union_all([moved_by(within, turn) for turn in turns])
    return _inside(made, names, ", ".join(used), within)


def _inside(
    polygons: GeometryArray, names: list[str], used: str, within: BaseGeometry | None
) -> Chips:
    if within is None:
        return Chips(polygons, tuple(names), used)
    shapely.prepare(within)
    clip = np.array([polygonal(part) for part in shapely.intersection(polygons, within)], object)
    kept = np.flatnonzero(shapely.area(clip) > 0)
    if not kept.size:
        raise MaskError(
            "No feature lies in the areas of interest. Check that both files are of the same "
            "place (and their CRS right)."
        )
    return Chips(clip[kept], tuple(names[index] for index in kept), used)


def _by_zone(geometries: GeometryArray, crs: str) -> Iterator[tuple[str, NDArray[np.intp]]]:
    """Grid CRS, and which features have their chips in it."""
    west, south, east, north = shapely.total_bounds(geometries)
    middle = np.array([[west + east, south + north]]) / 2
    (lon,), (lat,) = reproject_points(crs, LONLAT, middle[:, 0], middle[:, 1])
    if not (abs(lon) <= 360.1 and abs(lat) <= 90.1):
        raise MaskError(
            f"The features lie at {middle[0, 0]:.6g}, {middle[0, 1]:.6g}, which is nowhere on "
            f"Earth in {crs[:60]}. The CRS of the file is wrong: save it with the right one."
        )
    if is_metric(crs, lon, lat):
        yield crs, np.arange(len(geometries))
        return
    centres = shapely.get_coordinates(shapely.point_on_surface(geometries))
    zones = np.array(utm_crs(*reproject_points(crs, LONLAT, centres[:, 0], centres[:, 1])))
    for zone in np.unique(zones):
        yield str(zone), np.flatnonzero(zones == zone)


def _zone_name(zone: str) -> str:
    code = int(zone.removeprefix("EPSG:"))
    return f"{code % 100}{'n' if code < 32700 else 's'}"


def _reprojected(geometries: GeometryArray, crs: str, zone: str) -> GeometryArray:
    if zone == crs:
        return geometries
    return reproject_geometries(densified(geometries, crs, _EDGE_M), crs, zone)


def _touched(geometries: GeometryArray, size_m: float) -> Cells:
    """The (column, row) of chips that share area with a feature, found from coarse to fine."""
    tree = shapely.STRtree(geometries)
    bounds = np.array(shapely.total_bounds(geometries)) / size_m
    first, last = np.floor(bounds[:2]).astype(np.int64), np.floor(bounds[2:]).astype(np.int64)
    level = max(int(np.ceil(np.log2(max((last - first).max() + 1, 1)))), 0)
    start, end = first >> level, last >> level
    columns, rows = np.meshgrid(
        np.arange(start[0], end[0] + 1), np.arange(start[1], end[1] + 1), indexing="ij"
    )
    cells: Cells = np.column_stack([columns.ravel(), rows.ravel()])
    while True:
        squares = _squares(cells, size_m * 2**level)
        which, feature = tree.query(squares, predicate="intersects")
        apart = shapely.touches(squares[which], geometries[feature]) if level == 0 else which < 0
        cells = cells[np.unique(which[~apart])]
        if len(cells) > _MOST:
            raise MaskError(
                f"The features touch more than {_MOST} chips of {size_m:g} m. Use a larger "
                "--chip-size, or --aoi to choose where."
            )
        if level == 0:
            return cells
        level -= 1
        corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        cells = (cells[:, None, :] * 2 + corners).reshape(-1, 2)


def _squares(cells: Cells, size: float) -> GeometryArray:
    low = cells * size
    squares: GeometryArray = shapely.box(*low.T, *(low + size).T)
    return squares
