"""The files of a product, whether it is a folder or a zip that is read in place."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from ...errors import ProductError
from ...files.archives import grown_too_large, unsafe_member
from ...files.regular import check_regular, read_bytes
from ..access import Access

# What reading a member of a damaged, encrypted or oddly compressed archive raises.
_UNREADABLE = (
    OSError,
    KeyError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)
# No metadata file of a product comes near this (MTD_DS.xml of 19 MB is the largest seen); what
# claims to be larger isn't one.
_MAX_METADATA_BYTES = 200_000_000


class Files(Protocol):
    """A product's folder, wherever it is; `names` are relative to it, with forward slashes.

    They are files; of a directory they may be folders as well.
    """

    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def access(self) -> Access | None:
        """The way to files that are not on this machine's disks."""

    @property
    def title(self) -> str:
        """What to call the product in messages."""

    @property
    def folder(self) -> str:
        """The name of the folder, which may tell the product; empty at the root of a zip."""

    def read(self, name: str) -> bytes:
        """The content of a (metadata) file. Raises MigrateError."""

    def location(self, name: str) -> str:
        """What GDAL opens the file by."""


@dataclass(frozen=True)
class ProductFiles:
    """A product's folder: `names` are relative to it, with forward slashes.

    `archive` is the zip the folder lies in, at `root` inside (empty or with a slash at its end);
    without it `root` is a directory.
    """

    root: str
    names: tuple[str, ...]
    archive: Path | None = None

    @property
    def access(self) -> None:
        """None: files on disk need no way to them."""
        return

    def below(self, root: str) -> ProductFiles:
        """The same from a folder further down; `root` is empty or ends in a slash."""
        if not root:
            return self
        names = tuple(name.removeprefix(root) for name in self.names if name.startswith(root))
        location = f"{self.root}{root}" if self.archive else str(Path(self.root) / root)
        return ProductFiles(location, names, self.archive)

    @property
    def title(self) -> str:
        """What to call the product in messages."""
        return self.archive.name if self.archive else Path(self.root).name

    @property
    def folder(self) -> str:
        """The name of the folder itself; empty at the root of a zip."""
        return PurePosixPath(self.root).name if self.archive else Path(self.root).name

    def read(self, name: str) -> bytes:
        """The content of a (metadata) file. Raises ProductError."""
        try:
            if self.archive is None:
                return read_bytes(Path(self.root) / name, _MAX_METADATA_BYTES)
            with zipfile.ZipFile(self.archive) as archive:
                member = archive.getinfo(self.root + name)
                if member.file_size > _MAX_METADATA_BYTES:
                    raise ProductError(
                        f"{self.title}: {name} claims {member.file_size} bytes, far more than "
                        "metadata have. Don't use this archive."
                    )
                return archive.read(member)
        except _UNREADABLE as err:
            raise ProductError(
                f"{self.title}: {name} can't be read ({err}). Get the product again."
            ) from err

    def location(self, name: str) -> str:
        """What GDAL opens the file by; a zip is read in place."""
        if self.archive is None:
            return str(Path(self.root) / name)
        # Braces delimit the archive whatever its suffix is, but can't hold braces themselves.
        path = str(self.archive)
        inside = path if set("{}") & set(path) else f"{{{path}}}"
        return f"/vsizip/{inside}/{self.root}{name}"


@dataclass(frozen=True)
class RemoteFiles:
    """A product's folder in an object store: `root` is `s3://bucket/prefix`."""

    root: str
    names: tuple[str, ...]
    reader: Callable[[str], bytes] = field(repr=False)
    access: Access | None = field(repr=False)

    @property
    def title(self) -> str:
        """What to call the product in messages."""
        return self.root.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The name of the folder itself."""
        return self.title

    def read(self, name: str) -> bytes:
        """The content of a (metadata) file. Raises MigrateError."""
        return self.reader(f"{self.root}/{name}")

    def location(self, name: str) -> str:
        """What GDAL opens the file by."""
        return f"/vsis3/{self.root.removeprefix('s3://')}/{name}"


def product_files(path: Path) -> ProductFiles:
    """All files below a folder or in a zip.

    Raises ProductError when a zip is damaged or its member names are not safe.
    """
    if path.is_dir():
        files = (file.relative_to(path).as_posix() for file in path.rglob("*"))
        return ProductFiles(str(path), tuple(sorted(files)))
    return ProductFiles("", tuple(sorted(_members(path))), path.absolute())


def _members(path: Path) -> list[str]:
    try:
        check_regular(path)
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            grown = grown_too_large(archive)
    except (OSError, zipfile.BadZipFile) as err:
        raise ProductError(
            f"{path.name}: it can't be read as a zip archive ({err}). It is damaged or "
            "incomplete: get it again."
        ) from err
    if grown is not None:
        raise ProductError(f"{path.name}: {grown}. Don't use it.")
    for member in members:
        if (why := unsafe_member(member)) is not None:
            raise ProductError(f"{path.name}: its member {member.filename!r} {why}")
    return [member.filename for member in members]
