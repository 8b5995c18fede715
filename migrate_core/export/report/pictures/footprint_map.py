"""Where the pairs lie, as a map in SVG: a graticule, and a mark for each pair by its split.

Nothing is asked of a map service. Marks that would cover each other are drawn once, so that the map
stays small whatever the number of pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ....grid import FloatArray

_WIDTH, _HEIGHT = 960, 500
# Room for the names of the graticule: left of it, and below.
_LEFT, _BELOW, _EDGE = 72, 28, 8
# Marks are set on a lattice of so many units, and footprints larger than a mark are outlined.
_STEP = 6
_OUTLINED = 3 * _STEP
_MOST_OUTLINES = 2000
_LEAST_DEGREES = 0.02
# Ways from one line of the graticule to the next, in degrees.
_STEPS = (30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002)
_LINES = 4
# A mark of each split around (0, 0): a circle, a square, a triangle.
MARKS = {
    "train": "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
    "val": "m-4.5-4.5h9v9h-9z",
    "test": "m0-6l5.5 10h-11z",
}


@dataclass(frozen=True)
class Line:
    """A line of the graticule: its ends in units of the map, and its name."""

    x1: float
    y1: float
    x2: float
    y2: float
    name: str


@dataclass(frozen=True)
class Layer:
    """The pairs of a split: number, path of their marks, and path of the outlines of large ones."""

    split: str
    pairs: int
    marks: str
    outlines: str


@dataclass(frozen=True)
class FootprintMap:
    """A map of `width` x `height` units with the frame (left, top, width, height)."""

    width: int
    height: int
    frame: tuple[float, float, float, float]
    graticule: Sequence[Line]
    layers: Sequence[Layer]
    summary: str


@dataclass(frozen=True)
class _View:
    """What of the world is seen: an equidistant cylindrical projection, true at its middle."""

    west: float
    north: float
    per_lon: float
    per_lat: float

    def x(self, lon: float) -> float:
        return _LEFT + (lon - self.west) * self.per_lon

    def y(self, lat: float) -> float:
        return _EDGE + (self.north - lat) * self.per_lat

    @property
    def east(self) -> float:
        return self.west + _FRAME_WIDTH / self.per_lon

    @property
    def south(self) -> float:
        return self.north - _FRAME_HEIGHT / self.per_lat


_FRAME_WIDTH, _FRAME_HEIGHT = _WIDTH - _LEFT - _EDGE, _HEIGHT - _BELOW - _EDGE


def footprint_map(
    footprints_of: Mapping[str, BaseGeometry], splits: Mapping[str, str]
) -> FootprintMap:
    """The map of the pairs; footprints (lon/lat) and splits are by pair id."""
    footprints = _unwrapped(np.array(list(footprints_of.values()), dtype=object))
    bounds = shapely.bounds(footprints)
    view = _view(*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))
    found = np.array([splits[pair_id] for pair_id in footprints_of])
    layers = [_layer(split, footprints[found == split], view) for split in MARKS]
    frame = (_LEFT, _EDGE, _FRAME_WIDTH, _FRAME_HEIGHT)
    graticule = [*_meridians(view), *_parallels(view)]
    return FootprintMap(_WIDTH, _HEIGHT, frame, graticule, layers, _summary(bounds, layers))


def _unwrapped(footprints: NDArray[Any]) -> NDArray[Any]:
    """Footprints on both sides of the antimeridian, with longitudes that go on beyond 180."""
    shifted = shapely.transform(
        footprints, lambda points: np.column_stack([points[:, 0] % 360, points[:, 1]])
    )
    return shifted if _span(shifted) < _span(footprints) else footprints


def _span(footprints: NDArray[Any]) -> float:
    """The degrees of longitude from the westernmost to the easternmost."""
    west, _, east, _ = shapely.total_bounds(footprints)
    return float(east - west)


def _view(west: float, south: float, east: float, north: float) -> _View:
    """All of the bounds with some space, in the middle of the frame."""
    stretch = max(0.05, math.cos(math.radians((south + north) / 2)))
    wide = max(1.15 * (east - west), _LEAST_DEGREES)
    high = max(1.15 * (north - south), _LEAST_DEGREES)
    per_lat = min(_FRAME_WIDTH / (wide * stretch), _FRAME_HEIGHT / high)
    per_lon = per_lat * stretch
    return _View(
        (west + east) / 2 - _FRAME_WIDTH / per_lon / 2,
        (south + north) / 2 + _FRAME_HEIGHT / per_lat / 2,
        per_lon,
        per_lat,
    )


def _layer(split: str, footprints: NDArray[Any], view: _View) -> Layer:
    marks: dict[tuple[int, int], None] = {}
    outlines: list[str] = []
    for footprint in footprints:
        west, south, east, north = footprint.bounds
        x, y = view.x((west + east) / 2), view.y((south + north) / 2)
        if (east - west) * view.per_lon > _OUTLINED and len(outlines) < _MOST_OUTLINES:
            outlines.append(_outline(footprint, view))
        marks[round(x / _STEP) * _STEP, round(y / _STEP) * _STEP] = None
    path = "".join(f"M{x} {y}{MARKS[split]}" for x, y in sorted(marks))
    return Layer(split, len(footprints), path, "".join(outlines))


def _outline(footprint: BaseGeometry, view: _View) -> str:
    """The outer rings of a footprint as a path, to a unit of the map."""
    simple = footprint.simplify(1 / view.per_lat)
    parts = getattr(simple, "geoms", [simple])
    rings = [list(part.exterior.coords)[:-1] for part in parts if part.geom_type == "Polygon"]
    return "".join(
        "M" + "L".join(f"{view.x(lon):.0f} {view.y(lat):.0f}" for lon, lat, *_ in ring) + "z"
        for ring in rings
    )


def _meridians(view: _View) -> Iterator[Line]:
    for lon in _ticks(view.west, view.east):
        x = round(view.x(lon), 1)
        name = _degrees((lon + 180) % 360 - 180, "E", "W")
        yield Line(x, _EDGE, x, _EDGE + _FRAME_HEIGHT, name)


def _parallels(view: _View) -> Iterator[Line]:
    for lat in _ticks(view.south, view.north):
        if abs(lat) <= 90:
            y = round(view.y(lat), 1)
            yield Line(_LEFT, y, _LEFT + _FRAME_WIDTH, y, _degrees(lat, "N", "S"))


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers of degrees between two ends, at least `_LINES` where there is room."""
    step = next((step for step in _STEPS if (high - low) / step >= _LINES), _STEPS[-1])
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _degrees(value: float, positive: str, negative: str) -> str:
    side = "" if abs(value) < 1e-9 else positive if value > 0 else negative
    return f"{abs(round(value, 4)):g}°{side}"


def _summary(bounds: FloatArray, layers: Sequence[Layer]) -> str:
    west, south = bounds[:, :2].min(axis=0)
    east, north = bounds[:, 2:].max(axis=0)
    numbers = ", ".join(f"{layer.pairs:,} {layer.split}" for layer in layers)
    return (
        f"Map of the footprints by split ({numbers}), between {_degrees(south, 'N', 'S')} and "
        f"{_degrees(north, 'N', 'S')}, {_degrees((west + 180) % 360 - 180, 'E', 'W')} and "
        f"{_degrees((east + 180) % 360 - 180, 'E', 'W')}."
    )
