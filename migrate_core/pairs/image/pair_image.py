"""The image of a pair on its grid, and what its pixels say of the products they are from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray, PixelGrid
from ...products.pixels.resampling import NO_DATA, SATURATED
from ...products.product import Product
from .mosaic import Mosaic
from .mosaic_check import MosaicCheck, mosaic_check
from .offset_check import OffsetCheck, offset_checks


@dataclass(frozen=True, eq=False)
class PairImage:
    """What `image.tif` holds, and how it came to be.

    `pixels` (bands, height, width) uint16 on `grid` are reflectance x 10000, 0 without data and
    outside of the mask's footprint; `inside` (height, width) is that footprint. `without_data`
    (height, width) is where the products lack a band or it is saturated, outside as well.
    """

    grid: PixelGrid
    bands: tuple[str, ...]
    missing_bands: tuple[str, ...]
    pixels: NDArray[np.uint16]
    inside: BoolArray
    without_data: BoolArray
    offsets: OffsetCheck
    parts: MosaicCheck

    @property
    def sections(self) -> dict[str, Any]:
        """What pair.json says of the image."""
        return {
            "grid": {
                "crs": self.grid.crs,
                "transform": tuple(self.grid.transform)[:6],
                "width": self.grid.width,
                "height": self.grid.height,
            },
            "bands": self.bands,
            "missing_bands": self.missing_bands,
            "offset_check": self.offsets,
            "mosaic": self.parts,
        }


def pair_image(
    products: Sequence[Product], found: Mosaic, grid: PixelGrid, inside: BoolArray
) -> PairImage:
    """The image of a pair on `grid`: `found`, the mosaic of `products`, cut to the footprint."""
    first = products[0]
    return PairImage(
        grid,
        tuple(band.name for band in first.bands),
        first.missing,
        np.where(inside, found.image, np.uint16(NO_DATA)),
        inside,
        without_data(found.image),
        offset_checks(products, found.digital_numbers, np.unique(found.origin).tolist()),
        mosaic_check(products, found, inside),
    )


def without_data(image: NDArray[np.uint16]) -> BoolArray:
    """Where one of the bands (bands, height, width) has no data or is saturated."""
    found = np.zeros(image.shape[1:], dtype=bool)
    for band in image:  # one by one, for the sake of memory
        found |= (band == NO_DATA) | (band == SATURATED)
    return found
