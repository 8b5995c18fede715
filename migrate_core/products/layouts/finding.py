"""Which layout a folder or zip has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from . import aws, loose, safe
from .layout import Layout

NEEDED = (
    f"SAFE folders or zips (with {safe.MARKER_NAMES}), tiles in the layout of AWS (B02.jp2, …), or "
    "band files by their names (T31TDG_20200118T104351_B02.jp2)"
)
# Folders that only products have.
_FOLDERS = {"GRANULE", "IMG_DATA", "R10m", "R20m", "R60m"}


def layout_of(names: Sequence[str]) -> Layout | None:
    """The layout of files by their names, the best described first; None where it isn't known."""
    return safe.find(names) or aws.find(names) or loose.find(names)


def is_product_folder(path: Path) -> bool:
    """Whether a folder is that of one product, by what lies directly in it.

    Quick, for walks over disks: what is in it is known when its layout was found. Raises OSError.
    """
    names = [child.name for child in path.iterdir()]
    return (
        path.suffix == ".SAFE"
        or any(
            name in _FOLDERS or safe.MARKER.search(name) or name == aws.TILE_INFO for name in names
        )
        or aws.find(names) is not None
    )


def has_loose_bands(path: Path) -> bool:
    """Whether band files lie directly in a folder, perhaps beside others. Raises OSError."""
    return loose.find([child.name for child in path.iterdir()]) is not None
