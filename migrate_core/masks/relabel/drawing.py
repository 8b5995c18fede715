"""Labels edited by drawing: polygons of a class, and corners that are moved or taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ...errors import MaskError
from ...grid import BoolArray, FloatArray, reproject_points
from ...model import BACKGROUND, IGNORE, LONLAT
from ..vectors.features import Features
from ..vectors.formats.crs import units_per_metre
from ..vectors.formats.layer import GeometryArray
from ..vectors.periods import UNDATED
from ..vectors.polygons import polygonal
from .label_areas import LabelAreas

# A corner is meant by a place so near, on the ground: coordinates come back rounded from a screen.
_SAME_CORNER_M = 1e-3


@dataclass(frozen=True)
class Paint:
    """What lies in `area`, a polygon, becomes of a class; `value` as stored in pairs, 0 erases."""

    value: int
    area: shapely.Polygon


@dataclass(frozen=True)
class MoveCorner:
    """The corner at a place goes `to` another; `at` an edge makes a corner there first.

    Polygons that share the corner or the edge stay together.
    """

    at: shapely.Point
    to: shapely.Point


@dataclass(frozen=True)
class RemoveCorner:
    """The corner at a place is taken away, from all polygons that have it."""

    at: shapely.Point


Operation = Paint | MoveCorner | RemoveCorner
# The corners (n, 2) of a ring that isn't closed, as they become.
_Reshape = Callable[[FloatArray], FloatArray]


def drawn_areas(
    areas: LabelAreas, operations: Iterable[Operation], crs: str, first: int = 1
) -> LabelAreas:
    """The labels after all operations, which are in `crs`, that of the areas.

    Polygons that no operation touches are the same objects. What is drawn lies on top, within the
    area of the mask; also what was unknown there becomes known. Raises MaskError that names the
    operation by its number, of which `first` is the lowest.
    """
    for number, operation in enumerate(operations, first):
        try:
            areas = _applied(areas, operation, crs)
        except MaskError as err:
            raise MaskError(f"Step {number}: {err}") from err
    return areas


def features_of(areas: LabelAreas) -> Features:
    """The labels as features of a mask's version: what is unknown lies below all others."""
    unknown, _ = _parts([areas.unknown])
    values = np.concatenate([np.full(len(unknown), IGNORE, np.uint8), areas.values])
    geometries = np.concatenate([unknown, areas.polygons])
    return Features(geometries, values, (UNDATED,) * len(values))


def _applied(areas: LabelAreas, operation: Operation, crs: str) -> LabelAreas:
    if isinstance(operation, Paint):
        return _painted(areas, operation.value, _checked(operation.area))
    at, tolerance = operation.at, _SAME_CORNER_M * _units(operation.at, crs)
    if isinstance(operation, MoveCorner):
        to = operation.to
        chosen = shapely.dwithin(shapely.boundary(areas.polygons), at, tolerance)
        return _reshaped(areas, chosen, lambda ring: _moved(ring, at, to, tolerance))
    chosen = shapely.dwithin(shapely.extract_unique_points(areas.polygons), at, tolerance)
    return _reshaped(areas, chosen, lambda ring: ring[~_near(ring, at, tolerance)])


def _units(at: shapely.Point, crs: str) -> float:
    """Units of a CRS a metre on the ground, at a point."""
    x, y = np.array([at.x]), np.array([at.y])
    return float(max(*units_per_metre(crs, *reproject_points(crs, LONLAT, x, y)))[0])


def _checked(area: shapely.Polygon) -> shapely.Polygon:
    """Raises MaskError for what is no polygon with an area."""
    if not area.is_valid or not area.area > 0:
        raise MaskError(
            f"The boundary crosses or touches itself ({shapely.is_valid_reason(area)}), so what is "
            "inside of it is not clear. Take its last corners back and draw on."
        )
    return area


def _painted(areas: LabelAreas, value: int, painted: BaseGeometry) -> LabelAreas:
    """Put a valid polygon on top; it grows together with those of its class that it touches."""
    if not areas.area.covers(painted):
        painted = polygonal(areas.area.intersection(painted))
    if painted.is_empty:
        raise MaskError("What is drawn lies outside of the mask's area. Draw inside of it.")
    touched = shapely.intersects(areas.polygons, painted)
    same = touched & (areas.values == value)
    left = shapely.difference(areas.polygons[touched & ~same], painted)
    parts, owner = _parts(left)
    values = [areas.values[~touched], areas.values[touched & ~same][owner]]
    polygons = [areas.polygons[~touched], parts]
    if value != BACKGROUND:
        grown, _ = _parts([shapely.union_all([painted, *areas.polygons[same]])])
        polygons.append(grown)
        values.append(np.full(len(grown), value, np.uint8))
    unknown = polygonal(areas.unknown.difference(painted))
    return replace(
        areas, polygons=np.concatenate(polygons), values=np.concatenate(values), unknown=unknown
    )


def _parts(geometries: Iterable[BaseGeometry]) -> tuple[GeometryArray, NDArray[np.intp]]:
    """The polygons in geometries, and in which each is; an empty one has none."""
    areas = [polygonal(one) for one in geometries]
    parts, owner = shapely.get_parts(areas, return_index=True)
    there = ~shapely.is_empty(parts)
    return parts[there], owner[there]


def _reshaped(areas: LabelAreas, chosen: BoolArray, reshape: _Reshape) -> LabelAreas:
    """Change the rings of those polygons (n,), and paint them again."""
    if not chosen.any():
        raise MaskError("There is no corner or edge of a polygon. Point at one that is shown.")
    changed = [_with_rings(polygon, reshape) for polygon in areas.polygons[chosen]]
    values = areas.values[chosen].tolist()
    areas = replace(areas, polygons=areas.polygons[~chosen], values=areas.values[~chosen])
    for value, polygon in zip(values, changed, strict=True):
        if polygon is not None and areas.area.intersects(polygon):
            areas = _painted(areas, value, polygon)
    return areas


def _with_rings(polygon: shapely.Polygon, reshape: _Reshape) -> shapely.Polygon | None:
    """A polygon with other rings, without those of fewer than three corners; None without any.

    Raises MaskError when its boundary would cross itself.
    """
    rings = [reshape(shapely.get_coordinates(ring)[:-1]) for ring in _rings(polygon)]
    outer, *holes = rings
    if len(outer) < 3:
        return None
    found = shapely.Polygon(outer, [hole for hole in holes if len(hole) >= 3])
    if not found.is_valid:
        raise MaskError("An edge would cross another one of its polygon. Move it elsewhere.")
    return found


def _rings(polygon: shapely.Polygon) -> Sequence[BaseGeometry]:
    return [polygon.exterior, *polygon.interiors]


def _moved(ring: FloatArray, at: shapely.Point, to: shapely.Point, tolerance: float) -> FloatArray:
    """A ring whose corner is elsewhere; a new one where the place is on an edge."""
    near, target = _near(ring, at, tolerance), np.array([to.x, to.y])
    if near.any():
        return np.where(near[:, None], target, ring)
    ends = np.roll(ring, -1, axis=0)
    edges = shapely.linestrings(np.stack([ring, ends], axis=1))
    on = np.flatnonzero(shapely.dwithin(edges, at, tolerance))
    return np.insert(ring, on + 1, target, axis=0)


def _near(ring: FloatArray, at: shapely.Point, tolerance: float) -> BoolArray:
    near: BoolArray = np.hypot(*(ring - (at.x, at.y)).T) <= tolerance
    return near
