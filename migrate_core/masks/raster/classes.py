"""Which values a mask uses as classes, and the value each is stored as in a pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import MaskError
from ...model import BACKGROUND, IGNORE

MAX_CLASSES = 254
# Values from 0 on that are sooner counted one by one.
_FEW = 8


def class_map(values: Iterable[int]) -> dict[str, int]:
    """Source value -> stored value for the values a mask uses, no-data not among them.

    Values that fit 0…254 stay. The others (255 used as a class, larger or negative ones) get, in
    ascending order, the lowest values that are free, 0 excepted since it means background.
    """
    ordered = sorted(values)
    kept = {value for value in ordered if 0 <= value < IGNORE}
    free = (value for value in range(BACKGROUND + 1, IGNORE) if value not in kept)
    return {str(value): value if value in kept else next(free) for value in ordered}


def value_counts(pixels: NDArray[Any]) -> dict[int, int]:
    """How often each value is in a 1-D array of valid pixels of any real type, as integers.

    Raises MaskError when they can't be classes: fractions, or more than 254 different ones.
    """
    if pixels.dtype.kind == "f":
        pixels = pixels[np.isfinite(pixels)]
        broken = pixels[pixels != np.rint(pixels)]
        if broken.size:
            raise MaskError(
                f"its values are not whole numbers (found {broken[0]:g}), so they can't be class "
                "values. If they are probabilities, say with --threshold from where on they mean "
                "class 1."
            )
    if pixels.dtype == np.uint8:  # many times as quick as sorting
        histogram = _histogram(pixels)
        values = np.flatnonzero(histogram)
        counts = histogram[values]
    else:
        values, counts = np.unique(pixels, return_counts=True)
    if values.size > MAX_CLASSES:
        raise MaskError(
            f"it has {values.size} or more different values, from {values[0]:g} to "
            f"{values[-1]:g}; a mask has at most {MAX_CLASSES} classes. Is it an image, or a mask "
            "that was saved with lossy compression?"
        )
    return {int(value): int(count) for value, count in zip(values, counts, strict=True)}


def _histogram(pixels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """How often each value from 0 on is in a 1-D array."""
    largest = int(pixels.max(initial=0))
    if largest >= _FEW:
        return np.bincount(pixels)
    # `bincount` makes integers of 64 bits of all pixels first.
    counts = [np.count_nonzero(pixels == value) for value in range(1, largest + 1)]
    return np.array([pixels.size - sum(counts), *counts], dtype=np.intp)


def recode(pixels: NDArray[Any], classes: Mapping[str, int]) -> NDArray[np.uint8]:
    """Source values to stored values, same shape, uint8; any other value becomes 255."""
    if not classes:
        return np.full(pixels.shape, IGNORE, dtype=np.uint8)
    known = [(int(value), target) for value, target in classes.items()]
    # Real numbers don't tell apart all identifiers of 64 bits, so integers are compared as such.
    dtype: np.dtype[Any] = np.dtype(np.float64)
    if pixels.dtype.kind in "iu":
        dtype, limits = pixels.dtype, np.iinfo(pixels.dtype)
        known = [pair for pair in known if limits.min <= pair[0] <= limits.max]
    if not known:
        return np.full(pixels.shape, IGNORE, dtype=np.uint8)
    sources = np.array([value for value, _ in known], dtype=dtype)
    stored = np.array([target for _, target in known], dtype=np.uint8)
    order = np.argsort(sources)
    sources, stored = sources[order], stored[order]
    if pixels.dtype == np.uint8:
        table = np.full(256, IGNORE, dtype=np.uint8)
        table[sources.astype(np.intp)] = stored
        recoded: NDArray[np.uint8] = table[pixels]
        return recoded
    position = np.searchsorted(sources, pixels).clip(max=len(sources) - 1)
    return np.where(sources[position] == pixels, stored[position], IGNORE).astype(np.uint8)
