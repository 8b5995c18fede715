"""A compressed member of a zip, inflated forward, and begun again from where it has been before."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, BinaryIO

from ..remembered import Remembered
from .stored_blocks import (
    AHEAD_BYTES,
    LENGTHS_BYTES,
    begins,
    fetch_ahead,
    may_begin,
    reader,
    stored_blocks,
)

# A block of zlib has some 16 kB, and between stored ones mostly one coded block stands alone.
# By megabytes it is slower in any case: memory for them comes fresh from the system each time.
_CHUNK_BYTES = 20 << 10
_MOST_UNSEEN = 32
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

    @property
    def end(self) -> int:
        """Where they end in the zip."""
        return self.start + self.compressed


@dataclass(frozen=True)
class Piece:
    """Inflated bytes from `offset` to `end`: `content`, or stored in the zip from `at` on."""

    offset: int
    end: int
    at: int
    content: bytes | None = None

    def part(self, offset: int, end: int) -> Piece:
        """What it has of the bytes from `offset` to `end`."""
        if offset <= self.offset and self.end <= end:
            return self
        skipped, kept = max(0, offset - self.offset), min(end, self.end) - self.offset
        content = None if self.content is None else self.content[skipped:kept]
        return Piece(self.offset + skipped, self.offset + kept, self.at + skipped, content)


@dataclass(frozen=True)
class SeekPoint:
    """An inflater that has had the bytes of the zip before `at`, and given `offset` bytes.

    None where a block begins with the byte `at`. `history` are the last bytes before.
    """

    offset: int
    at: int
    inflater: Any = None
    history: tuple[Piece, ...] = ()

    def copy(self) -> SeekPoint:
        """Another one, whose inflater can be used."""
        return self if self.inflater is None else replace(self, inflater=self.inflater.copy())


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

    def want(self, offset: int) -> bool:
        """Whether the last point is far behind."""
        last = self._points[-1].offset if self._points else 0
        return offset >= last + _STEP_BYTES

    def add(self, point: SeekPoint) -> None:
        """Keep a copy of a point, unless another thread has been there."""
        with self._lock:
            if self.want(point.offset):
                self._points.append(point.copy())


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
        self._file, self._read = file, reader(file)
        self._packed, self._points = packed, points
        self.size = packed.size
        # Up to where the system was asked to read ahead.
        self._fetched = 0
        self._begin(SeekPoint(0, packed.start))

    def _begin(self, point: SeekPoint) -> None:
        own = point.copy()
        self._offset, self._at, self._inflater = own.offset, own.at, own.inflater
        # Chunks in which no stored block began, and bytes to be inflated before the next look.
        self._missed = self._unseen = 0
        # The last pieces, without a gap between them, up to `_offset`.
        self._pieces = list(own.history)

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on. Raises OSError when they can't be inflated."""
        point = self._points.before(offset) or SeekPoint(0, self._packed.start)
        lost = bool(self._pieces) and offset < self._pieces[0].offset
        if lost or point.offset > self._offset:
            self._begin(point)
        end = min(offset + length, self.size)
        while self._offset < end and self._go_on(offset, end):
            needed = self._needed(offset)
            self._pieces = [one for one in self._pieces if one.end > needed]
        return self._content(self._between(offset, end))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _needed(self, wanted: int) -> int:
        """The offset from which on pieces are kept while those from `wanted` on are read."""
        return min(wanted, self._offset - _LOOK_BACK_BYTES)

    def _between(self, offset: int, end: int) -> tuple[Piece, ...]:
        """What there is of the bytes from `offset` to `end`."""
        found = (one for one in self._pieces if one.offset < end and one.end > offset)
        return tuple(one.part(offset, end) for one in found)

    def _content(self, pieces: Iterable[Piece]) -> bytes:
        return b"".join(
            self._read(one.end - one.offset, one.at) if one.content is None else one.content
            for one in pieces
        )

    def _go_on(self, wanted: int, end: int) -> bool:
        """Add the next pieces, of which those from `wanted` to `end` are needed, if there are."""
        if self._points.want(self._offset):
            history = self._between(self._offset - _HISTORY_BYTES, self._offset)
            self._points.add(SeekPoint(self._offset, self._at, self._inflater, history))
        if self._inflater is None and self._pass_stored(wanted, end):
            return True
        if self._inflater is None:
            history = self._between(self._offset - _HISTORY_BYTES, self._offset)
            self._inflater = zlib.decompressobj(-zlib.MAX_WBITS, zdict=self._content(history))
        return self._inflate()

    def _pass_stored(self, wanted: int, end: int) -> bool:
        """Add the stored blocks that begin here, as far as `end`; whether there are any."""
        end = min(end, self._offset + _STEP_BYTES)
        if self._at + end - self._offset > self._fetched:
            self._fetched = min(self._at + _STEP_BYTES, self._packed.end)
            fetch_ahead(self._file, self._at, self._fetched - self._at)
        passed = stored_blocks(self._read, self._at, self._offset, end)
        if not passed:
            return False
        begin, self._offset, at = passed[-1]
        self._at = at + self._offset - begin
        if self._at > self._packed.end:
            raise OSError("a block of a compressed file is damaged")
        needed = self._needed(wanted)
        self._pieces += [Piece(*one) for one in passed if one[1] > needed]
        return True

    def _inflate(self) -> bool:
        """Add the next inflated bytes, as far as a stored block may begin; whether there are."""
        most = _CHUNK_BYTES if self._unseen <= 0 else min(self._unseen, 4 * _CHUNK_BYTES)
        packed = self._read(min(most, self._packed.end - self._at), self._at)
        if not packed or self._inflater.eof:
            return False
        given, used = self._as_far_as_stored(packed)
        try:
            found = self._inflater.decompress(packed[:used])
        except zlib.error as err:
            raise OSError(str(err)) from err
        self._add(used, found, len(found))
        ahead = packed[used : used + AHEAD_BYTES]
        if given and (length := begins(ahead, self._inflater)) is not None:
            self._inflater, self._missed = None, 0
            self._at += LENGTHS_BYTES
            self._add(length, None, length)
        return True

    def _as_far_as_stored(self, packed: bytes) -> tuple[int | None, int]:
        """Where in compressed bytes a stored block may begin, and how many are inflated first.

        Where many chunks were coded, only some are looked at: looking takes a fifth of inflating.
        """
        if self._unseen > 0:
            self._unseen -= len(packed)
            return None, len(packed)
        given = may_begin(packed)
        if given is not None:
            return given, given
        self._missed += 1
        self._unseen = _CHUNK_BYTES * (min(1 << (self._missed - 1), _MOST_UNSEEN) - 1)
        return None, len(packed) if len(packed) < _CHUNK_BYTES else len(packed) - AHEAD_BYTES

    def _add(self, used: int, content: bytes | None, length: int) -> None:
        self._pieces.append(Piece(self._offset, self._offset + length, self._at, content))
        self._offset, self._at = self._offset + length, self._at + used
