"""Where a dataset is to go, as people write it: a folder, or s3://bucket/prefix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...errors import WrongUseError
from ...workspace import Workspace

_SCHEME = "s3://"
# Rules of S3 for names of buckets; older ones may have capitals and underscores.
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")


@dataclass(frozen=True)
class Address:
    """A bucket, and what the keys of a dataset begin with: no slash at either end, may be empty."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        """As people write it."""
        return f"{_SCHEME}{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def name(self) -> str:
        """What the dataset is called."""
        return self.prefix.rpartition("/")[2] or self.bucket

    def key(self, name: str) -> str:
        """The key of a file of the dataset; for an empty name, what all keys begin with."""
        return f"{self.prefix}/{name}" if self.prefix else name


def parse_address(text: str) -> Address:
    """The address of an object store. Raises WrongUseError."""
    bucket, __, prefix = text.removeprefix(_SCHEME).partition("/")
    prefix = prefix.rstrip("/")
    if not text.startswith(_SCHEME) or not _BUCKET.fullmatch(bucket):
        raise WrongUseError(f"{text} names no bucket; needed is s3://BUCKET/PREFIX.")
    parts = prefix.split("/") if prefix else []
    if any(part in ("", ".", "..") for part in parts) or re.search(r"[\x00-\x1f?#]", prefix):
        raise WrongUseError(
            f"{text} is no place for a dataset; needed is s3://BUCKET/PREFIX with plain names."
        )
    return Address(bucket, prefix)


def resolve_destination(destination: str | Path, workspace: Workspace) -> tuple[Path, str]:
    """The folder to write into, and the address to send it to, empty for none.

    Raises WrongUseError for an address that is none.
    """
    text = str(destination)
    if not text.lower().startswith("s3:"):
        return Path(destination), ""
    if isinstance(destination, Path):
        raise WrongUseError(f"{text}: a path can't hold an address; give s3://… as text.")
    address = parse_address(text)
    return workspace.sending(str(address), address.name), str(address)
