"""Threads in place of worker processes, each of which takes seconds to import everything again."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from migrate_core.jobs.pool import WorkerPool
from migrate_core.masks.files import isolation
from migrate_core.pairs.run import workers


class ThreadPool(ThreadPoolExecutor):
    """Takes what a WorkerPool takes, for any time; calls and results must be picklable."""

    def __init__(self, workers: int, limit_s: float | None = None) -> None:
        super().__init__(workers)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a copy of the call in a thread."""
        return super().submit(_run, pickle.dumps((fn, args, kwargs)))

    def submit_batch(self, fn: Callable[[Any], Any], items: Iterable[Any]) -> list[Future[Any]]:
        """Run copies of the calls; they may run at once."""
        return [self.submit(fn, item) for item in items]


def _run(call: bytes) -> Any:
    function, args, kwargs = pickle.loads(call)
    return pickle.loads(pickle.dumps(function(*args, **kwargs)))


# Pools for reading masks stay, as they do in the program; the two kinds must not meet.
_reading: dict[type, dict[int, object]] = {ThreadPool: {}, WorkerPool: {}}


@contextmanager
def working_in(pool: type[ThreadPool] | type[WorkerPool]) -> Iterator[None]:
    """Masks are read and pairs are made in pools of this kind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isolation, "WorkerPool", pool)
        patch.setattr(isolation, "_pools", _reading[pool])
        patch.setattr(workers, "WorkerPool", pool)
        yield
