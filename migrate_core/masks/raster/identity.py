"""The id of a mask: its name for people, its content so that it is the same everywhere."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from .opening import file_sha256

_LONGEST = 48
_PART = 20
_COPY = "--"


def mask_identity(stem: str, digest: str, part: str | None = None) -> str:
    """`<name>-<8 hexadecimal digits>`, safe for file names; `digest` is of what makes the mask.

    Of long names the beginning is kept, and of a part (one of several masks of a file) the end.
    """
    if part is None:
        return f"{_slug(stem)[:_LONGEST] or 'mask'}-{digest[:8]}"
    end = _slug(part)[-_PART:].strip("-")
    name = _slug(stem)[: _LONGEST - len(end) - 1].strip("-")
    return f"{'-'.join(filter(None, (name, end))) or 'mask'}-{digest[:8]}"


def ids_of_copies(mask_id: str, location: str) -> Iterator[str]:
    """The id itself, then those that a mask of the same name and content at another path may get.

    Two hyphens, which no name leaves in an id, separate what follows from the path.
    """
    yield mask_id
    for number in itertools.count():
        yield f"{mask_id}{_COPY}{combined_digest(location, str(number))[:8]}"


def content_id(mask_id: str) -> str:
    """The part of an id that follows from name and content alone."""
    return mask_id.partition(_COPY)[0]


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()


def canonical_path(path: Path) -> str:
    """A path that is the same for all spellings of one: absolute, folders that are links resolved.

    A file that is a link is the file it leads to if that has its name; under another name it stays
    a file of its own, since the name may say the date.
    """
    real = Path(os.path.realpath(path))
    return str(real if real.name == path.name else Path(os.path.realpath(path.parent), path.name))


def content_digest(path: Path, tiles: Sequence[str] = ()) -> str:
    """The SHA-256 of a file, or of the digests of all the tiles that a mask is cut into."""
    if not tiles:
        return file_sha256(path)
    return combined_digest(*(file_sha256(Path(tile)) for tile in tiles))


def combined_digest(*ingredients: str) -> str:
    """The SHA-256 of several texts together, as hexadecimal digits."""
    return hashlib.sha256(" ".join(ingredients).encode()).hexdigest()
