"""What stands before the tiles of a JPEG 2000 file, its georeference among it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from affine import Affine
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile

from .byte_ranges import ByteRanges, Location, open_ranges
from .codestream import COM, PLM, SOC, SOT, TLM, Codestream, read_codestream
from .errors import UnsuitableError

# The box of the codestream, and what stands before it in place of a length (ISO/IEC 15444-1, I.4).
_LAST_BOX, _TO_THE_END = b"jp2c", bytes(4)
# Lengths of tiles, and remarks of the encoder.
_OF_EACH_FILE = (TLM, PLM, COM)


@dataclass(frozen=True)
class Georeference:
    """Where a file says that it lies."""

    crs: CRS
    transform: Affine
    width: int
    height: int


class HeadOfFile:
    """The beginning of a file as if it were all of it (`ByteRanges`)."""

    def __init__(self, head: bytes) -> None:
        self._head, self.size = head, len(head)

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on."""
        return self._head[offset : offset + length]

    def close(self) -> None:
        """Nothing is open."""


def read_head(ranges: ByteRanges, codestream: Codestream) -> bytes:
    """The bytes up to the marker of the first tile, and those of it that say that it is one.

    Raises UnsuitableError, OSError.
    """
    head = ranges.read(0, codestream.first_part + 4)
    if head[-4:-2] != SOT.to_bytes(2, "big"):
        raise UnsuitableError("its main header has no end")
    return head


def read_georeference(head: bytes, driver: str) -> Georeference:
    """Where a file lies, as GDAL's `driver` reads the bytes before its tiles.

    GDAL would go on to the end of the file, which is far away, or all compressed. Raises
    UnsuitableError also where these bytes don't tell: it may stand behind the tiles.
    """
    try:
        with MemoryFile(head, ext=".jp2") as memory, memory.open(driver=driver) as dataset:
            if dataset.crs is None:
                raise UnsuitableError("its header doesn't say where it lies")
            return Georeference(dataset.crs, dataset.transform, dataset.width, dataset.height)
    except RasterioError as err:
        raise UnsuitableError(str(err)) from err


def head_on_disk(location: Location) -> bytes:
    """What `read_georeference` needs of a file on disk or in a zip. Raises UnsuitableError.

    The bands of a product at one resolution begin alike, but for what is left out here.
    """
    try:
        with closing(open_ranges(location)) as ranges:
            codestream = read_codestream(ranges)
            boxes = ranges.read(0, codestream.start)
    except OSError as err:
        raise UnsuitableError(str(err)) from err
    if boxes.endswith(_LAST_BOX):
        boxes = boxes[: -len(_LAST_BOX) - 4] + _TO_THE_END + _LAST_BOX
    segments = [one.content for one in codestream.segments if one.marker not in _OF_EACH_FILE]
    return b"".join((boxes, SOC.to_bytes(2, "big"), *segments, SOT.to_bytes(2, "big")))
