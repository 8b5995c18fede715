"""The main header of a JPEG 2000 codestream: size, tiles and how it is coded.

Boxes and markers are those of ISO/IEC 15444-1 (ITU-T T.800), annexes I and A.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .byte_ranges import ByteRanges
from .errors import UnsuitableError

SOC, SOT, SOD, EOC = 0xFF4F, 0xFF90, 0xFF93, 0xFFD9
SIZ, COD, TLM, PLM, PLT, COM, PPM, CAP, POC, RGN, COC = (
    *(0xFF51, 0xFF52, 0xFF55, 0xFF57, 0xFF58, 0xFF64),
    *(0xFF60, 0xFF50, 0xFF5F, 0xFF5E, 0xFF53),
)
# What changes how packets are laid out or decoded beyond what was tried here.
_UNTRIED = (PPM, CAP, POC, RGN, COC)
_REVERSIBLE = 1
_HEADER_BYTES = 1 << 16
_LARGEST_HEADER_BYTES = 1 << 22
_SIGNATURE = b"\x00\x00\x00\x0cjP  "


@dataclass(frozen=True)
class Segment:
    """A marker segment of a main header, `content` with its marker and length."""

    marker: int
    content: bytes

    @property
    def body(self) -> bytes:
        """What follows marker and length."""
        return self.content[4:]


@dataclass(frozen=True)
class ImageSize:
    """The reference grid (SIZ): the image and the first tile begin at (x0, y0) and (tx0, ty0).

    x1 and y1 are the end of the image; tiles are `tile_width` x `tile_height`.
    """

    x1: int
    y1: int
    x0: int
    y0: int
    tile_width: int
    tile_height: int
    tx0: int
    ty0: int

    @property
    def width(self) -> int:
        """Columns of the image."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Rows of the image."""
        return self.y1 - self.y0

    @property
    def tile_columns(self) -> int:
        """How many tiles lie in a row of them."""
        return -(-(self.x1 - self.tx0) // self.tile_width)

    @property
    def tile_rows(self) -> int:
        """How many rows of tiles there are."""
        return -(-(self.y1 - self.ty0) // self.tile_height)

    def tile_area(self, number: int) -> tuple[int, int, int, int]:
        """What of the image lies on a tile, on the reference grid: x0, y0, and x1, y1 behind it."""
        row, column = divmod(number, self.tile_columns)
        left, top = self.tx0 + column * self.tile_width, self.ty0 + row * self.tile_height
        return (
            *(max(left, self.x0), max(top, self.y0)),
            *(min(left + self.tile_width, self.x1), min(top + self.tile_height, self.y1)),
        )


@dataclass(frozen=True)
class Codestream:
    """A codestream in a file: where it begins and its main header, which ends at `first_part`."""

    start: int
    first_part: int
    size: ImageSize
    segments: tuple[Segment, ...]

    def of(self, marker: int) -> tuple[Segment, ...]:
        """The segments with a marker."""
        return tuple(segment for segment in self.segments if segment.marker == marker)


def read_codestream(ranges: ByteRanges, first: int = _HEADER_BYTES) -> Codestream:
    """The main header of a file, of which `first` bytes are read at once, and more where needed.

    Raises UnsuitableError for all that isn't read here, OSError.
    """
    head = ranges.read(0, first)
    start = _start(head)
    while True:
        try:
            segments, end = _segments(head, start)
            break
        except struct.error:
            if len(head) >= min(ranges.size, _LARGEST_HEADER_BYTES):
                raise UnsuitableError("its main header has no end") from None
            head += ranges.read(len(head), len(head))
    found = Codestream(start, end, _size(segments), segments)
    _check(found)
    return found


def _start(head: bytes) -> int:
    """Where the codestream begins: at once, or in the box `jp2c`."""
    if head[:2] == SOC.to_bytes(2, "big"):
        return 0
    if not head.startswith(_SIGNATURE):
        raise UnsuitableError("it is no JPEG 2000 file")
    for kind, start in _boxes(head):
        if kind == b"jp2c":
            return start
    raise UnsuitableError("its codestream isn't near its beginning")


def _boxes(head: bytes) -> Iterator[tuple[bytes, int]]:
    """The kind of each box, and where its content begins."""
    offset = 0
    while offset + 16 <= len(head):
        length, kind = struct.unpack_from(">I4s", head, offset)
        content = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", head, offset + 8)
            content = 16
        yield kind, offset + content
        if length < content:  # 0: up to the end of the file
            return
        offset += length


def _segments(head: bytes, start: int) -> tuple[tuple[Segment, ...], int]:
    """The segments up to the first tile-part. Raises struct.error when more bytes are needed."""
    (marker,) = struct.unpack_from(">H", head, start)
    if marker != SOC:
        raise UnsuitableError("its codestream doesn't begin as one")
    offset = start + 2
    found: list[Segment] = []
    while True:
        marker, length = struct.unpack_from(">HH", head, offset)
        if marker == SOT:
            return tuple(found), offset
        if marker < SOC or length < 2:
            raise UnsuitableError("its main header is damaged")
        end = offset + 2 + length
        if end > len(head):
            raise struct.error
        found.append(Segment(marker, head[offset:end]))
        offset = end


def _size(segments: tuple[Segment, ...]) -> ImageSize:
    if not segments or segments[0].marker != SIZ or len(segments[0].body) < 39:
        raise UnsuitableError("its main header doesn't say its size")
    _, *numbers, components = struct.unpack_from(">H8IH", segments[0].body)
    found = ImageSize(*numbers)
    dx, dy = segments[0].body[37:39]
    if components != 1 or (dx, dy) != (1, 1):
        raise UnsuitableError("it has more than one component")
    ordered = 0 <= found.tx0 <= found.x0 < found.x1 and 0 <= found.ty0 <= found.y0 < found.y1
    if not ordered or not found.tile_width or not found.tile_height:
        raise UnsuitableError("its size is none")
    return found


def _check(found: Codestream) -> None:
    if any(found.of(marker) for marker in _UNTRIED):
        raise UnsuitableError("it has markers that are rare")
    coding = found.of(COD)
    # SGcod is 4 bytes; the transformation is the fifth byte of SPcod (table A.15).
    if len(coding) != 1 or len(coding[0].body) < 10 or coding[0].body[9] != _REVERSIBLE:
        # With the irreversible transformation, decoding in parts rounds differently.
        raise UnsuitableError("its transformation isn't the reversible one")
