"""The two pixel grids of the case, the 3 m ground and the 10 m granule, and their arithmetic.

Positions on the ground are "local" metres: x to the east and y to the south of the granule's
upper left corner. Arrays are (height, width), rows to the south.
"""

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import Affine

FloatArray = NDArray[np.float32]
ByteArray = NDArray[np.uint8]

EPSG = 32633
UTM = CRS.from_epsg(EPSG)
TILE = "33UVS"

# Tile 33UVS begins at 399960, 5700000; the granule lies inside it, on its 60 m grid.
LEFT = 453960
TOP = 5664000
GRANULE_M = 6000
RESOLUTIONS_M = (10, 20, 60)

GROUND_M = 3
# The ground goes on beyond the granule, for the mask that reaches over its edge. A multiple of
# 30 m, so that ten ground pixels and three granule pixels begin together there as well.
MARGIN_M = 420
GROUND_PIXELS = (GRANULE_M + 2 * MARGIN_M) // GROUND_M


def granule_pixels(resolution_m: int) -> int:
    """Pixels along one side of the granule."""
    return GRANULE_M // resolution_m


def granule_transform(resolution_m: int) -> Affine:
    """Pixel to UTM, for the granule at this resolution."""
    return Affine(resolution_m, 0, LEFT, 0, -resolution_m, TOP)


def ground_transform() -> Affine:
    """Pixel to UTM, for the 3 m ground."""
    return Affine(GROUND_M, 0, LEFT - MARGIN_M, 0, -GROUND_M, TOP + MARGIN_M)


def ground_axis() -> FloatArray:
    """Local metres of the pixel centres along either axis of the ground, (GROUND_PIXELS,)."""
    centres = (np.arange(GROUND_PIXELS) + 0.5) * GROUND_M - MARGIN_M
    return centres.astype(np.float32)


def granule_axis(resolution_m: int) -> FloatArray:
    """Local metres of the pixel centres along either axis of the granule."""
    centres = (np.arange(granule_pixels(resolution_m)) + 0.5) * resolution_m
    return centres.astype(np.float32)


def at_pixel(transform: Affine, column: float, row: float) -> tuple[float, float]:
    """UTM position of a point in pixels; whole numbers are pixel corners."""
    x = transform.a * column + transform.b * row + transform.c
    y = transform.d * column + transform.e * row + transform.f
    return x, y


def to_utm(x: float, y: float) -> tuple[float, float]:
    """Local metres (y to the south) to UTM easting and northing, rounded to 1 cm."""
    return round(LEFT + x, 2), round(TOP - y, 2)


# Row i: how much of each of ten 3 m pixels lies in the i-th of the three 10 m pixels.
_OVERLAP = np.array(
    [
        [max(0, min(3 * j + 3, 10 * i + 10) - max(3 * j, 10 * i)) / 10 for j in range(10)]
        for i in range(3)
    ],
    np.float32,
)


def area_average(ground: FloatArray) -> FloatArray:
    """The 3 m ground as exact area averages on the granule's 10 m pixels.

    30 m hold ten ground pixels and three granule pixels, so a fixed 3 x 10 matrix of overlaps,
    applied along rows and along columns, is the whole calculation.
    """
    margin = MARGIN_M // GROUND_M
    inner = ground[margin:-margin, margin:-margin]
    blocks = inner.shape[0] // 10
    rows = (_OVERLAP @ inner.reshape(blocks, 10, -1)).reshape(3 * blocks, -1)
    columns = rows.reshape(3 * blocks, blocks, 10) @ _OVERLAP.T
    return np.asarray(columns, np.float32).reshape(3 * blocks, 3 * blocks)


def coarsen(array: FloatArray, factor: int) -> FloatArray:
    """The mean of each block of `factor` x `factor` pixels over the last two axes."""
    *bands, height, width = array.shape
    blocks = array.reshape(*bands, height // factor, factor, width // factor, factor)
    return np.asarray(blocks.mean(axis=(-3, -1), dtype=np.float32))


def any_in_block(array: NDArray[np.bool_], factor: int) -> NDArray[np.bool_]:
    """Whether any pixel of each block of `factor` x `factor` pixels is set."""
    height, width = array.shape
    blocks = array.reshape(height // factor, factor, width // factor, factor)
    return np.asarray(blocks.any(axis=(1, 3)))
