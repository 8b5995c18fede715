"""Files that come through the browser: checked, unpacked and put into the workspace."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

from ...errors import MaskError
from ...model import Problem, named_problem
from ...workspace import Workspace, written_then_renamed
from ..files.safety import check_is_file, unfit_upload_name
from ..files.zips import checked_members, open_zip, unpack_member
from ..raster.identity import canonical_path
from ..raster.opening import DRIVERS
from ..vectors.formats.reading import VECTOR_SUFFIXES as _VECTOR_SUFFIXES

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
# So many of the files that were left out are named when nothing else is left.
_SHOWN = 5
# Where a batch keeps what was left out of it.
_LEFT_OUT = "left_out.json"
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

    `images`, `udms` and `tables` are None when there are none. `reported` is the file that says
    what was left out, for `masks add --left-out`, so that it is reported with the rest.
    """

    masks: Path
    images: Path | None
    count: int
    left_out: tuple[Problem, ...]
    udms: Path | None = None
    tables: Path | None = None
    reported: Path | None = None


@dataclass(frozen=True)
class _Item:
    """One file to save: its path below the batch and where its bytes come from."""

    target: PurePosixPath
    size: int
    upload: Uploaded
    archive: zipfile.ZipFile | None = None
    member: zipfile.ZipInfo | None = None


def save_uploads(workspace: Workspace, uploads: Uploads, now: datetime) -> Batch:
    """Put uploaded masks and what belongs to them, or zips of it, into a new folder of `uploads/`.

    Taken is what has a safe name, that no other has, and a suffix that masks have; a file or
    member of a zip that can't be taken or read is left out and reported. Raises MaskError, and
    nothing is written, when no mask is left, or when it is too much.
    """
    left_out: list[Problem] = []
    sent = {
        "masks": uploads.masks,
        "images": uploads.images,
        "udm": uploads.udms,
        "options": uploads.tables,
    }
    items = [item for kind, files in sent.items() for item in _items(files, kind, left_out)]
    items = _each_once(items, left_out)
    _check_amount(items)
    folder = workspace.upload(now, uploads.source or _zips(uploads.masks))
    with written_then_renamed(folder) as unfinished:
        saved = [item for item in items if _is_written(item, unfinished / item.target, left_out)]
        _check_labels(saved, left_out)
        if left_out:
            _write_left_out(unfinished / _LEFT_OUT, left_out)
    kinds = {item.target.parts[0] for item in saved}
    images, udms, tables = (
        folder / kind if kind in kinds else None for kind in ("images", "udm", "options")
    )
    count = sum(item.target.suffix.lower() in LABELS for item in saved)
    reported = folder / _LEFT_OUT if left_out else None
    return Batch(folder / "masks", images, count, tuple(left_out), udms, tables, reported)


def _write_left_out(target: Path, left_out: Sequence[Problem]) -> None:
    text = json.dumps([[one.item, one.message] for one in left_out], ensure_ascii=False)
    target.write_text(text, encoding="utf-8", errors="replace")


