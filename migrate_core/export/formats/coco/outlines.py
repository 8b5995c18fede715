"""Connected pixels as polygons along the edges of pixels, which COCO's tools turn back into them.

COCO's polygons have no holes: those are opened by cutting the polygon in two, from top to bottom
along an edge of pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from ....grid import BoolArray

Ring = list[float]


def outlines(inside: BoolArray, row: int, column: int) -> list[Ring]:
    """The polygons of pixels that hang together by their sides: x, y, x, y … of each, open.

    X and y count pixels from the image's outer corner; `inside` lies at that row and column.
    """
    from rasterio.features import shapes

    found = shapes(inside.astype(np.uint8), mask=inside, connectivity=4)
    polygons = [shapely.geometry.shape(geometry) for geometry, _ in found]
    rings = [ring for polygon in polygons for ring in _without_holes(polygon)]
    return [_numbers(ring, row, column) for ring in rings]


def _without_holes(polygon: Any) -> list[Any]:
    """The outer rings of parts that have no holes and make up the polygon."""
    finished, waiting = [], [polygon]
    while waiting:
        part = waiting.pop()
        if part.interiors:
            waiting += _cut(part)
        else:
            finished.append(part.exterior)
    return finished


def _cut(polygon: Any) -> list[BaseGeometry]:
    """The parts on both sides of a line through the middlemost hole, along an edge of pixels.

    So both sides have about as many holes, and many holes need few cuts of large polygons.
    """
    holes = sorted(ring.bounds for ring in polygon.interiors)
    hole_west, _, hole_east, _ = holes[len(holes) // 2]
    west, south, east, north = polygon.bounds
    # A hole that is one pixel wide has no edge inside of it, but its own are as good.
    x = hole_west + (hole_east - hole_west) // 2
    sides = (shapely.box(west, south, x, north), shapely.box(x, south, east, north))
    parts = [part for side in sides for part in shapely.get_parts(polygon.intersection(side))]
    return [part for part in parts if part.area > 0]


def _numbers(ring: Any, row: int, column: int) -> Ring:
    """The corners of a ring, the last of which is not the first one again."""
    corners = np.asarray(ring.coords)[:-1] + np.array([column, row])
    numbers: Ring = corners.ravel().tolist()
    return numbers
