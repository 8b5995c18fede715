"""A file at a service: what was fetched of it is kept, and what is wanted of it is fetched."""

from __future__ import annotations

import io
from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from ..access import Access, Piece
from ..jp2.errors import UnsuitableError
from ..threads import each

# GDAL reads as much of the beginning; the directories of a COG with 512 x 512 blocks fit.
HEAD_BYTES = 1 << 14
# Ranges so near to each other come in one request: what lies between costs less than a request.
_NEAR_BYTES = 1 << 12
# Of one file; all files of a service share its connections.
_RANGES_AT_ONCE = 8


class ChangedError(Exception):
    """The file isn't the one any more that its header, or its index, was read from."""


@dataclass(frozen=True, order=True)
class Extent:
    """Bytes of a file, from `start` to before `end`."""

    start: int
    end: int


class RemoteFile:
    """Bytes of one file (`ByteRanges` of jp2.byte_ranges), for one task; threads may read at once.

    `head` is its beginning where it is known already; `size` and `version` are then known as well,
    and all that comes must be of that version. Raises MigrateError where a service can't be read,
    ChangedError, and UnsuitableError where only GDAL knows the way.
    """

    def __init__(self, access: Access, location: str, head: Piece | None = None) -> None:
        self._access, self._location = access, location
        self._lock = Lock()
        # Pieces that don't overlap, by where they begin.
        self._starts: list[int] = []
        self._pieces: dict[int, bytes] = {}
        self._first = head
        if head is not None:
            self._put(0, head.content)

    def open(self, length: int = HEAD_BYTES) -> RemoteFile:
        """Fetch its beginning, unless that is known; itself."""
        if self._first is None:
            self._fetch(Extent(0, length))
        return self

    @property
    def first(self) -> Piece:
        """What came first, which tells size and version."""
        if self._first is None:
            self.open()
        if self._first is None:
            raise UnsuitableError("nothing came of it")
        return self._first

    @property
    def size(self) -> int:
        """Bytes of all of it."""
        return self.first.size

    @property
    def version(self) -> str:
        """What changes with its content."""
        return self.first.version

    def read(self, offset: int, length: int, ahead: int = 0) -> bytes:
        """The bytes from `offset` on, fewer at its end; what isn't here is fetched.

        Then at least `ahead` bytes are, for those who read in small steps.
        """
        wanted = Extent(offset, max(offset, min(offset + length, self.size)))
        if missing := self._gaps(wanted):
            start = missing[0].start
            self.fetch([Extent(start, min(max(wanted.end, start + ahead), self.size))])
        return self._joined(wanted)

    def fetch(self, extents: Iterable[Extent]) -> None:
        """Fetch what isn't here yet, neighbours in one request, and requests at once."""
        inside = [Extent(extent.start, min(extent.end, self.size)) for extent in extents]
        missing = [gap for extent in inside for gap in self._gaps(extent)]
        each(self._fetch, merged(missing), _RANGES_AT_ONCE)

    def close(self) -> None:
        """Nothing is open."""

    def _fetch(self, extent: Extent) -> None:
        length = extent.end - extent.start
        piece = self._access.piece(self._location, extent.start, length)
        if piece is None:
            raise UnsuitableError("only GDAL knows the way to it")
        first = self._first
        if first is not None and (piece.size, piece.version) != (first.size, first.version):
            raise ChangedError
        with self._lock:
            if self._first is None:
                self._first = piece
            self._put(extent.start, piece.content)
        if len(piece.content) < min(length, piece.size - extent.start):
            raise ChangedError

    def _put(self, start: int, content: bytes) -> None:
        """Keep a piece; what is here of it already stays."""
        for gap in self._gaps(Extent(start, start + len(content))):
            self._pieces[gap.start] = content[gap.start - start : gap.end - start]
            insort(self._starts, gap.start)

    def _gaps(self, extent: Extent) -> list[Extent]:
        """What of an extent isn't here."""
        gaps, at = [], extent.start
        for start, content in self._under(extent):
            if at < start:
                gaps.append(Extent(at, start))
            at = max(at, start + len(content))
        if at < extent.end:
            gaps.append(Extent(at, extent.end))
        return gaps

    def _under(self, extent: Extent) -> list[tuple[int, bytes]]:
        """The pieces that have bytes of an extent, from its beginning on."""
        first = max(bisect_right(self._starts, extent.start) - 1, 0)
        last = bisect_right(self._starts, extent.end - 1)
        found = [(start, self._pieces[start]) for start in self._starts[first:last]]
        return [one for one in found if one[0] + len(one[1]) > extent.start]

    def _joined(self, extent: Extent) -> bytes:
        with self._lock:
            return b"".join(
                content[max(extent.start - start, 0) : extent.end - start]
                for start, content in self._under(extent)
            )


def merged(extents: Iterable[Extent]) -> list[Extent]:
    """The same bytes in fewer extents: those that overlap, or lie near, become one."""
    found: list[Extent] = []
    for extent in sorted(extents):
        if found and extent.start - found[-1].end <= _NEAR_BYTES:
            found[-1] = Extent(found[-1].start, max(found[-1].end, extent.end))
        elif extent.start < extent.end:
            found.append(extent)
    return found


class FileForGdal(io.RawIOBase):
    """A `RemoteFile` as GDAL reads it through rasterio.

    What goes wrong while GDAL reads is added to `failures`: GDAL itself only learns that there are
    no bytes.
    """

    def __init__(self, file: RemoteFile, failures: list[Exception]) -> None:
        super().__init__()
        self._file, self._offset, self._failures = file, 0, failures

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._offset

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an offset from the beginning, from here, or from the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._file.size}[whence]
        self._offset = base + offset
        return self._offset

    def read(self, size: int = -1) -> bytes:
        """The next bytes; none where they can't be had."""
        length = max(self._file.size - self._offset, 0) if size < 0 else size
        try:
            content = self._file.read(self._offset, length, HEAD_BYTES)
        except Exception as err:  # whatever it is, it must not get lost in GDAL's callback
            self._failures.append(err)
            return b""
        self._offset += len(content)
        return content
