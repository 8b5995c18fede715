"""Bringing the products of a pair to this machine, from wherever they can be had.

Only the process that owns a run fetches: it holds the one session of an account, counts
connections, and can be cancelled; workers get paths.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from ...errors import (
    ArchiveOrderedError,
    DiskError,
    JobCancelledError,
    MigrateError,
    StoreError,
    TransferError,
)
from ...logs.context import about
from ...model import Scene
from ...scenes.sources import Fetchers, source_of
from ...scenes.sources.protocol import Fetched
from ...settings import ServiceSettings
from ...transfer.product_store import ProductStore
from ..task import Origin, PairTask, log_ids

log = logging.getLogger(__name__)


class Fetching:
    """What brings the products of a run; threads may fetch at once."""

    def __init__(
        self, services: ServiceSettings, product_store: ProductStore, access: str = "auto"
    ) -> None:
        self._access = access
        self._fetchers = Fetchers(services, product_store)

    def fetch(self, task: PairTask) -> tuple[PairTask, Callable[[], None]]:
        """The task with paths for scenes, and what to call when they were read.

        A scene whose service fails is fetched from where else the same acquisition is known.
        Raises MigrateError: ArchiveOrderedError when all that is left is to wait.
        """
        with about(log_ids(task)):
            return self._fetched(task)

    def _fetched(self, task: PairTask) -> tuple[PairTask, Callable[[], None]]:
        held: list[Fetched] = []

        def release() -> None:
            for one in held:
                one.release()

        try:
            for number, scene in enumerate(task.scenes):
                others = task.alternatives[number] if number < len(task.alternatives) else ()
                held.append(self._first_of([scene, *others]))
        except BaseException:
            release()
            raise
        scenes = tuple(
            one.in_place or replace(scene, href=one.href, item=None)
            for scene, one in zip(task.scenes, held, strict=True)
        )
        origins = tuple(Origin(one.source, one.product_id, one.access) for one in held)
        return replace(task, scenes=scenes, origins=origins), release

    def _first_of(self, scenes: Sequence[Scene]) -> Fetched:
        """The first of these scenes that can be had."""
        failures: list[MigrateError] = []
        for scene in scenes:
            try:
                found = self._one(scene)
                log.info("%s of %s is here (%s).", scene.scene_id, found.source, found.access)
                return found
            except (JobCancelledError, DiskError, StoreError):
                raise
            except MigrateError as err:
                failures.append(err)
                log.warning("%s of %s can't be had: %s", scene.scene_id, scene.source, err)
        ordered = next((err for err in failures if isinstance(err, ArchiveOrderedError)), None)
        if ordered is not None:
            raise ordered
        if len(failures) == 1:
            raise failures[0]
        others = "; ".join(str(err) for err in failures[1:])
        raise TransferError(f"{failures[0]} Elsewhere it failed as well: {others}") from failures[0]

    def _one(self, scene: Scene) -> Fetched:
        fetcher = self._fetchers.of(scene.source)
        if fetcher is None:
            location = "in place"
            return Fetched(scene.href, location, scene.source, scene.scene_id, in_place=scene)
        return fetcher.fetch(scene, self._access)


def to_be_fetched(task: PairTask) -> bool:
    """Whether anything of a task lies at a service."""
    return any(source_of(scene.source).needs_fetching for scene in task.scenes)
