"""Bringing 20 m and 60 m bands to 10 m, with no-data and saturated pixels taking no part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.warp import reproject

from ...grid import PixelGrid, Window, is_block_of, window_of
from ..product import NO_DATA as NO_DATA
from ..product import SATURATED as SATURATED
from .whole_numbers import interpolate

# Source pixels beyond a window that the kernel reaches, so that windows don't show in the values.
REACH = {"nearest": 1, "bilinear": 1, "cubic": 2}
# Weights of sixteenths are exact in floating point, so a warp rounds halves as whole numbers do. At
# 60 m it rounds them either way, depending on its window: there the pixels stay those of a warp.
_EXACT = 2


def upsample(
    values: NDArray[np.uint16], coarse: PixelGrid, fine: PixelGrid, method: str
) -> NDArray[np.uint16]:
    """`values` (height, width) on `coarse` brought to the finer grid `fine` of the same CRS.

    No-data (0) and saturated (65535) pixels take no part in the interpolation: weights are shared
    among the others. What lies in a no-data or saturated pixel stays so.
    """
    window, factor = _window(coarse, fine)
    if window is not None and method == "nearest":
        return _repeated(values, window, factor)
    saturated = values == SATURATED
    if window is not None and method == "bilinear" and factor == _EXACT:
        return interpolate(values, saturated | (values == NO_DATA), window, factor)
    if not saturated.any():
        return _interpolated(values, coarse, fine, method)
    # GDAL knows one no-data value: saturated pixels go in as no data and are put back after.
    interpolated = _interpolated(np.where(saturated, NO_DATA, values), coarse, fine, method)
    inside = _warped(saturated.astype(np.uint16), coarse, fine, "nearest") == 1
    return np.where(inside, SATURATED, interpolated).astype(np.uint16)


def _window(coarse: PixelGrid, fine: PixelGrid) -> tuple[Window | None, int]:
    """Where `fine` lies on the pixels of `coarse` cut into factor x factor, and the factor.

    None where it isn't a block of them.
    """
    factor = round(coarse.resolution / fine.resolution)
    cut = coarse.finer(factor)
    if not is_block_of(fine, cut):
        return None, factor
    window = window_of(fine, cut)
    inside = window.column >= 0 and window.column + window.width <= cut.width
    inside &= window.row >= 0 and window.row + window.height <= cut.height
    return (window if inside else None), factor


def _repeated(values: NDArray[np.uint16], window: Window, factor: int) -> NDArray[np.uint16]:
    rows, columns = (
        np.arange(start, start + size) // factor
        for start, size in ((window.row, window.height), (window.column, window.width))
    )
    return values[rows][:, columns]


def _interpolated(
    values: NDArray[np.uint16], coarse: PixelGrid, fine: PixelGrid, method: str
) -> NDArray[np.uint16]:
    """Warped, and a cubic that overshoots doesn't make a good pixel a saturated one."""
    return np.minimum(_warped(values, coarse, fine, method), np.uint16(SATURATED - 1))


def _warped(
    values: NDArray[np.uint16], coarse: PixelGrid, fine: PixelGrid, method: str
) -> NDArray[np.uint16]:
    out = np.zeros(fine.shape, dtype=np.uint16)
    reproject(
        values.astype(np.uint16),
        out,
        src_transform=coarse.transform,
        src_crs=coarse.crs,
        dst_transform=fine.transform,
        dst_crs=fine.crs,
        src_nodata=NO_DATA,
        dst_nodata=NO_DATA,
        resampling=Resampling[method],
    )
    return out
