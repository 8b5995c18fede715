"""Whether a band lies where its product says."""

from __future__ import annotations

import hashlib
from threading import Lock
from typing import Any

from rasterio.crs import CRS

from ...errors import ProductError
from ...grid import PixelGrid
from ..jp2.byte_ranges import Location
from ..jp2.header import head_on_disk, read_georeference
from ..product import BandFile, Product
from ..remembered import Remembered
from .quiet import quiet

# What files begin with that was found to lie on a grid: that of one band holds for its likes.
_CHECKED_HEADS = 4096
_checked: Remembered[tuple[bytes, PixelGrid], bool] = Remembered(_CHECKED_HEADS)
# Bands that begin alike are read at once.
_checking = Lock()


def check_on_disk(location: Location, band: BandFile, product: Product) -> None:
    """`check_georeference` of a JPEG 2000 file by what it begins with.

    Raises UnsuitableError where that doesn't say it, ProductError.
    """
    head = head_on_disk(location)
    key = (hashlib.sha256(head).digest(), product.grid.coarser(band.resolution_m // 10))
    with _checking:
        if _checked.find(key):
            return
        with quiet():
            georeference = read_georeference(head, band.driver)
        check_georeference(georeference, band, product)
        _checked.keep(key, True)


def check_georeference(dataset: Any, band: BandFile, product: Product) -> None:
    """A band that lies elsewhere than the product says would shift every pixel silently."""
    expected = product.grid.coarser(band.resolution_m // 10)
    same_size = (dataset.height, dataset.width) == expected.shape
    if dataset.crs is None:
        same_transform = same_crs = True  # it says nothing of its own; the metadata do
    else:
        same_transform = dataset.transform.almost_equals(expected.transform, precision=1e-3)
        # The same CRS can be written with and without its EPSG code.
        same_crs = dataset.crs == CRS.from_string(expected.crs)
    if not (same_transform and same_crs and same_size):
        raise ProductError(
            f"{product.product_id}: band {band.name} lies at {tuple(dataset.transform)[:6]} in "
            f"{dataset.crs} with {dataset.width} x {dataset.height} pixels, but the metadata say "
            f"{tuple(expected.transform)[:6]} in {expected.crs} with {expected.width} x "
            f"{expected.height}. The product is inconsistent: get it again."
        )
