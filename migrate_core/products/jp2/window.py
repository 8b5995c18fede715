"""A window of a JPEG 2000 file on disk or in a zip: tiles under it read, its area decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...grid import Window
from ..remembered import Remembered
from .byte_ranges import ByteRanges, Location, locate, open_ranges
from .codestream import Codestream, ImageSize, read_codestream
from .cut import TileRange, cut, tiles_under
from .errors import UnsuitableError
from .openjpeg import decode_area
from .tile_content import area_of, read_content
from .tile_parts import PartContent, TilePart, from_chain, from_table, is_only_part

# A file's index is some kilobytes; these are the bands of many products.
_FILES_REMEMBERED = 512


@dataclass(frozen=True)
class IndexedFile:
    """A file, its main header and where its tiles lie, as far as it was gone through."""

    location: Location
    codestream: Codestream
    parts: tuple[TilePart, ...]
    complete: bool


# A location has the time of writing, so a new file is another one.
_known: Remembered[Location, IndexedFile] = Remembered(_FILES_REMEMBERED)


def size_of(location: Location) -> ImageSize:
    """How large an image and its tiles are, by its main header. Raises UnsuitableError."""
    found = _known.find(location)
    if found is None:
        try:
            with closing(open_ranges(location)) as ranges:
                found = _begun(location, ranges)
        except OSError as err:
            raise UnsuitableError(str(err)) from err
        _known.keep(location, found)
    return found.codestream.size


def read_window(location: str, window: Window) -> NDArray[np.uint16]:
    """The pixels of a window inside the image, (height, width) uint16.

    `location` is what GDAL opens the file by. Raises UnsuitableError where it has to be read by
    GDAL: a file of another kind, or a damaged one, about which GDAL says what is wrong.
    """
    try:
        found, tiles, contents = _tiles(locate(location), window)
    except OSError as err:
        raise UnsuitableError(str(err)) from err
    return decoded(found.codestream, tiles, contents, window)


def decoded(
    codestream: Codestream,
    tiles: TileRange,
    contents: Sequence[PartContent],
    window: Window,
) -> NDArray[np.uint16]:
    """The pixels of a window of the image by all tile-parts under it. Raises UnsuitableError."""
    return decode_area(cut(codestream, tiles, contents), area_of(codestream.size, window))


def _tiles(location: Location, window: Window) -> tuple[IndexedFile, TileRange, list[PartContent]]:
    """The tiles under a window, and what it needs of their bytes.

    A file is gone through as far as the last of them, once for its index: a compressed one has to
    be inflated from its start, so its tiles are taken on the way.
    """
    known = _known.find(location)
    contents: list[PartContent] = []
    with closing(open_ranges(location)) as ranges:
        found = known or _begun(location, ranges)
        tiles = tiles_of(found.codestream.size, window)
        area = area_of(found.codestream.size, window)
        wanted = missing = set(tiles.numbers(found.codestream.size))
        passed, complete = [], True
        for part in _parts(ranges, found):
            passed.append(part)
            if part.tile in wanted:
                content = read_content(ranges, part, found.codestream, area)
                contents.append(content)
                if is_only_part(content.marker):
                    missing = missing - {part.tile}
                if not missing:
                    complete = False
                    break
    if {content.part.tile for content in contents} != wanted:
        raise UnsuitableError("a tile is missing")
    if len(passed) > len(found.parts) or (complete and not found.complete):
        found = replace(found, parts=tuple(passed), complete=complete)
    _known.keep(location, found)
    return found, tiles, contents


def _begun(location: Location, ranges: ByteRanges) -> IndexedFile:
    """What the main header says of a file, which may be where all tiles lie."""
    codestream = read_codestream(ranges)
    table = from_table(codestream)
    return IndexedFile(location, codestream, table or (), table is not None)


def _parts(ranges: ByteRanges, found: IndexedFile) -> Iterator[TilePart]:
    """The tile-parts that are known, and then those behind them."""
    yield from found.parts
    if not found.complete:
        last = found.parts[-1] if found.parts else None
        yield from from_chain(ranges, found.codestream, last)


def tiles_of(size: ImageSize, window: Window) -> TileRange:
    """The tiles under a window. Raises UnsuitableError for one that isn't inside the image."""
    right, bottom = window.column + window.width, window.row + window.height
    outside = window.column < 0 or window.row < 0 or right > size.width or bottom > size.height
    if outside or window.width < 1 or window.height < 1:
        raise UnsuitableError("the window isn't inside the image")
    return tiles_under(size, window.column, window.row, right, bottom)
