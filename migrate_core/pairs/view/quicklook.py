"""Quicklooks of a pair: its image with the label and what occludes the ground drawn on it.

`read_pair` reads, `render` draws; both are the same for page, card and report.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from ...errors import PairError
from ...grid import BoolArray, PixelGrid
from ...model import BACKGROUND, IGNORE
from ...products.pixels.resampling import NO_DATA, SATURATED
from ...products.product import RESOLUTION_M
from ...products.scene_classes import Flag
from ..files import IMAGE, LABEL, QUALITY
from .drawing import (
    BLUE,
    GREEN,
    NEUTRAL,
    NEUTRAL_DARK,
    ORANGE,
    PURPLE,
    VERMILION,
    Colour,
    Picture,
    class_colour,
    draw_outline,
    draw_scale_bar,
    enlarged,
    fill,
    stretched,
    stripes,
    value_range,
)

# Red, green and blue of each combination of bands.
COMPOSITES = {
    "true_colour": ("B04", "B03", "B02"),
    "false_colour": ("B08", "B04", "B03"),
    "swir": ("B12", "B08", "B04"),
}
SINGLE_BAND = "single_band"
OUTLINE, FILL, NO_LABEL = "outline", "fill", "none"
_REFLECTANCE = 10_000
# What occludes the ground, the weightiest last, so that it is drawn on top: colour, and direction
# of its stripes, which tells them apart without colour.
OCCLUSIONS: dict[Flag, tuple[str, Colour, int]] = {
    Flag.SNOW: ("snow", GREEN, 2),
    Flag.CIRRUS: ("thin cloud or cirrus", ORANGE, -1),
    Flag.SOURCE: ("occluded in the source image", PURPLE, 0),
    Flag.SHADOW: ("cloud shadow", NEUTRAL_DARK, -1),
    Flag.CLOUD: ("cloud", BLUE, 1),
    Flag.NO_DATA: ("no data or saturated", VERMILION, 2),
}


@dataclass(frozen=True)
class ViewOptions:
    """How a pair is shown.

    `composite` is a key of `COMPOSITES`, or `single_band` with the name of one in `band`;
    `percentiles` of the valid pixels become black and white; `label` is `outline`, `fill` (with
    `opacity` 0…1) or `none`; `occlusion` draws what occludes the ground; the longer side of the
    picture gets about `size` pixels. `colours` are those of class values that have their own.
    """

    composite: str = "true_colour"
    band: str = "B08"
    percentiles: tuple[float, float] = (2.0, 98.0)
    label: str = OUTLINE
    opacity: float = 0.4
    occlusion: bool = False
    size: int = 960
    colours: tuple[tuple[int, Colour], ...] = ()

    def colour_of(self, value: int) -> Colour:
        """The colour of a class value."""
        return dict(self.colours).get(value) or class_colour(value)

    @property
    def bands(self) -> tuple[str, ...]:
        """The bands that are shown: three as red, green and blue, or one as grey."""
        return (self.band,) if self.composite == SINGLE_BAND else COMPOSITES[self.composite]


@dataclass(frozen=True)
class PairPixels:
    """What is drawn: `image` (bands, height, width) uint16, `label` and `quality` as in the files.

    `grid` is the pair's, or a coarser one when the pair has more pixels than a picture shows.
    `missing` are the bands that were wanted and are not there.
    """

    grid: PixelGrid
    bands: tuple[str, ...]
    image: NDArray[np.uint16]
    label: NDArray[np.uint8]
    quality: NDArray[np.uint8]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quicklook:
    """A picture uint8 (height, width, 3), its grid, and what its legend has to say.

    `ranges` are the reflectances shown as black and white by band; `class_ha` the area of
    each class but background in hectares; `occlusions` the flags that some pixel inside the
    footprint has; `outside` whether some pixel lies outside; `missing` the bands that were wanted
    and are not there.
    """

    rgb: Picture
    grid: PixelGrid
    ranges: dict[str, tuple[float, float]]
    class_ha: dict[int, float]
    occlusions: tuple[Flag, ...]
    outside: bool
    missing: tuple[str, ...] = ()


def look_grid(folder: Path, size: int) -> PixelGrid:
    """The grid of the picture of `size` that `render` draws of a pair. Raises PairError."""
    with _image(folder) as dataset:
        return picture_grid(_pixel_grid(dataset, size), size)


def read_pair(folder: Path, bands: Sequence[str], size: int) -> PairPixels:
    """Some bands, the label and the quality of the pair in `folder`.

    Where one of three bands is missing, a single one that is there stands for them, in grey. Of a
    pair with more than twice `size` pixels a side, every second (third …) pixel is read. Raises
    PairError when files are missing or damaged, or there is no such single band.
    """
    with _image(folder) as dataset:
        missing = tuple(band for band in bands if band not in dataset.descriptions)
        if missing:
            bands = _stand_in(folder, dataset.descriptions, bands)
        grid = _pixel_grid(dataset, size)
        indexes = [dataset.descriptions.index(band) + 1 for band in bands]
        image = dataset.read(indexes, out_shape=(len(indexes), *grid.shape))
        label, quality = (_read_one(folder / raster.file, grid) for raster in (LABEL, QUALITY))
    return PairPixels(grid, tuple(bands), image, label, quality, missing)


def _stand_in(folder: Path, there: Sequence[str], bands: Sequence[str]) -> tuple[str, ...]:
    """The band that is shown in place of those asked for: one of them, of 10 m, or any."""
    if len(bands) == 1:
        raise PairError(f"{folder.name}: the product has no band {bands[0]}.")
    fine = [band for band in there if RESOLUTION_M.get(band) == 10]
    return next((band,) for band in (*bands, *fine, *there) if band in there)


@contextmanager
def _image(folder: Path) -> Iterator[Any]:
    """The open image of a pair; what can't be read is reported as a PairError."""
    try:
        with rasterio.open(folder / IMAGE.file, driver="GTiff") as dataset:
            yield dataset
    except (RasterioError, OSError) as err:
        raise PairError(
            f"{folder.name}: the files of the pair can't be read ({err}). Make the pairs again: "
            "those that miss files are made again."
        ) from err


