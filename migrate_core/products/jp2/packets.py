"""Which packets of a tile a window needs, and where they are by the lengths before them (PLT).

A packet is one layer of one precinct, the code blocks of a resolution that lie together. An empty
one is a byte of zero bits and stands for a packet that is left out (ISO/IEC 15444-1, annex B).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, product

from .codestream import COD, COM, PLT, SOD, Codestream, ImageSize
from .tile_parts import SOT_BYTES, is_only_part

# x0, y0, x1, y1 on the reference grid; the last two are behind the area.
Area = tuple[int, int, int, int]

EMPTY = b"\x00"
_LRCP, _RLCP, _RPCL, _PCRL, _CPRL = range(5)
_OWN_PRECINCTS, _MARKED_PACKETS = 1, 2 | 4
_LARGEST_PRECINCT = 15
# A segment has its length and a byte; a number of 32 bits has five bytes.
_LEAST_SEGMENT, _LONGEST_NUMBER = 3, 5
# What the 5/3 filter reaches beyond an area is 2 samples of a subband; the rest is for rounding.
_MARGIN = 4


@dataclass(frozen=True)
class PacketLengths:
    """The bytes of a tile-part before its first packet, and of its packets in their order."""

    first: int
    lengths: tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """Packets one behind the other, all `needed` or all not: how many, and their bytes.

    `start` and `end` count from the beginning of the tile-part.
    """

    needed: bool
    packets: int
    start: int
    end: int


def lengths_in(content: bytes, length: int) -> PacketLengths | None:
    """What the tile-part of `length` bytes that begins with `content` says of its packets.

    None where it says nothing, or not of all packets of its tile, or where its header has markers
    that may change how packets are coded. Raises struct.error where its header goes on behind
    `content`.
    """
    segments: dict[int, bytes] = {}
    offset = SOT_BYTES
    while (marker := _number(content, offset)) != SOD:
        size = _number(content, offset + 2)
        if marker not in (PLT, COM) or size < _LEAST_SEGMENT:
            return None
        end = offset + 2 + size
        if end > len(content):
            raise struct.error
        if marker == PLT:
            segments[content[offset + 4]] = content[offset + 5 : end]
        offset = end
    lengths = _numbers(b"".join(segments[key] for key in sorted(segments)))
    first = offset + 2
    # No packet is shorter than an empty one.
    complete = is_only_part(content) and first + sum(lengths) == length and all(lengths)
    return PacketLengths(first, lengths) if complete and lengths else None


def _number(content: bytes, offset: int) -> int:
    number: int = struct.unpack_from(">H", content, offset)[0]
    return number


def _numbers(table: bytes) -> tuple[int, ...]:
    """Numbers of seven bits a byte, of which the last one's high bit is not set (table A.36).

    None at all where one has no end, or more bits than any length of a tile-part.
    """
    found, number, size = [], 0, 0
    for byte in table:
        number, size = number << 7 | byte & 0x7F, size + 1
        if size > _LONGEST_NUMBER:
            return ()
        if byte < 0x80:
            found.append(number)
            number = size = 0
    return () if size else tuple(found)


def runs(found: Codestream, tile: int, given: PacketLengths, area: Area) -> list[Run] | None:
    """The packets of a tile, by whether an area of the reference grid needs them.

    None where they are coded in a way that isn't known here.
    """
    coding = _coding(found.of(COD)[0].body)
    # Counted first: a damaged header may make them millions.
    if coding is None or _count(coding, found.size, tile) != len(given.lengths):
        return None
    order = _packets(coding, found.size, tile)
    needed = (_meets(precinct.reach, area) for precinct in order)
    result, at = [], given.first
    for wanted, group in groupby(zip(needed, given.lengths, strict=True), lambda pair: pair[0]):
        lengths = [length for _, length in group]
        result.append(Run(wanted, len(lengths), at, at + sum(lengths)))
        at += sum(lengths)
    return result


def extents_of(found_runs: Iterable[Run], first: int, near: int) -> list[tuple[int, int]]:
    """Where the bytes are that are needed, and with them the `first` ones of the tile-part.

    What lies at most `near` bytes apart becomes one.
    """
    found = [(0, first)]
    for run in found_runs:
        if run.needed and run.start - found[-1][1] <= near:
            found[-1] = (found[-1][0], max(found[-1][1], run.end))
        elif run.needed:
            found.append((run.start, run.end))
    return found


def _meets(reach: Area, area: Area) -> bool:
    return reach[0] < area[2] and area[0] < reach[2] and reach[1] < area[3] and area[1] < reach[3]


@dataclass(frozen=True)
class _Coding:
    """How a codestream is coded (COD): `precincts` are powers of two, (x, y) a resolution."""

    progression: int
    layers: int
    precincts: tuple[tuple[int, int], ...]


@lru_cache(maxsize=64)
def _coding(body: bytes) -> _Coding | None:
    """What a COD says (table A.13); None where packets have marks of their own."""
    style, progression, layers, _, levels = struct.unpack_from(">BBHBB", body)
    if style & _MARKED_PACKETS or progression > _CPRL:
        return None
    if not style & _OWN_PRECINCTS:
        sizes = [(_LARGEST_PRECINCT, _LARGEST_PRECINCT)] * (levels + 1)
    else:
        sizes = [(byte & 15, byte >> 4) for byte in body[10:]]
    # Precincts are halved in subbands, so only that of the lowest resolution may be a single pixel.
    if len(sizes) != levels + 1 or any(0 in size for size in sizes[1:]):
        return None
    return _Coding(progression, layers, tuple(sizes))


@dataclass(frozen=True)
class _Precinct:
    """A precinct of a resolution.

    `corner` is where it begins on the reference grid, within its tile, (y, x); `reach` the pixels
    that depend on it.
    """

    resolution: int
    corner: tuple[int, int]
    reach: Area


@lru_cache(maxsize=512)
def _packets(coding: _Coding, size: ImageSize, tile: int) -> tuple[_Precinct, ...]:
    """Of each packet of a tile its precinct, in the order of the progression (B.12)."""
    corners = size.tile_area(tile)
    levels = len(coding.precincts) - 1
    resolutions = [
        list(_precincts(corners, levels, resolution, exponents))
        for resolution, exponents in enumerate(coding.precincts)
    ]
    precincts = [precinct for one in resolutions for precinct in one]
    layers = range(coding.layers)
    if coding.progression == _LRCP:
        return tuple(precinct for _ in layers for precinct in precincts)
    if coding.progression == _RLCP:
        return tuple(precinct for one in resolutions for _ in layers for precinct in one)
    if coding.progression in (_PCRL, _CPRL):
        precincts.sort(key=lambda precinct: (precinct.corner, precinct.resolution))
    return tuple(precinct for precinct in precincts for _ in layers)


def _count(coding: _Coding, size: ImageSize, tile: int) -> int:
    """How many packets a tile has."""
    corners, levels = size.tile_area(tile), len(coding.precincts) - 1
    grids = [
        _precinct_grid(corners, levels - resolution, exponents)
        for resolution, exponents in enumerate(coding.precincts)
    ]
    return coding.layers * sum(len(rows) * len(columns) for rows, columns in grids)


def _precinct_grid(tile: Area, scale: int, exponents: tuple[int, int]) -> tuple[range, range]:
    """Rows and columns of the precincts of a resolution of 1 / 2^scale (B.6)."""
    x0, y0, x1, y1 = (-(-value >> scale) for value in tile)
    if x0 == x1 or y0 == y1:
        return range(0), range(0)
    width, height = exponents
    return range(y0 >> height, -(-y1 >> height)), range(x0 >> width, -(-x1 >> width))


def _precincts(
    tile: Area, levels: int, resolution: int, exponents: tuple[int, int]
) -> Iterator[_Precinct]:
    """The precincts of a resolution, row by row (B.7)."""
    scale = levels - resolution
    rows, columns = _precinct_grid(tile, scale, exponents)
    # A precinct covers as many samples of a subband as pixels of the reference grid.
    across, down = (1 << (exponent + scale) for exponent in exponents)
    # Samples of a subband of this resolution are so many pixels wide.
    margin = _MARGIN << (scale + (resolution > 0))
    for row, column in product(rows, columns):
        left, top = column * across, row * down
        yield _Precinct(
            resolution,
            (max(top, tile[1]), max(left, tile[0])),
            (left - margin, top - margin, left + across + margin, top + down + margin),
        )
