"""Work on many bands, or ranges, at once, in a bounded number of threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ..logs.context import bound

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


def ahead(function: Callable[[T], R], items: Iterable[T], threads: int) -> Generator[R, None, None]:
    """What `function` makes of each item, in their order, while what came before is worked at.

    No more than `threads` items are begun and not taken yet, so as many results are held at most.
    Close the iterator where not all is taken: it ends, as with an error, when what has begun has
    ended; what hasn't begun is left out.
    """
    coming: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="ahead")
    with pool:
        try:
            for item in items:
                if len(coming) >= threads:
                    yield coming.popleft().result()
                coming.append(pool.submit(bound(function), item))
            while coming:
                yield coming.popleft().result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
