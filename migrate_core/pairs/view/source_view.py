"""The source image of a mask on the grid of a pair's picture, with the mask's own outline."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.warp import reproject

from ...errors import MaskError
from ...grid import BoolArray, PixelGrid
from ...masks.raster.classes import recode
from ...masks.raster.content import check_unchanged, read_labels
from ...masks.raster.footprint import pixel_size_m
from ...masks.raster.opening import opened
from ...masks.vectors.drawing import drawn_labels
from ...model import IGNORE, Mask, RasterForm
from ..source.image import (
    RGB,
    band_order,
    image_path,
    read_with_valid,
    source_grid,
    warped,
    warped_image,
)
from .drawing import Picture, draw_scale_bar, value_range
from .quicklook import ViewOptions, compose, draw_label, draw_no_data

# Near infrared as red, as in Sentinel-2's false colour.
NIR_RGB = ("nir", "red", "green")


@dataclass(frozen=True)
class SourceLook:
    """A picture uint8 (height, width, 3) on the grid asked for, and what its caption has to say.

    `bands` are the bands shown as red, green and blue, or one as grey; `assumed` when the file
    doesn't name its bands; `pixel_m` is the size of the image's own pixels in metres; `outlined`
    whether the mask's own outline could be drawn.
    """

    rgb: Picture
    bands: tuple[str, ...]
    assumed: bool
    pixel_m: float
    outlined: bool


@dataclass(frozen=True, eq=False)
class SourcePixels:
    """The bands of a source image on the grid asked for, in units of the file.

    `bands` are (height, width) by name: `red`, `green`, `blue` and `nir`, as far as there are, or
    `grey`; `valid` (height, width) is where they have data. `assumed` and `pixel_m` are as in
    `SourceLook`.
    """

    bands: Mapping[str, NDArray[Any]]
    valid: BoolArray
    assumed: bool
    pixel_m: float


def source_pixel_m(mask: Mask) -> float:
    """The size in metres of the pixels of a mask's source image. Raises MaskError."""
    with opened(image_path(mask)) as dataset:
        return pixel_size_m(source_grid(dataset, mask))


def source_pixels(
    mask: Mask, grid: PixelGrid, resampling: Resampling = Resampling.bilinear
) -> SourcePixels:
    """The source image of a mask on `grid`. Raises MaskError that says why it can't be shown."""
    with opened(image_path(mask)) as dataset:
        source = source_grid(dataset, mask)
        band_numbers, assumed = band_order(dataset)
        names = [name for name in (*RGB, "nir") if name in band_numbers and "red" in band_numbers]
        names = names or ["grey"]
        indexes = [band_numbers[name] for name in names]
        image, valid = warped_image(dataset, source, grid, indexes, resampling)
    bands = dict(zip(names, image, strict=True))
    return SourcePixels(bands, valid, assumed, pixel_size_m(source))


def source_look(mask: Mask, grid: PixelGrid, options: ViewOptions) -> SourceLook:
    """Draw the source image of a mask on `grid`, with the mask as `options` say.

    Raises MaskError that says why it can't be shown.
    """
    found = source_pixels(mask, grid)
    bands, valid = _shown(found.bands, options), found.valid
    image = np.stack([found.bands[band] for band in bands])
    rgb = compose(image, [value_range(band, valid, options.percentiles) for band in image])
    label = warped_mask(mask, grid)
    outside = ~valid if label is None else label == IGNORE
    draw_no_data(rgb, ~valid, outside & ~valid)
    if label is not None:
        draw_label(rgb, label, options)
    return SourceLook(
        draw_scale_bar(rgb, grid.resolution), bands, found.assumed, found.pixel_m, label is not None
    )


def _shown(bands: Container[str], options: ViewOptions) -> tuple[str, ...]:
    """The bands to show: near infrared as red where Sentinel-2's is shown, else true colour."""
    if "red" not in bands:
        return ("grey",)
    if options.composite in ("false_colour", "swir") and "nir" in bands:
        return NIR_RGB
    return RGB


def warped_mask(mask: Mask, grid: PixelGrid) -> NDArray[np.uint8] | None:
    """The mask (height, width) on `grid`, stored values; None when it isn't the file it was."""
    if mask.vector is not None:
        return _drawn_mask(mask, grid)
    try:
        check_unchanged(mask)
    except MaskError:
        return None
    if not _plain(mask.raster):
        return _reprojected(read_labels(mask), mask.grid, grid)
    with opened(Path(mask.path)) as dataset:
        marked = dataset.nodata is not None or ColorInterp.alpha in dataset.colorinterp
        nearest = Resampling.nearest
        with warped(dataset, mask.grid, grid, nearest, add_alpha=not marked) as found:
            (values,), valid = read_with_valid(found, [1])
    labels = recode(values, mask.classes.stored or {})
    return np.where(valid, labels, IGNORE).astype(np.uint8)


def _plain(form: RasterForm) -> bool:
    """Whether band 1 of one file holds the class values, so that GDAL warps just what is seen."""
    return form == RasterForm(bands=form.bands, named=form.named)


def _reprojected(
    labels: NDArray[np.uint8], source: PixelGrid, grid: PixelGrid
) -> NDArray[np.uint8]:
    """Labels (height, width) on `source` brought to `grid` by the nearest pixels."""
    found = np.full(grid.shape, IGNORE, dtype=np.uint8)
    reproject(
        labels,
        found,
        src_transform=source.transform,
        src_crs=source.crs,
        dst_transform=grid.transform,
        dst_crs=grid.crs,
        dst_nodata=IGNORE,
        resampling=Resampling.nearest,
    )
    return found


def _drawn_mask(mask: Mask, grid: PixelGrid) -> NDArray[np.uint8] | None:
    """A mask that consists of polygons; None when these are gone."""
    try:
        return drawn_labels(mask, grid)
    except MaskError:
        return None
