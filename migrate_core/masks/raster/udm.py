"""What was occluded in the source image when a label was drawn: UDM2, UDM, a mask, or alpha.

UDM2 and UDM after Planet's documentation: UDM2 has eight bands (clear, snow, shadow, light haze,
heavy haze, cloud, confidence, UDM1), UDM is one band of bits of which any makes a pixel unusable.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.windows import Window as RasterWindow

from ...errors import MaskError
from ...grid import PixelGrid, reproject_geometry
from ...model import IGNORE, Mask
from .footprint import extent
from .opening import opened, read_header

_UDM2_BANDS = 8
# Snow, shadow, light haze, heavy haze and cloud; and UDM1, whose bits are defects and blackfill.
_UDM2_OCCLUDED = (2, 3, 4, 5, 6, 8)
CLEAR, OCCLUDED = 0, 1


@dataclass(frozen=True)
class SourceOcclusion:
    """What was occluded: `values` (height, width) uint8 on `grid`, 0 clear, 1 so, 255 unknown."""

    values: NDArray[np.uint8]
    grid: PixelGrid


def occlusion_problem(udm: Path, mask: Mask) -> str | None:
    """Why a raster can't say what was occluded in the source image of a mask, or None."""
    try:
        header = read_header(udm)
    except MaskError as err:
        return str(err)
    if header.bands not in (1, _UDM2_BANDS):
        return (
            f"{udm.name} has {header.bands} bands, so it is no record of what was occluded. Needed "
            "is a UDM2 (8 bands), or one band that is not 0 where something was."
        )
    try:
        grid = _grid(udm, header.crs, header.transform, (header.width, header.height), mask)
        alternatives = mask.extent is not None and not extent(grid).intersects(mask.extent)
    except (MaskError, ValueError) as err:
        return str(err)
    if alternatives:
        return f"{udm.name} lies elsewhere than the mask. Check which belongs to it."
    return None


def _grid(
    path: Path, crs: str | None, transform: Any, size: tuple[int, int], mask: Mask
) -> PixelGrid:
    """Where a raster lies: as it says, else as the mask says when both are of one size."""
    if crs is not None and transform is not None:
        return PixelGrid(crs, transform, *size)
    if mask.georeference.transform is not None and size == (mask.width, mask.height):
        return mask.grid
    raise MaskError(
        f"{path.name} has no georeference, and with {size[0]} x {size[1]} pixels it is not of the "
        "mask's size, so its place isn't known."
    )


def source_occlusion(mask: Mask, pair_grid: PixelGrid) -> SourceOcclusion | None:
    """What was occluded in the source image where `pair_grid` lies; None where nothing records it.

    The record is the mask's UDM, else the alpha band of its image. Raises MaskError.
    """
    if mask.source.udm is not None:
        return _read(Path(mask.source.udm), mask, pair_grid, alpha=False)
    if mask.source.path is None or not Path(mask.source.path).is_file():
        return None
    with opened(Path(mask.source.path)) as dataset:
        has_alpha = ColorInterp.alpha in dataset.colorinterp
    return _read(Path(mask.source.path), mask, pair_grid, alpha=True) if has_alpha else None


def _read(path: Path, mask: Mask, pair_grid: PixelGrid, *, alpha: bool) -> SourceOcclusion | None:
    if not path.is_file():
        raise MaskError(
            f"{mask.name}: {path} is gone, which says what was occluded in the source image. "
            "Put it back, or add the mask again with another --udm."
        )
    header = read_header(path)
    udm_grid = _grid(path, header.crs, header.transform, (header.width, header.height), mask)
    window = _window(udm_grid, pair_grid)
    if window is None:
        return None
    with opened(path) as dataset:
        if alpha:
            band = dataset.colorinterp.index(ColorInterp.alpha) + 1
            occluded = dataset.read(band, window=window) == 0
            unknown = np.zeros_like(occluded)
        else:
            occluded, unknown = _occluded(dataset, window)
    values = np.where(unknown, IGNORE, np.where(occluded, OCCLUDED, CLEAR)).astype(np.uint8)
    transform = udm_grid.transform @ udm_grid.transform.translation(window.col_off, window.row_off)
    return SourceOcclusion(values, PixelGrid(udm_grid.crs, transform, *values.shape[::-1]))


def _occluded(dataset: Any, window: RasterWindow) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Hidden and unknown pixels of a UDM2, UDM or mask raster."""
    if dataset.count == _UDM2_BANDS:
        occluded = (dataset.read(_UDM2_OCCLUDED, window=window) != 0).any(axis=0)
        return occluded, np.zeros_like(occluded)
    values = dataset.read(1, window=window)
    unknown = dataset.read_masks(1, window=window) == 0
    if dataset.nodata == 0:
        # 0 as "no data" is how some tools write "nothing here": it says clear.
        unknown = np.zeros_like(unknown)
    return (values != 0) & ~unknown, unknown


def _window(grid: PixelGrid, pair_grid: PixelGrid) -> RasterWindow | None:
    """The pixels of `grid` that `pair_grid` touches, and one more on each side; None for none."""
    polygon = pair_grid.polygon().segmentize(pair_grid.resolution * 50)
    corners = np.array(reproject_geometry(polygon, pair_grid.crs, grid.crs).exterior.coords)
    columns, rows = ~grid.transform @ (corners[:, 0], corners[:, 1])
    left, top = max(math.floor(columns.min()) - 1, 0), max(math.floor(rows.min()) - 1, 0)
    right = min(math.ceil(columns.max()) + 1, grid.width)
    bottom = min(math.ceil(rows.max()) + 1, grid.height)
    if left >= right or top >= bottom:
        return None
    return RasterWindow(left, top, right - left, bottom - top)
