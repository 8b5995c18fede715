"""Tasks in the order in which their products are here: fetched some way ahead of the work."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from ...errors import ArchiveOrderedError, JobCancelledError, PairError
from ...masks.size import oversize
from ...store.base import Store
from ...transfer.http.retry import Runtime
from ...transfer.product_store import ProductStore
from ...workspace import Workspace
from ..task import PairTask
from .fetch import Fetching, to_be_fetched
from .options import RunOptions

# As many as the Copernicus Data Space allows connections; so many are fetched ahead as well.
_THREADS = 4
# How often an archive is asked whether it has brought what was ordered, in seconds.
POLL_S = 300.0


def open_fetching(
    workspace: Workspace, store: Store, options: RunOptions, check: Callable[[], None]
) -> Fetching:
    """The fetchers of a run; `check` interrupts them."""
    runtime = Runtime(check=check)
    product_store = ProductStore(workspace, store, options.services, runtime=runtime)
    return Fetching(options.services, product_store, options.access)


@dataclass(frozen=True)
class FetchedTask:
    """A task whose products are here; `release` when they were read."""

    task: PairTask
    release: Callable[[], None]


@dataclass(frozen=True)
class FetchFailed:
    """A task whose products can't be had, and why."""

    task: PairTask
    error: Exception


class Prefetcher:
    """Hands out tasks; what must be fetched is, by threads, while others are worked at.

    What would be too large is refused before anything is fetched. `began(task)` is called when the
    fetch of one begins. Products that several masks need are fetched once, so tasks come grouped
    by their scenes.
    """

    def __init__(
        self,
        tasks: Iterable[PairTask],
        open_fetching: Callable[[Callable[[], None]], Fetching],
        began: Callable[[PairTask], None],
        wait_s: float = 0.0,
    ) -> None:
        tasks, self._refused = _of_a_size(tasks)
        self._here = deque(task for task in tasks if not to_be_fetched(task))
        remote = [task for task in tasks if to_be_fetched(task)]
        self._remote = deque(sorted(remote, key=lambda t: [scene.scene_id for scene in t.scenes]))
        self._stopped = threading.Event()
        self._fetching = open_fetching(self._check) if remote else None
        self._threads = ThreadPoolExecutor(_THREADS) if remote else None
        self._coming: dict[Future[tuple[PairTask, Callable[[], None]]], PairTask] = {}
        self._ordered: dict[str, tuple[PairTask, ArchiveOrderedError, float]] = {}
        self._began = began
        self._until = time.monotonic() + wait_s

    @property
    def exhausted(self) -> bool:
        """Whether there is nothing left to hand out."""
        lists = (self._refused, self._here, self._remote, self._coming, self._ordered)
        return not any(lists)

    def take(self, count: int) -> list[FetchedTask | FetchFailed]:
        """At most `count` tasks that are ready by now, and all that can't be supplied."""
        self._fetch_ahead()
        taken: list[FetchedTask | FetchFailed] = list(self._refused)
        self._refused.clear()
        completed = [future for future in self._coming if future.done()]
        ready = 0
        for future in completed:
            if ready >= count:
                break
            found = self._completed(future)
            if found is not None:
                taken.append(found)
                ready += isinstance(found, FetchedTask)
        while self._here and ready < count:
            taken.append(FetchedTask(self._here.popleft(), lambda: None))
            ready += 1
        return taken + self._given_up()

    def stop(self) -> None:
        """End the fetches in flight; what has arrived of them is kept for another time."""
        self._stopped.set()
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)
        for future in self._coming:
            if future.done() and not future.cancelled() and future.exception() is None:
                future.result()[1]()
        self._coming.clear()

    def _check(self) -> None:
        if self._stopped.is_set():
            raise JobCancelledError("The run was cancelled.")

    def _fetch_ahead(self) -> None:
        if self._threads is None or self._fetching is None:
            return
        now = time.monotonic()
        for identity, (task, _, due) in list(self._ordered.items()):
            if due <= now < self._until:
                del self._ordered[identity]
                self._remote.append(task)
        while self._remote and len(self._coming) < _THREADS:
            task = self._remote.popleft()
            self._began(task)
            self._coming[self._threads.submit(self._fetching.fetch, task)] = task

    def _completed(
        self, future: Future[tuple[PairTask, Callable[[], None]]]
    ) -> FetchedTask | FetchFailed | None:
        task = self._coming.pop(future)
        error = future.exception()
        if error is None:
            return FetchedTask(*future.result())
        if isinstance(error, ArchiveOrderedError):
            self._ordered[task.pair_id] = (task, error, time.monotonic() + POLL_S)
            return None
        if isinstance(error, Exception):
            return FetchFailed(task, error)
        raise error

    def _given_up(self) -> list[FetchedTask | FetchFailed]:
        """What is still on order once this run waits no longer."""
        if time.monotonic() < self._until:
            return []
        given_up: list[FetchedTask | FetchFailed] = [
            FetchFailed(task, error) for task, error, _ in self._ordered.values()
        ]
        self._ordered.clear()
        return given_up


def _of_a_size(tasks: Iterable[PairTask]) -> tuple[list[PairTask], list[FetchFailed]]:
    """The tasks whose pairs may be begun, and those whose pairs would be too large."""
    fit, refused = [], []
    for task in tasks:
        why = oversize(task.mask, task.max_pixels)
        if why is None:
            fit.append(task)
        else:
            refused.append(FetchFailed(task, PairError(f"{task.mask.name}: {why}")))
    return fit, refused
