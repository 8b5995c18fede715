"""What tells that a file is still the one that was read: when it was written, and its size."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

# Path, times of writing and of change of its inode (which a copy that keeps the first doesn't keep)
# in nanoseconds since 1970, size in bytes.
Stamp = tuple[str, int, int, int]
_IMAGES = (".jp2", ".tif", ".tiff", ".jpg", ".png")


def stamps_of(paths: Iterable[str]) -> tuple[Stamp, ...]:
    """The stamps of files and folders. Raises OSError for what isn't there."""
    return tuple(_stamp(path) for path in paths)


def still_hold(stamps: Iterable[Stamp]) -> bool:
    """Whether files and folders are as they were."""
    try:
        return all(_stamp(stamp[0]) == stamp for stamp in stamps)
    except OSError:
        return False


def newest_ns(stamps: Iterable[Stamp]) -> int:
    """The latest time in stamps, in nanoseconds since 1970."""
    return max((max(stamp[1:3]) for stamp in stamps), default=0)


def stamps_below(folder: Path) -> tuple[Stamp, ...]:
    """The stamps of a folder and of all folders and files in it. Raises OSError.

    Those of folders change with the names in them.
    """
    paths = [str(folder)]
    for directory, folders, names in os.walk(folder):
        paths += (f"{directory}{os.sep}{name}" for name in (*folders, *names))
    return stamps_of(paths)


def without_images(stamps: Iterable[Stamp]) -> tuple[Stamp, ...]:
    """Stamps without those of rasters, where only metadata were read."""
    return tuple(stamp for stamp in stamps if not stamp[0].lower().endswith(_IMAGES))


def _stamp(path: str) -> Stamp:
    status = os.stat(path)  # noqa: PTH116 - quick, for many files
    return path, status.st_mtime_ns, status.st_ctime_ns, status.st_size
