"""GDAL's own SENTINEL2 driver as oracle: the same pixels at the same place, bit for bit."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from migrate_core.demo import DemoCase
from migrate_core.grid import PixelGrid, block, window_of
from migrate_core.products.files.granules import find_granules
from migrate_core.products.layouts.safe import MARKER
from migrate_core.products.opening import open_granule
from migrate_core.products.pixels.reading import read_band
from migrate_core.products.product import Product
from tests.support.builders import Safe, write_safe, zipped
from tests.support.product_forms import OLD, neighbours, write_old, write_pilot

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


@pytest.fixture(autouse=True)
def _driver() -> None:
    with rasterio.Env() as environment:
        if "SENTINEL2" not in environment.drivers():
            pytest.skip("the GDAL of this rasterio has no SENTINEL2 driver")


def metadata_of(path: Path) -> str:
    """What GDAL opens a product by: its metadata, in a zip as well."""
    files = find_granules(path)[0].files
    name = next(name for name in files.names if MARKER.search(name))
    return files.location(name).replace("{", "").replace("}", "")


def check_against_gdal(path: Path, granules: int = 1) -> None:
    """Every band of every granule is what GDAL reads at that place, and so are the places."""
    found = find_granules(path)
    assert len(found) == granules
    for granule in found:
        product = open_granule(granule)
        assert product.missing == ()
        for resolution in (10, 20, 60):
            check_resolution(product, metadata_of(path), resolution)


def check_resolution(product: Product, metadata: str, resolution: int) -> None:
    plain = replace(product, offsets={})
    crs = product.grid.crs.replace(":", "_")
    with rasterio.open(f"SENTINEL2_{product.level}:{metadata}:{resolution}m:{crs}") as dataset:
        assert dataset.crs.to_string() == product.grid.crs
        assert dataset.transform.a == resolution
        base_grid = PixelGrid(product.grid.crs, dataset.transform, *dataset.shape[::-1])
        names = [dataset.tags(number)["BANDNAME"] for number in dataset.indexes]
        pixels = dict(zip(names, dataset.read(), strict=True))
    own = product.grid.coarser(resolution // 10)
    place = window_of(own, base_grid)
    # Exactly on GDAL's grid, so that no rounding hides a shift.
    assert block(base_grid, place).transform == own.transform
    rows = slice(place.row, place.row + place.height)
    columns = slice(place.column, place.column + place.width)
    compared = 0
    for band in product.bands:
        if band.resolution_m != resolution:
            continue
        gdal = pixels[f"B{band.name[1:].lstrip('0')}"][rows, columns]
        found = read_band(plain, band, product.grid, "nearest")
        factor = resolution // 10
        expected = np.kron(gdal, np.ones((factor, factor), dtype=np.uint16))
        np.testing.assert_array_equal(found, expected)
        compared += 1
    assert compared == {10: 4, 20: 6, 60: 3 if product.level == "L1C" else 2}[resolution]


@pytest.mark.parametrize("level", ["L1C", "L2A"])
@pytest.mark.parametrize("offset", [None, -1000])
def test_compact_products_are_as_gdal_reads_them(
    tmp_path: Path, level: str, offset: int | None
) -> None:
    safe = Safe(level=level, offset=offset, baseline="02.09" if offset is None else "05.10")
    folder = write_safe(tmp_path, safe)
    check_against_gdal(folder)
    check_against_gdal(zipped(folder))


@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_old_products_are_as_gdal_reads_them(tmp_path: Path, level: str) -> None:
    check_against_gdal(write_old(tmp_path, [replace(OLD, level=level)]))


@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_granules_of_an_old_product_are_their_parts_of_gdals_mosaic(
    tmp_path: Path, level: str
) -> None:
    check_against_gdal(write_old(tmp_path, neighbours(level)), granules=2)


def test_the_pilot_of_level_2a_is_as_gdal_reads_it(tmp_path: Path) -> None:
    safe = Safe(baseline="02.05", sensed="20170823T094031", discriminator="20170823T094252")
    product = write_pilot(tmp_path, safe)
    (found,) = find_granules(product)
    assert (found.scene_id, found.level) == (safe.product_id, "L2A")
    assert found.granule.scene_classification is not None
    check_against_gdal(product)


@pytest.mark.parametrize("mission", ["S2B", "S2C", "S2D"])
def test_products_of_every_satellite_are_as_gdal_reads_them(tmp_path: Path, mission: str) -> None:
    check_against_gdal(write_safe(tmp_path, Safe(level="L1C", mission=mission)))


def test_the_products_of_the_demo_are_as_gdal_reads_them(demo: DemoCase) -> None:
    paths = sorted(demo.scenes.iterdir())
    levels = set()
    for path in paths:
        check_against_gdal(path)
        levels.add((path.name[4:10], path.suffix))
    assert {level for level, _ in levels} == {"MSIL1C", "MSIL2A"}
    assert {suffix for _, suffix in levels} == {".SAFE", ".zip"}


# real data


@pytest.mark.slow
def test_real_products_are_as_gdal_reads_them(require_data: Callable[[str], Path]) -> None:
    archives = sorted((require_data("boadella") / "safe").glob("*.zip"))
    assert len(archives) == 8
    for archive in archives:
        check_against_gdal(archive)
