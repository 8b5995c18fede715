"""Clouds over each mask and its label, measured for every candidate before anything is fetched.

A product is opened once for all masks it is a candidate for, and read once for those that lie near
each other. Services are asked by a few threads at a time.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import CredentialsError, JobCancelledError, MigrateError
from ...grid import PixelGrid
from ...logs.context import bound
from ...model import Mask, Problem, RankedScene, Scene
from ...products.product import Product, utm_crs
from ...products.scene_classes import Flag, flagged
from ..search.acquisitions import alternatives
from ..search.ranking import Key, Measurement
from ..sources import source_of
from ..sources.protocol import NotInPlaceError, Progress
from .mask_areas import MaskArea, MaskAreas, clip, together
from .scene_clouds import CloudReader, read_cloud_classes

# Services allow four connections an account; more threads wouldn't be quicker on a disk either.
THREADS = 4
# A service that failed over so many scenes in a row is down; each more would take half a minute.
_PATIENCE = 4
# How often progress is reported, and a wish to cancel heard, in seconds.
_POLL_S = 0.3

Note = Callable[[Mapping[Key, Measurement]], None]


@dataclass(frozen=True)
class Unit:
    """The scenes of one acquisition, in the order in which they complete each other, and masks."""

    scenes: tuple[Scene, ...]
    masks: tuple[Mask, ...]

    @property
    def scene_ids(self) -> tuple[str, ...]:
        """The ids of its scenes."""
        return tuple(scene.scene_id for scene in self.scenes)


def units(
    masks: Iterable[Mask],
    ranked: Mapping[str, Sequence[RankedScene]],
    scenes: Iterable[Scene],
    known: Iterable[Key] = (),
) -> list[Unit]:
    """What is to be measured, but for what is `known`: the best candidates of most masks first.

    `scenes` are those that candidates name in `completed_by`.
    """
    done, by_id = set(known), {scene.scene_id: scene for scene in scenes}
    members: dict[tuple[str, ...], list[Mask]] = defaultdict(list)
    first: dict[tuple[str, ...], Scene] = {}
    best_rank: dict[tuple[str, ...], int] = {}
    for mask in masks:
        for number, item in enumerate(ranked.get(mask.mask_id, ())):
            key = item.scene_ids
            if (mask.mask_id, key) in done or not all(name in by_id for name in item.completed_by):
                continue
            members[key].append(mask)
            first.setdefault(key, item.scene)
            best_rank[key] = min(best_rank.get(key, number), number)
    order = sorted(members, key=lambda key: (best_rank[key], -len(members[key]), key))
    return [
        Unit((first[key], *(by_id[name] for name in key[1:])), tuple(members[key])) for key in order
    ]


def substitutes(scene: Scene, known: Iterable[Scene]) -> tuple[Scene, ...]:
    """The scene, and others that show the same cloud mask: where its clouds can be looked up.

    An L1C scene's L2A sibling comes first, since its classification knows more than a cloud mask;
    then the scene itself, and the same acquisition at other sources.
    """
    scenes = tuple(known)
    sibling = replace(scene, level="L2A")
    siblings = () if scene.level == "L2A" else alternatives(replace(sibling, source=""), scenes)
    return (*siblings, scene, *alternatives(scene, scenes))


class CloudMeasuring:
    """Measures units in threads; what one unit fails at is a problem, the others go on.

    `known` are all scenes there are: where a scene can't be read in place, the same acquisition is
    read at another source.
    """

    def __init__(self, reader: CloudReader, known: Iterable[Scene]) -> None:
        self._stopped = threading.Event()
        self._services = _Services(reader.checked(self._check))
        self._areas = MaskAreas()
        self._by_tile: dict[str, list[Scene]] = defaultdict(list)
        for scene in known:
            self._by_tile[scene.tile].append(scene)
        self._lock = threading.Lock()
        self._finished = 0

    def run(self, wanted: Sequence[Unit], note: Note, progress: Progress) -> tuple[Problem, ...]:
        """Measure all units. `note` gets what was found, unit by unit, in this thread.

        `progress` counts masks that were read, and candidates; an error out of it (a cancellation)
        ends the work, and what was noted before stays.
        """
        total = sum(len(unit.masks) for unit in wanted)
        masks = len({mask.mask_id for unit in wanted for mask in unit.masks})
        failures = _Failures()
        with ThreadPoolExecutor(THREADS) as pool:
            pending = {pool.submit(bound(self._measure), unit): unit for unit in wanted}
            try:
                while pending:
                    done, _ = wait(pending, _POLL_S, FIRST_COMPLETED)
                    for future in done:
                        _take(pending.pop(future), future, note, failures)
                    progress(self._finished + min(self._areas.count, masks), total + masks)
            except BaseException:
                self._stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return (*failures.problems(), *self._areas.problems())

    def _measure(self, unit: Unit) -> dict[Key, Measurement]:
        """One unit, group by group of masks that lie together."""
        found: dict[Key, Measurement] = {}
        crs = utm_crs(unit.scenes[0].tile)
        parts = [self._part(scene) for scene in unit.scenes]
        left = len(unit.masks)
        try:
            areas = [(mask, self._area(mask, crs)) for mask in unit.masks]
            for grid, group in together([(m, area) for m, area in areas if not area.problem]):
                self._check()
                cloud_classes = _union(parts, grid)
                for mask, area in group:
                    found[mask.mask_id, unit.scene_ids] = area.measure(
                        clip(cloud_classes, grid, area.grid)
                    )
                self._count(len(group))
                left -= len(group)
        finally:
            self._count(left)
        return found

    def _area(self, mask: Mask, crs: str) -> MaskArea:
        self._check()
        return self._areas.of(mask, crs)

    def _check(self) -> None:
        if self._stopped.is_set():
            raise JobCancelledError("It was cancelled.")

    def _count(self, masks: int) -> None:
        with self._lock:
            self._finished += masks

    def _part(self, scene: Scene) -> _Part:
        return _Part(self._services, substitutes(scene, self._by_tile.get(scene.tile, ())))


class _Services:
    """Opens cloud masks; a service that failed several times in a row isn't asked any more."""

    def __init__(self, reader: CloudReader) -> None:
        self._reader = reader
        self._failed: dict[str, int] = defaultdict(int)

    def open(self, scene: Scene) -> Product:
        """The product with its cloud mask. Raises MigrateError."""
        if self._failed[scene.source] >= _PATIENCE and not source_of(scene.source).is_local:
            raise NotInPlaceError(
                f"{_PATIENCE} scenes in a row could not be read, so the others were not tried"
            )
        return self._reader.open(scene)

    def note(self, scene: Scene, err: MigrateError | None) -> None:
        """How reading a scene went; what a source doesn't offer at all is no failure."""
        if err is None:
            self._failed[scene.source] = 0
        elif not isinstance(err, _NEEDS):
            self._failed[scene.source] += 1


