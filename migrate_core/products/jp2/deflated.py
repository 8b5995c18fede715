"""A compressed member of a zip, inflated forward, and begun again from where it has been before."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, BinaryIO

from ..remembered import Remembered

_CHUNK_BYTES = 1 << 20
# A header is read in a piece that may reach into the first tile, and a tile after its own header.
_LOOK_BACK_BYTES = 1 << 17
# A copy of an inflater has some 40 kB: less than a megabyte for the largest band, 30 for all.
_STEP_BYTES = 6 << 20
_FILES_REMEMBERED = 40


@dataclass(frozen=True)
class Packed:
    """Where the compressed bytes of a member begin in the zip, how many they are, and inflated."""

    start: int
    compressed: int
    size: int


@dataclass(frozen=True)
class SeekPoint:
    """An inflater as it was after `taken` compressed bytes, which gave `offset` bytes."""

    offset: int
    taken: int
    inflater: Any


class SeekPoints:
    """The seek points of one member; threads may use them at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._points: list[SeekPoint] = []

    def before(self, offset: int) -> SeekPoint | None:
        """The last point from which an offset is reached."""
        with self._lock:
            number = bisect_right(self._points, offset, key=lambda point: point.offset)
            return self._points[number - 1] if number else None

    def add(self, offset: int, taken: int, inflater: Any) -> None:
        """Keep a copy of an inflater, unless the last one isn't far behind."""
        with self._lock:
            last = self._points[-1].offset if self._points else 0
            if offset >= last + _STEP_BYTES:
                self._points.append(SeekPoint(offset, taken, inflater.copy()))


_known: Remembered[Hashable, SeekPoints] = Remembered(_FILES_REMEMBERED)


def seek_points(key: Hashable) -> SeekPoints:
    """Those of a member, which `key` tells from others and from what was there before."""
    return _known.find_or_make(key, SeekPoints)


class Deflated:
    """A compressed member of a zip (`ByteRanges` of `byte_ranges`).

    Whoever reads at growing offsets inflates every byte once, up to the last that is asked for.
    Going back, or coming again, begins at the nearest seek point before.
    """

    def __init__(self, file: BinaryIO, packed: Packed, points: SeekPoints) -> None:
        self._file, self._member, self._points = file, packed, points
        self.size = packed.size
        self._begin(None)

    def _begin(self, point: SeekPoint | None) -> None:
        if point is None:
            self._inflate, self._taken, self._offset = zlib.decompressobj(-zlib.MAX_WBITS), 0, 0
        else:
            self._inflate, self._taken = point.inflater.copy(), point.taken
            self._offset = point.offset
        # What was inflated last: the bytes of the member that end at `_offset`.
        self._last = b""
        self._fresh = 0

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on. Raises OSError when they can't be inflated."""
        point = self._points.before(offset)
        back = offset < self._offset - len(self._last)
        if back or (point is not None and point.offset > self._offset):
            self._begin(point)
        end = min(offset + length, self.size)
        pieces = [self._of_last(offset, end)]
        while self._offset < end and self._go_on():
            pieces.append(self._of_last(max(offset, self._offset - self._fresh), end))
        return b"".join(pieces)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _of_last(self, offset: int, end: int) -> bytes:
        """What `_last` has of the bytes from `offset` to `end`."""
        begin = self._offset - len(self._last)
        return self._last[max(0, offset - begin) : max(0, end - begin)]

    def _go_on(self) -> bool:
        """Inflate the next bytes; whether there were any."""
        while not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._packed()
            if not packed:
                return False
            try:
                found = self._inflate.decompress(packed, _CHUNK_BYTES)
            except zlib.error as err:
                raise OSError(str(err)) from err
            if found:
                self._last = self._last[-_LOOK_BACK_BYTES:] + found
                self._offset += len(found)
                self._fresh = len(found)
                return True
        return False

    def _packed(self) -> bytes:
        # Here the inflater holds no compressed bytes, so a copy of it is small.
        self._points.add(self._offset, self._taken, self._inflate)
        self._file.seek(self._member.start + self._taken)
        chunk = self._file.read(min(_CHUNK_BYTES, self._member.compressed - self._taken))
        self._taken += len(chunk)
        return chunk
