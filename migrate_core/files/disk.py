"""What the operating system says when it can't write or open a file, in words that help.

The one place that knows which error number asks for what: rights, room, quota, file handles.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import DiskError

# Error number -> what was found, and what to do.
_CAUSES = {
    errno.ENOSPC: ("the disk is full", "Free space there, or use a place on another disk"),
    errno.EDQUOT: ("the disk quota is used up", "Delete files of yours there, or ask for more"),
    errno.EFBIG: (
        "the file would be larger than the system allows",
        "Raise the limit (ulimit -f), or use a place on another disk",
    ),
    errno.EROFS: ("the file system is read-only", "Mount it writable, or use another place"),
    errno.EACCES: ("permission denied", "Mend the rights, or use another place"),
    errno.EPERM: ("it isn't permitted", "Mend the rights, or use another place"),
    errno.EMFILE: (
        "this process has too many files open",
        "Raise the limit (ulimit -n), or use fewer --workers",
    ),
    errno.ENFILE: ("the system has too many files open", "Close other programs"),
    errno.EIO: ("the disk reports an error", "Check the disk, or use a place on another one"),
}
# What names of files and folders begin with until they are finished.
UNFINISHED = ".unfinished-"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# With less than this left, a file of any size may not fit.
_FULL_BYTES = 1_000_000


def disk_error(
    err: OSError, path: Path | None = None, needed_bytes: int | None = None
) -> DiskError:
    """An error of the operating system as one that a person can act on.

    `path` is what was being written where the error itself names no other file; `needed_bytes` what
    the file would take, where that is known.
    """
    location = _location(err, path)
    unknown = (err.strerror or str(err), "Check the space, quota and rights there")
    found, remedy = _CAUSES.get(err.errno or 0, unknown)
    if err.errno is None and location is not None and is_full(location):
        # GDAL and others lose the number on the way.
        found, remedy = _CAUSES[errno.ENOSPC]
    details = _room(location, needed_bytes) if err.errno in (None, *_NO_ROOM) else ""
    named = "A file" if location is None else str(location)
    return DiskError(
        f"{named} can't be {'written' if err.errno in _NO_ROOM else 'written or read'}: "
        f"{found}{details}. {remedy}, and run it again: what was finished is kept."
    )


def _location(err: OSError, path: Path | None) -> Path | None:
    """The file that an error is about; one that is still unfinished has the name it will get."""
    # Of a copy and of a renaming, the second name is what is written.
    name = err.filename2 or err.filename
    if not name:
        return path
    found = Path(str(name))
    unfinished = any(part.startswith(UNFINISHED) for part in found.parts)
    return path if path is not None and unfinished else found


def _room(location: Path | None, needed_bytes: int | None) -> str:
    """How much room there is, and how much is needed where that is known."""
    if location is None:
        return ""
    needed = "" if needed_bytes is None else f", about {needed_bytes / 1e6:,.0f} MB are needed"
    return f" ({free_bytes(location) / 1e6:,.1f} MB are free on it{needed})"


def free_bytes(path: Path) -> int:
    """Bytes that are free on the disk of a path, which need not exist yet."""
    for folder in (path, *path.absolute().parents):
        try:
            return shutil.disk_usage(folder).free
        except OSError:
            continue
    return 0


def is_full(folder: Path) -> bool:
    """Whether hardly anything can be written to the disk of a folder."""
    return free_bytes(folder) < _FULL_BYTES


@contextmanager
def writing(path: Path, needed_bytes: int | None = None) -> Iterator[None]:
    """Turn what the operating system refuses in the block, which writes `path`, into DiskError."""
    try:
        yield
    except OSError as err:
        raise disk_error(err, path, needed_bytes) from err


def keep_newest(folder: Path, most: int) -> None:
    """Delete the oldest files of a folder until at most `most` are left; what can be made again.

    Other processes may delete or write there meanwhile.
    """
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.is_file(follow_symlinks=False):
                    found.append((entry.stat().st_mtime, entry.path))
    for _, path in sorted(found)[: max(len(found) - most, 0)]:
        with suppress(OSError):
            Path(path).unlink(missing_ok=True)
