"""What a window needs of a tile-part: its packets under the window, or all of it."""

from __future__ import annotations

import struct
from bisect import bisect_right

from ...grid import Window
from .byte_ranges import ByteRanges
from .codestream import SOD, Codestream, ImageSize
from .errors import UnsuitableError
from .packets import EMPTY, Area, PacketLengths, Run, extents_of, lengths_in, runs
from .tile_parts import SOT_BYTES, PartContent, TilePart, parse_part

# The lengths of packets are mostly in the first of so many bytes of a tile-part, else in the next.
_HEADER_BYTES = tuple(1 << power for power in range(12, 21, 2))
# Reading so many bytes more takes no longer than another read of a disk.
_NEAR_BYTES = 1 << 14


def area_of(size: ImageSize, window: Window) -> Area:
    """A window of the image on the reference grid."""
    x, y = size.x0 + window.column, size.y0 + window.row
    return x, y, x + window.width, y + window.height


def read_content(ranges: ByteRanges, part: TilePart, found: Codestream, area: Area) -> PartContent:
    """What is needed of a tile-part; the index may be wrong, or the file another one by now.

    Raises UnsuitableError, OSError.
    """
    head, given = read_lengths(ranges, part)
    needed = None if given is None else runs(found, part.tile, given, area)
    if given is None or needed is None:
        rest = _read(ranges, part, len(head), part.length)
        return PartContent(part, head[:SOT_BYTES], (memoryview(head)[SOT_BYTES:], rest))
    return PartContent(part, head[:SOT_BYTES], _pieces(ranges, part, needed))


def extents_under(
    part: TilePart, found: Codestream, given: PacketLengths, area: Area, near: int
) -> list[tuple[int, int]]:
    """Where in the file the bytes begin and end that `read_content` reads of a tile-part.

    Those at most `near` bytes apart are one.
    """
    needed = runs(found, part.tile, given, area)
    if needed is None:
        return [(part.offset, part.offset + part.length)]
    first = next((size for size in _HEADER_BYTES if size >= given.first), given.first)
    inside = extents_of(needed, min(first, part.length), near)
    return [(part.offset + start, part.offset + end) for start, end in inside]


def read_lengths(ranges: ByteRanges, part: TilePart) -> tuple[bytes, PacketLengths | None]:
    """Some bytes that a tile-part begins with, and what they say of its packets.

    Raises UnsuitableError where no such part begins there, OSError.
    """
    for length in _HEADER_BYTES:
        head = _read(ranges, part, 0, min(length, part.length))
        if parse_part(head[:SOT_BYTES], part.offset, ranges.size) != part:
            raise UnsuitableError("a tile doesn't begin where it should")
        try:
            return head, lengths_in(head, part.length)
        except struct.error:
            continue
    return head, None


def _pieces(ranges: ByteRanges, part: TilePart, found: list[Run]) -> tuple[bytes | memoryview, ...]:
    """What stands behind the marker of a tile-part, with empty packets for those not needed.

    Without the lengths of packets, which would be wrong now.
    """
    extents = extents_of(found, 0, _NEAR_BYTES)
    blocks = [memoryview(_read(ranges, part, start, end)) for start, end in extents]
    starts = [start for start, _ in extents]
    pieces: list[bytes | memoryview] = [SOD.to_bytes(2, "big")]
    for run in found:
        number = bisect_right(starts, run.start) - 1
        inside = slice(run.start - starts[number], run.end - starts[number])
        pieces.append(blocks[number][inside] if run.needed else EMPTY * run.packets)
    return tuple(pieces)


def _read(ranges: ByteRanges, part: TilePart, start: int, end: int) -> bytes:
    content = ranges.read(part.offset + start, end - start)
    if len(content) != end - start:
        raise UnsuitableError("a tile is cut off")
    return content
