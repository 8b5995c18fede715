"""Whether a file that arrived is what was meant: size, checksums, a sound archive or image."""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blake3 import blake3

from ..files.archives import grown_too_large, unsafe_member

_CHUNK = 1 << 22
_JP2_SIGNATURE = bytes.fromhex("0000000c6a5020200d0a870a")
# By the names that services use, in capitals and without dashes.
_ALGORITHMS: Mapping[str, Callable[[], Any]] = {
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
    "BLAKE3": blake3,
    "SHA256": hashlib.sha256,
    "SHA3256": hashlib.sha3_256,
}


@dataclass(frozen=True)
class Checksum:
    """What a service says of a file; algorithms that aren't known are not checked."""

    algorithm: str
    value: str

    @property
    def key(self) -> str:
        """The algorithm's name in the form in which it is looked up."""
        return self.algorithm.upper().replace("-", "")

    @property
    def known(self) -> bool:
        """Whether it can be checked, and says anything."""
        return self.key in _ALGORITHMS and bool(self.value)


def wrong_checksum(
    path: Path, checksums: Sequence[Checksum], check: Callable[[], None]
) -> str | None:
    """What is wrong with a file's checksums, in words; None when all known ones agree."""
    known = [item for item in checksums if item.known]
    if not known:
        return None
    digests = [_ALGORITHMS[item.key]() for item in known]
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            check()
            for digest in digests:
                digest.update(chunk)
    for item, digest in zip(known, digests, strict=True):
        found = digest.hexdigest()
        if found != item.value.lower():
            return f"its {item.algorithm} is {found}, the service says {item.value.lower()}"
    return None


def broken_zip(path: Path, check: Callable[[], None]) -> str | None:
    """What is wrong with an archive, in words; None when every member can be read.

    A long-term archive can hand out an archive that is corrupt though its MD5 is right.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if (why := grown_too_large(archive)) is not None:
                return why
            for member in archive.infolist():
                if (why := unsafe_member(member)) is not None:
                    return f"its member {member.filename!r} {why.partition('. ')[0]}"
                with archive.open(member) as file:
                    while file.read(_CHUNK):
                        check()
    except (OSError, EOFError, RuntimeError, NotImplementedError) as err:
        return f"it can't be unpacked ({err})"
    except (zipfile.BadZipFile, zlib.error, struct.error) as err:
        return f"it is a damaged zip archive ({err})"
    return None


def broken_jp2(path: Path, _check: Callable[[], None]) -> str | None:
    """What is wrong with a JPEG 2000 file, in words; None when its boxes fill it exactly.

    Box layout after ISO/IEC 15444-1, annex I: length and type, 32 bits each; length 1 is followed
    by 64 bits, length 0 goes to the end of the file.
    """
    size, position = path.stat().st_size, 0
    with path.open("rb") as file:
        if file.read(len(_JP2_SIGNATURE)) != _JP2_SIGNATURE:
            return "it is no JPEG 2000 file"
        while position < size:
            file.seek(position)
            head = file.read(16)
            if len(head) < 8:
                return "it is a JPEG 2000 file that was cut short"
            length = int.from_bytes(head[:4], "big")
            if length == 1 and len(head) == 16:
                length = int.from_bytes(head[8:], "big")
            if length == 0:
                return None
            if length < 8 or position + length > size:
                return "it is a JPEG 2000 file that was cut short"
            position += length
    return None
