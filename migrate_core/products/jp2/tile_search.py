"""Tiles of a codestream that lies far away: found in a few reads, without walking all of them.

A marker of the value 0xFF90 can't be in the data of a tile (ISO/IEC 15444-1, annex A), so in some
bytes from near where a tile should be, the next tile shows itself. Its number says how wrong the
guess was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .byte_ranges import ByteRanges
from .codestream import EOC, SOD, SOT, Codestream
from .errors import UnsuitableError
from .tile_parts import SOT_BYTES, TilePart, parse_part

_SOT_BEGIN = SOT.to_bytes(2, "big") + (SOT_BYTES - 2).to_bytes(2, "big")
# So near to a known tile, the way from tile to tile takes no more reads than another guess.
_WALK = 2
_LEAST_BYTES = 1 << 15
_MOST_READS = 40


@dataclass
class TileSearch:
    """The tiles that are known of a codestream, of one part each and in ascending order.

    `parts` are known by number before, and gets what is found.
    """

    ranges: ByteRanges
    codestream: Codestream
    parts: dict[int, TilePart] = field(default_factory=dict)

    @property
    def tiles(self) -> int:
        """How many there are."""
        return self.codestream.size.tile_columns * self.codestream.size.tile_rows

    def find(self, wanted: Iterable[int]) -> list[TilePart]:
        """The wanted tiles, in ascending order. Raises UnsuitableError, OSError."""
        return [self._find(tile) for tile in sorted(wanted)]

    def _find(self, tile: int) -> TilePart:
        for _ in range(_MOST_READS):
            if tile in self.parts:
                return self.parts[tile]
            (low, start), (high, end) = self._between(tile)
            mean = (end - start) // max(high - low, 1)
            if tile == low:
                # With its content, which is wanted: that is mostly one read less.
                self._take(start, max(mean, SOT_BYTES), low)
            elif tile - low <= _WALK:
                self._take(start, SOT_BYTES, low)
            else:
                self._guess(start + (tile - low) * mean - mean // 2, mean, (start, end))
        raise UnsuitableError("a tile can't be found")

    def _between(self, tile: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """The nearest tiles whose beginnings are known, at or before a tile and behind it."""
        begins = {0: self.codestream.first_part, self.tiles: self.ranges.size}
        for number, part in self.parts.items():
            begins[number] = part.offset
            begins.setdefault(number + 1, part.offset + part.length)
        low = max(number for number in begins if number <= tile)
        high = min(number for number in begins if number > tile)
        return (low, begins[low]), (high, begins[high])

    def _take(self, start: int, length: int, expected: int) -> None:
        """Take up the tile that begins at a known offset."""
        if not self._found(self.ranges.read(start, length)[:SOT_BYTES], start, expected):
            raise UnsuitableError("a tile doesn't begin where it should")

    def _guess(self, at: int, length: int, between: tuple[int, int]) -> None:
        """Take up what tiles begin in some bytes from `at` on, or behind them, or before them."""
        first, end = between[0] + SOT_BYTES, between[1]
        at = max(at, first)
        while not self._look(at, end, max(length, _LEAST_BYTES)):
            if at == first:
                raise UnsuitableError("a tile can't be found")
            # The last tile before the end reaches back to before `at`.
            at, end = first + (at - first) // 2, at + SOT_BYTES
            at = first if at - first < SOT_BYTES else at

    def _look(self, at: int, end: int, length: int) -> bool:
        """Take up the tiles that begin from `at` on, by as many bytes a read; whether there are.

        Ends with the read that shows one.
        """
        while at < end:
            content = self.ranges.read(at, min(length, end - at))
            found = [
                self._found(content[index : index + SOT_BYTES + 2], at + index)
                for index in _all(content, _SOT_BEGIN)
            ]
            if any(found):
                return True
            # A marker may lie across the end of what was read.
            at += len(content) if at + len(content) >= end else len(content) - SOT_BYTES - 2
        return False

    def _found(self, head: bytes, offset: int, expected: int | None = None) -> bool:
        """Whether a tile begins with `head`; it is known then."""
        if expected is None and (len(head) < SOT_BYTES + 2 or not _goes_on(head[SOT_BYTES:])):
            return False
        part = parse_part(head[:SOT_BYTES], offset, self.ranges.size)
        number, count = head[10:12]
        if number != 0 or count != 1:
            raise UnsuitableError("its tiles have several parts")
        if part.tile >= self.tiles or (expected is not None and part.tile != expected):
            raise UnsuitableError("its tiles aren't in order")
        self._check_order(part)
        self.parts[part.tile] = part
        return True

    def _check_order(self, part: TilePart) -> None:
        """Raise UnsuitableError for a tile that contradicts the ones that are known."""
        for number, known in self.parts.items():
            before = number < part.tile and known.offset + known.length <= part.offset
            behind = number > part.tile and part.offset + part.length <= known.offset
            if not (before or behind or known == part):
                raise UnsuitableError("its tiles aren't in order")


def _goes_on(marker: bytes) -> bool:
    """Whether a marker of a tile-part's header, or of its data, begins."""
    return marker[0] == 0xFF and 0x52 <= marker[1] <= SOD & 0xFF


def _all(content: bytes, pattern: bytes) -> list[int]:
    """Where a pattern begins in some bytes."""
    found, at = [], content.find(pattern)
    while at >= 0:
        found.append(at)
        at = content.find(pattern, at + 1)
    return found


def follows(ranges: ByteRanges, part: TilePart, tiles: int) -> bool:
    """Whether behind a tile-part the next one begins, or the codestream ends."""
    head = ranges.read(part.offset + part.length, SOT_BYTES)
    if part.tile == tiles - 1:
        return head[:2] == EOC.to_bytes(2, "big") or not head
    return head[:4] == _SOT_BEGIN
