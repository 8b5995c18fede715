"""The source image of a pair as picture files, with the mask itself, on a finer grid."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rasterio.enums import Resampling

from ...errors import MaskError
from ...grid import BoolArray, PixelGrid
from ...masks.raster.footprint import pixel_size_m
from ...model import Mask
from ..source.image import RGB
from .drawing import NEUTRAL, Picture, format_length, stretched, value_range
from .packed import Blob
from .source_view import NIR_RGB, SourcePixels, source_pixel_m, source_pixels, warped_mask

# A client holds the label on the finer grid beside two pictures of it.
MAX_FINE_PIXELS = 4_000_000
_PERCENTILES = (2.0, 98.0)
# Above this many pixels a picture is a JPEG: one without loss takes five times the room.
_JPEG_PIXELS = 500_000
# The least effort of WebP is a fifth of a PNG's, and the file is smaller.
_WEBP = {"lossless": True, "quality": 0, "method": 0}
# Percentiles of so many pixels are those of all to what a screen shows.
_SAMPLE = 250_000
# Pixels of a mask that has none of its own, in metres.
_POLYGON_PIXEL_M = 2.0


@dataclass(frozen=True, eq=False)
class SourceContent:
    """`header` for the packed view, its blobs, and the mask (height, width) on the finer grid.

    `labels` are values as stored in pairs; None where the mask's file is gone or has changed.
    """

    header: Mapping[str, Any]
    blobs: tuple[Blob, ...]
    labels: NDArray[np.uint8] | None


def source_content(mask: Mask, grid: PixelGrid) -> SourceContent:
    """The source image of a mask on `grid` made finer by a whole number.

    Raises MaskError that says why it can't be shown.
    """
    factor = finer_by(grid, source_pixel_m(mask))
    fine = grid.finer(factor)
    # The image's own pixels: interpolated ones take ten times as long and look less sharp.
    found = source_pixels(mask, fine, Resampling.nearest)
    labels = warped_mask(mask, fine)
    bands, shown = shown_bands(found)
    blobs = [_picture("source", bands, found.valid, shown)]
    if "nir" in found.bands and "red" in found.bands:
        blobs.append(_picture("source_nir", bands, found.valid, NIR_RGB))
    header = {
        "factor": factor,
        "width": fine.width,
        "height": fine.height,
        "bands": list(shown),
        "assumed": found.assumed,
        "pixel_m": found.pixel_m,
        "caption": _caption(mask, found, labels),
        "image": blobs[0].name,
        "nir": blobs[1].name if len(blobs) > 1 else None,
    }
    return SourceContent(header, tuple(blobs), labels)


def labels_alone(mask: Mask, grid: PixelGrid) -> NDArray[np.uint8] | None:
    """The mask on the finer grid of its own pixels, where there is no image.

    None where its file is gone or has changed.
    """
    pixel_m = _POLYGON_PIXEL_M if mask.vector else pixel_size_m(mask.grid)
    try:
        return warped_mask(mask, grid.finer(finer_by(grid, pixel_m)))
    except MaskError:
        return None


def finer_by(grid: PixelGrid, pixel_m: float) -> int:
    """How many pixels of this size go into one of the grid, along a side; at least 1.

    As many as keep the finer grid within `MAX_FINE_PIXELS`.
    """
    most = math.isqrt(MAX_FINE_PIXELS // (grid.width * grid.height))
    return max(1, min(round(grid.resolution / pixel_m), most))


def shown_bands(found: SourcePixels) -> tuple[dict[str, NDArray[np.uint8]], tuple[str, ...]]:
    """The bands stretched, each by its own percentiles, and which are red, green and blue.

    Of a grey image that is the one band it has.
    """
    step = math.isqrt(max(found.valid.size // _SAMPLE, 1))
    sample = (slice(None, None, step),) * 2
    ranges = {
        name: value_range(band[sample], found.valid[sample], _PERCENTILES)
        for name, band in found.bands.items()
    }
    bands = {name: stretched(band, *ranges[name]) for name, band in found.bands.items()}
    return bands, RGB if "red" in found.bands else ("grey",)


def _picture(
    name: str, bands: Mapping[str, NDArray[np.uint8]], valid: BoolArray, shown: tuple[str, ...]
) -> Blob:
    """The bands as red, green and blue; clear, or grey in a JPEG, where there are no data."""
    rgb = np.stack([bands[band] for band in shown] * (3 // len(shown)), axis=-1)
    if valid.size > _JPEG_PIXELS:
        rgb[~valid] = NEUTRAL
        return Blob(name, "image/jpeg", _encoded(rgb, "JPEG", quality=92, subsampling=0))
    if not valid.all():
        rgb = np.dstack([rgb, np.where(valid, 255, 0).astype(np.uint8)])
    return Blob(name, "image/webp", _encoded(rgb, "WEBP", **_WEBP))


def _encoded(picture: Picture, format_: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format_, **options)
    return file.getvalue()


def _caption(mask: Mask, found: SourcePixels, labels: NDArray[np.uint8] | None) -> str:
    names = ", ".join("near infrared" if band == "nir" else band for band in found.bands)
    note = " (order assumed: the file doesn't name its bands)" if found.assumed else ""
    drawn = (
        "The label is the mask itself."
        if labels is not None
        else "The mask file has changed or is gone, so its label isn't drawn."
    )
    size = format_length(float(f"{found.pixel_m:.2g}"))
    return f"{Path(mask.source.path or '').name}. Bands {names}{note}, {size} pixels. {drawn}"
