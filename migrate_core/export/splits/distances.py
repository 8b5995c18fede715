"""How far footprints lie from each other: geodesic distances on the WGS 84 ellipsoid, in km.

Footprints are lon/lat. Near ones are compared in an azimuthal equidistant projection around them
(Snyder 1987, USGS Professional Paper 1395, chapter 25), which neither UTM zones nor the 180°
meridian cut; the points found nearest are measured along the geodesic (pyproj.Geod).
"""

from __future__ import annotations

import math
from collections import defaultdict
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from .ground import Shapes, overlapping

_GEOD = Geod(ellps="WGS84")
_EARTH_KM = 6371.0088
# Edges are straight in lon/lat; pieces of them this long are so in the projection, too.
_PIECE_DEGREES = 0.02
# How far a sphere may be from the ellipsoid, and a projection from the truth at 1,000 km.
_SPHERE, _PROJECTION = 0.006, 0.005
# As far as this, nearest points in a projection around a cell of one degree are nearest points.
_NEAR_KM = 100.0
_TOUCHING_M = 1e-3
# Footprints with near corners whose distances are measured to begin with.
_TRIED = 8


def distance_km(one: BaseGeometry, other: BaseGeometry) -> float:
    """The geodesic distance between two footprints; 0 where they touch or overlap."""
    if one.intersects(other):
        return 0.0
    here = _inside(one)
    for _ in range(2):  # the second time around the nearest point itself, where nothing is bent
        project = _plane_at(*here)
        ends = shapely.get_coordinates(
            shapely.shortest_line(*_projected(np.array([one, other], dtype=object), project))
        )
        longitudes, latitudes = project.transform(ends[:, 0], ends[:, 1], direction="INVERSE")
        here = float(longitudes[0]), float(latitudes[0])
    metres = _GEOD.inv(longitudes[0], latitudes[0], longitudes[1], latitudes[1])[2]
    # Neighbours across the 180° meridian touch, and come back from the projection nanometres off.
    return 0.0 if metres < _TOUCHING_M else float(metres) / 1000


def nearest(ones: Shapes, others: Shapes) -> tuple[float, int, int]:
    """The smallest distance between one of `ones` and one of `others`, and the numbers of both."""
    best = min((distance_km(ones[i], others[j]), i, j) for i, j in _by_corners(ones, others))
    if best[0] > _NEAR_KM:
        return best
    centres, radii = _spheres(others)
    tree = _tree(centres)
    for cell, members in _cells(ones).items():
        if best[0] == 0:
            break
        reach = best[0] * (1 + _SPHERE) + _reach(ones[members], cell) + float(radii.max())
        nearby = np.array(
            sorted(tree.query_ball_point(_middle(cell), _chord(reach))), dtype=np.int64
        )
        if len(nearby):
            best = min(best, _nearest_in_cell(cell, (ones, np.array(members)), (others, nearby)))
    return best


def _by_corners(ones: Shapes, others: Shapes) -> list[tuple[int, int]]:
    """The numbers of some shapes whose corners are nearest to each other."""
    corners, owners = _corners_in_space(ones)
    other_corners, other_owners = _corners_in_space(others)
    chords, numbers = _tree(other_corners).query(corners)
    ranked = np.argsort(chords, kind="stable")
    pairs = zip(owners[ranked].tolist(), other_owners[numbers[ranked]].tolist(), strict=True)
    return list(islice(dict.fromkeys(pairs), _TRIED))


def _nearest_in_cell(
    cell: tuple[int, int],
    ours: tuple[Shapes, NDArray[np.int64]],
    theirs: tuple[Shapes, NDArray[np.int64]],
) -> tuple[float, int, int]:
    (ones, members), (others, nearby) = ours, theirs
    project = _plane_at(*_centre(cell))
    own, plane = _projected(ones[members], project), _projected(others[nearby], project)
    i, j = STRtree(plane).query_nearest(own, all_matches=False)
    distances = _geodesics(own[i], plane[j], project)
    least = int(np.argmin(distances))
    return float(distances[least]), int(members[i[least]]), int(nearby[j[least]])


def _tree(points: NDArray[np.float64]) -> Any:
    """A tree to search points (n, 3) by nearness."""
    # Imported here: commands that split nothing start without it.
    from scipy.spatial import cKDTree

    return cKDTree(points)


