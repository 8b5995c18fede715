"""Scenes of one acquisition: granules and half tiles that complete each other, and duplicates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import islice
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from ...grid import reproject_geometry
from ...model import Scene
from ...products.footprints import polygons
from ...products.names import mission_of
from ...products.product import utm_crs

# Services give the sensing time of the datatake or of the granule, which differ by minutes; the
# next overpass of the same place is a hundred minutes away, that of the same tile days.
_SAME_OVERPASS = timedelta(minutes=15)
# The share of the footprint that another part must add to be worth reading.
_WORTH_ADDING = 0.001
# N9999 marks products that somebody reprocessed outside the archive; it isn't a newer baseline.
_UNOFFICIAL = "99.99"
# Straight edges between vertices this far apart stray by centimetres in a neighbouring UTM zone.
_EDGE_M = 1_000.0
# No more satellites than this pass over a place within minutes.
_AT_ONCE = 3


@dataclass(frozen=True)
class SceneCoverage:
    """A scene and the part of one mask's footprint that it has data for.

    `part` and the whole `footprint` are in the CRS of the scene's tile.
    """

    scene: Scene
    part: BaseGeometry
    footprint: BaseGeometry

    @cached_property
    def coverage(self) -> float:
        """The covered share 0…1 of the footprint."""
        return min(float(self.part.area / self.footprint.area), 1.0)

    @property
    def crs(self) -> str:
        """The UTM zone of the scene's tile."""
        return utm_crs(self.scene.tile)

    def part_in(self, crs: str) -> BaseGeometry:
        """The covered part in another UTM zone."""
        if crs == self.crs:
            return self.part
        reprojected = reproject_geometry(shapely.segmentize(self.part, _EDGE_M), self.crs, crs)
        return polygons(shapely.make_valid(reprojected))


@dataclass(frozen=True)
class Acquisition:
    """What one overpass offers a mask: the preferred scene and those that complete it.

    `shares` are what the scene, and each of `completed_by`, adds to the `coverage`.
    """

    scene: Scene
    completed_by: tuple[Scene, ...]
    coverage: float
    shares: tuple[float, ...] = ()

    @property
    def cloud_percent(self) -> float | None:
        """That of all scenes by what each adds; of the first alone where one isn't known."""
        known = [
            (scene.cloud_percent, share)
            for scene, share in zip((self.scene, *self.completed_by), self.shares, strict=False)
            if scene.cloud_percent is not None
        ]
        total = sum(share for _, share in known)
        if len(known) <= len(self.completed_by) or not total:
            return self.scene.cloud_percent
        return sum(cloud * share for cloud, share in known) / total


def acquisitions(scene_coverages: Iterable[SceneCoverage]) -> list[Acquisition]:
    """What the overpasses among the scenes that cover a mask offer it.

    Tiles overlap: one that covers the mask alone is an acquisition of its own, and then so are the
    others of its overpass. Where none does, those that complete each other are one.
    """
    listed = list(scene_coverages)
    return Overpasses(listed).offered([True] * len(listed))


class Overpasses:
    """The scenes that cover a mask, put in order once to ask what any choice of them offers."""

    def __init__(self, scene_coverages: Sequence[SceneCoverage]) -> None:
        self._scene_coverages = scene_coverages
        self._close: list[list[int]] = []
        last: Scene | None = None
        for number in sorted(range(len(scene_coverages)), key=self._order):
            scene = scene_coverages[number].scene
            # No overpass goes on beyond such a gap, whichever scenes are chosen.
            if (
                last is None
                or last.level != scene.level
                or scene.sensed_at - last.sensed_at > _SAME_OVERPASS
            ):
                self._close.append([])
            self._close[-1].append(number)
            last = scene
        self._known: dict[tuple[int, ...], list[Acquisition]] = {}

    def offered(self, chosen: Sequence[bool]) -> list[Acquisition]:
        """The acquisitions of the scenes that are `chosen`, of which there is one value each."""
        return [
            acquisition
            for close in self._close
            if (numbers := tuple(number for number in close if chosen[number]))
            for acquisition in self._offered(numbers)
        ]

    def _order(self, number: int) -> tuple[Any, ...]:
        scene = self._scene_coverages[number].scene
        return scene.level, scene.sensed_at, scene.tile

    def _offered(self, numbers: tuple[int, ...]) -> list[Acquisition]:
        """Those of scenes that are close to each other in time; worked out once."""
        if numbers not in self._known:
            ordered = (self._scene_coverages[number] for number in numbers)
            self._known[numbers] = [
                acquisition
                for overpass in _grouped(ordered, _same_overpass)
                for acquisition in _offered(overpass)
            ]
        return self._known[numbers]


def alternatives(scene: Scene, known: Iterable[Scene]) -> tuple[Scene, ...]:
    """Scenes of the same acquisition at other sources: what stands in when its service fails.

    The same product first, then the newest baseline.
    """
    found = [
        other
        for other in known
        if other.source != scene.source
        and other.tile == scene.tile
        and _same_overpass(scene, other)
    ]
    found.sort(key=lambda other: (_baseline(other), other.scene_id, other.source), reverse=True)
    found.sort(key=lambda other: other.scene_id != scene.scene_id)
    return tuple(found)


