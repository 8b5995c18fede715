"""Files that come through the browser: checked, unpacked and put into the workspace."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

from ..errors import MaskError
from ..model import Problem
from ..workspace import Workspace, written_then_renamed
from .identity import same_place
from .raster import DRIVERS
from .safety import check_is_file, unfit_upload_name
from .vectors.reading import VECTOR_SUFFIXES as _VECTOR_SUFFIXES
from .zips import open_zip, safe_members, unpack_member

# A PNG or JPEG may bring its transform in six numbers beside it (ESRI world file).
WORLD_FILES = (".pgw", ".pngw", ".jgw", ".jpgw", ".jpegw", ".tfw", ".tifw", ".wld")
# What may lie beside a mask or image: CRS, georeference, date, names of classes.
BESIDE = (*WORLD_FILES, ".prj", ".xml", ".json", ".qml")
# The parts of a Shapefile beside its `.shp`.
_SHAPEFILE = (".shx", ".dbf", ".cpg", ".qix")
# A zip is unpacked, and what is in it looked at.
VECTOR_SUFFIXES = tuple(suffix for suffix in _VECTOR_SUFFIXES if suffix != ".zip")
LABELS = (*DRIVERS, *VECTOR_SUFFIXES)
SUFFIXES = tuple(dict.fromkeys((*LABELS, *BESIDE, *_SHAPEFILE)))
TABLES = (".csv", ".json", ".qml", ".clr", ".txt", *VECTOR_SUFFIXES)
ACCEPTED = {"masks": SUFFIXES, "images": (*DRIVERS, *BESIDE), "udm": (*DRIVERS, *BESIDE)}
ACCEPTED["options"] = TABLES
_MAX_FILES = 20_000
_MAX_BYTES = 20 * 1024**3
# Files of a zip that lie in a folder of this name are source images.
_IMAGE_FOLDERS = {"image", "images"}


class Uploaded(Protocol):
    """A file as the browser gave it: what `streamlit` hands out, or an open file with a name."""

    name: str
    size: int

    def seek(self, offset: int, whence: int = 0, /) -> int: ...  # noqa: D102
    def read(self, size: int = -1, /) -> bytes: ...  # noqa: D102


@dataclass(frozen=True)
class Uploads:
    """What a person sends together; `tables` are files that options of `masks add` name.

    `source` is the path of the zip they are in, where it has one on this machine.
    """

    masks: Sequence[Uploaded] = ()
    images: Sequence[Uploaded] = ()
    udms: Sequence[Uploaded] = ()
    tables: Sequence[Uploaded] = ()
    source: str = ""


@dataclass(frozen=True)
class Batch:
    """Files that were saved together: the folders for `masks add`, and what was left out.

    `images`, `udms` and `tables` are None when there are none.
    """

    masks: Path
    images: Path | None
    count: int
    left_out: tuple[Problem, ...]
    udms: Path | None = None
    tables: Path | None = None


@dataclass(frozen=True)
class _Item:
    """One file to save: its place below the batch and where its bytes come from."""

    place: PurePosixPath
    size: int
    upload: Uploaded
    archive: zipfile.ZipFile | None = None
    member: zipfile.ZipInfo | None = None


def save_uploads(workspace: Workspace, uploads: Uploads, now: datetime) -> Batch:
    """Put uploaded masks and what belongs to them, or zips of it, into a new folder of `uploads/`.

    Nothing is written unless all that is taken is sound: safe names, each once, of a suffix that
    masks have, not too many and not too large. Files of other kinds in a zip are left out and
    told. Raises MaskError that names the file.
    """
    left_out: list[Problem] = []
    sent = {
        "masks": uploads.masks,
        "images": uploads.images,
        "udm": uploads.udms,
        "options": uploads.tables,
    }
    items = [item for kind, files in sent.items() for item in _items(files, kind, left_out)]
    _check(items)
    folder = workspace.upload(now, uploads.source or _zips(uploads.masks))
    with written_then_renamed(folder) as unfinished:
        for item in items:
            _write(item, unfinished / item.place)
    kinds = {item.place.parts[0] for item in items}
    images, udms, tables = (
        folder / kind if kind in kinds else None for kind in ("images", "udm", "options")
    )
    count = sum(item.place.suffix.lower() in LABELS for item in items)
    return Batch(folder / "masks", images, count, tuple(left_out), udms, tables)


class _OnDisk:
    """A file of this machine as if it had been sent."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.name = path.name
        self.size = path.stat().st_size
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(size)


