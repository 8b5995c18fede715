"""Packed views as files of the workspace: made at the first look, and again when they don't fit."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock

from ...errors import PairError
from ...model import Mask
from ...workspace import Workspace, written_then_renamed
from ..files import DOCUMENT
from .content import view_of
from .packed import header_of, packed

# Counts up when the same inputs would give another view, so that those of before are made again.
FORMAT = 2
# Requests for one pair wait for each other, so that its view is made once; a few pairs share one.
_LOCKS = tuple(Lock() for _ in range(64))


def view_version(
    workspace: Workspace, pair_id: str, mask: Mask | None, earlier: str | None = None
) -> str:
    """What a view is made of, in 16 hexadecimal digits; another version is another picture.

    `earlier` is the id of the pair that it is compared with.
    """
    ingredients = [
        FORMAT,
        _written(workspace.pair(pair_id) / DOCUMENT),
        earlier and [earlier, _written(workspace.pair(earlier) / DOCUMENT)],
        mask
        and [
            mask.sha256,
            mask.path,
            mask.source.path,
            _written(Path(mask.source.path)) if mask.source.path else None,
            mask.classes.stored,
            mask.classes.names,
            mask.classes.colours,
        ],
    ]
    return hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()[:16]


def _written(path: Path) -> int | None:
    """When a file was written, in nanoseconds; None when it isn't there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def stored_view(
    workspace: Workspace, pair_id: str, mask: Mask | None, earlier: str | None = None
) -> bytes:
    """The packed view of a pair, a gzip file; made where there is none of its present version.

    Raises PairError when the files of the pair can't be read.
    """
    version = view_version(workspace, pair_id, mask, earlier)
    path = workspace.view(pair_id)
    with _LOCKS[zlib.crc32(pair_id.encode()) % len(_LOCKS)]:
        if _version_in(path) != version:
            write_view(workspace, pair_id, mask, earlier)
        return path.read_bytes()


def write_view(
    workspace: Workspace, pair_id: str, mask: Mask | None, earlier: str | None = None
) -> None:
    """Make the packed view of a pair. Raises MigrateError."""
    version = view_version(workspace, pair_id, mask, earlier)
    view = view_of(workspace.pair(pair_id), mask, workspace.pair(earlier) if earlier else None)
    versioned = replace(view, header={"version": version, **view.header})
    with written_then_renamed(workspace.view(pair_id)) as temporary:
        temporary.write_bytes(packed(versioned))


def _version_in(path: Path) -> str | None:
    """The version of a file; None where it is missing, damaged or no packed view."""
    written = _written(path)
    return None if written is None else _checked(path, written, path.stat().st_size)


@lru_cache(maxsize=20_000)
def _checked(path: Path, written: int, size: int) -> str | None:  # noqa: ARG001 - tell files apart
    """The version of a file that stays as it is; unpacking it also checks that it is whole."""
    try:
        return str(header_of(path.read_bytes())["version"])
    except (OSError, PairError, KeyError):
        return None
