"""The id of a mask: its name for people, its content so that it is the same everywhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from .raster import file_sha256

_LONGEST = 48
_PART = 20


def mask_identity(stem: str, digest: str, part: str | None = None) -> str:
    """`<name>-<8 hexadecimal digits>`, safe for file names; `digest` is of what makes the mask.

    Of long names the beginning is kept, and of a part (one of several masks of a file) the end.
    """
    if part is None:
        return f"{_slug(stem)[:_LONGEST] or 'mask'}-{digest[:8]}"
    end = _slug(part)[-_PART:].strip("-")
    name = _slug(stem)[: _LONGEST - len(end) - 1].strip("-")
    return f"{'-'.join(filter(None, (name, end))) or 'mask'}-{digest[:8]}"


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()


def content_digest(path: Path, tiles: Sequence[str] = ()) -> str:
    """The SHA-256 of a file, or of the digests of all the tiles that a mask is cut into."""
    if not tiles:
        return file_sha256(path)
    return combined_digest(*(file_sha256(Path(tile)) for tile in tiles))


def combined_digest(*ingredients: str) -> str:
    """The SHA-256 of several texts together, as hexadecimal digits."""
    return hashlib.sha256(" ".join(ingredients).encode()).hexdigest()
