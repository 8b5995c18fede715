"""How the bands of a label raster make classes, found out from its pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import MaskError
from ...model import RasterForm
from .classes import MAX_CLASSES
from .layouts import COLOURS, ONE_HOT, PROBABILITIES, strips
from .opening import band_names, label_bands

# A band of this name is that of background, so that the bands count from class 0.
_BACKGROUND_NAMES = {"background", "bg", "none", "other", "class 0", "class_0", "class0", "0"}
# Of two bands, a second one of this name says where the first is valid.
_VALID_NAMES = {"valid", "validity", "valid data", "valid_data", "valid mask", "valid_mask"}
# Probabilities of all classes of a pixel add up to 1 but for rounding in a float16 or uint8 / 255.
_SUM_TOLERANCE = 0.02


def find_layout(
    dataset: Any, wished: RasterForm, others: Iterable[Callable[[], Any]] = ()
) -> RasterForm:
    """How the bands of an open dataset make classes.

    `wished` has the threshold and the colours that a person gave; `others` open the other tiles of
    the mask, whose pixels count as well. Raises MaskError when the bands can't be classes.
    """
    bands = label_bands(dataset)
    if len(bands) == 1:
        return RasterForm(threshold=wished.threshold, nodata=wished.nodata)
    if len(bands) > MAX_CLASSES:
        raise MaskError(f"it has {len(bands)} bands; a mask has at most {MAX_CLASSES} classes.")
    tiles = [lambda: nullcontext(dataset), *others]
    if len(bands) < dataset.count:
        # GDAL takes the last of four bands of bytes for alpha, whatever was written there.
        all_bands = list(dataset.indexes)
        plain = RasterForm(nodata=wished.nodata)
        statistics = _look(tiles, all_bands, plain)
        if statistics.binary and statistics.exclusive and statistics.any_before_last:
            return _form(dataset, all_bands, statistics, plain)
    return _form(dataset, bands, _look(tiles, bands, wished), wished)


def _look(
    tiles: Iterable[Callable[[], Any]], bands: Sequence[int], wished: RasterForm
) -> _BandStatistics:
    """What the pixels of these bands are like in all tiles; no further than there is hope."""
    statistics = _BandStatistics(len(bands))
    patient = wished.colours is not None or wished.threshold is not None
    for opening in tiles:
        with opening() as tile:
            for strip in strips(tile, bands, RasterForm(nodata=wished.nodata)):
                statistics.look(strip.values[:, strip.valid])
                if statistics.hopeless and not patient:
                    return statistics
    return statistics


def _form(
    dataset: Any, bands: Sequence[int], statistics: _BandStatistics, wished: RasterForm
) -> RasterForm:
    """The layout of bands of which this was seen. Raises MaskError when they can't be classes."""
    names = [band_names(dataset)[band - 1].lower() for band in bands]
    found = _layout(statistics, names, wished)
    if found is None:
        raise MaskError(_not_classes(len(bands), wished))
    return replace(found, bands=len(bands), named=any(names), nodata=wished.nodata)


