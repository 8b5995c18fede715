"""Polygons at the 180° meridian, where x begins again: joined, and looked for on every turn.

RFC 7946, section 3.1.9, cuts what crosses it into parts at both ends of the world. Others let a
ring jump from 179.9 to -179.9, or count on beyond 180, as is done here, so that bounds, margins
and chips are those on the ground. The same holds for cylindrical projections, such as EPSG:3857.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from ...grid import BoolArray, Bounds, FloatArray, world_width
from .formats.layer import GeometryArray

# A turn counts where it makes things narrower by more than rounding.
_ROUNDING = 1e-9


def joined(geometries: GeometryArray, crs: str) -> GeometryArray:
    """Polygons (n,), finite ones, with x going on where they cross the 180° meridian.

    Each is put together of its parts, which may then touch, and all of them lie together, the
    middle of all between -180 and 180 degrees. What spans half of the world or less isn't changed.
    """
    width = world_width(crs)
    if width is None or not len(geometries):
        return geometries
    together = unrolled(geometries, crs)
    west, _, east, _ = shapely.bounds(together).T
    return _moved(together, _turns(west, east, width) * width)


def unrolled(geometries: GeometryArray, crs: str) -> GeometryArray:
    """The same for each polygon (n,) alone: parts side by side, on the turn of most of them."""
    width = world_width(crs)
    wide = np.flatnonzero(_is_wide(geometries, width)) if width is not None else ()
    result = geometries.copy()
    for index in wide:
        assert width is not None
        parts = _without_jumps(shapely.get_parts(geometries[index]), width)
        west, _, east, _ = shapely.bounds(parts).T
        parts = _moved(parts, _turns(west, east, width) * width)
        result[index] = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return result


def pairs_inside(
    areas: GeometryArray, features: GeometryArray, crs: str
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Numbers of areas and of features that lie in them, not only at their edge, on any turn."""
    if not len(features) or not len(areas):
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    tree = shapely.STRtree(features)
    found = []
    for offset in offsets(shapely.total_bounds(areas), shapely.total_bounds(features), crs):
        here = _moved(areas, np.full(len(areas), offset))
        shapely.prepare(here)
        which, feature = tree.query(here, predicate="intersects")
        inside = ~shapely.touches(here[which], features[feature])
        found.append(np.stack([which[inside], feature[inside]]))
    which, feature = np.unique(np.concatenate(found, axis=1), axis=1)
    return which, feature


def offsets(here: Bounds, there: Bounds, crs: str) -> list[float]:
    """What to add to the x of `here` so that it may meet `there`: 0, and whole turns that do."""
    width = world_width(crs)
    if width is None:
        return [0.0]
    first = np.ceil((there[0] - here[2]) / width)
    last = np.floor((there[2] - here[0]) / width)
    turns = {0, *np.arange(first, last + 1).astype(int).tolist()}
    return [turn * width for turn in sorted(turns)]


def moved_by(geometry: shapely.Geometry, x: float) -> shapely.Geometry:
    """A geometry with `x` added to all its x."""
    return geometry if x == 0 else shapely.transform(geometry, lambda c: c + np.array([x, 0.0]))


def _moved(geometries: GeometryArray, x: FloatArray) -> GeometryArray:
    result = geometries.copy()
    for index in np.flatnonzero(x):
        result[index] = moved_by(geometries[index], x[index])
    return result


def _is_wide(geometries: GeometryArray, width: float) -> BoolArray:
    west, _, east, _ = shapely.bounds(geometries).T
    wide: BoolArray = east - west > width / 2
    return wide


def _without_jumps(polygons: GeometryArray, width: float) -> GeometryArray:
    """Polygons that reach around the world only since their rings jump at its end, made narrow.

    One that is more than half a world wide, without a point between, is taken to jump.
    """
    result = polygons.copy()
    for index in np.flatnonzero(_is_wide(polygons, width)):
        west, _, east, _ = polygons[index].bounds
        shifted = shapely.transform(
            polygons[index],
            lambda c, middle=(west + east) / 2: np.column_stack(
                [np.where(c[:, 0] < middle, c[:, 0] + width, c[:, 0]), c[:, 1]]
            ),
        )
        low, _, high, _ = shifted.bounds
        if 0 < high - low <= width / 2:
            result[index] = shifted
    return result


def _turns(west: FloatArray, east: FloatArray, width: float) -> FloatArray:
    """How many turns to add to each interval (n,) so that all lie as close together as can be.

    They are cut at the widest gap between them; all 0 where that makes nothing narrower, or where
    they span no more than half of the world as they are.
    """
    span = east.max() - west.min()
    start = west % width
    order = np.argsort(start)
    ends = (start + east - west)[order]
    # One that reaches beyond the turn covers the beginning of it, too.
    ends = np.maximum.accumulate(np.maximum(ends, ends.max() - width))
    gaps = np.append(start[order][1:], start[order][0] + width) - ends
    widest = int(np.argmax(gaps))
    length = width - gaps[widest]
    if span <= width / 2 or not length < span - _ROUNDING * width:
        return np.zeros(len(west))
    first = start[order][(widest + 1) % len(west)]
    shifted = first + (start - first) % width
    shifted -= width * np.round((first + length / 2) / width)
    turns: FloatArray = np.round((shifted - west) / width)
    return turns
