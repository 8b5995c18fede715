"""What was learnt of JPEG 2000 files at a service: kept, so that it isn't searched for again."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from affine import Affine
from rasterio.crs import CRS
from rasterio.errors import CRSError

from ...errors import MigrateError
from ...workspace import written_then_renamed
from ..jp2.codestream import Codestream, read_codestream
from ..jp2.errors import UnsuitableError
from ..jp2.header import Georeference, HeadOfFile
from ..jp2.packets import PacketLengths
from ..jp2.tile_parts import TilePart
from ..remembered import Remembered

# Counts up when an index is written in another form.
_FORM = 2
# Of the bands of some forty products.
_REMEMBERED = 512


@dataclass(frozen=True)
class FileIndex:
    """A file as it is now: its size in bytes and `version`, what its header says, its tiles.

    `head` are its bytes up to the first tile, `parts` the tiles of which it is known where they
    are, and `packets` by the number of a tile what it says of its packets, where that is known.
    """

    size: int
    version: str
    head: bytes = field(repr=False)
    georeference: Georeference
    codestream: Codestream
    parts: tuple[TilePart, ...] = ()
    packets: Mapping[int, PacketLengths] = field(default_factory=dict)


# What reading an index raises that was written only in part, or by something else.
_DAMAGED = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    OverflowError,
    RecursionError,
    CRSError,
    UnsuitableError,
)
_known: Remembered[str, FileIndex] = Remembered(_REMEMBERED)
_folder: list[Path] = []


def keep_in(folder: Path) -> None:
    """Keep what this process learns in a folder, for other processes and later runs."""
    _folder[:] = [folder]


def find(location: str) -> FileIndex | None:
    """What is known of a file; whether it is still the same file, its next bytes tell."""
    key = _key(location)
    known = _known.find(key)
    if known is None and _folder and (known := _read(_folder[0] / key)) is not None:
        _known.keep(key, known)
    return known


def keep(location: str, found: FileIndex) -> None:
    """Keep what was learnt; on disk only where it can be told later whether it still holds."""
    key = _key(location)
    _known.keep(key, found)
    if _folder and found.version:
        # Where it can't be written, the next run learns it again.
        with (
            suppress(OSError, MigrateError),
            written_then_renamed(_folder[0] / key) as temporary,
        ):
            temporary.write_text(json.dumps(_document(found)), encoding="utf-8")


def forget(location: str) -> None:
    """The file is another one now."""
    key = _key(location)
    _known.forget(key)
    if _folder:
        with suppress(OSError):
            (_folder[0] / key).unlink(missing_ok=True)


def _key(location: str) -> str:
    """A file's name for an address without its query, which may be a signature."""
    return hashlib.sha256(location.partition("?")[0].encode()).hexdigest()[:32] + ".json"


def _document(found: FileIndex) -> dict[str, Any]:
    georeference = found.georeference
    return {
        "form": _FORM,
        "size": found.size,
        "version": found.version,
        "head": base64.b64encode(found.head).decode(),
        "crs": georeference.crs.to_wkt(),
        "transform": list(georeference.transform)[:6],
        "shape": [georeference.width, georeference.height],
        "parts": [[part.tile, part.offset, part.length] for part in found.parts],
        "packets": [[tile, given.first, *given.lengths] for tile, given in found.packets.items()],
    }


def _read(path: Path) -> FileIndex | None:
    """An index that was written; None where there is none, or a damaged one."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["form"] != _FORM:
            return None
        head = base64.b64decode(document["head"])
        crs = CRS.from_wkt(document["crs"])
        width, height = map(int, document["shape"])
        return FileIndex(
            int(document["size"]),
            str(document["version"]),
            head,
            Georeference(crs, Affine(*document["transform"]), width, height),
            read_codestream(HeadOfFile(head)),
            tuple(TilePart(*map(int, part)) for part in document["parts"]),
            {
                int(tile): _packet_lengths(*map(int, numbers))
                for tile, *numbers in document["packets"]
            },
        )
    except _DAMAGED:
        return None


def _packet_lengths(first: int, *lengths: int) -> PacketLengths:
    """Raises ValueError for what no tile says."""
    if min(first, *lengths, 1) < 1:
        raise ValueError("a packet has no length")
    return PacketLengths(first, lengths)
