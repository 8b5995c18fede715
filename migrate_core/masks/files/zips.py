"""Zips of others: every member is checked, and read no further than the size it declares."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from ...errors import MaskError
from ...files.archives import grown_too_large, unsafe_member
from .safety import check_is_file
from .signatures import HEAD_BYTES, ZIP, describe, head_of, kind_of_bytes


def open_zip(file: Any, name: str, otherwise: str) -> zipfile.ZipFile:
    """The zip in a file or at a path; `otherwise` is what to do where making it again won't do.

    Raises MaskError.
    """
    if isinstance(file, Path):
        check_is_file(file)
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, OSError) as err:
        raise MaskError(
            f"{name}: it can't be read as a zip ({_found(file) or err}). Make it again, or "
            f"{otherwise}."
        ) from err


def _found(file: Any) -> str | None:
    """What is in a file that is no zip, or None where that can't be found out."""
    try:
        if isinstance(file, Path):
            head = head_of(file)
        else:
            file.seek(0)
            head = file.read(HEAD_BYTES)
    except OSError:
        return None
    if kind_of_bytes(head) == ZIP:
        return "it is cut off: the list of what is in it, which a zip ends with, isn't there"
    return describe(head)


def checked_members(
    archive: zipfile.ZipFile, name: str
) -> Iterator[tuple[zipfile.ZipInfo, str | None]]:
    """The files of a zip called `name`, each with the reason why it can't be taken, or None.

    What systems add (hidden files, `__MACOSX`) is passed over.
    """
    if (why := grown_too_large(archive)) is not None:
        raise MaskError(f"{name}: {why}. Bring the files outside a zip.")
    for member in archive.infolist():
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if member.is_dir() or path.name.startswith(".") or "__MACOSX" in path.parts:
            continue
        yield member, _obstacle(member, f"{name}: {member.filename!r}")


def _obstacle(member: zipfile.ZipInfo, where: str) -> str | None:
    """Why a member can't be taken: it leads outside, is no file, is encrypted, or explodes."""
    if (why := unsafe_member(member)) is not None:
        return f"{where} {why}"
    if member.flag_bits & 1:
        return f"{where} is encrypted. Make the zip again without a password."
    return None


def unpack_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, name: str
) -> None:
    """Write one member as the file `target`, no more bytes than it promised. Raises MaskError."""
    try:
        with archive.open(member) as source, target.open("wb") as file:
            if not _copied(source, file, member.file_size):
                raise MaskError(
                    f"{name}: {member.filename!r} is larger than the zip says. Make the zip again."
                )
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError) as err:
        raise MaskError(
            f"{name}: {member.filename!r} in it is damaged ({err}). Make the zip again."
        ) from err


def _copied(source: IO[bytes], file: BinaryIO | IO[bytes], size: int) -> bool:
    """Whether all of `source` was copied and is no longer than `size`."""
    left = size
    while block := source.read(1024**2):
        left -= len(block)
        if left < 0:
            return False
        file.write(block)
    return True
