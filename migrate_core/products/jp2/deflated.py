"""A compressed member of a zip, inflated forward, and begun again from where it has been before."""

from __future__ import annotations

import os
import sys
import zlib
from bisect import bisect_right
from collections.abc import Hashable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, BinaryIO

from ..remembered import Remembered
from .stored_blocks import (
    AHEAD_BYTES,
    HEADER_BYTES,
    LENGTHS_BYTES,
    begins,
    may_begin,
    stored_length,
)

# As many as a stored block or two: coded ones between them are mostly short. By megabytes it is
# slower in any case, since memory for them comes fresh from the system each time.
_CHUNK_BYTES = 1 << 15
# What a coded block may refer back to (RFC 1951, section 2).
_HISTORY_BYTES = 1 << 15
# A header is read in a piece that may reach into the first tile, and a tile after its own header.
_LOOK_BACK_BYTES = 1 << 17
# A seek point in coded blocks has some 75 kB: 1.5 MB for the largest band, 60 for all at most.
_STEP_BYTES = 6 << 20
_FILES_REMEMBERED = 40


@dataclass(frozen=True)
class Packed:
    """Where the compressed bytes of a member begin in the zip, how many they are, and inflated."""

    start: int
    compressed: int
    size: int


@dataclass(frozen=True)
class Piece:
    """Inflated bytes from `offset` to `end`: `content`, or stored from `taken` on."""

    offset: int
    end: int
    taken: int = 0
    content: bytes | None = None

    def part(self, offset: int, end: int) -> Piece:
        """What it has of the bytes from `offset` to `end`."""
        skipped, kept = max(0, offset - self.offset), min(end, self.end) - self.offset
        content = None if self.content is None else self.content[skipped:kept]
        return Piece(self.offset + skipped, self.offset + kept, self.taken + skipped, content)


@dataclass(frozen=True)
class SeekPoint:
    """An inflater as it was after `taken` compressed bytes, which gave `offset` bytes.

    None where a block begins with a byte. `history` are the last bytes before.
    """

    offset: int = 0
    taken: int = 0
    inflater: Any = None
    history: tuple[Piece, ...] = ()

    def copy(self) -> SeekPoint:
        """Another one, whose inflater can be used."""
        return self if self.inflater is None else replace(self, inflater=self.inflater.copy())


class SeekPoints:
    """The seek points of one member; threads may use them at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._points = [SeekPoint()]

    def before(self, offset: int) -> SeekPoint:
        """The last point from which an offset is reached."""
        with self._lock:
            number = bisect_right(self._points, offset, key=lambda point: point.offset)
            return self._points[number - 1]

    def add(self, point: SeekPoint) -> None:
        """Keep a copy of a point, unless the last one isn't far behind."""
        with self._lock:
            if self.wants(point.offset):
                self._points.append(point.copy())

    def wants(self, offset: int) -> bool:
        """Whether the last point is far behind."""
        return offset >= self._points[-1].offset + _STEP_BYTES


_known: Remembered[Hashable, SeekPoints] = Remembered(_FILES_REMEMBERED)


def seek_points(key: Hashable) -> SeekPoints:
    """Those of a member, which `key` tells from others and from what was there before."""
    return _known.find_or_make(key, SeekPoints)


class Deflated:
    """A compressed member of a zip (`ByteRanges` of `byte_ranges`).

    Whoever reads at growing offsets inflates every coded block once, up to the last byte that is
    asked for; stored blocks are passed over, and read where their bytes are wanted. Going back, or
    coming again, begins at the nearest seek point before.
    """

    def __init__(self, file: BinaryIO, packed: Packed, points: SeekPoints) -> None:
        self._file, self._member, self._points = file, packed, points
        self.size = packed.size
        self._begin(SeekPoint())

    def _begin(self, point: SeekPoint) -> None:
        own = point.copy()
        self._offset, self._taken, self._inflater = own.offset, own.taken, own.inflater
        # The last pieces, without a gap between them, up to `_offset`.
        self._pieces = list(own.history)

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on. Raises OSError when they can't be inflated."""
        point = self._points.before(offset)
        lost = bool(self._pieces) and offset < self._pieces[0].offset
        if lost or point.offset > self._offset:
            self._begin(point)
        end = min(offset + length, self.size)
        while self._offset < end and self._go_on(offset, end):
            first = min(offset, self._offset - _LOOK_BACK_BYTES)
            self._pieces = [piece for piece in self._pieces if piece.end > first]
        return b"".join(map(self._content, self._between(offset, end)))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _between(self, offset: int, end: int) -> list[Piece]:
        """What there is of the bytes from `offset` to `end`."""
        found = (piece for piece in self._pieces if piece.offset < end and piece.end > offset)
        return [piece.part(offset, end) for piece in found]

    def _content(self, piece: Piece) -> bytes:
        if piece.content is not None:
            return piece.content
        return self._packed(piece.taken, piece.end - piece.offset)

    def _go_on(self, offset: int, end: int) -> bool:
        """Add the next pieces, of which those from `offset` to `end` are wanted, if there are."""
        history: list[Piece] = []
        if self._inflater is None or self._points.wants(self._offset):
            history = self._between(self._offset - _HISTORY_BYTES, self._offset)
            self._points.add(SeekPoint(self._offset, self._taken, self._inflater, tuple(history)))
        if self._inflater is None and self._pass_stored(offset, end):
            return True
        if self._inflater is None:
            before = b"".join(map(self._content, history))
            self._inflater = zlib.decompressobj(-zlib.MAX_WBITS, zdict=before)
        return self._inflate()

    def _pass_stored(self, offset: int, end: int) -> bool:
        """Add the stored blocks that begin here, as far as wanted; whether there are any."""
        passed: list[tuple[int, int, int]] = []
        begin, taken = self._offset, self._taken
        end = min(end, begin + _STEP_BYTES)
        while begin < end:
            length = stored_length(self._packed(taken, HEADER_BYTES))
            if length is None:
                break
            taken += HEADER_BYTES
            passed.append((begin, begin + length, taken))
            begin, taken = begin + length, taken + length
        self._offset, self._taken = begin, taken
        first = min(offset, begin - _LOOK_BACK_BYTES)
        self._pieces += [Piece(*one) for one in passed if one[1] > first]
        return bool(passed)

    def _inflate(self) -> bool:
        """Add the next inflated bytes, as far as a stored block may begin; whether there are."""
        packed = self._packed(self._taken, _CHUNK_BYTES)
        if not packed or self._inflater.eof:
            return False
        place = may_begin(packed)
        last = len(packed) < _CHUNK_BYTES
        given = place or (len(packed) if last else len(packed) - AHEAD_BYTES)
        try:
            found = self._inflater.decompress(packed[:given])
        except zlib.error as err:
            raise OSError(str(err)) from err
        self._add(given, found, len(found))
        ahead = packed[given : given + AHEAD_BYTES]
        if place and (length := begins(ahead, self._inflater)) is not None:
            self._inflater = None
            self._taken += LENGTHS_BYTES
            self._add(length, None, length)
        return True

    def _add(self, taken: int, content: bytes | None, length: int) -> None:
        self._pieces.append(Piece(self._offset, self._offset + length, self._taken, content))
        self._offset, self._taken = self._offset + length, self._taken + taken

    def _packed(self, taken: int, length: int) -> bytes:
        """Compressed bytes, fewer at the end of the member."""
        length = min(length, self._member.compressed - taken)
        if sys.platform == "win32":  # has no pread
            self._file.seek(self._member.start + taken)
            return self._file.read(length)
        return os.pread(self._file.fileno(), length, self._member.start + taken)
