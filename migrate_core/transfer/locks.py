"""Waiting for locks of files, and counting the connections with a service by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ..files.locks import FileLock, try_lock
from .http.retry import Runtime

_LOOK_EVERY_S = 0.2


def lock_one_of(paths: Sequence[Path], runtime: Runtime, *, shared: bool = False) -> FileLock:
    """The first of these locks that becomes free; waits, and can be interrupted meanwhile."""
    while True:
        for path in paths:
            lock = try_lock(path, shared=shared)
            if lock is not None:
                return lock
        runtime.check()
        runtime.sleep(_LOOK_EVERY_S)


@contextmanager
def locked(path: Path, runtime: Runtime, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock of a file for the time of the block."""
    lock = lock_one_of([path], runtime, shared=shared)
    try:
        yield
    finally:
        lock.release()


class ConnectionLimit:
    """At most `connections` at a time with one service, in all processes of a workspace."""

    def __init__(self, folder: Path, connections: int, runtime: Runtime) -> None:
        self._slots = [folder / f"connection-{number}.lock" for number in range(connections)]
        self._runtime = runtime

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Wait for a free connection and hold it for the time of the block."""
        lock = lock_one_of(self._slots, self._runtime)
        try:
            yield
        finally:
            with suppress(OSError):
                lock.release()
