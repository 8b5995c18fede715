"""Small pictures of pairs for lists of many: Sentinel-2 and the source image, both with the label.

Kept as files of the workspace, whose names have the version: another version is another file.
"""

from __future__ import annotations

import io
from contextlib import suppress
from glob import escape
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import MaskError
from ...model import Mask
from ...workspace import Workspace, written_then_renamed
from ..assessment.reassess import grid_for_source
from ..files import read_document
from .drawing import Picture, class_colours
from .quicklook import ViewOptions, look_grid, read_pair, render
from .source_view import source_look
from .stored import view_version

# About the longer side of each of the two pictures.
_SIDE = 240
_GAP = 4
# Counts up when the same inputs would give another picture.
_FORMAT = 1


def small_version(workspace: Workspace, pair_id: str, mask: Mask | None) -> str:
    """What a small picture is made of; another version is another picture."""
    return f"{view_version(workspace, pair_id, mask)}-{_FORMAT}"


def stored_small(workspace: Workspace, pair_id: str, mask: Mask | None) -> bytes:
    """The small picture of a pair as a WebP file, drawn where there is none of its version.

    Raises PairError when the files of the pair can't be read.
    """
    path = workspace.small_picture(pair_id, small_version(workspace, pair_id, mask))
    with suppress(FileNotFoundError):
        return path.read_bytes()
    content = small_picture(workspace.pair(pair_id), mask)
    for older in path.parent.glob(f"{escape(pair_id)}.*.webp"):
        older.unlink(missing_ok=True)
    with written_then_renamed(path) as temporary:
        temporary.write_bytes(content)
    return content


def small_picture(folder: Path, mask: Mask | None) -> bytes:
    """The pair side by side with its source image, or alone where that can't be read, as WebP."""
    options = ViewOptions(size=_SIDE, colours=tuple(class_colours(mask).items()))
    pictures = [render(read_pair(folder, options.bands, options.size), options).rgb]
    if mask is not None:
        grid = grid_for_source(read_document(folder), look_grid(folder, options.size))
        with suppress(MaskError):
            pictures.append(source_look(mask, grid, options).rgb)
    file = io.BytesIO()
    _beside_each_other(pictures).save(file, "WEBP", quality=80, method=2)
    return file.getvalue()


def _beside_each_other(pictures: list[Picture]) -> Image.Image:
    gap = np.full((pictures[0].shape[0], _GAP, 3), 255, dtype=np.uint8)
    parts = [part for picture in pictures for part in (gap, picture)]
    return Image.fromarray(np.hstack(parts[1:]))
