"""All bands of a product at once, for comparing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from migrate_core.grid import PixelGrid
from migrate_core.products.pixels.reading import DigitalNumbers, read_band
from migrate_core.products.product import Product


def read_bands(
    product: Product, grid: PixelGrid, resampling: str, numbers: DigitalNumbers | None = None
) -> NDArray[np.uint16]:
    """All bands on `grid`, (bands, height, width) uint16, in the product's order."""
    return np.stack([read_band(product, band, grid, resampling, numbers) for band in product.bands])
