"""Who makes the pairs of a run: worker processes, a thread of this process, a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from typing import Any, Protocol

from ...errors import MigrateError
from ...jobs.pool import WorkerPool
from ...logs.context import bound
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
def open_workers(options: RunOptions, tasks: int, *, here: bool = False) -> Iterator[Workers]:
    """The workers for so many tasks; those of this process where they may work `here`.

    Raises MigrateError when a cluster can't be had.
    """
    if options.scheduler:
        with _cluster(options.scheduler) as workers:
            yield workers
        return
    if here:
        with ThreadPoolExecutor(1) as executor:
            yield OwnThread(executor)
        return
    width = min(options.workers or os.cpu_count() or 1, tasks)
    pool = WorkerPool(width)
    try:
        yield PoolWorkers(pool, width)
    finally:
        pool.shutdown()


@contextmanager
def _cluster(address: str) -> Iterator[Workers]:
    """A Dask cluster; its workers must see the workspace and the scenes."""
    from distributed import Client

    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as err:
        raise MigrateError(
            f"No Dask scheduler answers at {address} ({err}). Check the address and that it runs, "
            "or leave out --scheduler."
        ) from err
    with client:
        threads = client.nthreads()
        if not threads:
            raise MigrateError(f"The Dask scheduler at {address} has no workers. Start some.")
        executors = [
            # Results depend on files, so a task must run each time it is asked for: never cached.
            client.get_executor(pure=False, workers=[worker], allow_other_workers=True)
            for worker in threads
        ]
        yield ClusterWorkers(executors, sum(threads.values()))
