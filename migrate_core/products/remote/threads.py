"""Work on many bands, or ranges, at once, in a bounded number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ...logs.context import bound

T = TypeVar("T")
R = TypeVar("R")


def each(function: Callable[[T], R], items: Iterable[T], threads: int) -> list[R]:
    """What `function` makes of each item, in their order; records name what they do here.

    The first error is raised, when what has begun has ended; what hasn't begun is left out.
    """
    given = list(items)
    if len(given) < 2 or threads < 2:
        return [function(item) for item in given]
    pool = ThreadPoolExecutor(min(threads, len(given)), thread_name_prefix="bands")
    with pool:
        futures = [pool.submit(bound(function), item) for item in given]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
