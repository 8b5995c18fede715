"""What hides the ground of a pair in the Sentinel-2 image: cloud, shadow, cirrus, snow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..grid import PixelGrid
from ..products.product import Product
from ..products.reading import read_scene_classification
from .mosaic import Mosaic, on_grid
from .quality import SCL_FLAGS


@dataclass(frozen=True, eq=False)
class Clouds:
    """`flags` (height, width) uint8 of `quality.Flag`, None where clouds can't be known."""

    flags: NDArray[np.uint8] | None


def judge_clouds(products: Sequence[Product], grid: PixelGrid, found: Mosaic) -> Clouds:
    """The flags of each pixel by the product that it is from. Raises ProductError."""
    flags = np.zeros(grid.shape, dtype=np.uint8)
    for number in np.unique(found.origin):
        classes = on_grid(products[number], grid, read_scene_classification)
        if classes is None:
            return Clouds(None)
        here = found.origin == number
        flags[here] = SCL_FLAGS[classes[here]]
    return Clouds(flags)
