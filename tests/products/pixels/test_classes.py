"""Classes on fine and coarse grids: the value under each pixel's centre, never a mean."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.enums import Resampling

from migrate_core.errors import ProductError
from migrate_core.grid import PixelGrid, Window, block
from migrate_core.products.opening import open_product
from migrate_core.products.pixels.classes import read_classes, read_nearest
from migrate_core.products.pixels.reading import read_scene_classification
from migrate_core.products.product import BandFile, Product
from tests.support.builders import (
    Safe,
    north_up,
    scene_classes,
    write_raster,
    write_safe,
    write_stac,
)

SAFE = Safe(size=60)
windows = st.builds(
    Window, st.integers(-9, 65), st.integers(-9, 65), st.integers(1, 70), st.integers(1, 70)
)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Product:
    return open_product(str(write_safe(tmp_path_factory.mktemp("classes"), SAFE)))


def under_centres(pixels: np.ndarray, base_grid: Affine, grid: PixelGrid) -> np.ndarray:
    """The value under each centre, one by one, 0 outside."""
    found = np.zeros(grid.shape, dtype=np.uint8)
    for row in range(grid.height):
        for column in range(grid.width):
            x, y = ~base_grid @ (grid.transform @ (column + 0.5, row + 0.5))
            if 0 <= x < pixels.shape[1] and 0 <= y < pixels.shape[0]:
                found[row, column] = pixels[int(y + 1e-6), int(x + 1e-6)]
    return found


@given(window=windows)
def test_at_10_m_they_are_the_scene_classification(product: Product, window: Window) -> None:
    grid = block(product.grid, window)
    found = read_classes(product, grid)
    np.testing.assert_array_equal(found, read_scene_classification(product, grid))


@given(factor=st.sampled_from([1, 2, 4, 6, 16]), window=windows)
def test_each_pixel_has_the_class_under_its_centre(
    product: Product, factor: int, window: Window
) -> None:
    grid = block(product.grid.coarser(factor), window)
    expected = under_centres(scene_classes(30, 30), north_up(SAFE.west, SAFE.north, 20), grid)
    np.testing.assert_array_equal(read_classes(product, grid), expected)


def test_level_1c_has_none(tmp_path: Path) -> None:
    product = open_product(str(write_safe(tmp_path, Safe(level="L1C"))))
    assert read_classes(product, product.grid) is None


def test_what_lies_beside_the_product_is_outside(product: Product) -> None:
    grid = block(product.grid, Window(100, 100, 5, 4))
    assert product.scene_classification is not None
    found = read_nearest(product, product.scene_classification, grid, outside=255)
    np.testing.assert_array_equal(found, np.full((1, 4, 5), 255))


def test_a_file_that_lies_elsewhere_is_refused(product: Product, tmp_path: Path) -> None:
    path = write_raster(
        tmp_path / "SCL.tif",
        scene_classes(30, 30),
        transform=north_up(SAFE.west + 20, SAFE.north, 20),
    )
    band = BandFile("SCL", str(path), 20, "GTiff")
    with pytest.raises(ProductError, match="band SCL lies at"):
        read_nearest(product, band, product.grid)


def test_overviews_of_a_geotiff_give_classes_that_the_file_has(tmp_path: Path) -> None:
    safe = Safe(size=1200)
    item = write_stac(tmp_path, safe)
    path = item.with_name("SCL.tif")
    pixels = np.where(np.indices((600, 600)).sum(axis=0) // 64 % 2, 4, 9).astype(np.uint8)
    write_raster(path, pixels, transform=north_up(safe.west, safe.north, 20), nodata=0)
    with rasterio.open(path, "r+") as dataset:
        dataset.build_overviews([2, 4, 8], Resampling.nearest)
    product = open_product(str(item))
    found = read_classes(product, product.grid.coarser(16))
    assert found is not None
    assert set(np.unique(found)) == {4, 9}
    # The picked pixel lies in the same coarse one, so classes differ along their edges only.
    assert np.mean(found == pixels[4::8, 4::8]) > 0.8
    np.testing.assert_array_equal(read_classes(product, product.grid.coarser(2)), pixels)


# real data


def test_a_real_cog_is_read_from_its_overview(require_data: Callable[[str], Path]) -> None:
    path = require_data("cog_29RKH_L2A") / "SCL.tif"
    with rasterio.open(path) as dataset:
        full = dataset.read(1)
        base_grid = PixelGrid("EPSG:32629", dataset.transform, dataset.width, dataset.height)
    # Its pixels are of 200 m: as if it were a product of 100 m instead of 10 m.
    fine = PixelGrid(base_grid.crs, base_grid.transform @ Affine.scale(0.5), 1098, 1098)
    product = Product(
        "X", "L2A", "02.13", fine, (), BandFile("SCL", str(path), 20, "GTiff"), {}, ""
    )
    found = read_classes(product, base_grid.coarser(2))
    assert found is not None
    whole = found[:-1, :-1]
    blocks = full[:548, :548].reshape(274, 2, 274, 2)
    picked = (blocks == whole[:, None, :, None]).any(axis=(1, 3))
    assert picked.mean() > 0.98
    np.testing.assert_array_equal(read_classes(product, base_grid), full)
