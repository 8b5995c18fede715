"""Bilinear and nearest values at places, against plain sums over the four neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyproj import Transformer
from rasterio.warp import Resampling, reproject

from migrate_core.grid import PixelGrid
from migrate_core.products.pixels.reprojection import (
    bilinear,
    grid_covering,
    nearest,
    pixel_centres,
)

SOURCE = PixelGrid("EPSG:32631", Affine(10, 0, 500_000, 0, -10, 4_700_000), 6, 5)
spots = st.tuples(st.floats(1.0, 4.999), st.floats(1.0, 3.999))
numbers = hnp.arrays(np.uint16, (5, 6), elements=st.sampled_from([0, 1, 7, 4000, 65534, 65535]))


def at(column: float, row: float) -> tuple[np.ndarray, np.ndarray]:
    x, y = SOURCE.transform @ (column, row)
    return np.array([[x]]), np.array([[y]])


def expected(values: np.ndarray, column: float, row: float) -> int:
    """The mean of the four nearest pixels by their weights, special ones left out."""
    inside = int(values[int(row), int(column)])
    if inside in (0, 65535):
        return inside
    total = weights = 0.0
    for r in range(5):
        for c in range(6):
            weight = max(0.0, 1 - abs(c + 0.5 - column)) * max(0.0, 1 - abs(r + 0.5 - row))
            if values[r, c] not in (0, 65535):
                total += weight * float(values[r, c])
                weights += weight
    return int(np.floor(total / weights + 0.5))


@given(numbers, spots)
def test_a_place_between_pixels_has_the_weighted_mean_of_those_with_data(
    values: np.ndarray, spot: tuple[float, float]
) -> None:
    found = bilinear(values, SOURCE, *at(*spot))
    assert (found.dtype, found.shape) == (np.uint16, (1, 1))
    # Coordinates in metres round the place to a billionth of a pixel.
    assert abs(int(found[0, 0]) - expected(values, *spot)) <= 1


def test_at_the_centre_of_a_pixel_is_its_value() -> None:
    values = np.arange(30, dtype=np.uint16).reshape(5, 6) * 1000 + 1
    for row, column in ((1, 1), (2, 4), (3, 2)):
        found = bilinear(values, SOURCE, *at(column + 0.5, row + 0.5))
        assert found[0, 0] == values[row, column]


@given(spots)
def test_nearest_is_the_pixel_that_holds_the_place(spot: tuple[float, float]) -> None:
    values = np.arange(30, dtype=np.uint8).reshape(5, 6)
    x, y = at(*spot)
    column, row = ~SOURCE.transform @ (x[0, 0], y[0, 0])
    assert nearest(values, SOURCE, x, y)[0, 0] == values[int(row), int(column)]


@pytest.mark.parametrize(("zone", "east", "north"), [(32, 290_000, 6_700_000), (30, 700_000, 50)])
def test_another_zone_is_as_gdal_warps_it_within_what_that_allows_itself(
    zone: int, east: float, north: float
) -> None:
    grid = PixelGrid("EPSG:32631", Affine(10, 0, 300_000, 0, -10, 6_000_000), 50, 40)
    to_other = Transformer.from_crs(f"EPSG:326{zone}", "EPSG:32631", always_xy=True)
    x0, y0 = to_other.transform(east, north)
    grid = PixelGrid("EPSG:32631", Affine(10, 0, round(x0, -1), 0, -10, round(y0, -1)), 50, 40)
    base_grid = PixelGrid(f"EPSG:326{zone}", Affine(10, 0, 199_980, 0, -10, 9_000_000), 9, 9)
    x, y = pixel_centres(grid, base_grid.crs)
    source = grid_covering(base_grid, x, y)
    rows, columns = np.indices(source.shape)
    values = (10_000 + 3000 * np.sin(columns / 9) + 3000 * np.cos(rows / 11)).astype(np.uint16)
    found = bilinear(values, source, x, y)
    warped = np.zeros(grid.shape, dtype=np.uint16)
    reproject(
        values,
        warped,
        src_transform=source.transform,
        src_crs=source.crs,
        dst_transform=grid.transform,
        dst_crs=grid.crs,
        src_nodata=0,
        resampling=Resampling.bilinear,
    )
    # GDAL may be wrong by an eighth of a pixel; a pixel is at most 430 steeper than the next.
    assert np.abs(found.astype(int) - warped).max() <= 430 / 8
    # And exactly placed it is what the ground itself is there, but for the curve between pixels.
    c, r = ~source.transform @ (x, y)
    truth = 10_000 + 3000 * np.sin((c - 0.5) / 9) + 3000 * np.cos((r - 0.5) / 11)
    assert np.abs(found - truth).max() <= 1 + (3000 / 81 + 3000 / 121) / 8


def test_the_block_around_places_lies_on_the_lattice_with_a_pixel_to_spare() -> None:
    x, y = at(2.3, 1.9)
    found = grid_covering(SOURCE, x, y)
    assert found == PixelGrid("EPSG:32631", SOURCE.transform @ Affine.translation(1, 0), 3, 3)
