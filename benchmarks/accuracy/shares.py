"""Area shares and hard labels against exact geometry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import shapes
from shapely.affinity import affine_transform
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from .pipeline import Made
from .tables import table, verdict
from .truth import exact_shares, iou


@dataclass(frozen=True)
class Compared:
    """One label: its shares against those of its own outline and of the true objects."""

    worst: float
    mean: float
    area_percent: float
    iou: float


def outline_of(mask: Path) -> BaseGeometry:
    """The labelled pixels of a mask raster as polygons in its CRS, edges along its pixels."""
    with rasterio.open(mask) as dataset:
        labelled = (dataset.read(1) != 0) & (dataset.read_masks(1) != 0)
        return _area(labelled, dataset.transform)


def footprint_of(mask: Path) -> BaseGeometry:
    """The valid pixels of a mask raster as polygons in its CRS."""
    with rasterio.open(mask) as dataset:
        return _area(dataset.read_masks(1) != 0, dataset.transform)


def _area(wanted: NDArray[np.bool_], transform: Affine) -> BaseGeometry:
    a, b, c, d, e, f = tuple(transform)[:6]
    found = shapes(wanted.astype(np.uint8), mask=wanted, connectivity=4)
    pixels = shapely.union_all([shape(polygon) for polygon, _ in found])
    return affine_transform(pixels, (a, b, d, e, c, f))


def compare(pair: Made, mask: BaseGeometry, truth: BaseGeometry) -> Compared:
    """A pair against its mask's outline and the true objects, both in the CRS of the pair."""
    shares, transform = pair.labelled_share(), pair.transform()
    expected = exact_shares(mask, transform, shares.shape)
    true = exact_shares(truth, transform, shares.shape)
    difference = np.abs(shares - expected)
    touched = (shares > 0) | (expected > 0)
    return Compared(
        float(difference.max()),
        float(difference[touched].mean()),
        100 * float(shares.sum() - true.sum()) / float(true.sum()),
        iou(pair.labelled(), true >= 0.5),
    )


def report(found: Mapping[str, Sequence[Compared]]) -> str:
    """The table, and the aim."""
    rows = [
        (
            name,
            len(compared),
            max(one.worst for one in compared),
            float(np.mean([one.mean for one in compared])),
            float(np.mean([one.area_percent for one in compared])),
            float(np.mean([one.iou for one in compared])),
            min(one.iou for one in compared),
        )
        for name, compared in found.items()
        if compared
    ]
    heading = (
        "labels",
        "pairs",
        "worst share error",
        "mean share error",
        "area against the true objects, %",
        "IoU against truth, mean",
        "lowest",
    )
    worst = max(one.worst for compared in found.values() for one in compared)
    return (
        f"{table(heading, rows)}\n\n"
        "- Aim: fractions within 1e-3 of exact geometry: worst "
        f"{worst:.1e}: {verdict(met=worst <= 1e-3)}."
    )
