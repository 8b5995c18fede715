"""Polygons along the edges of pixels, for labels that go out to be edited."""

from __future__ import annotations

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import shapes
from shapely.geometry import shape

from ...grid import BoolArray, apply_affine


def pixel_polygons(
    pixels: NDArray[np.uint8], wanted: BoolArray, transform: Affine
) -> tuple[NDArray[np.object_], NDArray[np.uint8]]:
    """The areas (n,) of connected `wanted` pixels of one value, and their values (n,).

    `pixels` and `wanted` are (height, width). Vertices are corners of pixels, brought to the map by
    `transform`, rotated or not; pixels that meet at a corner only are apart.
    """
    # In whole columns and rows, where nothing is rounded: equal corners stay equal on the map.
    found = list(shapes(pixels, mask=wanted, connectivity=4, transform=Affine.identity()))
    polygons = np.empty(len(found), dtype=object)
    polygons[:] = [shape(polygon) for polygon, _ in found]
    georeferenced: NDArray[np.object_] = shapely.transform(
        polygons, lambda points: np.column_stack(apply_affine(transform, *points.T))
    )
    return georeferenced, np.array([value for _, value in found], dtype=np.uint8)
