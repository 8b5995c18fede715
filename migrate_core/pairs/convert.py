"""A whole product as one cloud-optimised GeoTIFF at 10 m, strip by strip."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window as RasterWindow

from ..errors import PairError, WrongUseError
from ..files.geotiff import check_complete_after
from ..files.regular import check_regular
from ..grid import PixelGrid, Window, block
from ..products.offsets import DARK_BANDS
from ..products.opening import open_product
from ..products.pixels.reading import read_band
from ..products.pixels.resampling import NO_DATA
from ..products.product import BandFile, Product
from ..products.threads import ahead
from ..workspace import written_then_renamed
from .image.offset_check import offset_check

# Rows handled at a time, 45 MB: those of two JPEG 2000 tiles of a 10 m band. Of coarser ones
# more, so that hardly a tile (640 and 192 pixels) is decoded twice. What is smaller than
# 32 MB the C library may keep to itself, beside all that overviews need.
_ROWS, _COARSER_ROWS = 2048, 3072
# OpenJPEG decodes an area in one thread: so many are decoded at once, some 200 MB each.
_THREADS = max(1, min(2, os.cpu_count() or 1))
_CACHE_BYTES = 256 * 2**20
# What is written on the way is read once or twice and deleted: to compress it well takes longer. Of
# overviews that aren't compressed at all GDAL makes the coarser ones in another way.
_GDAL = {"GDAL_CACHEMAX": _CACHE_BYTES, "COG_TMP_COMPRESSION": "PACKBITS"}
# So many rows and columns of a whole product are asked about its offset.
_ASKED_PIXELS = 1100
_PRODUCT_TAG = "SENTINEL2_PRODUCT"

Progress = Callable[[int, int], None]


def convert_product(
    source: Path, destination: Path, resampling: str, progress: Progress
) -> Product:
    """Write all bands of the product at `source` to `destination`, a COG of uint16 at 10 m.

    Values are reflectance * 10000 with the product's offset applied, 0 is no data. An incomplete
    product is written with the bands that are there; it names the missing ones. The file appears
    only when it is complete; one that is there from the same product is kept. Of the product that
    is returned, the warnings of its offset are those that its pixels don't settle.
    Raises MigrateError.
    """
    product = open_product(str(source))
    if destination.exists():
        _check_same(destination, product)
        return _settled(destination, product)
    with (
        rasterio.Env(**_GDAL),
        written_then_renamed(destination, needed_bytes=_bytes_needed(product)) as temporary,
    ):
        # In the same folder, which is taken away with it.
        strips = temporary.with_name(f"strips-{temporary.name}")
        with check_complete_after(strips):
            _write_strips(strips, product, resampling, progress)
        with check_complete_after(temporary):
            _write_cog(strips, temporary)
    return _settled(destination, product)


def _settled(destination: Path, product: Product) -> Product:
    """The product without the warnings of its offset that the pixels in the file take away.

    Overviews are asked: their means are no darker than the pixels, so they settle nothing wrongly.
    """
    if not product.offset_warnings or any(product.offsets.values()):
        return product
    names = [band.name for band in product.bands]
    height, width = (min(size, _ASKED_PIXELS) for size in product.grid.shape)
    try:
        with rasterio.open(destination, driver="GTiff") as dataset:
            # No offset was added, so these are the digital numbers of the product.
            digital_numbers = {
                name: dataset.read(1 + names.index(name), out_shape=(height, width))
                for name in DARK_BANDS
                if name in names
            }
    except RasterioError as err:
        raise PairError(f"{destination}: it can't be read ({err}). Delete it.") from err
    return replace(product, offset_warnings=offset_check(product, digital_numbers).warnings)


def _bytes_needed(product: Product) -> int:
    """About what strips, overviews and COG take together: 8 GB for a whole product of 13 bands.

    Two bytes a pixel for the strips, two thirds for the overviews, and for the COG rarely more.
    """
    return 5 * product.grid.width * product.grid.height * len(product.bands)


def _check_same(destination: Path, product: Product) -> None:
    try:
        check_regular(destination)
        with rasterio.open(destination, driver="GTiff") as dataset:
            found = dataset.tags().get(_PRODUCT_TAG)
    except (RasterioError, OSError):
        found = None
    if found != product.product_id:
        raise WrongUseError(
            f"{destination} is there already and is not made from {product.product_id} "
            f"(but from {found or 'something else'}). Name another file, or delete it."
        )


def _strips(grid: PixelGrid, band: BandFile) -> list[Window]:
    """Windows of full width that together are the whole grid."""
    rows = _ROWS if band.resolution_m == 10 else _COARSER_ROWS
    return [
        Window(0, row, grid.width, min(rows, grid.height - row))
        for row in range(0, grid.height, rows)
    ]


def _write_strips(path: Path, product: Product, resampling: str, progress: Progress) -> None:
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
        "interleave": "band",
        "bigtiff": "if_safer",
    }
    blocks = [(band, strip) for band in product.bands for strip in _strips(product.grid, band)]

    def read(one: tuple[BandFile, Window]) -> NDArray[np.uint16]:
        return read_band(product, one[0], block(product.grid, one[1]), resampling)

    with rasterio.open(path, "w", **profile) as dataset:
        dataset.descriptions = tuple(band.name for band in product.bands)
        dataset.update_tags(**{_PRODUCT_TAG: product.product_id})
        progress(0, len(blocks))
        with closing(ahead(read, blocks, _THREADS)) as decoded:
            for number, ((band, strip), pixels) in enumerate(zip(blocks, decoded, strict=True), 1):
                window = RasterWindow(strip.column, strip.row, strip.width, strip.height)
                dataset.write(pixels, 1 + product.bands.index(band), window=window)
                progress(number, len(blocks))


def _write_cog(strips: Path, destination: Path) -> None:
    rasterio.shutil.copy(
        strips,
        destination,
        driver="COG",
        compress="deflate",
        predictor="yes",
        bigtiff="if_safer",
        overview_resampling="average",
        num_threads="all_cpus",
    )
