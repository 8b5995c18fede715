"""Whether a path is a file that can be read to its end; looked at before anything opens it.

A pipe is waited for, a device never ends, and opening some does things. What lies in folders of
others, or is named by their documents, may be any of these, also through symbolic links.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Container
from functools import lru_cache
from pathlib import Path

# Tables and documents of a person or a catalogue; the largest metadata seen of products has 19 MB.
MAX_DOCUMENT_BYTES = 200_000_000
_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a folder"),
)
# A pipe is then not waited for, and a terminal doesn't become that of this process; what isn't
# known on a system is left out.
_OPEN = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
    _OPEN |= getattr(os, _name, 0)


class UnfitFileError(OSError):
    """A path is no regular file, or the file is larger than anything of its kind."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(errno.EINVAL, reason, str(path))

    def __str__(self) -> str:
        """The reason alone: whoever raises another error for it names the file."""
        return str(self.strerror)


def check_regular(path: Path) -> None:
    """Raise UnfitFileError for what isn't a regular file, OSError for what isn't there."""
    _check_mode(path, path.stat().st_mode)


def is_regular(path: Path) -> bool:
    """Whether a regular file is there; a name that no file can have is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _check_mode(path: Path, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kind = next((text for test, text in _KINDS if test(mode)), "of an unknown kind")
    raise UnfitFileError(
        path,
        f"it is {kind}{'' if stat.S_ISDIR(mode) else ', which may never end'}; needed is a regular "
        "file",
    )


def read_bytes(path: Path, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """The content of a regular file of at most `limit` bytes. Raises UnfitFileError, OSError.

    No more is read than the file has: those of /proc have no size and may not end.
    """
    check_regular(path)
    with open(os.open(path, _OPEN), "rb") as file:  # noqa: PTH123 - a descriptor
        status = os.fstat(file.fileno())
        _check_mode(path, status.st_mode)
        if status.st_size > limit:
            raise UnfitFileError(
                path,
                f"it has {status.st_size / 1e6:,.0f} MB; at most {limit / 1e6:,.0f} MB are read",
            )
        return file.read(status.st_size)


def read_text(path: Path, encoding: str = "utf-8", limit: int = MAX_DOCUMENT_BYTES) -> str:
    """The same as text. Raises UnicodeDecodeError as well."""
    return read_bytes(path, limit).decode(encoding)


def check_beside(path: Path, others: Container[str] = ()) -> None:
    """Raise UnfitFileError for a pipe or device that GDAL would open beside a file.

    GDAL looks there by names: those that begin as the file's own (`a.tif.aux.xml`, `a.tfw`,
    `a_RPC.TXT`), and those of some providers of satellite images. `others` are suffixes in small
    letters that it leaves alone.
    """
    folder, stem = path.parent, path.stem.lower()
    beginnings = (f"{stem}.", f"{stem}_", *_PROVIDERS)
    for name in _irregular(str(folder), folder.stat().st_mtime_ns):
        suffix = Path(name).suffix.lower()
        sidecar = suffix not in _IMAGES and suffix not in others
        if sidecar and name.lower().startswith(beginnings) and (folder / name).exists():
            check_regular(folder / name)


# Seen to be opened by GDAL 3.10 beside any GeoTIFF: ALOS, DIMAP, and Kompsat's pairs of files.
_PROVIDERS = ("summary.txt", "metadata.dim", "dim", "hdr", "rpc")
# Images of their own, which only begin alike.
_IMAGES = (".tif", ".tiff", ".png", ".jpg", ".jpeg")


def is_alone(path: Path) -> bool:
    """Whether no other file of its folder has the name of this one up to a dot, as sidecars do."""
    folder = path.parent
    return path.stem.lower() not in _shared_beginnings(str(folder), folder.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _shared_beginnings(folder: str, _changed_ns: int) -> frozenset[str]:
    """What stands before a dot in several names in a folder, in small letters."""
    found = Counter(
        name[:end].lower()
        for name in os.listdir(folder)  # noqa: PTH208 - names only
        for end, letter in enumerate(name)
        if letter == "."
    )
    return frozenset(beginning for beginning, count in found.items() if count > 1)


@lru_cache(maxsize=256)
def _irregular(folder: str, _changed_ns: int) -> tuple[str, ...]:
    """The names in a folder that are neither regular files nor folders, listed once a change."""
    with os.scandir(folder) as entries:
        return tuple(entry.name for entry in entries if not (entry.is_file() or entry.is_dir()))
