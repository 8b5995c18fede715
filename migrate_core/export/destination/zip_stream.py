"""A dataset as a zip that is sent while it is read: neither in memory nor on the disk as a whole.

The files are stored, since rasters are compressed already. So the size of the zip is known before
its first byte, by the layout of PKWARE's APPNOTE 6.3.9: local header (4.3.7), data, data descriptor
(4.3.9, as nothing can be written back into a stream), central directory (4.3.12 to 4.3.16).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import ExportError
from ...files.regular import read_text
from ..contents import files_of_dataset
from ..report.card import CARD, MADE_WITH, is_unfinished

_PIECE_BYTES = 1 << 20
_LOCAL, _CENTRAL, _END = 30, 46, 22
_ZIP64_LOCAL, _DESCRIPTOR, _ZIP64_DESCRIPTOR, _ZIP64_END = 20, 16, 24, 56 + 20


@dataclass(frozen=True)
class StreamedZip:
    """What `zip_of` found: the names and sizes in bytes of the files of a finished dataset."""

    folder: Path
    files: tuple[tuple[str, int], ...]
    # When the card was written: an export that began meanwhile has written another.
    version: int

    @property
    def name(self) -> str:
        """What the zip is called."""
        return f"{self.folder.name}.zip"

    @property
    def size_bytes(self) -> int:
        """How large the zip is."""
        return _size([(len(self._inside(name).encode()), size) for name, size in self.files])

    def pieces(self) -> Iterator[bytes]:
        """The zip, a megabyte at a time.

        Raises ExportError when the dataset changes meanwhile: then the zip has no end, so that no
        half of one dataset and half of another passes for a whole.
        """
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
            for name, size in self.files:
                yield from self._file(archive, sink, name, size)
            if _version(self.folder) != self.version:
                raise _changed(self.folder)
        yield sink.taken()

    def _file(self, archive: zipfile.ZipFile, sink: _Sink, name: str, size: int) -> Iterator[bytes]:
        path = self.folder / name
        about = zipfile.ZipInfo.from_file(path, self._inside(name), strict_timestamps=False)
        left = size
        with (
            path.open("rb") as source,
            archive.open(about, "w", force_zip64=_is_large(size)) as entry,
        ):
            while piece := source.read(_PIECE_BYTES):
                left -= len(piece)
                if left < 0:
                    raise _changed(self.folder)
                entry.write(piece)
                yield sink.taken()
        if left:
            raise _changed(self.folder)

    def _inside(self, name: str) -> str:
        # All files lie in one folder, so that unpacking scatters nothing.
        return f"{self.folder.name}/{name}"


def zip_of(folder: Path) -> StreamedZip:
    """What a zip of the dataset in `folder` holds. Raises ExportError for an unfinished one."""
    try:
        version, card = _version(folder), read_text(folder / CARD)
        names = files_of_dataset(folder)
        files = tuple((name, (folder / name).stat().st_size) for name in names)
    except (OSError, UnicodeDecodeError) as err:
        raise ExportError(f"{folder} can't be read as a dataset ({err}). Export again.") from err
    if MADE_WITH not in card or is_unfinished(card):
        raise ExportError(
            f"The dataset in {folder} isn't finished. Wait for its export, or export again."
        )
    return StreamedZip(folder, files, version)


def _version(folder: Path) -> int:
    return (folder / CARD).stat().st_mtime_ns


def _changed(folder: Path) -> ExportError:
    return ExportError(
        f"The dataset in {folder} was changed while it was sent. Wait for its export, and get it "
        "again."
    )


def _is_large(size: int) -> bool:
    # As zipfile decides by itself.
    return size * 1.05 > zipfile.ZIP64_LIMIT


def _size(files: Sequence[tuple[int, int]]) -> int:
    """The bytes of a zip of files with these lengths of names and of contents, in bytes."""
    offset = central = 0
    for name, size in files:
        wide = (2 if size > zipfile.ZIP64_LIMIT else 0) + (offset > zipfile.ZIP64_LIMIT)
        central += _CENTRAL + name + (4 + 8 * wide if wide else 0)
        large = _is_large(size)
        offset += _LOCAL + name + (_ZIP64_LOCAL if large else 0) + size
        offset += _ZIP64_DESCRIPTOR if large else _DESCRIPTOR
    limits = zipfile.ZIP_FILECOUNT_LIMIT, zipfile.ZIP64_LIMIT, zipfile.ZIP64_LIMIT
    wide_end = any(
        found > limit for found, limit in zip((len(files), central, offset), limits, strict=True)
    )
    return offset + central + (_ZIP64_END if wide_end else 0) + _END


class _Sink(io.RawIOBase):
    """What a zip is written into, and taken out of piece by piece; it can't go back."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, piece: bytes) -> int:  # type: ignore[override]
        """Keep a piece until it is taken."""
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        """All that was written since it was asked for last."""
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found
