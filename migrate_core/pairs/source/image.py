"""The image that a mask was drawn on: where it lies, which bands it has, its pixels on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.vrt import WarpedVRT

from ...errors import MaskError
from ...grid import BoolArray, PixelGrid
from ...masks.raster.footprint import pixel_size_m
from ...model import Mask

RGB = ("red", "green", "blue")
# The bands of Sentinel-2 that are like those of images; blue, hazy and like the others, is the last
# that is asked.
LIKE = {"red": "B04", "green": "B03", "nir": "B08", "blue": "B02"}
# The order of the bands where a file doesn't name them: PlanetScope has blue, green, red, near
# infrared, or eight from coastal blue to near infrared; an aerial image red, green, blue.
_ORDERS = {
    1: {"grey": 1},
    3: {"red": 1, "green": 2, "blue": 3},
    4: {"blue": 1, "green": 2, "red": 3, "nir": 4},
    8: {"blue": 2, "green": 4, "red": 6, "nir": 8},
}
_NAMES = {"b": "blue", "g": "green", "r": "red", "near infrared": "nir", "near-infrared": "nir"}


def image_path(mask: Mask) -> Path:
    """The file of the source image. Raises MaskError when there is none."""
    if mask.source.path is None:
        raise MaskError("No source image was given with this mask.")
    path = Path(mask.source.path)
    if not path.is_file():
        raise MaskError(f"The source image {path} is gone. Put it back, or attach another one.")
    return path


def source_grid(dataset: Any, mask: Mask) -> PixelGrid:
    """Where the image lies: as it says, else as the mask says when both are of one size."""
    if dataset.crs is not None and not dataset.transform.is_identity:
        return PixelGrid(dataset.crs.to_string(), dataset.transform, dataset.width, dataset.height)
    if (dataset.width, dataset.height) == (mask.width, mask.height):
        return mask.grid
    raise MaskError(
        f"{Path(dataset.name).name}: the source image has no georeference, and with "
        f"{dataset.width} x {dataset.height} pixels it is not of the mask's size, so its place "
        "isn't known. Attach an image with a georeference."
    )


def band_order(dataset: Any) -> tuple[dict[str, int], bool]:
    """Band numbers by name, and whether the names are assumed from their count."""
    named = [_NAMES.get(text, text) for text in ((d or "").lower() for d in dataset.descriptions)]
    if not set(RGB) <= set(named):
        named = [kind.name for kind in dataset.colorinterp]
    if set(RGB) <= set(named):
        return {name: number for number, name in enumerate(named, 1) if name}, False
    alpha = sum(kind == ColorInterp.alpha for kind in dataset.colorinterp)
    count = dataset.count - alpha
    return _ORDERS.get(count) or _ORDERS[3 if count > 3 else 1], True


def warped_image(
    dataset: Any,
    source: PixelGrid,
    grid: PixelGrid,
    indexes: Sequence[int],
    resampling: Resampling = Resampling.bilinear,
) -> tuple[NDArray[Any], BoolArray]:
    """Bands (n, height, width) on `grid`, and where they are valid.

    Means of pixels where `grid` is coarser than the image, else by `resampling`.
    """
    if grid.resolution > 1.5 * pixel_size_m(source):
        resampling = Resampling.average
    marked = dataset.nodata is not None or ColorInterp.alpha in dataset.colorinterp
    with warped(dataset, source, grid, resampling, add_alpha=not marked) as found:
        return read_with_valid(found, indexes)


def read_with_valid(found: WarpedVRT, indexes: Sequence[int]) -> tuple[NDArray[Any], BoolArray]:
    """Bands (n, height, width) of a warped dataset, and where any of all its bands has data.

    Both are read at once: each reading warps the image again.
    """
    if ColorInterp.alpha in found.colorinterp:
        alpha = found.colorinterp.index(ColorInterp.alpha) + 1
        pixels = found.read([*indexes, alpha])
        return pixels[:-1], pixels[-1] > 0
    pixels = found.read()
    empty = [
        np.isnan(band) if nodata is not None and np.isnan(nodata) else band == nodata
        for band, nodata in zip(pixels, found.nodatavals, strict=True)
    ]
    return pixels[np.array(indexes) - 1], ~np.all(empty, axis=0)


def warped(
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
