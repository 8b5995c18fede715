"""Where the tiles of a codestream lie: by the table in its main header, or from part to part."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .byte_ranges import ByteRanges
from .codestream import EOC, SOT, TLM, Codestream, Segment
from .errors import UnsuitableError

# Marker, length, Isot, Psot, TPsot, TNsot (table A.5).
_SOT = struct.Struct(">HHHIBB")
SOT_BYTES = _SOT.size


@dataclass(frozen=True)
class TilePart:
    """A tile-part: the tile it is of, and its bytes in the file."""

    tile: int
    offset: int
    length: int


@dataclass(frozen=True)
class PartContent:
    """What is decoded of a tile-part: its `marker` segment (SOT), and what follows in pieces."""

    part: TilePart
    marker: bytes
    pieces: tuple[bytes | memoryview, ...]


def from_table(found: Codestream) -> tuple[TilePart, ...] | None:
    """By the tile-part lengths of the main header (TLM); None without, or with odd ones."""
    segments = sorted(found.of(TLM), key=lambda segment: segment.body[:1])
    if not segments or any(len(segment.body) < 2 for segment in segments):
        return None
    entries = [entry for segment in segments for entry in _entries(segment)]
    parts, offset = [], found.first_part
    for number, (tile, length) in enumerate(entries):
        parts.append(TilePart(number if tile is None else tile, offset, length))
        offset += length
    tiles = {part.tile for part in parts}
    complete = tiles == set(range(found.size.tile_columns * found.size.tile_rows))
    return tuple(parts) if complete else None


def _entries(segment: Segment) -> Iterator[tuple[int | None, int]]:
    """Tile (None: the next one) and length of each tile-part in a TLM (table A.33)."""
    sizes = segment.body[1]
    number, long = (sizes >> 4) & 3, bool(sizes & 0x40)
    form = struct.Struct(">" + ("", "B", "H", "")[number] + ("I" if long else "H"))
    table = segment.body[2:]
    for entry in form.iter_unpack(table[: len(table) // form.size * form.size]):
        yield (entry[0] if number else None), entry[-1]


def from_chain(
    ranges: ByteRanges, found: Codestream, last: TilePart | None = None
) -> Iterator[TilePart]:
    """From each tile-part to the next, behind the `last` one; reads at growing offsets, 12 bytes.

    Raises UnsuitableError, OSError.
    """
    offset = found.first_part if last is None else last.offset + last.length
    tiles = found.size.tile_columns * found.size.tile_rows
    while offset + 2 <= ranges.size:
        head = ranges.read(offset, SOT_BYTES)
        if head[:2] == EOC.to_bytes(2, "big"):
            return
        part = parse_part(head, offset, ranges.size)
        if part.tile >= tiles:
            raise UnsuitableError("it has tiles outside of the image")
        yield part
        offset += part.length


def parse_part(head: bytes, offset: int, size: int) -> TilePart:
    """The tile-part that begins with `head`. Raises UnsuitableError when it is none."""
    if len(head) < SOT_BYTES:
        raise UnsuitableError("a tile is cut off")
    marker, length, tile, psot, _, _ = _SOT.unpack(head)
    if marker != SOT or length != SOT_BYTES - 2:
        raise UnsuitableError("a tile doesn't begin where it should")
    if psot == 0:  # the last one may reach to the end of the codestream
        psot = size - offset
    if psot < SOT_BYTES + 2 or offset + psot > size:
        raise UnsuitableError("a tile is cut off")
    return TilePart(tile, offset, psot)


def is_only_part(content: bytes) -> bool:
    """Whether the tile-part that begins with `content` says that its tile has no other one."""
    *_, number, count = _SOT.unpack(content[:SOT_BYTES])
    return (number, count) == (0, 1)
