"""Who makes the pairs of a run: worker processes, a thread of this process, a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from typing import Any, Protocol

from ...jobs.pool import WorkerPool
from ...logs.context import bound
from ...workspace import Workspace
from ..task import PairTask
from .cluster import open_cluster
from .options import RunOptions


class Workers(Protocol):
    """Workers, of which `width` are at work at a time."""

    width: int

    def submit(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Future[Any]]:
        """Let one worker do these tasks one after the other; each has an answer of its own."""

    def stop(self) -> None:
        """End what is in flight."""


class PoolWorkers:
    """Processes of this machine."""

    def __init__(self, pool: WorkerPool, width: int) -> None:
        self._pool, self.width = pool, width

    def submit(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Future[Any]]:
        """One batch of the pool."""
        return self._pool.submit_batch(function, tasks)

    def stop(self) -> None:
        """End the processes."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class ClusterWorkers:
    """Workers of a Dask cluster; `executors` has one for each of them.

    A batch is meant for one worker, which has by then what the batch shares; one that has nothing
    to do may take of it.
    """

    def __init__(self, executors: Sequence[Executor], width: int) -> None:
        self._executors, self.width = executors, width
        self._next = cycle(executors)

    def submit(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Future[Any]]:
        """Tasks of one worker, by turns."""
        executor = next(self._next)
        return [executor.submit(function, task) for task in tasks]

    def stop(self) -> None:
        """Dask's executor cancels when it isn't to wait."""
        for executor in self._executors:
            executor.shutdown(wait=False)


class OwnThread:
    """A thread of this process, which has nothing to start.

    For a few small pairs of products that are trusted: a crash would end the run, and a pair that
    was begun is brought to its end.
    """

    width = 1

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def submit(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Future[Any]]:
        """One after the other."""
        return [self._executor.submit(bound(function), task) for task in tasks]

    def stop(self) -> None:
        """Begin no more of them."""
        self._executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def open_workers(
    options: RunOptions, workspace: Workspace, tasks: Sequence[PairTask], *, here: bool = False
) -> Iterator[Workers]:
    """The workers for these tasks; those of this process where they may work `here`.

    Raises MigrateError when a cluster can't be had, or can't make them.
    """
    if options.scheduler:
        with open_cluster(options.scheduler, workspace, tasks) as (executors, width):
            yield ClusterWorkers(executors, width)
        return
    if here:
        with ThreadPoolExecutor(1) as executor:
            yield OwnThread(executor)
        return
    width = min(options.workers or os.cpu_count() or 1, len(tasks))
    pool = WorkerPool(width)
    try:
        yield PoolWorkers(pool, width)
    finally:
        pool.shutdown()
