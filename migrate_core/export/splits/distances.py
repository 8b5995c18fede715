"""How far footprints lie from each other: geodesic distances on the WGS 84 ellipsoid, in km.

Footprints are lon/lat. Near ones are compared in an azimuthal equidistant projection around them
(Snyder 1987, USGS Professional Paper 1395, chapter 25), which neither UTM zones nor the 180°
meridian cut; the points found nearest are measured along the geodesic (pyproj.Geod).
"""

from __future__ import annotations

import math
from collections import defaultdict
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from scipy.spatial import cKDTree
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from .groups import overlapping

Shapes = NDArray[np.object_]

_GEOD = Geod(ellps="WGS84")
_EARTH_KM = 6371.0088
# Edges are straight in lon/lat; pieces of them this long are so in the projection, too.
_PIECE_DEGREES = 0.02
# How far a sphere may be from the ellipsoid, and a projection from the truth at 1,000 km.
_SPHERE, _PROJECTION = 0.006, 0.005


def distance_km(one: BaseGeometry, other: BaseGeometry) -> float:
    """The geodesic distance between two footprints; 0 where they touch or overlap."""
    if one.intersects(other):
        return 0.0
    here = _inside(one)
    for _ in range(2):  # the second time around the nearest point itself, where nothing is bent
        project = _around(*here)
        ends = shapely.get_coordinates(
            shapely.shortest_line(_projected(one, project), _projected(other, project))
        )
        longitudes, latitudes = project.transform(ends[:, 0], ends[:, 1], direction="INVERSE")
        here = float(longitudes[0]), float(latitudes[0])
    metres = _GEOD.inv(longitudes[0], latitudes[0], longitudes[1], latitudes[1])[2]
    # Neighbours across the 180° meridian touch, and come back from the projection nanometres off.
    return 0.0 if metres < 1e-3 else float(metres) / 1000


def nearest(ones: Shapes, others: Shapes) -> tuple[float, int, int]:
    """The smallest distance between one of `ones` and one of `others`, and the numbers of both."""
    centres, radii = _spheres(ones)
    other_centres, other_radii = _spheres(others)
    chords, numbers = cKDTree(other_centres).query(centres)
    first = int(np.argmin(_arc(chords) - radii - other_radii[numbers]))
    best = (distance_km(ones[first], others[numbers[first]]), first, int(numbers[first]))
    reach = best[0] * (1 + _SPHERE) + 1e-6
    within = cKDTree(other_centres).query_ball_point(
        centres, _chord(reach + radii + other_radii.max())
    )
    bounds = [
        (
            float(_arc(np.linalg.norm(centres[i] - other_centres[j])) - radii[i] - other_radii[j]),
            i,
            j,
        )
        for i, found in enumerate(within)
        for j in found
    ]
    for least, i, j in sorted(bounds):
        if least * (1 - _SPHERE) > best[0]:
            break
        best = min(best, (distance_km(ones[i], others[j]), i, j))
    return best


