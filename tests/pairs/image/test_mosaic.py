"""Images put together of several granules: as one granule would show the ground."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pyproj import Transformer

from migrate_core.grid import PixelGrid, Window, block, in_crs
from migrate_core.pairs.image.mosaic import Mosaic, Overlap, mosaic, on_grid
from migrate_core.products.metadata.product_xml import parse_tile
from migrate_core.products.opening import open_product
from migrate_core.products.pixels.reading import read_scene_classification
from migrate_core.products.product import Product
from tests.support.bands import read_bands
from tests.support.builders import BANDS_L2A, NORTH, RESOLUTION, WEST, Safe, write_safe
from tests.support.granules import (
    HERE,
    SIDE,
    ZONE_31,
    ZONE_32,
    Ground,
    granule,
    in_zone_31,
    in_zone_32,
    plane,
    rough,
)

FINE = [number for number, band in enumerate(BANDS_L2A) if RESOLUTION[band] == 10]


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., list[Product]]:
    def write(*granules: Safe) -> list[Product]:
        folders = [tmp_path / str(number) for number in range(len(granules))]
        for folder in folders:
            folder.mkdir(exist_ok=True)
        return [
            open_product(str(write_safe(folder, safe)))
            for folder, safe in zip(folders, granules, strict=True)
        ]

    return write


def put_together(
    products: Sequence[Product], grid: PixelGrid, resampling: str = "bilinear"
) -> Mosaic:
    return mosaic(products, grid, resampling)


def window(column: int, row: int, width: int, height: int, safe: Safe | None = None) -> PixelGrid:
    return block((safe or Safe(size=SIDE)).grid, Window(column, row, width, height))


# one zone

EAST = granule(WEST + 1080, tile="31TEG")  # overlaps the first by 24 pixels
WHOLE = granule(size=2 * SIDE)


@pytest.mark.parametrize("resampling", ["bilinear", "cubic", "nearest"])
@pytest.mark.parametrize("column", [95, 101, 125])
def test_two_granules_of_a_zone_are_as_one_in_every_band(
    opened: Callable[..., list[Product]], resampling: str, column: int
) -> None:
    west, east, whole = opened(granule(), EAST, WHOLE)
    grid = window(column, 21, 40, 30)
    found = put_together([west, east], grid, resampling)
    np.testing.assert_array_equal(found.image, read_bands(whole, grid, resampling))
    columns = np.broadcast_to(column + np.arange(40), grid.shape)
    np.testing.assert_array_equal(found.origin, columns >= SIDE)
    assert found.resampled == frozenset()
    first, second = found.overlaps
    # Columns 108 to 131 are in both.
    assert second == Overlap(30 * (SIDE - max(column, 108)), 0.0, 0.0, 0)
    assert first == Overlap()


def test_the_corner_of_four_granules_is_as_one(opened: Callable[..., list[Product]]) -> None:
    corners = [
        granule(WEST + x, NORTH - y, tile=tile)
        for tile, x, y in (
            ("31TDG", 0, 0),
            ("31TEG", 1080, 0),
            ("31TDF", 0, 1080),
            ("31TEF", 1080, 1080),
        )
    ]
    *products, whole = opened(*corners, WHOLE)
    grid = window(100, 110, 50, 40)
    found = put_together(products, grid)
    np.testing.assert_array_equal(found.image, read_bands(whole, grid, "bilinear"))
    rows, columns = np.indices(grid.shape)
    expected = 2 * (rows + 110 >= SIDE) + (columns + 100 >= SIDE)
    np.testing.assert_array_equal(found.origin, expected)


def test_the_hemispheres_of_a_zone_share_one_lattice(opened: Callable[..., list[Product]]) -> None:
    def southern(resolution: int, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        return rough(resolution, x, y - 10_000_000)

    north = granule(500_040, 660)
    south = granule(500_040, 10_000_060, southern, tile="31MEV", epsg=32731)
    *products, whole = opened(north, south, granule(500_040, 660, size=2 * SIDE))
    grid = window(10, 110, 30, 60, north)
    found = put_together(products, grid)
    np.testing.assert_array_equal(found.image, read_bands(whole, grid, "bilinear"))
    np.testing.assert_array_equal(found.origin[:, 0], np.arange(110, 170) >= SIDE)
    assert found.resampled == frozenset()
    assert found.overlaps[1].pixels == 30 * (SIDE - 110)
    assert found.overlaps[1].largest == 0


def test_each_granule_has_its_own_offset(opened: Callable[..., list[Product]]) -> None:
    new = granule(baseline="05.09", offset=-1000)
    old, plain = granule(WEST + 1080, tile="31TEG"), WHOLE
    *products, whole = opened(new, old, plain)
    grid = window(95, 21, 40, 30)
    found = put_together(products, grid)
    np.testing.assert_array_equal(found.image, read_bands(whole, grid, "bilinear"))
    assert found.overlaps[1].largest == 0


def test_numbers_are_those_of_each_products_files(
    opened: Callable[..., list[Product]],
) -> None:
    products = opened(granule(baseline="05.09", offset=-1000), EAST)
    grid = window(95, 21, 20, 30)
    found = mosaic(products, grid, "bilinear")
    numbers = found.digital_numbers
    assert set(numbers) == {0}
    assert set(numbers[0]) == set(BANDS_L2A)
    np.testing.assert_array_equal(numbers[0]["B02"].astype(int) - 1000, found.image[1])
    beyond = mosaic(products, window(120, 21, 30, 30), "bilinear")
    numbers = beyond.digital_numbers
    assert set(numbers) == {0, 1}
    there = beyond.origin == 1
    np.testing.assert_array_equal(numbers[1]["B02"][there], beyond.image[1][there])


def test_granules_that_differ_where_they_overlap_are_found_out(
    opened: Callable[..., list[Product]],
) -> None:
    def brighter(resolution: int, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        step = np.where(x < WEST + 1140, 7, np.where(x < WEST + 1200, 300, 0))
        return rough(resolution, x, y) + step

    products = opened(granule(), granule(WEST + 1080, ground=brighter, tile="31TEG"))
    grid = window(95, 21, 40, 30)
    found = put_together(products, grid)
    # Of 24 common columns, 6 differ by 7, and 6 by 300.
    assert found.overlaps[1] == Overlap(24 * 30, 0.5, 0.25, 300)
    # The first one's pixels stay.
    np.testing.assert_array_equal(
        found.image[FINE][:, :, :37],
        read_bands(products[0], grid, "bilinear")[FINE][:, :, :37],
    )


def test_a_granule_that_is_not_needed_is_not_read(opened: Callable[..., list[Product]]) -> None:
    products = opened(granule(), EAST)
    gone = replace(
        products[1],
        bands=tuple(replace(band, location="/nowhere.jp2") for band in products[1].bands),
    )
    found = put_together([products[0], gone], window(40, 40, 20, 20))
    assert not found.origin.any()
    assert found.overlaps[1] == Overlap()


def test_half_tiles_complete_each_other_without_a_seam(
    opened: Callable[..., list[Product]],
) -> None:
    def half(first: float, end: float) -> Ground:
        def ground(resolution: int, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
            # A coarse pixel holds data when it touches the half.
            there = (x + resolution / 2 > first) & (x - resolution / 2 < end)
            return np.where(there, rough(resolution, x, y), 0)

        return ground

    seam = WEST + 550  # in the middle of pixels of 20 and of 60 m
    *halves, whole = opened(
        granule(ground=half(0, seam)), granule(ground=half(seam, 1e9)), granule()
    )
    grid = window(30, 30, 50, 40)
    found = put_together(halves, grid)
    np.testing.assert_array_equal(found.image, read_bands(whole, grid, "bilinear"))
    np.testing.assert_array_equal(found.origin[0], np.arange(30, 80) >= 55)


def test_beyond_all_granules_there_is_no_data(opened: Callable[..., list[Product]]) -> None:
    products = opened(granule(), EAST)
    found = put_together(products, window(220, 120, 30, 20))
    there = (found.image != 0).all(axis=0)
    rows, columns = np.indices(there.shape)
    np.testing.assert_array_equal(there, (columns + 220 < 240) & (rows + 120 < SIDE))


# two zones


@pytest.fixture
def zones(opened: Callable[..., list[Product]]) -> list[Product]:
    """A granule of zone 31 that ends 900 m from its corner, and one of zone 32 around all of it."""
    x, y = Transformer.from_crs(ZONE_31, ZONE_32, always_xy=True).transform(*HERE)
    west, north = round((x - 600) / 60) * 60, round((y + 600) / 60) * 60
    return opened(
        granule(*HERE, in_zone_31),
        granule(west, north, in_zone_32, size=300, tile="32TLQ", epsg=32632),
    )


def test_what_the_first_zone_lacks_is_resampled_exactly_from_the_other(
    zones: list[Product],
) -> None:
    grid = window(60, 20, 60, 50, granule(*HERE))
    found = put_together(zones, grid)
    assert found.resampled == {1}
    columns = np.broadcast_to(60 + np.arange(60), grid.shape)
    np.testing.assert_array_equal(found.origin, columns >= 90)
    x, y = grid.centres()
    error = np.abs(found.image - plane(x, y))
    # Pixels of the first zone are its own; the others, of a plane, are right to the rounding (and
    # the curvature of a zone in the other, which is far less).
    assert error[FINE][:, columns < 90].max() <= 0.5
    assert error[FINE][:, columns >= 90].max() <= 1.1
    far_in = columns >= 96  # from there on, no coarse pixel of the first zone is near
    assert error[:, far_in].max() <= 1.1
    first = read_bands(zones[0], grid, "bilinear")
    np.testing.assert_array_equal(found.image[:, columns < 90], first[:, columns < 90])


def test_a_granule_of_the_first_zone_goes_before_one_of_another(
    zones: list[Product], tmp_path: Path
) -> None:
    def beside(resolution: int, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        return np.where(x < HERE[0] + 1200, plane(x, y), 0)

    third = open_product(str(write_safe(tmp_path, granule(*HERE, beside, tile="31TGK"))))
    grid = window(80, 20, 50, 20, granule(*HERE))
    found = put_together([*zones, third], grid)
    columns = np.broadcast_to(80 + np.arange(50), grid.shape)
    expected = np.where(columns < 90, 0, np.where(columns < 120, 2, 1))
    np.testing.assert_array_equal(found.origin, expected)
    assert found.resampled == {1}


def test_classes_of_another_zone_are_those_at_the_centres(zones: list[Product]) -> None:
    grid = window(60, 20, 60, 50, granule(*HERE))
    to_32 = Transformer.from_crs(ZONE_31, ZONE_32, always_xy=True)
    base_grid = zones[1].grid

    def numbered(product: Product, own: PixelGrid) -> NDArray[np.uint8]:
        assert product is zones[1]
        x, y = own.centres()
        columns, rows = ~base_grid.transform @ (x, y)
        return ((np.floor(columns) + 16 * np.floor(rows)) % 251).astype(np.uint8)

    found = on_grid(zones[1], grid, numbered)
    assert found is not None
    for row, column in ((0, 0), (7, 33), (49, 59), (20, 12)):
        x, y = to_32.transform(*(grid.transform @ (column + 0.5, row + 0.5)))
        c, r = (np.floor(v) for v in ~base_grid.transform @ (x, y))
        assert found[row, column] == (c + 16 * r) % 251


def test_classes_of_the_own_zone_are_read_as_they_are(zones: list[Product]) -> None:
    grid = window(60, 20, 33, 17, granule(*HERE))
    found = on_grid(zones[0], grid, read_scene_classification)
    expected = read_scene_classification(zones[0], grid)
    assert found is not None
    assert expected is not None
    np.testing.assert_array_equal(found, expected)
    assert on_grid(zones[1], grid, lambda _product, _grid: None) is None


# real tiles


def test_real_tiles_of_a_hemisphere_share_a_lattice_of_60_m(
    require_data: Callable[[str], Path],
) -> None:
    folder = require_data("safe_metadata_T31UFS").parent
    grids = {parse_tile(path.read_bytes(), path.name).grid for path in folder.rglob("MTD_TL.xml")}
    corners = {(grid.crs, grid.transform.c, grid.transform.f) for grid in grids}
    assert len(corners) >= 3
    assert {(west % 60, north % 60) for _, west, north in corners} == {(0, 0)}


def test_southern_tiles_continue_the_lattice_of_the_northern_ones(
    require_data: Callable[[str], Path],
) -> None:
    found = set()
    for path in require_data("safe_zip").glob("S2A_*.zip"):
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith("MTD_TL.xml"))
            own = parse_tile(archive.read(name), name).grid
            north = in_crs(own, own.crs.replace("EPSG:327", "EPSG:326"))
        assert own.crs.startswith("EPSG:327")
        assert north is not None
        found.add((north.transform.c % 60, north.transform.f % 60))
    assert found == {(0, 0)}
