"""The cloud mask that a product brings along, on any grid of its grid.

Before processing baseline 04.00 polygons (MSK_CLOUDS_B00.gml), since then a raster of 60 m
(MSK_CLASSI_B00.jp2); both after the Sentinel-2 Products Specification Document (ESA,
S2-PDGS-TAS-DI-PSD, "cloud mask"). Snow is told by the raster alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from shapely.errors import ShapelyError
from shapely.geometry import Polygon, box

from ...errors import ProductError
from ...grid import PixelGrid
from ..metadata.markup import elements, local_name, parse
from ..product import BandFile, Product
from .classes import read_nearest

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

CLEAR, OPAQUE, CIRRUS, SNOW = 0, 1, 2, 3
NOT_KNOWN = 255

# The bands of MSK_CLASSI_B00.jp2 in their order.
_LAYERS = (OPAQUE, CIRRUS, SNOW)
_KINDS = {"OPAQUE": OPAQUE, "CIRRUS": CIRRUS}


def read_cloud_mask(product: Product, grid: PixelGrid) -> NDArray[np.uint8] | None:
    """What the product's own cloud mask says at each pixel centre of `grid`, (height, width).

    0 clear, 1 opaque cloud, 2 cirrus, 3 snow (never in polygons), 255 outside the product, where
    nothing is known; where kinds overlap the first of them counts. `grid` is north-up on the
    product's grid with pixels of 10 m or any larger size, and may reach over its edges. None
    where the product has no cloud mask. Raises ProductError.
    """
    mask = product.cloud_mask
    if mask is None:
        return None
    if mask.classes is not None:
        return _of_raster(product, mask.classes, grid)
    if mask.polygons is None:
        return None
    return _of_polygons(product, mask.polygons(), grid)


def _of_raster(product: Product, band: BandFile, grid: PixelGrid) -> NDArray[np.uint8]:
    layers = read_nearest(product, band, grid, (1, 2, 3), NOT_KNOWN)
    found = np.full(grid.shape, CLEAR, dtype=np.uint8)
    for kind, layer in reversed(list(zip(_LAYERS, layers, strict=True))):
        found[layer != 0] = kind
    found[layers[0] == NOT_KNOWN] = NOT_KNOWN
    return found


def _of_polygons(product: Product, gml: bytes, grid: PixelGrid) -> NDArray[np.uint8]:
    extent = box(*grid.bounds)
    shapes = [
        (polygon, kind)
        for kind, polygon in parse_cloud_polygons(gml, product.product_id)
        if polygon.intersects(extent)
    ]
    found = np.full(grid.shape, CLEAR, dtype=np.uint8)
    if shapes:
        # The last one burnt stays: opaque cloud.
        shapes.sort(key=lambda shape: -shape[1])
        rasterize(shapes, out=found, transform=grid.transform, all_touched=False)
    found[~_inside(product.grid, grid)] = NOT_KNOWN
    return found


def _inside(base_grid: PixelGrid, grid: PixelGrid) -> NDArray[np.bool_]:
    west, south, east, north = base_grid.bounds
    x, y = grid.centres()
    inside: NDArray[np.bool_] = (x > west) & (x < east) & (y > south) & (y < north)
    return inside


def parse_cloud_polygons(gml: bytes, title: str) -> list[tuple[int, Polygon]]:
    """The polygons of MSK_CLOUDS_B00.gml with their kind (OPAQUE or CIRRUS), holes left open.

    Coordinates are as in the file: easting before northing in the tile's CRS. A mask without any
    polygon says that nothing is clouded. `title` names the product in errors. Raises ProductError.
    """
    try:
        root = parse(gml)
        if local_name(root) != "Mask":
            raise ValueError(f"its root is {local_name(root)!r}, not Mask")
        return list(_features(root))
    except (ValueError, ShapelyError) as err:
        raise ProductError(
            f"{title}: its cloud mask MSK_CLOUDS can't be read ({err}); needed is GML with "
            "polygons of OPAQUE and CIRRUS. Get the product again, or choose another scene."
        ) from err


def _features(root: Element) -> Iterator[tuple[int, Polygon]]:
    for feature in elements(root, "MaskFeature"):
        kind = next((found.text or "" for found in elements(feature, "maskType")), "").strip()
        if kind not in _KINDS:
            raise ValueError(f"a feature of kind {kind!r}")
        for polygon in elements(feature, "Polygon"):
            outer = [ring for part in elements(polygon, "exterior") for ring in _rings(part)]
            holes = [ring for part in elements(polygon, "interior") for ring in _rings(part)]
            if len(outer) != 1:
                raise ValueError(f"a polygon with {len(outer)} outlines")
            yield _KINDS[kind], Polygon(outer[0], holes)


def _rings(part: Element) -> Iterator[list[tuple[float, float]]]:
    for positions in elements(part, "posList"):
        step = int(positions.get("srsDimension", "2"))
        coordinates = [float(number) for number in (positions.text or "").split()]
        if step not in (2, 3) or len(coordinates) % step or not np.isfinite(coordinates).all():
            raise ValueError(f"{len(coordinates)} coordinates of {step} dimensions")
        yield list(zip(coordinates[0::step], coordinates[1::step], strict=True))
