"""A pool of threads of this process in the place of `WorkerPool`: processes take a second each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class InThreads(ThreadPoolExecutor):
    """Threads; the calls of a batch may run at once."""

    def submit_batch(self, fn: Callable[[Any], Any], items: Iterable[Any]) -> list[Future[Any]]:
        """Run `fn(item)` for each item."""
        return [self.submit(fn, item) for item in items]
