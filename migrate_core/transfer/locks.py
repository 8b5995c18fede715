"""Locks that processes and threads share through files.

The kernel gives a lock up when its process dies, however it dies, so none is ever stale. Two
threads of one process exclude each other as well, since each opens the file anew.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from .http.retry import Runtime

_LOOK_EVERY_S = 0.2

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int, *, shared: bool) -> None:
        # Windows has no shared locks here; it refuses to delete files in use all by itself.
        if not shared:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int, *, shared: bool) -> None:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)


class FileLock:
    """A lock that is held until `release`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Give it up; a second time does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def try_lock(path: Path, *, shared: bool = False) -> FileLock | None:
    """The lock of a file (made when missing), or None while somebody else holds it.

    A `shared` lock goes together with other shared ones.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take(descriptor, shared=shared)
    except OSError:
        os.close(descriptor)
        return None
    return FileLock(descriptor)


def lock_one_of(paths: Sequence[Path], around: Runtime, *, shared: bool = False) -> FileLock:
    """The first of these locks that becomes free; waits, and can be interrupted meanwhile."""
    while True:
        for path in paths:
            lock = try_lock(path, shared=shared)
            if lock is not None:
                return lock
        around.check()
        around.sleep(_LOOK_EVERY_S)


@contextmanager
def locked(path: Path, around: Runtime, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock of a file for the time of the block."""
    lock = lock_one_of([path], around, shared=shared)
    try:
        yield
    finally:
        lock.release()


class ConnectionLimit:
    """At most `connections` at a time with one service, in all processes of a workspace."""

    def __init__(self, folder: Path, connections: int, around: Runtime) -> None:
        self._slots = [folder / f"connection-{number}.lock" for number in range(connections)]
        self._around = around

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Wait for a free connection and hold it for the time of the block."""
        lock = lock_one_of(self._slots, self._around)
        try:
            yield
        finally:
            with suppress(OSError):
                lock.release()