def read_left_out(path: Path) -> list[Problem]:
    """The problems of files that were left out of an upload. Raises MaskError."""
    try:
        return [Problem(*map(str, one)) for one in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as err:
        raise MaskError(
            f"{path.name}: it is no list of files left out of an upload ({err})."
        ) from err


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
    try:
        file = path.open("rb")
    except OSError as err:
        raise MaskError(
            f"{path.name}: it can't be read ({err.strerror}). Check that it exists and its rights."
        ) from err
    with file:
        sent = _OnDisk(path, file)
        names = label_names([sent])
        if names and all(name.lower().endswith(".shp") for name in names):
            return None
        return save_uploads(workspace, Uploads([sent], source=canonical_path(path)), now)


def labels_in_zip(path: Path) -> list[str]:
    """The names of the masks in a zip on this machine; none where it can't be read."""
    try:
        with path.open("rb") as file:
            return label_names([_OnDisk(path, file)])
    except OSError:
        return []


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
            continue  # reported when it is added
    plain = (PurePosixPath(name.replace("\\", "/")) for name in names)
    return [name.name for name in plain if name.suffix.lower() in LABELS]


def _items(uploads: Iterable[Uploaded], kind: str, left_out: list[Problem]) -> Iterator[_Item]:
    for upload in uploads:
        name = PurePosixPath(upload.name.replace("\\", "/")).name
        if PurePosixPath(name).suffix.lower() == ".zip":
            try:
                yield from _members(upload, kind, left_out)
            except MaskError as err:
                left_out.append(Problem(_printable(name), str(err)))
        elif (why := _unfit(name, kind)) is not None:
            left_out.append(Problem(_printable(name), why))
        else:
            yield _Item(PurePosixPath(kind, name), upload.size, upload)


def _printable(name: str) -> str:
    return name if name.isprintable() else repr(name)


def _members(upload: Uploaded, kind: str, left_out: list[Problem]) -> Iterator[_Item]:
    """The masks and images in a zip; what is neither is left out. Raises MaskError."""
    archive = _opened_zip(upload)
    for member, obstacle in checked_members(archive, upload.name):
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if (why := obstacle or _unfit(path.name, kind)) is not None:
            left_out.append(Problem(_printable(path.name), why))
            continue
        folders = {part.lower() for part in path.parts[:-1]}
        is_image = kind == "images" or bool(folders & _IMAGE_FOLDERS)
        # Images are looked for by stem in one folder; masks may have equal names in several.
        flat = "images" if kind == "masks" and is_image else kind
        target = PurePosixPath("masks", path) if flat == "masks" else PurePosixPath(flat, path.name)
        yield _Item(target, member.file_size, upload, archive, member)


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


def _each_once(items: Iterable[_Item], left_out: list[Problem]) -> list[_Item]:
    """The first of files that would be written to one path; the others are left out."""
    targets: dict[str, _Item] = {}
    for item in items:
        if targets.setdefault(str(item.target).lower(), item) is not item:
            why = "it is there twice, and the first one was taken. Rename this one and add it."
            left_out.append(Problem(item.target.name, why))
    return list(targets.values())


def _check_amount(items: Sequence[_Item]) -> None:
    """Refuse what is too much altogether. Raises MaskError."""
    total = sum(item.size for item in items)
    if len(items) > _MAX_FILES or total > _MAX_BYTES:
        raise MaskError(
            f"{len(items)} files of {total / 1024**3:.1f} GB together are too much for an "
            f"upload (at most {_MAX_FILES} files, {_MAX_BYTES / 1024**3:.0f} GB). Copy "
            "them to the server and name their folder instead."
        )


def _check_labels(saved: Sequence[_Item], left_out: Sequence[Problem]) -> None:
    """Refuse an upload of which no mask is left. Raises MaskError that names what was left out."""
    if any(_is_label(item) for item in saved) or _only_tables(saved, left_out):
        return
    if not left_out:
        raise MaskError(
            "There is no mask among the files that can be taken; needed are files with one of the "
            f"suffixes {', '.join(LABELS)}."
        )
    sentences = ["There is no mask among the files that can be taken."]
    sentences += map(named_problem, left_out[:_SHOWN])
    if len(left_out) > _SHOWN:
        sentences.append(f"… and {len(left_out) - _SHOWN} more.")
    raise MaskError(" ".join(sentences))


def _is_label(item: _Item) -> bool:
    return item.target.parts[0] == "masks" and item.target.suffix.lower() in LABELS


def _only_tables(saved: Sequence[_Item], left_out: Sequence[Problem]) -> bool:
    """Whether only tables were sent, for masks that are on the server, and all were taken."""
    return bool(saved) and not left_out and all(item.target.parts[0] == "options" for item in saved)


def _is_written(item: _Item, target: Path, left_out: list[Problem]) -> bool:
    """Write one file, no more bytes than were promised; one that is damaged is left out."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if item.archive is None or item.member is None:
        item.upload.seek(0)
        with target.open("wb") as file:
            shutil.copyfileobj(item.upload, file)
        return True
    try:
        unpack_member(item.archive, item.member, target, item.upload.name)
    except MaskError as err:
        target.unlink(missing_ok=True)
        left_out.append(Problem(item.target.name, str(err)))
        return False
    return True
