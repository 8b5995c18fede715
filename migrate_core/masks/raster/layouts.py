"""From the bands of a label raster to class values, by the layout of the bands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.windows import Window

from ...errors import MaskError
from ...grid import BoolArray
from ...model import BACKGROUND, RasterForm
from .no_data import no_data_values, pixels_without_data
from .opening import label_bands

SINGLE, ONE_HOT, PROBABILITIES, COLOURS = "single", "one-hot", "probabilities", "colours"
_STRIP_PIXELS = 4_000_000

# Values that stand for no data in many files. Under a threshold they would pass for background.
_LIKE_NO_DATA = (-1, -999, -9999, -32768, float(np.finfo(np.float32).min))


@dataclass(frozen=True, eq=False)
class Strip:
    """Rows of a dataset: `values` and which pixels are `valid` (height, width).

    `values` are pixels (bands, height, width), or class values (height, width) of any integer or
    float type. `no_data` counts pixels by the no-data value they have, `doubtful` those of a
    quantity that look like one.
    """

    rows: slice
    values: NDArray[Any]
    valid: BoolArray
    no_data: Mapping[float, int] = field(default_factory=dict)
    doubtful: Mapping[float, int] = field(default_factory=dict)


def read_blocks(dataset: Any, form: RasterForm) -> Iterator[Strip]:
    """An open dataset strip by strip with its class values.

    Raises MaskError where the pixels are not as the layout promises.
    """
    read = _READERS[form.layout]
    quantity = form.threshold is not None or form.layout == PROBABILITIES
    for strip in strips(dataset, _bands(dataset, form), form):
        classes, known = read(strip.values, strip.valid, form)
        doubtful = _doubtful(strip.values, strip.valid) if quantity else {}
        yield Strip(strip.rows, classes, strip.valid & known, strip.no_data, doubtful)


def _doubtful(pixels: NDArray[Any], valid: BoolArray) -> dict[float, int]:
    found = pixels_without_data(pixels, _LIKE_NO_DATA)
    return {value: int((here & valid).sum()) for value, here in found}


def read_decimated(
    dataset: Any, form: RasterForm, shape: tuple[int, int]
) -> tuple[NDArray[Any], BoolArray]:
    """Class values (height, width) of a whole dataset in another size, by the nearest pixels."""
    bands = _bands(dataset, form)
    nearest = Resampling.nearest
    pixels = dataset.read(bands, out_shape=(len(bands), *shape), resampling=nearest)
    valid, _ = _valid(dataset, pixels, bands, form, out_shape=shape)
    values, known = _READERS[form.layout](pixels, valid, form)
    return values, known & valid


def _bands(dataset: Any, form: RasterForm) -> list[int]:
    if form.layout == ONE_HOT and form.bands == dataset.count:
        return list(dataset.indexes)
    bands = list(label_bands(dataset))
    return bands[:1] if form.layout == SINGLE else bands


def strips(dataset: Any, bands: Sequence[int], form: RasterForm) -> Iterator[Strip]:
    """The pixels (bands, height, width) of an open dataset, strip by strip.

    Of `form` only counts what it says of validity.
    """
    rows = max(1, _STRIP_PIXELS // (dataset.width * len(bands)))
    for first in range(0, dataset.height, rows):
        window = Window(0, first, dataset.width, min(rows, dataset.height - first))
        pixels = dataset.read(bands, window=window)
        valid, no_data = _valid(dataset, pixels, bands, form, window=window)
        yield Strip(slice(first, first + pixels.shape[1]), pixels, valid, no_data)


def _valid(
    dataset: Any, pixels: NDArray[Any], bands: Sequence[int], form: RasterForm, **where: Any
) -> tuple[BoolArray, dict[float, int]]:
    """Which of the pixels (bands, height, width) read from `where` are valid (height, width).

    Where a file has several of them, all hold: no-data values, of which each band must have one; a
    mask; alpha; a band of validity. (GDAL itself asks only the first that it finds.) When a person
    says that nothing is no data, none of them does. Second, pixels by the no-data value they have.
    """
    valid: BoolArray = np.ones(pixels.shape[1:], dtype=bool)
    counts = {}
    for value, here in pixels_without_data(pixels, no_data_values(dataset, form.nodata)):
        counts[value] = int(here.sum())
        valid &= ~here
    if pixels.dtype.kind == "f":
        valid &= ~np.isnan(pixels).all(axis=0)
    if form.nodata != ():
        for band_valid in _declared_valid(dataset, bands, form, **where):
            valid &= band_valid
    return valid, counts


def _declared_valid(
    dataset: Any, bands: Sequence[int], form: RasterForm, **where: Any
) -> Iterator[BoolArray]:
    """What a mask, alpha bands other than `bands`, and a band of validity say is valid."""
    flags = dataset.mask_flag_enums[0]
    if MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags:
        yield dataset.read_masks(1, **where) > 0
    for band, kind in zip(dataset.indexes, dataset.colorinterp, strict=True):
        if kind == ColorInterp.alpha and band not in bands:
            yield dataset.read(band, **where) > 0
    if form.valid_band is not None:
        yield dataset.read(form.valid_band, **where) != 0


# The layouts: from pixels (bands, height, width), and which are valid, to class values and where
# these are known (height, width). What isn't valid may be anything.


def _single(
    pixels: NDArray[Any], _good: BoolArray, form: RasterForm
) -> tuple[NDArray[Any], BoolArray]:
    values = pixels[0]
    known = np.isfinite(values) if values.dtype.kind == "f" else np.ones(values.shape, dtype=bool)
    if form.threshold is not None:
        values = (values >= form.threshold).astype(np.uint8)
    return values, known


def _one_hot(
    pixels: NDArray[Any], valid: BoolArray, form: RasterForm
) -> tuple[NDArray[Any], BoolArray]:
    hot = pixels != 0
    several = (hot.sum(axis=0) > 1) & valid
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


def _probabilities(
    pixels: NDArray[Any], _good: BoolArray, form: RasterForm
) -> tuple[NDArray[Any], BoolArray]:
    known = np.isfinite(pixels).all(axis=0)
    safe = np.where(known, pixels, 0)
    if form.threshold is None:
        return safe.argmax(axis=0).astype(np.int32) + form.first, known
    # The threshold is for what there may be; background is what doesn't reach it.
    classes = safe[1:] if form.first == BACKGROUND else safe
    values = classes.argmax(axis=0).astype(np.int32) + 1
    values[classes.max(axis=0) < form.threshold] = BACKGROUND
    return values, known


def _colours(
    pixels: NDArray[Any], valid: BoolArray, form: RasterForm
) -> tuple[NDArray[Any], BoolArray]:
    packed = _packed(pixels)
    values = np.full(packed.shape, -1, dtype=np.int32)
    for colour, value in (form.colours or {}).items():
        values[packed == int(colour.removeprefix("#"), 16)] = value
    strange = packed[(values < 0) & valid]
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
