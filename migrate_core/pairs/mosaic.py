"""The pixels of a pair's image, put together of the parts of one acquisition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..grid import PixelGrid
from ..products.product import Product
from ..products.reading import Numbers, read_bands
from ..products.resampling import NO_DATA


@dataclass(frozen=True, eq=False)
class Mosaic:
    """`image` (bands, height, width) uint16, and which product each pixel is from.

    `origin` (height, width) uint8 is the number of that product in the order given.
    """

    image: NDArray[np.uint16]
    origin: NDArray[np.uint8]


def mosaic(
    products: Sequence[Product], grid: PixelGrid, resampling: str, numbers: Numbers
) -> Mosaic:
    """The image of all products; later ones fill where earlier ones have no data.

    They are parts of one acquisition on one lattice, so nothing is resampled or blended.
    `numbers` is filled with what the files of the first one have.
    """
    image = read_bands(products[0], grid, resampling, numbers)
    origin = np.zeros(grid.shape, dtype=np.uint8)
    for number, product in enumerate(products[1:], start=1):
        if (image != NO_DATA).all():
            break
        other = read_bands(product, grid, resampling)
        # A coarse pixel at the seam has data in both parts, the 10 m pixels in it in one: the part
        # with more bands is the one that saw the place.
        better = (other != NO_DATA).sum(axis=0) > (image != NO_DATA).sum(axis=0)
        image[:, better] = other[:, better]
        origin[better] = number
    return Mosaic(image, origin)
