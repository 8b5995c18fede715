"""Scenes of one acquisition: half tiles that complete each other, and reprocessed twins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import shapely
from shapely.geometry.base import BaseGeometry

from ..model import Scene

# Services give the sensing time of the datatake or of the granule, which differ by minutes; the
# next overpass of the same tile is days away.
_SAME_OVERPASS = timedelta(minutes=15)
# The share of the footprint that another half must add to be worth reading.
_WORTH_ADDING = 0.001
# N9999 marks products that somebody reprocessed outside the archive; it isn't a newer baseline.
_UNOFFICIAL = "99.99"


@dataclass(frozen=True)
class Covering:
    """A scene and the part of one mask's footprint that it has data for.

    `part` and the whole `footprint` are in one projected CRS.
    """

    scene: Scene
    part: BaseGeometry
    footprint: BaseGeometry

    @property
    def coverage(self) -> float:
        """The covered share 0…1 of the footprint."""
        return min(float(self.part.area / self.footprint.area), 1.0)


@dataclass(frozen=True)
class Acquisition:
    """What one overpass offers a mask: the preferred scene and those that complete it."""

    scene: Scene
    completed_by: tuple[Scene, ...]
    coverage: float


def acquisitions(coverings: Iterable[Covering]) -> list[Acquisition]:
    """One acquisition for each overpass among the scenes that cover a mask."""
    ordered = sorted(coverings, key=lambda c: (c.scene.tile, c.scene.level, c.scene.sensed_at))
    groups: list[list[Covering]] = []
    for covering in ordered:
        if groups and _same_acquisition(groups[-1][0].scene, covering.scene):
            groups[-1].append(covering)
        else:
            groups.append([covering])
    return [_combined(group) for group in groups]


def _same_acquisition(one: Scene, other: Scene) -> bool:
    return (one.tile, one.level) == (other.tile, other.level) and abs(
        other.sensed_at - one.sensed_at
    ) <= _SAME_OVERPASS


def elsewhere(scene: Scene, known: Iterable[Scene]) -> tuple[Scene, ...]:
    """Scenes of the same acquisition at other sources: what stands in when its service fails.

    The same product first, then the newest baseline.
    """
    found = [
        other for other in known if other.source != scene.source and _same_acquisition(scene, other)
    ]
    found.sort(key=lambda other: (_baseline(other), other.scene_id, other.source), reverse=True)
    found.sort(key=lambda other: other.scene_id != scene.scene_id)
    return tuple(found)


def _combined(group: Sequence[Covering]) -> Acquisition:
    """The newest baseline first, the larger part before the smaller, others while they add."""
    order = sorted(
        group,
        key=lambda c: (_baseline(c.scene), round(c.coverage, 3), c.scene.scene_id),
        reverse=True,
    )
    first, covered, added = order[0], order[0].part, []
    for covering in order[1:]:
        gain = covering.part.difference(covered).area / covering.footprint.area
        if gain > _WORTH_ADDING:
            added.append(covering.scene)
            covered = shapely.union(covered, covering.part)
    coverage = min(covered.area / first.footprint.area, 1.0)
    return Acquisition(first.scene, tuple(added), coverage)


def _baseline(scene: Scene) -> str:
    return "" if scene.baseline == _UNOFFICIAL else scene.baseline
