"""Which scenes cover which mask in its time window, and with what part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon, STRtree
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from ...grid import reproject_geometry
from ...model import LONLAT, Acquired, Mask, Problem, Scene, SceneQuery
from ...products.footprints import polygons
from ...products.product import utm_crs
from .acquisitions import SceneCoverage

# Footprints come with a vertex at each corner only. Between corners 110 km apart, a straight line
# in lon/lat strays up to 300 m from the straight edge in UTM, so the index is asked generously.
_INDEX_MARGIN_DEGREES = 0.02
# Less than this share of a mask is the noise of coordinates along a common edge.
_TOUCHING = 1e-6


def find_scene_coverages(
    masks: Sequence[Mask], scenes: Sequence[Scene], query: SceneQuery
) -> tuple[dict[int, list[SceneCoverage]], list[Problem]]:
    """For the number of each mask, the scenes in its window with the part they cover.

    A scene or a mask whose outline can't be worked with is a problem, and the others go on.
    """
    found: dict[int, list[SceneCoverage]] = defaultdict(list)
    problems: dict[str, Problem] = {}
    for crs, group in _by_crs(scenes).items():
        footprints = _Projected(masks, crs)
        for scene, indexes in _near(masks, group):
            fitting = [n for n in indexes if _in_window(masks[n], scene, query)]
            areas = footprints.of(fitting)
            try:
                # Two halves that were cut at the 180° meridian share an edge here.
                footprint = _valid_in(scene.footprint, crs)
                shapely.prepare(footprint)
                parts = shapely.intersection(areas, footprint)
            except ShapelyError as err:
                problems[scene.scene_id] = _unfit(scene.scene_id, f"The scene in {crs}", err)
                continue
            for number, part, footprint in zip(fitting, parts, areas, strict=True):
                if part.area > _TOUCHING * footprint.area:
                    # Where edges touch beside the common area there are lines and points in it.
                    found[number].append(SceneCoverage(scene, polygons(part), footprint))
        problems.update(footprints.problems)
    return found, list(problems.values())


def _unfit(item: str, what: str, err: ShapelyError) -> Problem:
    reason = " ".join(str(err).split())[:200]
    return Problem(
        item,
        f"its outline can't be worked with ({reason}). {what} was left out. Give it a proper one.",
    )


def with_margin(bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lon/lat bounds (n, 4) with a margin on each side that stays within the world."""
    margin = _INDEX_MARGIN_DEGREES * np.array([-1, -1, 1, 1])
    world = np.array([180.0, 90.0, 180.0, 90.0])
    return np.clip(bounds + margin, -world, world)


def date_of(mask: Mask) -> Acquired:
    """The date of a mask that is ready."""
    if mask.acquired is None:
        raise ValueError(f"{mask.name} has no date")
    return mask.acquired


def _by_crs(scenes: Iterable[Scene]) -> dict[str, list[Scene]]:
    groups: dict[str, list[Scene]] = defaultdict(list)
    for scene in scenes:
        groups[utm_crs(scene.tile)].append(scene)
    return groups


def _near(
    masks: Sequence[Mask], scenes: Sequence[Scene]
) -> Iterable[tuple[Scene, NDArray[np.intp]]]:
    """Each scene with the numbers of the masks whose extents are near its footprint."""
    parts, owners = shapely.get_parts([mask.extent for mask in masks], return_index=True)
    tree = STRtree(parts)
    for scene in scenes:
        parts = shapely.get_parts(scene.footprint)
        west, south, east, north = with_margin(shapely.bounds(parts)).T
        _, found = tree.query(shapely.box(west, south, east, north))
        yield scene, np.unique(owners[found])


def _in_window(mask: Mask, scene: Scene, query: SceneQuery) -> bool:
    if date_of(mask).distance_days(scene.sensed_at.date()) > query.days:
        return False
    return scene.cloud_percent is None or scene.cloud_percent <= query.max_cloud_percent


def _valid_in(geometry: BaseGeometry, crs: str) -> BaseGeometry:
    """The polygons of a lon/lat geometry in a UTM zone, valid. Raises ShapelyError."""
    projected = reproject_geometry(geometry, LONLAT, crs)
    # PROJ gives infinity far from the zone, which some operations of GEOS don't end at.
    if not np.isfinite(shapely.get_coordinates(projected)).all():
        raise ShapelyError(f"it doesn't lie near the UTM zone of {crs}")
    return polygons(shapely.make_valid(projected))


class _Projected:
    """The masks' footprints in a scene's CRS, each projected once however many scenes ask.

    `problems` are those of masks whose footprint can't be; an empty one stands in.
    """

    def __init__(self, masks: Sequence[Mask], crs: str) -> None:
        self._masks = masks
        self._crs = crs
        self._done: dict[int, Any] = {}
        self.problems: dict[str, Problem] = {}

    def of(self, indexes: Iterable[int]) -> NDArray[Any]:
        """The footprints of the masks with these numbers, as an array of geometries."""
        geometries = [self._one(number) for number in indexes]
        array = np.empty(len(geometries), dtype=object)
        array[:] = geometries
        return array

    def _one(self, number: int) -> Any:
        if number not in self._done:
            mask = self._masks[number]
            try:
                self._done[number] = _valid_in(mask.footprint or mask.extent, self._crs)
            except ShapelyError as err:
                self._done[number] = Polygon()
                self.problems[mask.mask_id] = _unfit(mask.name, f"The mask in {self._crs}", err)
        return self._done[number]
