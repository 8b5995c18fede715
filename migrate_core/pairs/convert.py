"""A whole product as one cloud-optimised GeoTIFF at 10 m, block by block."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import rasterio
import rasterio.shutil
from rasterio.errors import RasterioError
from rasterio.windows import Window as RasterWindow

from ..errors import PairError, WrongUseError
from ..grid import PixelGrid, Window, block
from ..products.opening import open_product
from ..products.product import Product
from ..products.reading import read_bands
from ..products.resampling import NO_DATA
from ..workspace import remove_leftovers, written_then_renamed

# Two by two JPEG 2000 tiles of a 10 m band: each is decoded once, and 13 bands take 110 MB.
_BLOCK = 2048
_PRODUCT_TAG = "SENTINEL2_PRODUCT"

Progress = Callable[[int, int], None]


def convert_product(
    source: Path, destination: Path, resampling: str, progress: Progress
) -> Product:
    """Write all bands of the product at `source` to `destination`, a COG of uint16 at 10 m.

    Values are reflectance * 10000 with the product's offset applied, 0 is no data. The file
    appears only when it is complete; one that is there from the same product is kept.
    Raises MigrateError.
    """
    product = open_product(str(source))
    if destination.exists():
        _check_same(destination, product)
        return product
    remove_leftovers(destination.parent)
    try:
        with written_then_renamed(destination) as temporary:
            blocks = temporary.with_name(f"{temporary.name}.blocks.tif")
            try:
                _write_blocks(blocks, product, resampling, progress)
                _write_cog(blocks, temporary)
            finally:
                blocks.unlink(missing_ok=True)
    except (RasterioError, OSError) as err:
        raise PairError(
            f"{destination}: it can't be written ({err}). A full product needs up to 5 GB while "
            "it is converted and 3 GB after; check space and rights."
        ) from err
    return product


def _check_same(destination: Path, product: Product) -> None:
    try:
        with rasterio.open(destination, driver="GTiff") as dataset:
            found = dataset.tags().get(_PRODUCT_TAG)
    except RasterioError:
        found = None
    if found != product.product_id:
        raise WrongUseError(
            f"{destination} is there already and is not made from {product.product_id} "
            f"(but from {found or 'something else'}). Name another file, or delete it."
        )


def _blocks(grid: PixelGrid) -> list[Window]:
    """Windows that together are the whole lattice."""
    return [
        Window(column, row, min(_BLOCK, grid.width - column), min(_BLOCK, grid.height - row))
        for row in range(0, grid.height, _BLOCK)
        for column in range(0, grid.width, _BLOCK)
    ]


def _write_blocks(path: Path, product: Product, resampling: str, progress: Progress) -> None:
    profile = {
        "driver": "GTiff",
        "dtype": "uint16",
        "count": len(product.bands),
        "width": product.grid.width,
        "height": product.grid.height,
        "crs": product.grid.crs,
        "transform": product.grid.transform,
        "nodata": NO_DATA,
        "tiled": True,
        "blockxsize": 512,
        "blockysize": 512,
        "compress": "zstd",
        "zstd_level": 1,
        "predictor": 2,
        "bigtiff": "if_safer",
    }
    blocks = _blocks(product.grid)
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.descriptions = tuple(band.name for band in product.bands)
        dataset.update_tags(**{_PRODUCT_TAG: product.product_id})
        for number, window in enumerate(blocks):
            progress(number, len(blocks))
            pixels = read_bands(product, block(product.grid, window), resampling)
            place = RasterWindow(window.column, window.row, window.width, window.height)
            dataset.write(pixels, window=place)
    progress(len(blocks), len(blocks))


def _write_cog(blocks: Path, destination: Path) -> None:
    rasterio.shutil.copy(
        blocks,
        destination,
        driver="COG",
        compress="deflate",
        predictor="yes",
        bigtiff="if_safer",
        overview_resampling="average",
        num_threads="all_cpus",
    )