class _Part:
    """One scene of an acquisition, read at the first of several services that works."""

    def __init__(self, services: _Services, scenes: Sequence[Scene]) -> None:
        self._services = services
        self._left = list(scenes)
        self._opened: Product | None = None
        self._failures: list[MigrateError] = []

    def read(self, grid: PixelGrid) -> NDArray[np.uint8]:
        """Its cloud mask over `grid`. Raises the most telling error when it can be read nowhere."""
        while self._left:
            try:
                if self._opened is None:
                    self._opened = self._services.open(self._left[0])
                cloud_classes = read_cloud_classes(self._opened, self._left[0], grid)
            except JobCancelledError:
                raise
            except MigrateError as err:
                self._failures.append(err)
                self._opened = None
                self._services.note(self._left.pop(0), err)
            else:
                self._services.note(self._left[0], None)
                return cloud_classes
        reported = (err for err in self._failures if not isinstance(err, _NEEDS))
        raise next(reported, self._failures[0])


# Errors that say what a source needs, not what is wrong with one scene.
_NEEDS = (NotInPlaceError, CredentialsError)


def _union(parts: Sequence[_Part], grid: PixelGrid) -> NDArray[np.uint8]:
    """The clouds over `grid`: of each pixel by the first scene that has data there."""
    cloud_classes = parts[0].read(grid)
    for part in parts[1:]:
        empty = flagged(cloud_classes, Flag.NO_DATA)
        if empty.any():
            cloud_classes = np.where(empty, part.read(grid), cloud_classes)
    return cloud_classes


@dataclass
class _Failures:
    """Why units could not be measured, reported once for all scenes of a source where it can be."""

    needs: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    others: dict[str, str] = field(default_factory=dict)

    def add(self, unit: Unit, err: MigrateError) -> None:
        scene = unit.scenes[0]
        if isinstance(err, _NEEDS):
            self.needs[scene.source, str(err)] += 1
        else:
            self.others[scene.scene_id] = str(err)

    def problems(self) -> list[Problem]:
        found = [
            Problem(
                source,
                f"clouds over masks were not measured for {count:,} scene"
                f"{'s' if count != 1 else ''}: {sentence.rstrip('.')}. Search a source as well "
                "that is read in place, such as earth-search: the same acquisitions are measured "
                "there.",
            )
            for (source, sentence), count in self.needs.items()
        ]
        return found + [
            Problem(scene_id, f"{sentence} Clouds over masks were not measured.")
            for scene_id, sentence in self.others.items()
        ]


def _take(
    unit: Unit, future: Future[dict[Key, Measurement]], note: Note, failures: _Failures
) -> None:
    try:
        note(future.result())
    except JobCancelledError:
        raise
    except MigrateError as err:
        failures.add(unit, err)
