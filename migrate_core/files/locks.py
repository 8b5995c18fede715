"""Locks that processes and threads share through files.

The kernel gives a lock up when its process dies, however it dies, so none is ever stale. Two
threads of one process exclude each other as well, since each opens the file again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

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
