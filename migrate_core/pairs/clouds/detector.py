"""Clouds of L1C by s2cloudless, a classifier of single pixels by Sentinel Hub.

Scale and parameters are those in use with it at 60 m: probability 0.4 after averaging over a disc
of 4 pixels, then grown by 2 (which is 22 and 11 pixels at 10 m). The model is in the package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray
from ...products.product import Product
from .window import Reflectance

BANDS = ("B01", "B02", "B04", "B05", "B08", "B8A", "B09", "B10", "B11", "B12")
THRESHOLD = 0.4
AVERAGE_OVER, GROWN_BY = 4, 2
# What casts shadows is the cloud itself, not what was grown around it to be on the safe side.
_BODY_AVERAGE, _BODY_GROWN = 1, 1


@dataclass(frozen=True, eq=False)
class Detected:
    """`cloud` is what isn't seen for cloud, `body` the clouds themselves, both (height, width)."""

    cloud: BoolArray
    body: BoolArray


def why_not(product: Product) -> str | None:
    """Why s2cloudless can't assess a product, as a part of a sentence; None where it can."""
    there = {band.name for band in product.bands}
    missing = [name for name in BANDS if name not in there]
    if product.level != "L1C":
        return (
            f"s2cloudless needs top-of-atmosphere reflectances (L1C), and this is {product.level}"
        )
    if missing:
        return f"s2cloudless needs bands that are missing: {', '.join(missing)}"
    try:
        _package()
    except (ImportError, OSError) as err:
        return f"s2cloudless can't be loaded ({err}; `pip install s2cloudless` brings it)"
    return None


def detect(bands: Mapping[str, Reflectance]) -> Detected:
    """Clouds by the reflectances of BANDS on a grid of 60 m, NaN for no data."""
    stack = np.stack([bands[name] for name in BANDS], axis=-1)
    known = ~np.isnan(stack.sum(axis=-1))
    # One thread: pairs are made in as many processes as there are cores.
    maps: NDArray[np.float32] = _detector(0, 0).get_cloud_probability_maps(
        np.where(known[..., np.newaxis], stack, 0.0)[np.newaxis], num_threads=1
    )
    probability = np.where(known, maps, 0.0).astype(np.float32)
    body = _mask(probability, _BODY_AVERAGE, _BODY_GROWN)
    return Detected(_mask(probability, AVERAGE_OVER, GROWN_BY) | body, body)


def _mask(probability: NDArray[np.float32], average_over: int, grown_by: int) -> BoolArray:
    masks: NDArray[np.uint8] = _detector(average_over, grown_by).get_mask_from_prob(probability)
    found: BoolArray = masks[0].astype(bool)
    return found


@lru_cache(maxsize=1)
def _package() -> Any:
    """Imported when it is first needed: with what it brings along, that takes a second."""
    import s2cloudless

    return s2cloudless


@lru_cache(maxsize=4)
def _detector(average_over: int, grown_by: int) -> Any:
    """A detector, once a process; the model is loaded by the one whose probabilities are asked."""
    return _package().S2PixelCloudDetector(
        threshold=THRESHOLD, average_over=average_over, dilation_size=grown_by
    )