def _same_overpass(one: Scene, other: Scene) -> bool:
    return (
        one.level == other.level
        and abs(other.sensed_at - one.sensed_at) <= _SAME_OVERPASS
        and len({found for scene in (one, other) if (found := mission_of(scene.scene_id))}) < 2
    )


def _grouped(
    ordered: Iterable[SceneCoverage], same: Callable[[Scene, Scene], bool]
) -> list[list[SceneCoverage]]:
    """Coverings, ordered by time, with those whose scene is the same as a group's first."""
    groups: list[list[SceneCoverage]] = []
    for scene_coverage in ordered:
        for group in islice(reversed(groups), _AT_ONCE):
            if same(group[0].scene, scene_coverage.scene):
                group.append(scene_coverage)
                break
        else:
            groups.append([scene_coverage])
    return groups


def _offered(overpass: Sequence[SceneCoverage]) -> list[Acquisition]:
    """The acquisitions of one overpass: each tile's, or that of several tiles together."""
    tiles: dict[str, list[SceneCoverage]] = defaultdict(list)
    for scene_coverage in overpass:
        tiles[scene_coverage.scene.tile].append(scene_coverage)
    alone = {tile: _of_tile(group) for tile, group in sorted(tiles.items())}
    if len(alone) == 1 or any(one.coverage > 1 - _WORTH_ADDING for one in alone.values()):
        return list(alone.values())
    together = _of_tiles(overpass, alone)
    used = {scene.tile for scene in (together.scene, *together.completed_by)}
    return [together, *(one for tile, one in alone.items() if tile not in used)]


def _of_tile(group: Sequence[SceneCoverage]) -> Acquisition:
    """The newest baseline first, the larger part before the smaller, others while they add."""
    first = max(group, key=lambda c: (_baseline(c.scene), round(c.coverage, 3), c.scene.scene_id))
    return _completed(first, group, lambda c: (_baseline(c.scene),))


def _of_tiles(overpass: Sequence[SceneCoverage], alone: Mapping[str, Acquisition]) -> Acquisition:
    """The tile with the largest part in the UTM zone with the largest part, completed by others.

    First by those that fit best: of the same zone, since others are resampled; of the same
    baseline, since others may be corrected otherwise; from the same source; of the same tile.
    """
    zones: dict[str, list[SceneCoverage]] = defaultdict(list)
    for scene_coverage in overpass:
        zones[scene_coverage.crs].append(scene_coverage)
    zone = max(sorted(zones), key=lambda crs: round(_share(zones[crs]), 3))
    tile = max(
        sorted({c.scene.tile for c in zones[zone]}), key=lambda name: round(alone[name].coverage, 3)
    )
    first = next(c for c in zones[zone] if c.scene is alone[tile].scene)

    def fitting(scene_coverage: SceneCoverage) -> tuple[Any, ...]:
        scene = scene_coverage.scene
        return (
            scene_coverage.crs == zone,
            scene.baseline == first.scene.baseline,
            scene.source == first.scene.source,
            scene.tile == tile,
            _baseline(scene),
        )

    return _completed(first, overpass, fitting)


def _share(parts: Sequence[SceneCoverage]) -> float:
    """The share of the footprint that parts in one CRS cover together."""
    covered = shapely.union_all([scene_coverage.part for scene_coverage in parts])
    return float(covered.area / parts[0].footprint.area)


def _completed(
    first: SceneCoverage,
    others: Iterable[SceneCoverage],
    fitting: Callable[[SceneCoverage], tuple[Any, ...]],
) -> Acquisition:
    """A scene and those that complete it: the most fitting first, of these what adds most."""
    full_area = first.footprint.area
    covered, used, shares = first.part, [first], [first.coverage]
    left = [(other, other.part_in(first.crs)) for other in others if other is not first]
    while left:
        adding = [
            (
                fitting(scene_coverage),
                round(gain, 6),
                scene_coverage.scene.scene_id,
                scene_coverage,
                part,
            )
            for scene_coverage, part in left
            if (gain := part.difference(covered).area / full_area) > _WORTH_ADDING
        ]
        if not adding:
            break
        _, gain, _, scene_coverage, part = max(adding, key=lambda item: item[:3])
        covered = shapely.union(covered, part)
        used.append(scene_coverage)
        shares.append(gain)
        left = [(scene_coverage, part) for *_, scene_coverage, part in adding]
    if len(used) == 1:
        return Acquisition(first.scene, (), first.coverage, tuple(shares))
    completed_by = tuple(scene_coverage.scene for scene_coverage in used[1:])
    return Acquisition(
        first.scene, completed_by, min(float(covered.area / full_area), 1.0), tuple(shares)
    )


def _baseline(scene: Scene) -> str:
    return "" if scene.baseline == _UNOFFICIAL else scene.baseline
