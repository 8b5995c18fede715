"""The source image of a mask on the grid of a pair's picture, with the mask's own outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.warp import reproject

from ..errors import MaskError
from ..grid import BoolArray, PixelGrid
from ..masks.classes import recode
from ..masks.content import check_unchanged, read_labels
from ..masks.footprint import pixel_size_m
from ..masks.raster import opened
from ..masks.vectors.drawing import drawn_labels
from ..model import IGNORE, Mask, RasterForm
from .drawing import Picture, draw_scale_bar, value_range
from .quicklook import ViewOptions, compose, draw_label, draw_no_data

_RGB = ("red", "green", "blue")
# The order of the bands where a file doesn't name them: PlanetScope has blue, green, red, near
# infrared, or eight from coastal blue to near infrared; an aerial image red, green, blue.
_ORDERS = {
    1: {"grey": 1},
    3: {"red": 1, "green": 2, "blue": 3},
    4: {"blue": 1, "green": 2, "red": 3, "nir": 4},
    8: {"blue": 2, "green": 4, "red": 6, "nir": 8},
}
_NAMES = {"b": "blue", "g": "green", "r": "red", "near infrared": "nir", "near-infrared": "nir"}


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


def source_look(mask: Mask, grid: PixelGrid, options: ViewOptions) -> SourceLook:
    """Draw the source image of a mask on `grid`, with the mask as `options` say.

    Raises MaskError that says why it can't be shown.
    """
    with opened(_image_path(mask)) as dataset:
        source = _source_grid(dataset, mask)
        names, assumed = _band_order(dataset)
        bands = _shown(names, options)
        image, valid = _warped_image(dataset, source, grid, [names[band] for band in bands])
    ranges = [value_range(band, valid, options.percentiles) for band in image]
    rgb = compose(image, ranges)
    label = _warped_mask(mask, grid)
    outside = ~valid if label is None else label == IGNORE
    draw_no_data(rgb, ~valid, outside & ~valid)
    if label is not None:
        draw_label(rgb, label, options)
    return SourceLook(
        draw_scale_bar(rgb, grid.resolution),
        bands,
        assumed,
        pixel_size_m(source),
        label is not None,
    )


def _image_path(mask: Mask) -> Path:
    if mask.image is None:
        raise MaskError("No source image was given with this mask.")
    path = Path(mask.image)
    if not path.is_file():
        raise MaskError(f"The source image {path} is gone. Put it back, or attach another one.")
    return path


def _source_grid(dataset: Any, mask: Mask) -> PixelGrid:
    """Where the image lies: as it says, else as the mask says when both are of one size."""
    if dataset.crs is not None and not dataset.transform.is_identity:
        return PixelGrid(dataset.crs.to_string(), dataset.transform, dataset.width, dataset.height)
    if mask.vector is None and (dataset.width, dataset.height) == (mask.width, mask.height):
        return mask.grid
    raise MaskError(
        f"{Path(dataset.name).name}: the source image has no georeference, and with "
        f"{dataset.width} x {dataset.height} pixels it is not of the mask's size, so its place "
        "isn't known. Attach an image with a georeference."
    )


def _band_order(dataset: Any) -> tuple[dict[str, int], bool]:
    """Band numbers by name, and whether the names are assumed from their count."""
    named = [_NAMES.get(text, text) for text in ((d or "").lower() for d in dataset.descriptions)]
    if not set(_RGB) <= set(named):
        named = [kind.name for kind in dataset.colorinterp]
    if set(_RGB) <= set(named):
        return {name: number for number, name in enumerate(named, 1) if name}, False
    alpha = sum(kind == ColorInterp.alpha for kind in dataset.colorinterp)
    count = dataset.count - alpha
    return _ORDERS.get(count) or _ORDERS[3 if count > 3 else 1], True


def _shown(names: dict[str, int], options: ViewOptions) -> tuple[str, ...]:
    """The bands to show: near infrared as red where Sentinel-2's is shown, else true colour."""
    if "red" not in names:
        return ("grey",)
    if options.composite in ("false_colour", "swir") and "nir" in names:
        return ("nir", "red", "green")
    return _RGB


def _warped_image(
    dataset: Any, source: PixelGrid, grid: PixelGrid, indexes: Sequence[int]
) -> tuple[NDArray[Any], BoolArray]:
    """Bands (n, height, width) on `grid`, and where they are valid."""
    coarser = grid.resolution > 1.5 * pixel_size_m(source)
    resampling = Resampling.average if coarser else Resampling.bilinear
    marked = dataset.nodata is not None or ColorInterp.alpha in dataset.colorinterp
    with _warped(dataset, source, grid, resampling, add_alpha=not marked) as warped:
        return warped.read(list(indexes)), _valid(warped)


def _warped_mask(mask: Mask, grid: PixelGrid) -> NDArray[np.uint8] | None:
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
        with _warped(dataset, mask.grid, grid, nearest, add_alpha=not marked) as warped:
            labels = recode(warped.read(1), mask.classes or {})
            valid = _valid(warped)
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


def _valid(warped: WarpedVRT) -> BoolArray:
    """Where a warped dataset has data; an added alpha is not in its masks, so it is read."""
    alpha = warped.colorinterp[-1] == ColorInterp.alpha
    valid: BoolArray = (warped.read(warped.count) if alpha else warped.dataset_mask()) > 0
    return valid


def _warped(
    dataset: Any, source: PixelGrid, grid: PixelGrid, resampling: Resampling, *, add_alpha: bool
) -> WarpedVRT:
    """The dataset as it looks on `grid`."""
    return WarpedVRT(
        dataset,
        src_crs=source.crs,
        src_transform=Affine(*tuple(source.transform)[:6]),
        crs=grid.crs,
        transform=Affine(*tuple(grid.transform)[:6]),
        width=grid.width,
        height=grid.height,
        resampling=resampling,
        add_alpha=add_alpha,
    )