def _pixel_grid(dataset: Any, size: int) -> PixelGrid:
    """The grid of the pair, or a coarser one of at most twice `size` pixels a side."""
    full_grid = PixelGrid(dataset.crs.to_string(), dataset.transform, dataset.width, dataset.height)
    return full_grid.coarser(max(1, math.ceil(max(full_grid.shape) / (2 * size))))


def _read_one(path: Path, grid: PixelGrid) -> NDArray[np.uint8]:
    with rasterio.open(path, driver="GTiff") as dataset:
        pixels: NDArray[np.uint8] = dataset.read(1, out_shape=grid.shape)
        return pixels


def picture_grid(grid: PixelGrid, size: int) -> PixelGrid:
    """The grid of a picture: each pixel of `grid` as a whole number of picture pixels a side."""
    return grid.finer(max(1, round(size / max(grid.shape))))


def render(pixels: PairPixels, options: ViewOptions) -> Quicklook:
    """Draw the pair: the stretched bands, what occludes the ground, the label and a scale bar."""
    grid = picture_grid(pixels.grid, options.size)
    factor = grid.width // pixels.grid.width
    inside = pixels.quality & Flag.OUTSIDE == 0
    ranges = _ranges(pixels, inside, options.percentiles)
    small = compose(pixels.image, [ranges[band] for band in pixels.bands])
    rgb = np.asarray(enlarged(small, factor), dtype=np.uint8)
    empty = enlarged((pixels.image == NO_DATA).any(axis=0), factor).astype(bool)
    outside = enlarged(~inside, factor).astype(bool)
    draw_no_data(rgb, empty, outside)
    if options.occlusion:
        _draw_occlusion(rgb, np.asarray(enlarged(pixels.quality, factor), dtype=np.uint8))
    draw_label(rgb, np.asarray(enlarged(pixels.label, factor), dtype=np.uint8), options)
    pixel_ha = pixels.grid.resolution**2 / 10_000
    return Quicklook(
        draw_scale_bar(rgb, grid.resolution),
        grid,
        {band: (low / _REFLECTANCE, high / _REFLECTANCE) for band, (low, high) in ranges.items()},
        {value: count * pixel_ha for value, count in class_pixels(pixels.label).items()},
        tuple(flag for flag in OCCLUSIONS if (pixels.quality[inside] & flag).any()),
        not bool(inside.all()),
        pixels.missing,
    )


def _ranges(
    pixels: PairPixels, inside: BoolArray, percentiles: tuple[float, float]
) -> dict[str, tuple[float, float]]:
    """The numbers of each band that become black and white, from its pixels with data."""
    valid = inside & ((pixels.image != NO_DATA) & (pixels.image != SATURATED)).all(axis=0)
    return {
        band: value_range(image, valid, percentiles)
        for band, image in zip(pixels.bands, pixels.image, strict=True)
    }


def compose(image: NDArray[Any], ranges: Sequence[tuple[float, float]]) -> Picture:
    """Bands (1 or 3, height, width) stretched to uint8 (height, width, 3)."""
    bands = [stretched(band, *limits) for band, limits in zip(image, ranges, strict=True)]
    return np.stack(bands * (3 // len(bands)), axis=-1)


def draw_no_data(picture: Picture, empty: BoolArray, outside: BoolArray) -> None:
    """Plain grey outside the footprint, hatched grey where there is no data inside it."""
    picture[empty | outside] = NEUTRAL
    hatched = empty & ~outside
    if hatched.any():
        picture[hatched & stripes(picture.shape, 1)] = NEUTRAL_DARK


def _draw_occlusion(picture: Picture, quality: NDArray[np.uint8]) -> None:
    inside = quality & Flag.OUTSIDE == 0
    for flag, (_, colour, direction) in OCCLUSIONS.items():
        flagged = inside & (quality & flag != 0)
        if flagged.any():
            fill(picture, flagged, colour, 0.15)
            fill(picture, flagged & stripes(picture.shape, direction), colour, 0.6)


def draw_label(picture: Picture, label: NDArray[np.uint8], options: ViewOptions) -> None:
    """Draw each class of a label (height, width) as `options` say; background stays clear."""
    if options.label == NO_LABEL:
        return
    for value in class_pixels(label):
        colour = options.colour_of(value)
        if options.label == FILL:
            fill(picture, label == value, colour, options.opacity)
        else:
            draw_outline(picture, label == value, colour)


def class_pixels(label: NDArray[np.uint8]) -> dict[int, int]:
    """How many pixels each class has, background and ignore left out."""
    counts = np.bincount(label.ravel(), minlength=256)
    return {
        int(value): int(counts[value])
        for value in np.flatnonzero(counts)
        if value not in (BACKGROUND, IGNORE)
    }
