"""The polygons of a layer: repaired where they cross themselves, named where they can't be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from ...errors import MaskError
from ...grid import BoolArray, reproject_points
from ...model import LONLAT, Problem
from .antimeridian import joined
from .formats.layer import GeometryArray, Layer

_NAMED = 10
# Beyond every coordinate of every CRS on Earth, in whatever unit.
_FURTHEST = 1e10
# Longitude and latitude, with room for rounding.
_FURTHEST_LONLAT = (360.1, 90.1)
_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7


@dataclass(frozen=True, eq=False)
class Polygons:
    """Valid polygons and multipolygons, two-dimensional; `rows` (n,) are their rows in the layer.

    `problems` name the features that could not be used.
    """

    geometries: GeometryArray
    rows: NDArray[np.intp]
    problems: tuple[Problem, ...]


def usable_polygons(layer: Layer, crs: str, file: str) -> Polygons:
    """The polygons of a layer in `crs`, joined where they cross the 180° meridian.

    Raises MaskError when there is none.
    """
    found = _without_empty_rings(_flat(shapely.force_2d(layer.geometries)))
    kinds = shapely.get_type_id(found)
    other = (kinds >= 0) & ~np.isin(kinds, (_POLYGON, _MULTIPOLYGON, _COLLECTION))
    absent = (kinds < 0) | (~other & shapely.is_empty(found))
    finite = _finite(found)
    candidates = ~other & ~absent & finite
    away = candidates & ~_on_earth(found, candidates, crs)
    candidates &= ~away
    drawn = np.full(len(found), None, dtype=object)
    drawn[candidates] = joined(found[candidates], crs)
    repaired = repair(drawn)
    lost = candidates & shapely.is_missing(repaired)
    good = candidates & ~lost
    if not good.any():
        raise MaskError(_no_polygons(file, found, other))
    problems = [
        *_named(file, other, "a point or a line, no polygon, and left out"),
        *_named(file, absent, "without a geometry that can be read, and left out"),
        *_named(
            file,
            ~other & ~absent & ~finite,
            "with coordinates that are no position on a map, left out",
        ),
        *_named(file, away, "outside of where its CRS is defined, and left out"),
        *_named(file, lost, "of no area even when repaired, and left out"),
    ]
    rows = np.flatnonzero(good)
    return Polygons(repaired[rows], rows, tuple(problems))


def _on_earth(geometries: GeometryArray, wanted: BoolArray, crs: str) -> BoolArray:
    """Whether each has a position in lon/lat; all where none of the wanted has: the CRS is wrong.

    Longitudes may count from 0 to 360, or on beyond 180.
    """
    x, y = shapely.bounds(geometries[wanted])[:, [[0, 2], [1, 3]]].transpose(1, 0, 2)
    points = np.stack(reproject_points(crs, LONLAT, x, y), axis=-1)
    there = np.ones(len(geometries), dtype=bool)
    found = (np.abs(points) <= _FURTHEST_LONLAT).all(axis=(1, 2))
    if found.any():
        there[wanted] = found
    return there


def _finite(geometries: GeometryArray) -> BoolArray:
    """Whether all coordinates of each geometry can be positions on a map."""
    finite = np.ones(len(geometries), dtype=bool)
    points, index = shapely.get_coordinates(geometries, return_index=True)
    finite[index[~(np.abs(points) < _FURTHEST).all(axis=1)]] = False
    return finite


def _flat(geometries: GeometryArray) -> GeometryArray:
    """Collections as multipolygons of the polygons in them, however deep; others as they are.

    Points and lines of a collection are left aside; one without any polygon stays.
    """
    flat = geometries.copy()
    for index in np.flatnonzero(shapely.get_type_id(geometries) == _COLLECTION):
        parts = np.array([geometries[index]], dtype=object)
        while (nested := shapely.get_type_id(parts) == _COLLECTION).any():
            parts = np.concatenate([parts[~nested], shapely.get_parts(parts[nested])])
        parts = shapely.get_parts(parts)
        polygons = parts[shapely.get_type_id(parts) == _POLYGON]
        if polygons.size:
            flat[index] = shapely.multipolygons(polygons)
    return flat


def _without_empty_rings(geometries: GeometryArray) -> GeometryArray:
    """Polygons without the holes that have no points.

    GEOS (3.14) calls a polygon with such a hole valid, and ends the process over it in `touches`,
    `covers` and `segmentize`.
    """
    parts, owner = shapely.get_parts(geometries, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    clean = geometries.copy()
    for index in np.unique(owner[part[shapely.is_empty(rings)]]):
        polygons = [
            shapely.Polygon(one.exterior, [hole for hole in one.interiors if not hole.is_empty])
            for one in parts[owner == index]
        ]
        clean[index] = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
    return clean


def repair(geometries: GeometryArray) -> GeometryArray:
    """Valid geometries with nothing but polygons in them; None where no area is left."""
    repaired = geometries.copy()
    broken = ~shapely.is_valid(geometries) & ~shapely.is_missing(geometries)
    repaired[broken] = _made_valid(geometries[broken])
    kinds = shapely.get_type_id(repaired)
    mixed = (kinds >= 0) & ~np.isin(kinds, (_POLYGON, _MULTIPOLYGON))
    repaired[mixed] = [polygonal(geometry) for geometry in repaired[mixed]]
    repaired[~_has_area(repaired)] = None
    return repaired


def _made_valid(geometries: GeometryArray) -> GeometryArray:
    """All at once, or one by one where GEOS gives up over one of them, which is then None."""
    try:
        valid: GeometryArray = shapely.make_valid(geometries, method="structure")
    except ShapelyError:
        valid = np.empty(len(geometries), dtype=object)
        if len(geometries) > 1:
            valid[:] = [_made_valid(geometries[i : i + 1])[0] for i in range(len(geometries))]
    return valid


def _has_area(geometries: GeometryArray) -> BoolArray:
    """Whether each has more area than rounding gives to points on a line; none for what is None."""
    largest = np.abs(shapely.bounds(geometries)).max(axis=1)
    rounding = 4 * np.finfo(np.float64).eps * largest * shapely.length(geometries)
    found: BoolArray = shapely.area(geometries) > rounding
    return found


def polygonal(geometry: BaseGeometry) -> BaseGeometry:
    """The area of a geometry, without its points and lines."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = shapely.get_parts(geometry) if hasattr(geometry, "geoms") else np.array([geometry])
    kinds = shapely.get_type_id(parts)
    nested = [polygonal(part) for part in parts[kinds == _COLLECTION]]
    areas = [*parts[np.isin(kinds, (_POLYGON, _MULTIPOLYGON))], *nested]
    return shapely.union_all(areas) if areas else shapely.MultiPolygon()