class _BandStatistics:
    """What is known of the pixels of several bands after looking at them strip by strip."""

    def __init__(self, count: int) -> None:
        self.real = False
        self.count = count
        self.equal = True
        self.exclusive = True
        self.complete = True
        self.second_is_valid = count == 2
        self.sum_to_one = True
        self._largest = [0.0] * count
        self._two_valued = [True] * count

    def look(self, pixels: NDArray[Any]) -> None:
        """Take in the valid pixels (bands, n) of a strip."""
        self.real = pixels.dtype.kind == "f"
        if self.real:
            pixels = pixels[:, np.isfinite(pixels).all(axis=0)]
        if pixels.size == 0:
            return
        self.equal = self.equal and bool((pixels == pixels[0]).all())
        hot = pixels != 0
        count = hot.sum(axis=0)
        self.exclusive = self.exclusive and bool((count <= 1).all())
        self.complete = self.complete and bool((count >= 1).all())
        if self.second_is_valid:
            self.second_is_valid = not bool((hot[0] & ~hot[1]).any())
        self.sum_to_one = self.sum_to_one and self.real
        if self.sum_to_one:
            total = pixels.sum(axis=0, dtype=np.float64)
            self.sum_to_one = bool((np.abs(total - 1) <= _SUM_TOLERANCE).all())
        for number, band in enumerate(pixels):
            values = band[hot[number]]
            if values.size == 0 or not self._two_valued[number]:
                continue
            largest = self._largest[number] or float(values[0])
            self._two_valued[number] = bool((values == largest).all())
            self._largest[number] = largest

    @property
    def hopeless(self) -> bool:
        """Whether the pixels are those of an image, however many are still to come."""
        return not (self.equal or self.binary or self.label_and_valid or self.sum_to_one)

    @property
    def binary(self) -> bool:
        """Whether each band has only 0 and one other value."""
        return all(self._two_valued)

    @property
    def label_and_valid(self) -> bool:
        """Whether the second of two bands may say where the first is valid.

        A first band of several values can't be one-hot; of one with a single value, nothing may
        lie where the second is 0.
        """
        plausible = self.second_is_valid or not self._two_valued[0]
        return self.count == 2 and self._two_valued[1] and plausible

    @property
    def any_before_last(self) -> bool:
        """Whether some pixel of a band before the last isn't 0."""
        return any(self._largest[:-1])


def _layout(
    statistics: _BandStatistics, names: Sequence[str], wished: RasterForm
) -> RasterForm | None:
    """The layout that fits what was seen, the plainest first; None when none does."""
    labelled = RasterForm(threshold=wished.threshold, valid_band=2)
    if statistics.count == 2 and names[1] in _VALID_NAMES:
        return labelled
    if statistics.equal:  # grey, saved as red, green and blue
        return RasterForm(threshold=wished.threshold)
    if wished.colours and statistics.count == 3 and not statistics.real:
        return RasterForm(COLOURS, colours=wished.colours)
    if statistics.label_and_valid and _unnamed(names) and not statistics.any_before_last:
        return labelled  # of nothing but background; one-hot bands would be all of one class
    if statistics.binary and statistics.exclusive:
        return RasterForm(ONE_HOT, first=first_class(statistics, names))
    if statistics.label_and_valid:
        return labelled
    if statistics.real and statistics.sum_to_one:
        first = 0 if _unnamed(names) else _named_first(names)
        return RasterForm(PROBABILITIES, first=first, threshold=wished.threshold)
    if statistics.real and wished.threshold is not None:
        return RasterForm(PROBABILITIES, first=_named_first(names), threshold=wished.threshold)
    return None


def first_class(statistics: _BandStatistics, names: Sequence[str]) -> int:
    """The class of the first of one-hot bands.

    Where some pixel is in no band, bands are the classes 1, 2 … and that pixel is background.
    Where each pixel is in one, background must be one of them: the first, as in arrays of one-hot
    vectors, unless names say otherwise.
    """
    if _unnamed(names):
        return 0 if statistics.complete else 1
    return _named_first(names)


def _unnamed(names: Sequence[str]) -> bool:
    return not any(names)


def _named_first(names: Sequence[str]) -> int:
    return 0 if names[0] in _BACKGROUND_NAMES else 1


def _not_classes(count: int, wished: RasterForm) -> str:
    hints = [
        "one band of class values",
        "a band for each class with 0 and 1 of which at most one is set (one-hot)",
    ]
    if wished.threshold is None:
        hints.append("probabilities together with --threshold")
    if wished.colours is None and count == 3:
        hints.append("colours together with a table of them (--classes)")
    return (
        f"it has {count} bands, and they are no classes. Needed is {', or '.join(hints)}. If it is "
        "an image, leave it out or name it with --image."
    )
