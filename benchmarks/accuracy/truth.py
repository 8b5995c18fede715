"""The truth of a demo case and of the Boadella reservoir, as geometries and rasters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry


def exact_shares(
    area: BaseGeometry, transform: Affine, size: tuple[int, int]
) -> NDArray[np.float64]:
    """The share 0…1 of each pixel of a north-up grid (height, width) that `area` covers.

    By the intersection of polygons (shapely), pixel by pixel where the outline runs.
    """
    rows, columns = np.indices(size)
    west, north = transform.c + columns * transform.a, transform.f + rows * transform.e
    boxes = shapely.box(west, north + transform.e, west + transform.a, north)
    shapely.prepare(area)
    shares = np.asarray(shapely.contains(area, boxes), dtype=np.float64)
    crossed = shapely.intersects(shapely.boundary(area), boxes)
    parts = shapely.area(shapely.intersection(boxes[crossed], area))
    shares[crossed] = parts / abs(transform.a * transform.e)
    return shares


def centroid_of(shares: NDArray[np.float64], transform: Affine) -> tuple[float, float]:
    """The centre of gravity of area shares, in coordinates of the grid."""
    rows, columns = np.indices(shares.shape)
    total = shares.sum()
    column, row = (columns * shares).sum() / total + 0.5, (rows * shares).sum() / total + 0.5
    x, y = transform @ (column, row)
    return float(x), float(y)


class DemoTruth:
    """What is true of a demo case."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.masks: dict[str, Any] = json.loads((folder / "truth.json").read_text("utf-8"))["masks"]

    @cached_property
    def pits_alone(self) -> dict[str, Any]:
        """The pits as a GeoJSON document in UTM; ponds, which lie in them, left out."""
        found: dict[str, Any] = json.loads((self._folder / "objects.geojson").read_text("utf-8"))
        pits = [item for item in found["features"] if item["properties"]["kind"] == "pit"]
        return {**found, "features": pits}

    @cached_property
    def pits(self) -> BaseGeometry:
        """The labelled ground (pits, with the ponds in them), UTM."""
        return shapely.union_all([shape(item["geometry"]) for item in self.pits_alone["features"]])

    def labelled(self, stem: str) -> BaseGeometry:
        """The labelled ground of one mask: what of it lies in the mask's footprint."""
        return self.pits.intersection(shape(self.masks[stem]["footprint"]))

    def cloud_layers(
        self, scene: str, transform: Affine, size: tuple[int, int]
    ) -> NDArray[np.uint8]:
        """0 clear, 1 cloud, 2 shadow, 3 cirrus, 255 no data of a scene on a pair's grid."""
        sensed = scene.split("_")[2]
        with rasterio.open(self._folder / f"clouds_{sensed}.tif") as dataset:
            column, row = ~dataset.transform @ (transform.c, transform.f)
            window = rasterio.windows.Window(round(column), round(row), size[1], size[0])
            found: NDArray[np.uint8] = dataset.read(
                1, window=window, boundless=True, fill_value=255
            )
            return found


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union."""
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else 1.0


def rmse(values: Sequence[float]) -> float:
    """The root of the mean square; NaN of nothing."""
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else float("nan")
