"""A window of a JPEG 2000 file at a service: its tiles found, fetched and decoded here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...grid import Window
from ..access import Access, Piece
from ..jp2.codestream import read_codestream
from ..jp2.errors import UnsuitableError
from ..jp2.header import Georeference, read_georeference, read_head
from ..jp2.tile_parts import SOT_BYTES, from_table
from ..jp2.tile_search import TileSearch, follows
from ..jp2.window import content_of, decoded, tiles_of
from ..product import BandFile
from . import index
from .file import HEAD_BYTES, ChangedError, Extent, RemoteFile
from .index import FileIndex
from .opening import as_os_error

Check = Callable[[Georeference], None]


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
    new = [part for part in parts if part not in found.parts]
    # With the beginning of what follows a new one, by which its length is proven.
    ends = [part.offset + part.length + (SOT_BYTES if part in new else 0) for part in parts]
    file.fetch(Extent(part.offset, end) for part, end in zip(parts, ends, strict=True))
    if not all(follows(file, part, search.tiles) for part in new):
        raise UnsuitableError("a tile doesn't end where it should")
    if known is None or len(search.parts) > len(found.parts):
        everything = tuple(search.parts[tile] for tile in sorted(search.parts))
        index.keep(band.location, found.with_parts(everything))
    contents = [(part, content_of(file, part)) for part in parts]
    return decoded(found.codestream, tiles, contents, window)


def _indexed(file: RemoteFile, band: BandFile) -> FileIndex:
    """What the beginning of a file says. Raises UnsuitableError."""
    codestream = read_codestream(file.open(), HEAD_BYTES)
    head = read_head(file, codestream)
    georeference = read_georeference(head, band.driver)
    parts = from_table(codestream) or ()
    return FileIndex(file.size, file.version, head, georeference, codestream, parts)
