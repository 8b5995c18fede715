"""From the bands of a label raster to class values: finding out the layout, and reading by it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.windows import Window

from ..errors import MaskError
from ..grid import BoolArray
from ..model import BACKGROUND, RasterForm
from .raster import band_names, label_bands, transparent_values

SINGLE, ONE_HOT, PROBABILITIES, COLOURS = "single", "one-hot", "probabilities", "colours"
_STRIP_PIXELS = 4_000_000
# A band of this name is that of background, so that the bands count from class 0.
_BACKGROUND_NAMES = {"background", "bg", "none", "other", "class 0", "class_0", "class0", "0"}
# Of two bands, a second one of this name says where the first is valid.
_VALID_NAMES = {"valid", "validity", "valid data", "valid_data", "valid mask", "valid_mask"}
# Probabilities of all classes of a pixel add up to 1 but for rounding in a float16 or uint8 / 255.
_SUM_TOLERANCE = 0.02

Block = tuple[slice, NDArray[Any], BoolArray]


def read_blocks(dataset: Any, form: RasterForm) -> Iterator[Block]:
    """Row slices of an open dataset with their class values and which pixels are valid.

    Class values are (height, width) of any integer or float type. Raises MaskError where the
    pixels are not as the layout promises.
    """
    values = functools.partial(_READERS[form.layout], form=form)
    for rows, pixels, valid in _strips(dataset, _bands(dataset, form), form.valid_band):
        classes, known = values(pixels)
        yield rows, classes, valid & known


def read_decimated(
    dataset: Any, form: RasterForm, shape: tuple[int, int]
) -> tuple[NDArray[Any], BoolArray]:
    """Class values (height, width) of a whole dataset in another size, by the nearest pixels."""
    bands = _bands(dataset, form)
    nearest = Resampling.nearest
    pixels = dataset.read(bands, out_shape=(len(bands), *shape), resampling=nearest)
    values, known = _READERS[form.layout](pixels, form)
    if form.valid_band is not None:
        return values, known & (dataset.read(form.valid_band, out_shape=shape) != 0)
    return values, known & _valid(dataset, pixels, out_shape=shape)


def _bands(dataset: Any, form: RasterForm) -> list[int]:
    bands = list(label_bands(dataset))
    return bands[:1] if form.layout == SINGLE else bands


def _strips(dataset: Any, bands: Sequence[int], valid_band: int | None = None) -> Iterator[Block]:
    """Row slices with the pixels (bands, height, width) and which of them are valid."""
    rows = max(1, _STRIP_PIXELS // (dataset.width * len(bands)))
    for first in range(0, dataset.height, rows):
        window = Window(0, first, dataset.width, min(rows, dataset.height - first))
        pixels = dataset.read(bands, window=window)
        if valid_band is not None:
            valid = dataset.read(valid_band, window=window) != 0
        else:
            valid = _valid(dataset, pixels, window=window)
        yield slice(first, first + pixels.shape[1]), pixels, valid


def _valid(dataset: Any, pixels: NDArray[Any], **where: Any) -> BoolArray:
    """Which of the pixels (bands, height, width) read from `where` are valid (height, width).

    Where a file has several of them, all hold: no-data values, of which each band must have one; a
    mask; alpha, also of a colour table. (GDAL itself asks only the first that it finds.)
    """
    valid: BoolArray = np.ones(pixels.shape[1:], dtype=bool)
    if dataset.nodata is not None and not np.isnan(dataset.nodata):
        valid &= (pixels != dataset.nodata).any(axis=0)
    if pixels.dtype.kind == "f":
        valid &= ~np.isnan(pixels).all(axis=0)
    if transparent := transparent_values(dataset):
        valid &= ~np.isin(pixels[0], transparent)
    if MaskFlags.per_dataset in dataset.mask_flag_enums[0]:
        valid &= dataset.read_masks(1, **where) > 0
    for band, kind in zip(dataset.indexes, dataset.colorinterp, strict=True):
        if kind == ColorInterp.alpha:
            valid &= dataset.read(band, **where) > 0
    return valid


def _single(pixels: NDArray[Any], form: RasterForm) -> tuple[NDArray[Any], BoolArray]:
    values = pixels[0]
    known = np.isfinite(values) if values.dtype.kind == "f" else np.ones(values.shape, dtype=bool)
    if form.threshold is not None:
        values = (values >= form.threshold).astype(np.uint8)
    return values, known


def _one_hot(pixels: NDArray[Any], form: RasterForm) -> tuple[NDArray[Any], BoolArray]:
    hot = pixels != 0
    several = hot.sum(axis=0) > 1
    if several.any():
        row, column = (int(i[0]) for i in np.nonzero(several))
        names = np.nonzero(hot[:, row, column])[0] + 1
        raise MaskError(
            f"the pixel at column {column} is in several classes at once (bands "
            f"{', '.join(map(str, names))}); a pixel has one class. Save the classes as masks of "
            "their own."
        )
    values = np.where(hot.any(axis=0), hot.argmax(axis=0) + form.first, 0)
    return values.astype(np.int32), np.ones(values.shape, dtype=bool)


def _probabilities(pixels: NDArray[Any], form: RasterForm) -> tuple[NDArray[Any], BoolArray]:
    known = np.isfinite(pixels).all(axis=0)
    safe = np.where(known, pixels, 0)
    if form.threshold is None:
        return safe.argmax(axis=0).astype(np.int32) + form.first, known
    # The threshold is for what there may be; background is what doesn't reach it.
    classes = safe[1:] if form.first == BACKGROUND else safe
    values = classes.argmax(axis=0).astype(np.int32) + 1
    values[classes.max(axis=0) < form.threshold] = BACKGROUND
    return values, known


def _colours(pixels: NDArray[Any], form: RasterForm) -> tuple[NDArray[Any], BoolArray]:
    packed = _packed(pixels)
    values = np.full(packed.shape, -1, dtype=np.int32)
    for colour, value in (form.colours or {}).items():
        values[packed == int(colour.removeprefix("#"), 16)] = value
    strange = packed[values < 0]
    if strange.size:
        raise MaskError(
            f"the colour #{int(strange[0]):06x} ({strange.size} pixels) is none of the table of "
            "classes. Add it to the table given with --classes, or save the mask without "
            "smoothing and lossy compression."
        )
    return values, np.ones(values.shape, dtype=bool)


def _packed(pixels: NDArray[Any]) -> NDArray[np.uint32]:
    """Red, green and blue (3, height, width) as one number each pixel."""
    red, green, blue = (band.astype(np.uint32) for band in pixels[:3])
    packed: NDArray[np.uint32] = (red << 16) | (green << 8) | blue
    return packed


_READERS = {
    SINGLE: _single,
    ONE_HOT: _one_hot,
    PROBABILITIES: _probabilities,
    COLOURS: _colours,
}


def find_layout(
    dataset: Any, wished: RasterForm, others: Iterable[Callable[[], Any]] = ()
) -> RasterForm:
    """How the bands of an open dataset make classes, found out from its pixels.

    `wished` has the threshold and the colours that a person gave; `others` open the other tiles of
    the mask, whose pixels count as well. Raises MaskError when the bands can't be classes.
    """
    bands = label_bands(dataset)
    if len(bands) == 1:
        return RasterForm(threshold=wished.threshold)
    seen = _Seen(dataset.dtypes[0], len(bands))
    patient = wished.colours is not None or wished.threshold is not None
    for opening in (lambda: nullcontext(dataset), *others):
        with opening() as tile:
            for _, pixels, valid in _strips(tile, bands):
                seen.look(pixels[:, valid])
                if seen.hopeless and not patient:
                    break
    names = [band_names(dataset)[band - 1].lower() for band in bands]
    found = _layout(seen, names, wished)
    if found is None:
        raise MaskError(_not_classes(len(bands), wished))
    return replace(found, bands=len(bands), named=any(names))


class _Seen:
    """What is known of the pixels of several bands after looking at them strip by strip."""

    def __init__(self, dtype: str, count: int) -> None:
        self.real = np.dtype(dtype).kind == "f"
        self.count = count
        self.any = False
        self.equal = True
        self.exclusive = True
        self.complete = True
        self.second_is_valid = count == 2
        self.sum_to_one = self.real
        self._largest = [0.0] * count
        self._two_valued = [True] * count

    def look(self, pixels: NDArray[Any]) -> None:
        """Take in the valid pixels (bands, n) of a strip."""
        if self.real:
            pixels = pixels[:, np.isfinite(pixels).all(axis=0)]
        if pixels.size == 0:
            return
        self.any = self.any or bool(pixels[0].any())
        self.equal = self.equal and bool((pixels == pixels[0]).all())
        hot = pixels != 0
        count = hot.sum(axis=0)
        self.exclusive = self.exclusive and bool((count <= 1).all())
        self.complete = self.complete and bool((count >= 1).all())
        if self.second_is_valid:
            self.second_is_valid = not bool((hot[0] & ~hot[1]).any())
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
        return not (self.equal or self.binary or self.second_is_valid or self.sum_to_one)

    @property
    def binary(self) -> bool:
        """Whether each band has only 0 and one other value."""
        return all(self._two_valued)

    @property
    def second_binary(self) -> bool:
        """Whether the last band has only 0 and one other value."""
        return self._two_valued[-1]


def _layout(seen: _Seen, names: Sequence[str], wished: RasterForm) -> RasterForm | None:
    """The layout that fits what was seen, the plainest first; None when none does."""
    labelled = RasterForm(threshold=wished.threshold, valid_band=2)
    if seen.count == 2 and names[1] in _VALID_NAMES:
        return labelled
    if seen.equal:  # grey, saved as red, green and blue
        return RasterForm(threshold=wished.threshold)
    if wished.colours and seen.count == 3 and not seen.real:
        return RasterForm(COLOURS, colours=wished.colours)
    if seen.second_is_valid and seen.second_binary and _unnamed(names) and not seen.any:
        return labelled  # of nothing but background; one-hot bands would be all of one class
    if seen.binary and seen.exclusive:
        return RasterForm(ONE_HOT, first=first_class(seen, names))
    if seen.second_is_valid and seen.second_binary:
        return labelled
    if seen.real and seen.sum_to_one:
        first = 0 if _unnamed(names) else _named_first(names)
        return RasterForm(PROBABILITIES, first=first, threshold=wished.threshold)
    if seen.real and wished.threshold is not None:
        return RasterForm(PROBABILITIES, first=_named_first(names), threshold=wished.threshold)
    return None


def first_class(seen: _Seen, names: Sequence[str]) -> int:
    """The class of the first of one-hot bands.

    Where some pixel is in no band, bands are the classes 1, 2 … and that pixel is background.
    Where each pixel is in one, background must be one of them: the first, as in arrays of one-hot
    vectors, unless names say otherwise.
    """
    if _unnamed(names):
        return 0 if seen.complete else 1
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
