"""The id of a mask: its name for people, its content so that it is the same everywhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from .raster import file_sha256


def mask_identity(stem: str, digest: str) -> str:
    """`<slug of the stem>-<8 digits of the digest>`, a name that is safe for files."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-").lower()[:48] or "mask"
    return f"{slug}-{digest[:8]}"


def content_digest(path: Path, tiles: Sequence[str] = ()) -> str:
    """The SHA-256 of a file, or of the digests of all the tiles that a mask is cut into."""
    if not tiles:
        return file_sha256(path)
    return combined_digest(*(file_sha256(Path(tile)) for tile in tiles))


def combined_digest(*ingredients: str) -> str:
    """The SHA-256 of several texts together, as hexadecimal digits."""
    return hashlib.sha256(" ".join(ingredients).encode()).hexdigest()
