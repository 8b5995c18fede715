"""The products that a workspace keeps: each fetched once, used by many, cleaned up by last use.

Whoever reads a product holds a shared lock on it, whoever fetches or deletes it the only one, in
all processes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..files.disk import writing
from ..files.locks import FileLock, try_lock
from .http.retry import Runtime
from .locks import lock_one_of, locked

_LOCKS = ".locks"
_PART = ".part"


@dataclass(frozen=True)
class Held:
    """A product that stays where it is until `release`."""

    path: Path
    lock: FileLock

    def release(self) -> None:
        """It may be cleaned up from now on."""
        self.lock.release()


class ProductCache:
    """A folder of products, at most about `limit_bytes` large.

    Products in use are never deleted, so what is in use at a time can exceed the limit.
    """

    def __init__(self, folder: Path, limit_bytes: int, runtime: Runtime) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._runtime = runtime

    def hold(self, name: str, size: int, fetch: Callable[[Path], None]) -> Held:
        """The product `name`, fetched by `fetch(target)` if it isn't there, held for use.

        `fetch` must make the target appear complete at once. `size` is about what it will take.
        Raises DiskError.
        """
        with writing(self._folder / name, size or None):
            return self._held(name, size, fetch)

    def _held(self, name: str, size: int, fetch: Callable[[Path], None]) -> Held:
        target, lock = self._folder / name, self._lock(name)
        while True:
            held = lock_one_of([lock], self._runtime, shared=True)
            if target.exists():
                os.utime(target)
                return Held(target, held)
            held.release()
            with locked(lock, self._runtime):
                if not target.exists():
                    self.make_room(size, keep=name)
                    fetch(target)

    def make_room(self, size: int, keep: str = "") -> None:
        """Delete what was not used for the longest time, until `size` more bytes fit."""
        entries = sorted(self._entries(), key=lambda entry: entry.used_at)
        excess = sum(entry.bytes for entry in entries) + size - self._limit
        # Parts go first: the products are worth more than the beginnings.
        for entry in sorted(entries, key=lambda entry: not entry.path.name.endswith(_PART)):
            if excess <= 0:
                return
            if entry.name != keep and self._deleted(entry):
                excess -= entry.bytes

    def _lock(self, name: str) -> Path:
        return self._folder / _LOCKS / f"{name}.lock"

    def _entries(self) -> Iterator[_Entry]:
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            if path.name == _LOCKS or path.name.endswith(".json"):
                continue
            try:
                used_at, size = path.stat().st_mtime, _bytes_of(path)
            except OSError:  # it has just been finished or deleted by somebody else
                continue
            yield _Entry(path, used_at, size)

    def _deleted(self, entry: _Entry) -> bool:
        """Delete an entry; False when somebody holds it."""
        lock = try_lock(self._lock(entry.name))
        if lock is None:
            return False
        try:
            if entry.path.is_dir():
                # Under another name first, so that a kill never leaves half a product.
                doomed = entry.path.with_name(f"{entry.name}{_PART}")
                if entry.path != doomed:
                    shutil.rmtree(doomed, ignore_errors=True)
                    entry.path.rename(doomed)
                shutil.rmtree(doomed, ignore_errors=True)
            else:
                entry.path.unlink(missing_ok=True)
                entry.path.with_name(f"{entry.path.name}.json").unlink(missing_ok=True)
        finally:
            lock.release()
        return True


@dataclass(frozen=True)
class _Entry:
    path: Path
    used_at: float
    bytes: int

    @property
    def name(self) -> str:
        """The product that it is, or is a part of."""
        return self.path.name.removesuffix(_PART)


def _bytes_of(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size
