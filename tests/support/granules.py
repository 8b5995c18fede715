"""Granules cut out of one ground, so that what is put together of them is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from tests.support.builders import NORTH, RESOLUTION, WEST, Safe

# The digital numbers of a ground at a resolution in metres, by the x and y of pixel centres.
Ground = Callable[[int, NDArray[Any], NDArray[Any]], NDArray[Any]]
SIDE = 132


def rough(resolution: int, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """A ground on which no two neighbouring pixels look alike."""
    column, row = np.floor(x / resolution), np.floor(y / resolution)
    return 1500 + (column * 7919 + row * 104_729 + 31 * resolution) % 5003


def granule(
    west: float = WEST, north: float = NORTH, ground: Ground = rough, size: int = SIDE, **more: Any
) -> Safe:
    """A granule that shows the ground, which is known at each place, and no data where it is 0."""
    added = -(more.get("offset") or 0)

    def pixels(band: str, height: int, width: int) -> NDArray[np.uint16]:
        resolution = RESOLUTION[band]
        x = west + resolution * (np.arange(width) + 0.5)[None, :]
        y = north - resolution * (np.arange(height) + 0.5)[:, None]
        seen = ground(resolution, *np.broadcast_arrays(x, y))
        return np.where(seen > 0, seen + added, 0).astype(np.uint16)

    return Safe(west=west, north=north, size=size, pixels=pixels, **more)


# The border of zones 31 and 32 at 45 degrees north; both granules are 1.3 km wide.
ZONE_31, ZONE_32 = "EPSG:32631", "EPSG:32632"
HERE = (735_900.0, 4_987_320.0)


def plane(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """A ground so steep (40 a pixel) that a tenth of a pixel would be seen; x, y in zone 31."""
    return 20_000 + 4 * (x - HERE[0]) - 2 * (y - HERE[1])


def in_zone_31(resolution: int, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    return np.where(x < HERE[0] + 900, plane(x, y), 0)


def in_zone_32(resolution: int, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    to_31 = Transformer.from_crs(ZONE_32, ZONE_31, always_xy=True)
    return plane(*to_31.transform(x, y))
