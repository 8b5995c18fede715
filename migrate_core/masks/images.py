"""Finding the source image that a mask was drawn on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from pathlib import Path

from ..errors import MaskError
from .raster import DRIVERS

# The part of a PlanetScope file name that mask and image share, e.g. 20200202_101532_1014.
_PLANETSCOPE_SCENE = re.compile(r"^\d{8}_\d{6}(?:_\d{2})?_[0-9a-f]{4}(?![0-9a-z])", re.I)
# What people append to the image's name when they save its mask.
_MASK_WORDS = re.compile(r"[-_ .]?(mask|label|labels|gt|seg|annotation)s?$", re.I)


def find_image(mask: Path, place: Path | None) -> Path | None:
    """The source image of a mask file: `place` itself, or the one in that folder by its stem.

    Stems match when they are equal, equal without a suffix like `_mask`, or carry the same
    PlanetScope scene id. Raises MaskError when several images fit equally well.
    """
    if place is None or not place.is_dir():
        return place.absolute() if place else None
    images = sorted(
        file
        for file in place.iterdir()
        if file.suffix.lower() in DRIVERS and file.absolute() != mask.absolute()
    )
    for key in (_stem, _without_mask_word, _planetscope_scene):
        wanted = key(mask)
        found = [image for image in images if wanted and key(image) == wanted]
        if len(found) > 1:
            raise MaskError(
                f"{mask.name}: several images in {place} fit it ({', '.join(f.name for f in found)}"
                "). Name the right one with --image."
            )
        if found:
            return found[0].absolute()
    return None


def unmatched_images(folders: Iterable[Path], used: Set[Path]) -> list[Path]:
    """The image files directly in `folders` that no mask is paired with, sorted."""
    files = (file for folder in folders if folder.is_dir() for file in folder.iterdir())
    images = {file.absolute() for file in files if file.suffix.lower() in DRIVERS}
    return sorted(images - used)


def _stem(path: Path) -> str:
    return path.stem.lower()


def _without_mask_word(path: Path) -> str:
    return _MASK_WORDS.sub("", path.stem.lower())


def _planetscope_scene(path: Path) -> str:
    match = _PLANETSCOPE_SCENE.match(path.stem)
    return match[0].lower() if match else ""