def _no_polygons(file: str, found: GeometryArray, other: BoolArray) -> str:
    if other.any():
        kinds = sorted({geometry.geom_type for geometry in found[other]})
        return (
            f"{file}: it holds {' and '.join(kinds)}, no polygon. Labels are areas: draw around "
            "the points or lines with a width (in QGIS: Vector, Geoprocessing, Buffer), and add "
            "the polygons."
        )
    if not len(found):
        return f"{file}: it has no features. Needed is at least one polygon."
    return (
        f"{file}: none of its {len(found)} features has a polygon that can be used. Check its "
        "geometries (in QGIS: Vector, Geometry Tools, Check Validity) and save it again."
    )


def _named(file: str, which: BoolArray, what: str) -> list[Problem]:
    numbers = (np.flatnonzero(which) + 1).tolist()
    return [named_features(file, numbers, what)] if numbers else []


def named_features(file: str, numbers: Sequence[int], what: str) -> Problem:
    """A problem of some features, by their numbers in the file (from 1)."""
    return Problem(file, f"{file}: {features_are(numbers, what)}.")


def features_are(numbers: Sequence[int], what: str) -> str:
    """`feature 3 is …`, `features 3, 5 are …`; the first ones of many, with their count."""
    if len(numbers) == 1:
        return f"feature {numbers[0]} is {what}"
    first, more = ", ".join(map(str, numbers[:_NAMED])), len(numbers) - _NAMED
    return f"features {first}{f' and {more} more' if more > 0 else ''} are {what}"


def union_by(values: NDArray[np.uint8], geometries: GeometryArray) -> dict[int, BaseGeometry]:
    """The union of the valid polygons of each value."""
    return {int(value): _union(geometries[values == value]) for value in np.unique(values)}


def _union(geometries: GeometryArray) -> BaseGeometry:
    """Only those that touch another are merged: an overlay of a hundred thousand takes long."""
    parts = shapely.get_parts(geometries[~shapely.is_empty(geometries)])
    first, second = shapely.STRtree(parts).query(parts, predicate="intersects")
    met = np.zeros(parts.size, dtype=bool)
    met[first[first != second]] = True
    merged = polygonal(shapely.union_all(parts[met]))
    union = [*parts[~met], *shapely.get_parts(merged)]
    return union[0] if len(union) == 1 else shapely.MultiPolygon(union)
