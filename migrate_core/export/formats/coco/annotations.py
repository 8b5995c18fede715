"""The annotations of an image: connected pixels of each class, and what is to be ignored.

Fields are those of COCO (https://cocodataset.org/#format-data). Pixels that hang together by their
sides and have one class are an instance; the background, class 0, is what no annotation covers.
Pixels to be ignored are a crowd of every class, as COCO's evaluation leaves out what lies in a
crowd of the class that it looks at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....grid import BoolArray
from ....model import BACKGROUND, IGNORE
from .outlines import outlines
from .run_lengths import compressed, run_lengths

Json = dict[str, Any]


def annotations_of(label: NDArray[np.uint8], classes: Sequence[int]) -> list[Json]:
    """Annotations of a label (height, width) with masks as run lengths, and `polygons` beside them.

    Crowds have no polygons. They lack what tells one image from another: `id` and `image_id`.
    """
    wanted = [value for value in classes if value != BACKGROUND]
    instances = [
        _annotation(inside, where, label.shape, value)
        for value in wanted
        for inside, where in _connected(label == value)
    ]
    ignored = label == IGNORE
    everywhere = (slice(0, label.shape[0]), slice(0, label.shape[1]))
    if not ignored.any():
        return instances
    crowd = _annotation(ignored, everywhere, label.shape, IGNORE, crowd=True)
    return [*instances, *({**crowd, "category_id": value} for value in wanted)]


def _connected(inside: BoolArray) -> Iterator[tuple[BoolArray, tuple[slice, slice]]]:
    """The pixels of each instance in the smallest window around them, and that window."""
    # Imported here: commands that write no such dataset start without it.
    from scipy import ndimage

    numbers, _ = ndimage.label(inside)
    for number, where in enumerate(ndimage.find_objects(numbers), 1):
        yield numbers[where] == number, where


def _annotation(
    inside: BoolArray,
    where: tuple[slice, slice],
    shape: tuple[int, int],
    value: int,
    crowd: bool = False,
) -> Json:
    row, column = where[0].start, where[1].start
    runs = run_lengths(inside, row, column, shape)
    return {
        "category_id": value,
        "segmentation": {"size": list(shape), "counts": compressed(runs.tolist())},
        "polygons": [] if crowd else outlines(inside, row, column),
        "area": int(inside.sum()),
        "bbox": _box(inside, row, column),
        "iscrowd": int(crowd),
    }


def _box(inside: BoolArray, row: int, column: int) -> list[int]:
    """Left, top, width and height of the pixels."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    left, top = int(columns[0]) + column, int(rows[0]) + row
    return [left, top, int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1]
