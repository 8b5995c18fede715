"""Bilinear interpolation in whole numbers: what GDAL's warper gives, wherever a tile lies."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.warp import reproject

from migrate_core.grid import PixelGrid, Window, block
from migrate_core.products.pixels.whole_numbers import interpolate
from tests.support.builders import UTM31, north_up

SIZE = 60


def values_with(share: float, *special: int) -> NDArray[np.uint16]:
    rng = np.random.default_rng(5)
    values = rng.integers(1, 65535, (SIZE, SIZE)).astype(np.uint16)
    values[rng.random(values.shape) < share] = 0
    for number, value in enumerate(special):
        values[10 * number : 10 * number + 8, 20:50] = value
    return values


def warped(values: NDArray[np.uint16], coarse: PixelGrid, fine: PixelGrid) -> NDArray[np.uint16]:
    """By GDAL; saturated pixels are no data to it and are put back after."""
    out = np.zeros(fine.shape, dtype=np.uint16)
    reproject(
        np.where(values == 65535, 0, values).astype(np.uint16),
        out,
        src_transform=coarse.transform,
        src_crs=coarse.crs,
        dst_transform=fine.transform,
        dst_crs=fine.crs,
        src_nodata=0,
        dst_nodata=0,
        resampling=Resampling.bilinear,
    )
    return out


@pytest.mark.parametrize("origin", [(199_980, 900_000), (399_960, 5_700_000), (809_760, 9_300_040)])
@pytest.mark.parametrize("window", [Window(0, 0, 120, 120), Window(13, 7, 71, 93)])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.6])
def test_half_the_size_is_what_the_warper_gives_to_the_last_bit(
    origin: tuple[int, int], window: Window, share: float
) -> None:
    coarse = PixelGrid(UTM31, north_up(*origin, 20), SIZE, SIZE)
    fine = block(coarse.finer(2), window)
    values = values_with(share, 0, 65535)
    special = (values == 0) | (values == 65535)
    found = interpolate(values, special, window, 2)
    expected = warped(values, coarse, fine)
    inside = np.kron(values == 65535, np.ones((2, 2), dtype=bool))[window.slices]
    np.testing.assert_array_equal(found, np.where(inside, 65535, expected))
    assert found.dtype == np.uint16


def test_a_sixth_of_the_size_differs_only_where_halves_are_rounded() -> None:
    coarse = PixelGrid(UTM31, north_up(399_960, 5_700_000, 60), SIZE, SIZE)
    window = Window(0, 0, 6 * SIZE, 6 * SIZE)
    values = values_with(0.02, 0)
    found = interpolate(values, values == 0, window, 6).astype(int)
    expected = warped(values, coarse, coarse.finer(6)).astype(int)
    assert np.abs(found - expected).max() <= 1
    assert (found != expected).mean() < 0.05