def unpack(workspace: Workspace, path: Path, now: datetime) -> Batch | None:
    """The masks of a zip on this machine, unpacked as uploads are; None for a zipped Shapefile.

    A Shapefile is read where it is. Raises MaskError.
    """
    check_is_file(path)
    with path.open("rb") as file:
        sent = _OnDisk(path, file)
        names = label_names([sent])
        if names and all(name.lower().endswith(".shp") for name in names):
            return None
        return save_uploads(workspace, Uploads([sent], source=same_place(path)), now)


def _zips(uploads: Iterable[Uploaded]) -> str:
    """The names of the zips among uploaded files: masks of equal names in two zips are two."""
    names = (upload.name for upload in uploads)
    return "/".join(sorted(name for name in names if name.lower().endswith(".zip")))


def label_names(uploads: Iterable[Uploaded]) -> list[str]:
    """The names of the masks among uploaded files, those in zips included."""
    names: list[str] = []
    for upload in uploads:
        if not upload.name.lower().endswith(".zip"):
            names.append(upload.name)
            continue
        try:
            names += _opened_zip(upload).namelist()
        except MaskError:
            continue  # told when it is added
    plain = (PurePosixPath(name.replace("\\", "/")) for name in names)
    return [name.name for name in plain if name.suffix.lower() in LABELS]


def _items(uploads: Iterable[Uploaded], kind: str, left_out: list[Problem]) -> Iterator[_Item]:
    for upload in uploads:
        name = PurePosixPath(upload.name.replace("\\", "/")).name
        if PurePosixPath(name).suffix.lower() == ".zip":
            yield from _members(upload, kind, left_out)
        elif (why := _unfit(name, kind)) is not None:
            raise MaskError(f"{name}: {why}")
        else:
            yield _Item(PurePosixPath(kind, name), upload.size, upload)


def _members(upload: Uploaded, kind: str, left_out: list[Problem]) -> Iterator[_Item]:
    """The masks and images in a zip; what is neither is left out."""
    archive = _opened_zip(upload)
    for member in safe_members(archive, upload.name):
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if (why := _unfit(path.name, kind)) is not None:
            left_out.append(Problem(path.name, why))
            continue
        folders = {part.lower() for part in path.parts[:-1]}
        is_image = kind == "images" or bool(folders & _IMAGE_FOLDERS)
        # Images are looked for by stem in one folder; masks may have equal names in several.
        flat = "images" if kind == "masks" and is_image else kind
        place = PurePosixPath("masks", path) if flat == "masks" else PurePosixPath(flat, path.name)
        yield _Item(place, member.file_size, upload, archive, member)


def _opened_zip(upload: Uploaded) -> zipfile.ZipFile:
    upload.seek(0)
    return open_zip(upload, upload.name, "upload the files one by one")


def _unfit(name: str, kind: str) -> str | None:
    """Why a file can't be taken by its name, or None."""
    if PurePosixPath(name).suffix.lower() not in ACCEPTED[kind]:
        wanted = LABELS if kind == "masks" else ACCEPTED[kind]
        what = {"masks": "mask", "options": "table"}.get(kind, "image")
        return f"left out: it is no {what} by its suffix; needed is one of {', '.join(wanted)}."
    return unfit_upload_name(name)


def _check(items: list[_Item]) -> None:
    """Refuse what is too much, twice the same, or a zip that explodes. Raises MaskError."""
    only_tables = items and all(item.place.parts[0] == "options" for item in items)
    if not only_tables and not any(
        item.place.parts[0] == "masks" and item.place.suffix.lower() in LABELS for item in items
    ):
        raise MaskError(
            f"There is no mask among the files; needed are files with one of the suffixes "
            f"{', '.join(LABELS)}."
        )
    total = sum(item.size for item in items)
    if len(items) > _MAX_FILES or total > _MAX_BYTES:
        raise MaskError(
            f"{len(items)} files of {total / 1024**3:.1f} GB together are too much for an upload "
            f"(at most {_MAX_FILES} files, {_MAX_BYTES / 1024**3:.0f} GB). Copy them to the server "
            "and name their folder instead."
        )
    seen: set[str] = set()
    for item in items:
        key = str(item.place).lower()
        if key in seen:
            raise MaskError(
                f"{item.place.name} is there twice. Rename one of the two, or upload them one "
                "after the other."
            )
        seen.add(key)


def _write(item: _Item, target: Path) -> None:
    """Write one file; no more bytes than were promised. Raises MaskError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if item.archive is not None and item.member is not None:
        unpack_member(item.archive, item.member, target, item.upload.name)
        return
    item.upload.seek(0)
    with target.open("wb") as file:
        shutil.copyfileobj(item.upload, file)
