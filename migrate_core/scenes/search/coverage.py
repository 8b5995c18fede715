"""Which scenes cover which mask in its time window, and with what part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon, STRtree
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from ...grid import reproject_geometries
from ...model import LONLAT, Acquired, Mask, Problem, Scene, SceneQuery
from ...products.footprints import polygons
from ...products.product import utm_crs
from .acquisitions import SceneCoverage

# Footprints come with a vertex at each corner only. Between corners 110 km apart, a straight line
# in lon/lat strays up to 300 m from the straight edge in UTM, so the index is asked generously.
_INDEX_MARGIN_DEGREES = 0.02
# Less than this share of a mask is the noise of coordinates along a common edge.
_TOUCHING = 1e-6
# Scenes that the index is asked for at once, since each may meet all masks.
_AT_ONCE = 1_000

Numbers = NDArray[np.intp]


class Coverages:
    """Which of some scenes cover which masks, asked for as often as needed.

    Every outline is projected once, and only when a mask and a scene meet in place and time.
    `problems` are the scenes and masks so far whose outline can't be worked with; the others go on.
    """

    def __init__(self, masks: Sequence[Mask], scenes: Sequence[Scene]) -> None:
        self.masks, self.scenes = masks, scenes
        self._zones = _Zones(scenes)
        self._near = _Near(masks, scenes)
        self._projected = [_Projected(masks, crs) for crs in self._zones.names]
        self._outlines: dict[int, BaseGeometry | ShapelyError] = {}
        self._problems: dict[str, Problem] = {}

    @property
    def problems(self) -> list[Problem]:
        """What was left out so far, and why."""
        return list(self._problems.values())

    def find(
        self, query: SceneQuery, numbers: Sequence[int] | None = None
    ) -> dict[int, list[SceneCoverage]]:
        """For the number of each mask, or of these, the scenes in its window with their parts."""
        found: dict[int, list[SceneCoverage]] = defaultdict(list)
        scenes, masks = self._near.pairs(query, numbers)
        for zone, here in self._zones.split(scenes):
            self._find_in(zone, scenes[here], masks[here], found)
        return found

    def _find_in(
        self, zone: int, scenes: Numbers, masks: Numbers, found: dict[int, list[SceneCoverage]]
    ) -> None:
        """Add what the pairs of scenes and masks have in common in the CRS of the scenes."""
        crs, unfit = self._zones.names[zone], dict[int, ShapelyError]()
        areas = self._projected[zone].of(masks.tolist())
        outlines = self._outlines_of(scenes, crs, unfit)
        usable = np.array([outline is not None for outline in outlines], dtype=bool)
        scenes, masks, areas, outlines = (a[usable] for a in (scenes, masks, areas, outlines))
        parts = _common_parts(areas, outlines, scenes, unfit)
        full_area = shapely.area(areas)
        wanted = np.flatnonzero(shapely.area(parts) > _TOUCHING * full_area)
        # Where edges touch beside the common area there are lines and points in it.
        clean = _only_polygons(parts[wanted])
        for scene, mask, part, area in zip(
            scenes[wanted].tolist(), masks[wanted].tolist(), clean, areas[wanted], strict=True
        ):
            found[mask].append(SceneCoverage(self.scenes[scene], part, area))
        for number, err in sorted(unfit.items(), key=lambda item: item[0]):
            name = self.scenes[number].scene_id
            self._problems[name] = _unfit(name, f"The scene in {crs}", err)
        self._problems.update(self._projected[zone].problems)

    def _outlines_of(
        self, scenes: Numbers, crs: str, unfit: dict[int, ShapelyError]
    ) -> NDArray[np.object_]:
        """The outlines of scenes in their CRS; None, and why in `unfit`, where there is none."""
        numbers = np.unique(scenes).tolist()
        new = [number for number in numbers if number not in self._outlines]
        made = _projected([self.scenes[number].footprint for number in new], crs)
        shapely.prepare([outline for outline in made if not isinstance(outline, ShapelyError)])
        self._outlines.update(zip(new, made, strict=True))
        usable = dict[int, BaseGeometry | None]()
        for number in numbers:
            outline = self._outlines[number]
            if isinstance(outline, ShapelyError):
                unfit[number] = outline
            usable[number] = None if isinstance(outline, ShapelyError) else outline
        return _array([usable[number] for number in scenes.tolist()])


class _Zones:
    """The UTM zones of scenes, as `names` in the order in which they come first."""

    def __init__(self, scenes: Iterable[Scene]) -> None:
        crs_of: dict[str, str] = {}
        numbers: dict[str, int] = {}
        zones = []
        for scene in scenes:
            if scene.tile not in crs_of:
                crs_of[scene.tile] = utm_crs(scene.tile)
            zones.append(numbers.setdefault(crs_of[scene.tile], len(numbers)))
        self.names = list(numbers)
        self._zones = np.array(zones, dtype=np.intp)

    def split(self, scenes: Numbers) -> Iterable[tuple[int, Numbers]]:
        """Which of some numbers of scenes are of each zone."""
        zones = self._zones[scenes]
        for zone in np.unique(zones).tolist():
            yield zone, np.flatnonzero(zones == zone)


class _Near:
    """Pairs of scenes and masks that are near each other in place and time."""

    def __init__(self, masks: Sequence[Mask], scenes: Sequence[Scene]) -> None:
        self._extents, self._mask_of = shapely.get_parts(
            _array([mask.extent for mask in masks]), return_index=True
        )
        dates = [date_of(mask) for mask in masks]
        self._first = np.array([date.first_day.toordinal() for date in dates], dtype=np.int64)
        self._last = np.array([date.last_day.toordinal() for date in dates], dtype=np.int64)
        parts, self._scene_of = shapely.get_parts(
            _array([scene.footprint for scene in scenes]), return_index=True
        )
        self._boxes = shapely.box(*with_margin(shapely.bounds(parts)).T)
        days = [scene.sensed_at.date().toordinal() for scene in scenes]
        self._day = np.array(days, dtype=np.int64)
        # An unknown cloud cover passes every limit.
        clouds = [-np.inf if s.cloud_percent is None else s.cloud_percent for s in scenes]
        self._cloud = np.array(clouds, dtype=np.float64)

    def pairs(self, query: SceneQuery, numbers: Sequence[int] | None) -> tuple[Numbers, Numbers]:
        """The numbers of scenes, ascending, each with a mask in whose window it is."""
        chosen = np.ones(len(self._extents), dtype=bool)
        if numbers is not None:
            chosen = np.isin(self._mask_of, np.asarray(numbers, dtype=np.intp))
        tree, owners = STRtree(self._extents[chosen]), self._mask_of[chosen]
        clear = np.flatnonzero((self._cloud <= query.max_cloud_percent)[self._scene_of])
        found = [np.empty((0, 2), dtype=np.intp)]
        for first in range(0, len(clear), _AT_ONCE):
            here = clear[first : first + _AT_ONCE]
            asked, met = tree.query(self._boxes[here])
            scenes, masks = self._scene_of[here][asked], owners[met]
            day = self._day[scenes]
            distance = np.maximum(self._first[masks] - day, day - self._last[masks])
            inside = distance <= query.days
            found.append(np.column_stack([scenes[inside], masks[inside]]))
        # Parts of one scene, or of one mask, meet more than once.
        scenes, masks = np.unique(np.concatenate(found), axis=0).T
        return scenes, masks


def _common_parts(
    areas: NDArray[np.object_],
    outlines: NDArray[np.object_],
    scenes: Numbers,
    unfit: dict[int, ShapelyError],
) -> NDArray[np.object_]:
    """What masks and scenes have in common; nothing, and why in `unfit`, where that fails."""
    parts = areas.copy()
    try:
        # Most masks lie within the scene; two halves that were cut at 180° share an edge here.
        cut = ~shapely.covers(outlines, areas)
        parts[cut] = shapely.intersection(areas[cut], outlines[cut])
    except ShapelyError:
        for number in np.unique(scenes).tolist():
            here = scenes == number
            try:
                parts[here] = shapely.intersection(areas[here], outlines[here])
            except ShapelyError as err:
                unfit[number] = err
                parts[here] = Polygon()
    return parts


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


def _array(geometries: Sequence[Any]) -> NDArray[np.object_]:
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    return array


def _projected(geometries: Sequence[BaseGeometry], crs: str) -> list[BaseGeometry | ShapelyError]:
    """The polygons of lon/lat geometries in a UTM zone, valid; why, where there are none."""
    try:
        return list(_valid_in(_array(geometries), crs))
    except ShapelyError as err:
        if len(geometries) == 1:
            return [err]
    # Halves, so that one that fails costs little where there are thousands.
    middle = len(geometries) // 2
    return [*_projected(geometries[:middle], crs), *_projected(geometries[middle:], crs)]


def _valid_in(geometries: NDArray[np.object_], crs: str) -> NDArray[np.object_]:
    """The same, all at once. Raises ShapelyError when it fails for one."""
    projected = reproject_geometries(geometries, LONLAT, crs)
    # PROJ gives infinity far from the zone, which some operations of GEOS don't end at.
    if not np.isfinite(shapely.get_coordinates(projected)).all():
        raise ShapelyError(f"it doesn't lie near the UTM zone of {crs}")
    return _only_polygons(shapely.make_valid(projected))


def _only_polygons(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """The polygons of each geometry; most are a single one without holes already."""
    plain = (
        (shapely.get_type_id(geometries) == shapely.GeometryType.POLYGON)
        & (shapely.get_coordinate_dimension(geometries) == 2)
        & (shapely.get_num_interior_rings(geometries) == 0)
        & ~shapely.is_empty(geometries)
    )
    found = geometries.copy()
    for number in np.flatnonzero(~plain).tolist():
        found[number] = polygons(geometries[number])
    return found


class _Projected:
    """The masks' footprints in a scene's CRS, each projected once however many scenes ask.

    `problems` are those of masks whose footprint can't be; an empty one stands in.
    """

    def __init__(self, masks: Sequence[Mask], crs: str) -> None:
        self._masks = masks
        self._crs = crs
        self._done: dict[int, BaseGeometry] = {}
        self.problems: dict[str, Problem] = {}

    def of(self, numbers: Sequence[int]) -> NDArray[np.object_]:
        """The footprints of the masks with these numbers, as an array of geometries."""
        new = sorted({number for number in numbers if number not in self._done})
        masks = [self._masks[number] for number in new]
        made = _projected([cast("BaseGeometry", m.footprint or m.extent) for m in masks], self._crs)
        for number, mask, area in zip(new, masks, made, strict=True):
            if isinstance(area, ShapelyError):
                self._done[number] = Polygon()
                self.problems[mask.mask_id] = _unfit(mask.name, f"The mask in {self._crs}", area)
            else:
                self._done[number] = area
        return _array([self._done[number] for number in numbers])
