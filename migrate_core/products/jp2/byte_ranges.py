"""Bytes of a file by their place, wherever it lies: on disk, or inside a zip."""

from __future__ import annotations

import re
import struct
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol

from .deflated import Deflated, Packed, seek_points
from .errors import UnsuitableError

_VSIZIP = re.compile(r"/vsizip/\{(?P<archive>[^{}]+)\}/(?P<member>.+)")
# A member's own header in a zip: 30 bytes, of which the last four are the lengths of what follows
# (PKWARE's APPNOTE, section 4.3.7).
_LOCAL_HEADER_BYTES = 30


class ByteRanges(Protocol):
    """A file, read from any place; close it after use."""

    @property
    def size(self) -> int:
        """Bytes of all of it."""

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on; fewer at the end of the file. Raises OSError."""

    def close(self) -> None:
        """Let the file go."""


class PartOfFile:
    """A file on disk, or a part of one: of a zip, a member that is stored as it is."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self.size = file, start, size

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on, fewer at the end."""
        self._file.seek(self._start + offset)
        return self._file.read(max(0, min(length, self.size - offset)))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


@dataclass(frozen=True)
class Location:
    """Where a file lies on disk, and as what it is known: path, time of writing and size of it."""

    path: Path
    member: str | None
    stamp: tuple[int, int]


def locate(location: str) -> Location:
    """The file behind what GDAL opens a band by. Raises UnsuitableError for one not on disk."""
    zipped = _VSIZIP.fullmatch(location)
    if zipped is None and location.startswith("/vsi"):
        raise UnsuitableError("it isn't on this machine's disks")
    path = Path(zipped["archive"] if zipped else location)
    try:
        found = path.stat()
    except OSError as err:
        raise UnsuitableError(str(err)) from err
    member = zipped["member"] if zipped else None
    return Location(path, member, (found.st_mtime_ns, found.st_size))


def open_ranges(location: Location) -> ByteRanges:
    """Open it. Raises OSError, or UnsuitableError for a member that is packed in another way."""
    if location.member is None:
        return PartOfFile(location.path.open("rb", buffering=0), 0, location.stamp[1])
    found = _member(location)
    file = location.path.open("rb", buffering=0)
    if found.method == zipfile.ZIP_STORED:
        return PartOfFile(file, found.start, found.size)
    packed = Packed(found.start, found.compressed, found.size)
    return Deflated(file, packed, seek_points(location))


@dataclass(frozen=True)
class _Member:
    start: int
    compressed: int
    size: int
    method: int


@lru_cache(maxsize=512)
def _member(location: Location) -> _Member:
    """Where the bytes of a member begin, and how they are packed."""
    with zipfile.ZipFile(location.path) as archive:
        try:
            info = archive.getinfo(location.member or "")
        except KeyError as err:
            raise UnsuitableError(str(err)) from err
    encrypted = bool(info.flag_bits & 1)
    if encrypted or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnsuitableError("it is packed or encrypted in another way")
    with location.path.open("rb") as file:
        file.seek(info.header_offset)
        header = file.read(_LOCAL_HEADER_BYTES)
    if len(header) < _LOCAL_HEADER_BYTES or header[:4] != b"PK\x03\x04":
        raise UnsuitableError("its header in the zip is damaged")
    names, extra = struct.unpack("<HH", header[26:30])
    start = info.header_offset + _LOCAL_HEADER_BYTES + names + extra
    return _Member(start, info.compress_size, info.file_size, info.compress_type)
