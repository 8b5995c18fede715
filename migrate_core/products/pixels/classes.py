"""Reading rasters of classes, the scene classification first of all, on fine or coarse grids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.windows import Window as RasterWindow

from ...grid import PixelGrid, Window
from ..product import JPEG2000, BandFile, Product
from ..remote.opening import fetch_ahead
from .georeference import check_georeference
from .reading import on_band, read_inside

_NATIVE_M = 10


def read_classes(product: Product, grid: PixelGrid) -> NDArray[np.uint8] | None:
    """The SCL class at the centre of each pixel of `grid`, (height, width), 0 outside the product.

    `grid` lies on the product's grid with pixels of 10 m or any larger size (20 m, 160 m, ...)
    and may reach over its edges. None where the product has no scene classification (L1C). Raises
    ProductError.
    """
    if product.scene_classification is None:
        return None
    classes: NDArray[np.uint8] = read_nearest(product, product.scene_classification, grid)[0]
    return classes


def read_nearest(
    product: Product,
    band: BandFile,
    grid: PixelGrid,
    layers: Sequence[int] = (1,),
    outside: int = 0,
) -> NDArray[np.uint8]:
    """The values of `layers` (from 1) at the centres of `grid`, (layers, height, width).

    Always values that the file has, never means of them. `outside` is what lies outside of the
    product. Only the window needed is decoded. Raises ProductError.
    """
    columns, rows = _positions(grid, product.grid.coarser(band.resolution_m // _NATIVE_M))
    found = np.full((len(layers), *grid.shape), outside, dtype=np.uint8)
    if not columns.inside.any() or not rows.inside.any():
        return found

    if band.driver == JPEG2000 and tuple(layers) == (1,):
        left, right = columns.reach(1)
        top, bottom = rows.reach(1)
        window = Window(left, top, right - left, bottom - top)
        values = read_inside(band, window, product)
        inside = rows.inside[:, None] & columns.inside[None, :]
        found[0][inside] = values[np.ix_(rows.known - top, columns.known - left)].ravel()
        return found

    def read(dataset: Any) -> NDArray[Any]:
        check_georeference(dataset, band, product)
        step = _overview_step(dataset, min(columns.step, rows.step))
        left, right = columns.reach(step)
        top, bottom = rows.reach(step)
        height, width = -(-(bottom - top) // step), -(-(right - left) // step)
        inside = RasterWindow(left, top, right - left, bottom - top)
        fetch_ahead(dataset, inside, (height, width))
        values: NDArray[Any] = dataset.read(
            list(layers),
            window=inside,
            out_shape=(len(layers), height, width),
            resampling=Resampling.nearest,
        )
        across, down = (columns.known - left) // step, (rows.known - top) // step
        return values[:, down[:, None], across[None, :]]

    found[:, rows.inside[:, None] & columns.inside[None, :]] = on_band(band, read).reshape(
        len(layers), -1
    )
    return found


@dataclass(frozen=True, eq=False)
class _Axis:
    """Which pixels of a file lie under the pixel centres of a grid, along one direction.

    `at` are their numbers, `inside` says which of them are in the file at all; `size` is the
    number of pixels in the file, `step` how many of them one of the grid is wide.
    """

    at: NDArray[np.int64]
    inside: NDArray[np.bool_]
    size: int
    step: float

    @property
    def known(self) -> NDArray[np.int64]:
        """The numbers of those in the file."""
        return self.at[self.inside]

    def reach(self, step: int) -> tuple[int, int]:
        """First and beyond the last pixel to read, in whole steps as far as the file reaches."""
        first, last = int(self.known[0]) // step, int(self.known[-1]) // step
        return first * step, min((last + 1) * step, self.size)


def _positions(grid: PixelGrid, base_grid: PixelGrid) -> tuple[_Axis, _Axis]:
    """Columns and rows of `grid` under the pixel centres of `grid`; both are north-up."""
    inverse = ~base_grid.transform
    first = inverse @ (grid.transform @ (0.5, 0.5))
    second = inverse @ (grid.transform @ (1.5, 1.5))
    axes = []
    for start, following, count, size in zip(
        first, second, (grid.width, grid.height), (base_grid.width, base_grid.height), strict=True
    ):
        step = following - start
        # A thousandth of a pixel lets centres on an edge fall to the same side everywhere.
        at = np.floor(start + step * np.arange(count) + 1e-3).astype(np.int64)
        axes.append(_Axis(at, (at >= 0) & (at < size), size, step))
    return axes[0], axes[1]


def _overview_step(dataset: Any, step: float) -> int:
    """How many pixels one of the overview has that is fine enough for steps of `step` pixels.

    JPEG 2000 has no overviews of classes: its lower resolutions are means, weighted by a wavelet,
    and a mean of classes is another class. Those of a GeoTIFF of classes are picked values.
    """
    if dataset.driver != "GTiff":
        return 1
    return max((found for found in dataset.overviews(1) if found <= step), default=1)
