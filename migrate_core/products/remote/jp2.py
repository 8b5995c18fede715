"""A window of a JPEG 2000 file at a service: its tiles found, fetched and decoded here."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...grid import Window
from ..access import Access, Piece
from ..jp2.codestream import Codestream, read_codestream
from ..jp2.errors import UnsuitableError
from ..jp2.header import Georeference, read_georeference, read_head
from ..jp2.packets import Area, PacketLengths, lengths_in
from ..jp2.tile_content import area_of, extents_under, read_content, read_lengths
from ..jp2.tile_parts import SOT_BYTES, TilePart, from_table, parse_part
from ..jp2.tile_search import TileSearch, follows
from ..jp2.window import decoded, tiles_of
from ..product import BandFile
from . import index
from .file import HEAD_BYTES, ChangedError, Extent, RemoteFile
from .index import FileIndex
from .opening import as_os_error

Check = Callable[[Georeference], None]
# Fetching so many bytes that aren't needed takes about as long as another request.
_NEAR_BYTES = 1 << 17
# Of a tile whose packets aren't known, what is fetched first: low resolutions come before others.
_OPENING_SHARE = 8


def read_remote_jp2(
    band: BandFile, access: Access, window: Window, check: Check
) -> NDArray[np.uint16]:
    """The pixels of a window inside the image, (height, width) uint16.

    `check` gets what the file says of its georeference, and raises where that is wrong. Raises
    UnsuitableError where GDAL has to read it, OSError for what may be tried again, MigrateError.
    """
    for _ in range(2):
        try:
            with as_os_error():
                return _read(band, access, window, check)
        except ChangedError:
            index.forget(band.location)
    raise OSError("it changes while it is read")


def georeference_of(band: BandFile, access: Access) -> Georeference:
    """Where the file says that it lies, by its beginning; errors as of `read_remote_jp2`."""
    access.keys(band.location)  # raises without them, also where nothing has to be asked
    with as_os_error():
        known = index.find(band.location)
        if known is None:
            known = _indexed(RemoteFile(access, band.location), band)
            index.keep(band.location, known)
        return known.georeference


def _read(band: BandFile, access: Access, window: Window, check: Check) -> NDArray[np.uint16]:
    known = index.find(band.location)
    begin = None if known is None else Piece(b"", known.size, known.version)
    file = RemoteFile(access, band.location, begin)
    found = known or _indexed(file, band)
    check(found.georeference)
    tiles = tiles_of(found.codestream.size, window)
    search = TileSearch(file, found.codestream, {part.tile: part for part in found.parts})
    parts = search.find(tiles.numbers(found.codestream.size))
    area = area_of(found.codestream.size, window)
    packets = _packets(file, found, parts)
    new = [one for one in parts if one not in found.parts and one.tile not in packets]
    file.fetch(_extents(found.codestream, parts, packets, area, new))
    if not all(follows(file, part, search.tiles) for part in new):
        raise UnsuitableError("a tile doesn't end where it should")
    contents = [read_content(file, part, found.codestream, area) for part in parts]
    everything = tuple(search.parts[tile] for tile in sorted(search.parts))
    if known is None or len(everything) > len(found.parts) or len(packets) > len(found.packets):
        index.keep(band.location, replace(found, parts=everything, packets=packets))
    return decoded(found.codestream, tiles, contents, window)


def _packets(
    file: RemoteFile, found: FileIndex, parts: Sequence[TilePart]
) -> Mapping[int, PacketLengths]:
    """What is known of the packets of tiles, and what the beginnings of others say of theirs.

    Where the first tile says nothing of its packets, the others are not asked. Lengths of packets
    that add up to that of their tile-part prove this one as well.
    """
    unknown = [part for part in parts if part.tile not in found.packets]
    if not found.packets or not unknown:
        return found.packets
    file.fetch(
        Extent(part.offset, part.offset + max(part.length // _OPENING_SHARE, HEAD_BYTES))
        for part in unknown
    )
    learnt = {part.tile: read_lengths(file, part)[1] for part in unknown}
    return {**found.packets, **{tile: given for tile, given in learnt.items() if given is not None}}


def _extents(
    found: Codestream,
    parts: Sequence[TilePart],
    packets: Mapping[int, PacketLengths],
    area: Area,
    new: Sequence[TilePart],
) -> list[Extent]:
    """The bytes that an area needs of tile-parts.

    Of `new` ones also the beginning of what follows, by which their length is proven.
    """
    extents = []
    for part in parts:
        given = packets.get(part.tile)
        if given is not None:
            near = extents_under(part, found, given, area, _NEAR_BYTES)
            extents += [Extent(start, end) for start, end in near]
        else:
            end = part.offset + part.length + SOT_BYTES * (part in new)
            extents.append(Extent(part.offset, end))
    return extents


def _indexed(file: RemoteFile, band: BandFile) -> FileIndex:
    """What the beginning of a file says. Raises UnsuitableError."""
    codestream = read_codestream(file.open(), HEAD_BYTES)
    head = read_head(file, codestream)
    georeference = read_georeference(head, band.driver)
    parts = from_table(codestream) or ()
    packets = _first_packets(file, codestream.first_part)
    return FileIndex(file.size, file.version, head, georeference, codestream, parts, packets)


def _first_packets(file: RemoteFile, offset: int) -> dict[int, PacketLengths]:
    """What the first tile says of its packets, as far as its beginning came with the header."""
    content = file.read(offset, max(HEAD_BYTES - offset, SOT_BYTES))
    try:
        part = parse_part(content[:SOT_BYTES], offset, file.size)
        given = lengths_in(content, part.length)
    except struct.error:
        return {}
    return {} if given is None else {part.tile: given}
