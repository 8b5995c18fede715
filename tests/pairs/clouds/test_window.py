"""The window in which clouds are looked for, and coarse reading in it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from migrate_core.grid import PixelGrid, Window, block
from migrate_core.pairs.clouds.window import (
    at_pixels,
    coarsened,
    padded,
    reach,
    read_reflectance,
    repeated,
)
from migrate_core.products.opening import open_product
from migrate_core.products.product import Product, SunAngles
from tests.support.pairs import CRS, NORTH, WEST, Safe, write_safe

# A whole tile, and a pair of 2.5 km in its middle whose corner is no corner of a 60 m pixel.
GRID = PixelGrid(CRS, Affine(10, 0, WEST, 0, -10, NORTH), 10980, 10980)
TILE = Product("T", "L1C", "0208", GRID, (), None, {}, "")
PAIR = block(GRID, Window(5003, 5001, 250, 250))
SOUTH_EAST = SunAngles(zenith_deg=45.0, azimuth_deg=135.0)


def margins(window: PixelGrid, grid: PixelGrid) -> tuple[float, float, float, float]:
    """How far `window` reaches beyond `grid` to west, south, east and north, in metres."""
    west, south, east, north = grid.bounds
    found = window.bounds
    return west - found[0], south - found[1], found[2] - east, found[3] - north


def test_a_shadow_lies_away_from_the_sun_by_height_times_the_tangent_of_the_zenith() -> None:
    away = reach(SunAngles(30.0, 90.0))
    assert away is not None
    assert (away.east, away.north) == (pytest.approx(-1), pytest.approx(0))
    assert away.metres_per_height == pytest.approx(math.tan(math.radians(30)))
    assert away.farthest_m == pytest.approx(8000 * math.tan(math.radians(30)))


def test_no_shadow_is_looked_for_farther_than_six_kilometres() -> None:
    away = reach(SunAngles(70.0, 180.0))
    assert away is not None
    assert away.farthest_m == 6000


@pytest.mark.parametrize("zenith", [-1.0, 85.1, 120.0])
def test_a_sun_at_the_horizon_tells_nothing(zenith: float) -> None:
    assert reach(SunAngles(zenith, 180.0)) is None


def test_the_window_is_wider_to_the_suns_side() -> None:
    window = padded(PAIR, [TILE], reach(SOUTH_EAST))
    assert window is not None
    west, south, east, north = margins(window, PAIR)
    sideways = 6000 / math.sqrt(2)
    for side, expected in (
        (west, 600),
        (north, 600),
        (south, 600 + sideways),
        (east, 600 + sideways),
    ):
        assert expected <= side < expected + 60
    # Whole 60 m pixels of the tile.
    assert window.resolution == 60
    assert (window.transform.c - WEST) % 60 == 0
    assert (NORTH - window.transform.f) % 60 == 0


def test_without_a_sun_there_is_a_margin_on_all_sides() -> None:
    window = padded(PAIR, [TILE], None)
    assert window is not None
    assert all(600 <= side < 660 for side in margins(window, PAIR))


def test_the_window_ends_with_the_product() -> None:
    corner = block(GRID, Window(-20, -20, 100, 100))
    window = padded(corner, [TILE], reach(SOUTH_EAST))
    assert window is not None
    assert (window.transform.c, window.transform.f) == (WEST, NORTH)
    odd = replace(GRID, width=605, height=605)
    window = padded(odd, [replace(TILE, grid=odd)], None)
    assert window is not None
    assert window.shape == (100, 100)


def test_a_pair_far_outside_of_the_product_has_no_window() -> None:
    assert padded(block(GRID, Window(-5000, 0, 100, 100)), [TILE], None) is None


def test_coarse_reflectances_are_means_after_the_offset(tmp_path: Path) -> None:
    numbers = np.full((60, 60), 2000)
    numbers[0:6, 6:12] = 3000  # one 60 m pixel, in the first row and second column
    numbers[6:12, 0:6] = 0
    safe = Safe(level="L1C", baseline="0400", offset=-1000, pixels={"B02": numbers})
    product = open_product(write_safe(tmp_path, safe))
    window = padded(product.grid, [product], None)
    assert window is not None
    for grid, name, factor in ((window, "B02", 1), (window.finer(3), "B02", 3)):
        values = read_reflectance([product], name, grid)
        assert values.shape == (10 * factor, 10 * factor)
        assert values[0, factor] == pytest.approx(0.2, abs=1e-4)
        assert values[-1, -1] == pytest.approx(0.1, abs=1e-4)
        assert np.isnan(values[factor, 0])
    # A 20 m band at its own resolution is what the file has: a plane, here.
    row, column = np.indices((30, 30))
    plane = (1500 + 40 * 4 + (7 * column + 11 * row) * 2 - 1000) / 10000
    found = read_reflectance([product], "B05", window.finer(3))
    np.testing.assert_allclose(found, plane, atol=1e-6)


def test_a_part_fills_where_the_one_before_has_no_data(tmp_path: Path) -> None:
    left = Safe(level="L1C", baseline="0208", columns=(0, 30))
    right = replace(left, columns=(30, 60), generated="20200202T150000")
    products = [open_product(write_safe(tmp_path, safe)) for safe in (left, right)]
    window = padded(products[0].grid, products, None)
    assert window is not None
    one = read_reflectance(products[:1], "B8A", window)
    assert np.isnan(one[:, 5:]).all()
    assert not np.isnan(read_reflectance(products, "B8A", window)).any()


def test_each_pixel_takes_the_value_of_the_coarse_one_it_lies_in() -> None:
    coarse = block(GRID.coarser(6), Window(10, 20, 3, 2))
    values = np.array([[1, 2, 3], [4, 5, 6]])
    grid = block(GRID, Window(62, 121, 18, 14))
    found = at_pixels(values, coarse, grid)
    columns = np.clip((62 + np.arange(18)) // 6 - 10, 0, 2)
    rows = np.clip((121 + np.arange(14)) // 6 - 20, 0, 1)
    np.testing.assert_array_equal(found, values[rows][:, columns])


def test_coarser_and_finer_undo_each_other() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(coarsened(repeated(values, 3), 3), values)
    assert GRID.coarser(6).finer(6).transform == GRID.transform
    holed = repeated(values, 2)
    holed[0, 0] = np.nan
    assert np.isnan(coarsened(holed, 2)).sum() == 1
