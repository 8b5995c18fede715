"""Zip archives of others: what of their members is safe to read. The one place that knows."""

from __future__ import annotations

import stat
import zipfile
from pathlib import PurePosixPath

# What a zip made of a few bytes must not become; masks and metadata compress well, but not this
# well.
MAX_GROWTH = 1_000
SMALL_BYTES = 50 * 1024**2
# All members of an archive together; JPEG 2000, most of a product, doesn't compress any more.
MAX_TOTAL_GROWTH = 100
SMALL_TOTAL_BYTES = 2 * 1024**3


def unsafe_member(member: zipfile.ZipInfo) -> str | None:
    """Why a member must not be read, as the end of a sentence with its name; None if it may be."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in member.filename:
        return "points outside its folder. Make the zip again from a folder."
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a link. Make the zip again with the files themselves."
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a pipe, socket or device. Make the zip again without it."
    if member.file_size > max(SMALL_BYTES, MAX_GROWTH * member.compress_size):
        return (
            f"grows from {member.compress_size} to {member.file_size} bytes, which no sound file "
            "does. Bring it outside a zip."
        )
    return None


def grown_too_large(archive: zipfile.ZipFile) -> str | None:
    """Why an archive as a whole must not be unpacked, in words; None if it may be.

    Members may also lie over each other in the archive, so that each is small and all are huge.
    """
    packed = sum(member.compress_size for member in archive.infolist())
    unpacked = sum(member.file_size for member in archive.infolist())
    stored = _bytes_of(archive)
    if unpacked <= max(SMALL_TOTAL_BYTES, MAX_TOTAL_GROWTH * min(packed, stored)):
        return None
    return (
        f"its members grow from {stored / 1e6:,.1f} to {unpacked / 1e6:,.0f} MB, which no sound "
        "archive does"
    )


def _bytes_of(archive: zipfile.ZipFile) -> int:
    """The size of the archive itself."""
    file = archive.fp
    if file is None:
        return 0
    position = file.tell()
    size = file.seek(0, 2)
    file.seek(position)
    return size