def nearer_than(shapes: Shapes, limit_km: float) -> NDArray[np.int64]:
    """The pairs of numbers (n, 2), each ascending, of shapes less than `limit_km` apart."""
    found: set[tuple[int, int]] = set(map(tuple, overlapping(shapes, touching=True).tolist()))
    centres, radii = _spheres(shapes)
    tree = cKDTree(centres)
    for cell, members in _cells(shapes).items():
        project = _around(cell[0] + 0.5, cell[1] + 0.5)
        size = max(float(radii[members].max()), 0.0)
        middle = _on_sphere(np.array([[cell[0] + 0.5, cell[1] + 0.5]]))
        spread = float(_arc(np.linalg.norm(centres[members] - middle, axis=1)).max())
        reach = spread + size + limit_km * (1 + _SPHERE) + float(radii.max())
        around = np.array(sorted(tree.query_ball_point(middle[0], _chord(reach))), dtype=np.int64)
        found |= _near_in_cell(shapes, np.array(members), around, (project, limit_km))
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _near_in_cell(
    shapes: Shapes,
    members: NDArray[np.int64],
    around: NDArray[np.int64],
    way: tuple[Transformer, float],
) -> set[tuple[int, int]]:
    """The pairs of a member of a cell and any shape around it that are too near to each other."""
    project, limit_km = way
    plane = np.array([_projected(shapes[number], project) for number in around], dtype=object)
    position = {int(number): index for index, number in enumerate(around)}
    own = plane[[position[int(number)] for number in members]]
    widest = limit_km * 1000 * (1 + _PROJECTION)
    pairs = STRtree(plane).query(own, predicate="dwithin", distance=widest).T
    ones, others = members[pairs[:, 0]], around[pairs[:, 1]]
    distances = shapely.distance(own[pairs[:, 0]], plane[pairs[:, 1]]) / 1000
    found = set()
    for one, other, about in zip(ones.tolist(), others.tolist(), distances, strict=True):
        # Only what lies close to the limit has to be measured exactly.
        sure = about < limit_km * (1 - _PROJECTION)
        if one != other and (sure or distance_km(shapes[one], shapes[other]) < limit_km):
            found.add((min(one, other), max(one, other)))
    return found


def _cells(shapes: Shapes) -> dict[tuple[int, int], list[int]]:
    """The numbers of shapes by the degree of longitude and latitude that a point of each is in."""
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, point in enumerate(shapely.get_coordinates(shapely.point_on_surface(shapes))):
        cells[math.floor(point[0]), math.floor(point[1])].append(number)
    return cells


@lru_cache(maxsize=512)
def _around(longitude: float, latitude: float) -> Transformer:
    """The projection around a point, in metres."""
    plane = f"+proj=aeqd +lat_0={latitude!r} +lon_0={longitude!r} +ellps=WGS84 +units=m"
    return Transformer.from_crs("EPSG:4326", plane, always_xy=True)


def _projected(shape: BaseGeometry, project: Transformer) -> BaseGeometry:
    return shapely.transform(
        shapely.segmentize(shape, _PIECE_DEGREES),
        lambda points: np.column_stack(project.transform(points[:, 0], points[:, 1])),
    )


def _inside(shape: BaseGeometry) -> tuple[float, float]:
    point = shape.representative_point()
    return float(point.x), float(point.y)


def _spheres(shapes: Shapes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A point inside each shape on the unit sphere (n, 3), and how far in km its corners reach."""
    centres = _on_sphere(shapely.get_coordinates(shapely.point_on_surface(shapes)))
    corners, owners = shapely.get_coordinates(
        shapely.segmentize(shapes, _PIECE_DEGREES * 50), return_index=True
    )
    away = _arc(np.linalg.norm(_on_sphere(corners) - centres[owners], axis=1))
    radii = np.zeros(len(shapes))
    np.maximum.at(radii, owners, away)
    # A corner away from a parallel, edges bulge; and a sphere is no ellipsoid.
    return centres, radii * (1 + 2 * _SPHERE)


def _on_sphere(points: NDArray[np.float64]) -> NDArray[np.float64]:
    longitude, latitude = np.radians(points[:, 0]), np.radians(points[:, 1])
    flat = np.cos(latitude)
    return np.column_stack([flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)])


def _arc(chord: NDArray[np.float64] | np.floating) -> NDArray[np.float64]:
    """Km on the sphere of a chord of the unit sphere."""
    arc: NDArray[np.float64] = 2 * _EARTH_KM * np.arcsin(np.minimum(chord, 2.0) / 2)
    return arc


def _chord(arc_km: float | NDArray[np.float64]) -> NDArray[np.float64]:
    chord: NDArray[np.float64] = 2 * np.sin(np.minimum(np.asarray(arc_km) / _EARTH_KM, math.pi) / 2)
    return chord