def nearer_than(shapes: Shapes, limit_km: float) -> NDArray[np.int64]:
    """The pairs of numbers (n, 2), each ascending, of shapes less than `limit_km` apart."""
    found: set[tuple[int, int]] = set(map(tuple, overlapping(shapes, touching=True).tolist()))
    centres, radii = _spheres(shapes)
    tree = _tree(centres)
    for cell, members in _cells(shapes).items():
        reach = limit_km * (1 + _SPHERE) + _reach(shapes[members], cell) + float(radii.max())
        nearby = np.array(
            sorted(tree.query_ball_point(_middle(cell), _chord(reach))), dtype=np.int64
        )
        found |= _near_in_cell(shapes, (cell, np.array(members), nearby), limit_km)
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _near_in_cell(
    shapes: Shapes,
    which: tuple[tuple[int, int], NDArray[np.int64], NDArray[np.int64]],
    limit_km: float,
) -> set[tuple[int, int]]:
    """The pairs of a member of a cell and any shape around it that are too near to each other."""
    cell, members, nearby = which
    project = _plane_at(*_centre(cell))
    plane = _projected(shapes[nearby], project)
    own = plane[np.searchsorted(nearby, members)]
    widest = limit_km * 1000 * (1 + _PROJECTION)
    i, j = STRtree(plane).query(own, predicate="dwithin", distance=widest)
    different = members[i] != nearby[j]
    i, j = i[different], j[different]
    ones, others = members[i], nearby[j]
    distances = _geodesics(own[i], plane[j], project)
    if limit_km > _NEAR_KM:  # the plane is bent too much to tell what lies close to the limit
        for number in np.flatnonzero(np.abs(distances - limit_km) < limit_km * _PROJECTION):
            distances[number] = distance_km(shapes[ones[number]], shapes[others[number]])
    near = distances < limit_km
    pairs = np.sort(np.column_stack([ones[near], others[near]]), axis=1)
    return set(map(tuple, pairs.tolist()))


def _geodesics(ones: Shapes, others: Shapes, project: Transformer) -> NDArray[np.float64]:
    """The geodesics in km between the nearest points of projected shapes."""
    ends = shapely.get_coordinates(shapely.shortest_line(ones, others))
    longitude, latitude = project.transform(ends[:, 0], ends[:, 1], direction="INVERSE")
    metres = np.asarray(
        _GEOD.inv(longitude[0::2], latitude[0::2], longitude[1::2], latitude[1::2])[2]
    )
    return np.where(metres < _TOUCHING_M, 0.0, metres / 1000)


def _cells(shapes: Shapes) -> dict[tuple[int, int], list[int]]:
    """The numbers of shapes by the degree of longitude and latitude that a point of each is in."""
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, point in enumerate(shapely.get_coordinates(shapely.point_on_surface(shapes))):
        cells[math.floor(point[0]), math.floor(point[1])].append(number)
    return cells


def _centre(cell: tuple[int, int]) -> tuple[float, float]:
    return cell[0] + 0.5, cell[1] + 0.5


def _middle(cell: tuple[int, int]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = _on_sphere(np.array([_centre(cell)]))[0]
    return found


def _reach(members: Shapes, cell: tuple[int, int]) -> float:
    """How far in km the corners of the members of a cell lie from its middle."""
    corners = _on_sphere(shapely.get_coordinates(shapely.segmentize(members, _PIECE_DEGREES)))
    return float(_arc(np.linalg.norm(corners - _middle(cell), axis=1).max())) * (1 + 2 * _SPHERE)


@lru_cache(maxsize=512)
def _plane_at(longitude: float, latitude: float) -> Transformer:
    """The projection around a point, in metres."""
    plane = f"+proj=aeqd +lat_0={latitude!r} +lon_0={longitude!r} +ellps=WGS84 +units=m"
    return Transformer.from_crs("EPSG:4326", plane, always_xy=True)


def _projected(shapes: Shapes, project: Transformer) -> Shapes:
    found: Shapes = shapely.transform(
        shapely.segmentize(shapes, _PIECE_DEGREES),
        lambda points: np.column_stack(project.transform(points[:, 0], points[:, 1])),
    )
    return found


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


def _corners_in_space(shapes: Shapes) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points along the outlines in earth-centred coordinates (n, 3), metres; whose each is."""
    points, owners = shapely.get_coordinates(
        shapely.segmentize(shapes, _PIECE_DEGREES), return_index=True
    )
    longitude, latitude = np.radians(points[:, 0]), np.radians(points[:, 1])
    vertical = _GEOD.a / np.sqrt(1 - _GEOD.es * np.sin(latitude) ** 2)
    flat = vertical * np.cos(latitude)
    up = vertical * (1 - _GEOD.es) * np.sin(latitude)
    space = np.column_stack([flat * np.cos(longitude), flat * np.sin(longitude), up])
    return space, owners


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
