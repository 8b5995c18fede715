"""A small codestream of some tiles of a large one, at their own place on its reference grid."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from .codestream import EOC, PLM, SIZ, SOC, TLM, Codestream, ImageSize, Segment
from .tile_parts import SOT_BYTES, PartContent


@dataclass(frozen=True)
class TileRange:
    """Tiles from `column` and `row` to `last_column` and `last_row`, these included."""

    column: int
    row: int
    last_column: int
    last_row: int

    def numbers(self, size: ImageSize) -> tuple[int, ...]:
        """Their numbers in the large codestream, row by row."""
        return tuple(
            row * size.tile_columns + column
            for row in range(self.row, self.last_row + 1)
            for column in range(self.column, self.last_column + 1)
        )


def tiles_under(size: ImageSize, left: int, top: int, right: int, bottom: int) -> TileRange:
    """The tiles under a window of the image; right and bottom are the first pixels behind it."""
    x, y = size.x0 - size.tx0, size.y0 - size.ty0
    return TileRange(
        (left + x) // size.tile_width,
        (top + y) // size.tile_height,
        (right - 1 + x) // size.tile_width,
        (bottom - 1 + y) // size.tile_height,
    )


def cut(
    found: Codestream, tiles: TileRange, contents: Sequence[PartContent]
) -> list[bytes | memoryview]:
    """The codestream of these tiles; `contents` are those of all their parts, in file order.

    In pieces, so that the bytes of tiles, a megabyte each, are not copied. Coordinates stay those
    of the large one: where subbands begin depends on them.
    """
    renumbered = {old: new for new, old in enumerate(tiles.numbers(found.size))}
    pieces: list[bytes | memoryview] = [SOC.to_bytes(2, "big")]
    pieces += [_segment(segment, found.size, tiles) for segment in found.segments]
    for content in contents:
        pieces += _renumbered(content, renumbered[content.part.tile]), *content.pieces
    return [*pieces, EOC.to_bytes(2, "big")]


def _segment(segment: Segment, size: ImageSize, tiles: TileRange) -> bytes:
    if segment.marker in (TLM, PLM):  # of all tiles, and not needed
        return b""
    if segment.marker != SIZ:
        return segment.content
    left = size.tx0 + tiles.column * size.tile_width
    top = size.ty0 + tiles.row * size.tile_height
    right = size.tx0 + (tiles.last_column + 1) * size.tile_width
    bottom = size.ty0 + (tiles.last_row + 1) * size.tile_height
    numbers = (
        *(min(right, size.x1), min(bottom, size.y1)),
        *(max(left, size.x0), max(top, size.y0)),
        *(size.tile_width, size.tile_height, left, top),
    )
    # Marker, length and capabilities come before the eight numbers.
    return segment.content[:6] + struct.pack(">8I", *numbers) + segment.content[38:]


def _renumbered(content: PartContent, tile: int) -> bytes:
    """The marker of a tile-part under another number, and with its length here.

    The last one of a codestream may leave it open.
    """
    length = SOT_BYTES + sum(map(len, content.pieces))
    return content.marker[:4] + struct.pack(">HI", tile, length) + content.marker[10:]
