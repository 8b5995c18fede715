"""Objects of a mask that are smaller than a pixel of Sentinel-2, counted by class.

In a raster an object is what hangs together, over corners as well; among polygons each feature is
one. Runs of equal pixels are what is counted, not pixels, so that masks of tens of millions of
pixels take a second and little memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from ...grid import FloatArray, PixelGrid, reproject_geometries
from ...masks.summary import pixel_area_m2
from ...masks.vectors.features import read_features
from ...masks.vectors.periods import of_date, spans
from ...masks.vectors.segments import densified
from ...model import BACKGROUND, IGNORE, Mask
from .grid_labels import GridLabels, PolygonLabels, ShiftedLabels

# A pixel of Sentinel-2, and half of one: what is smaller is in no label by majority.
PIXEL_M2, HALF_M2 = 100.0, 50.0
_STRIP_PIXELS = 4_000_000


@dataclass(frozen=True)
class ClassObjects:
    """The objects of a class (its value as in `label.tif`): how many, how many are small."""

    stored: int
    name: str | None
    objects: int
    under_50_m2: int
    under_100_m2: int
    median_m2: float


@dataclass(frozen=True)
class Objects:
    """What is said of the objects of a mask: by class, and in sentences where some are small."""

    classes: tuple[ClassObjects, ...]
    sentences: tuple[str, ...]


def objects_of(mask: Mask, labels: GridLabels, grid: PixelGrid) -> Objects:
    """Count the objects of a mask; `grid` is a Sentinel-2 grid in metres.

    Raises MaskError when the features of a mask of polygons are gone.
    """
    if isinstance(labels, ShiftedLabels):
        labels = labels.labels
    if isinstance(labels, PolygonLabels):
        areas = _of_features(mask, grid.crs)
    else:
        each = pixel_area_m2(mask) or 0.0
        areas = {
            value: pixels * np.float64(each) for value, pixels in _of_pixels(labels.pixels).items()
        }
    names = mask.classes.names or {}
    by_stored = {stored: names.get(value) for value, stored in (mask.classes.stored or {}).items()}
    found = tuple(_counted(value, by_stored.get(value), areas[value]) for value in sorted(areas))
    return Objects(found, tuple(_sentence(one) for one in found if one.under_50_m2))


def _counted(value: int, name: str | None, areas: FloatArray) -> ClassObjects:
    return ClassObjects(
        value,
        name,
        int(areas.size),
        int((areas < HALF_M2).sum()),
        int((areas < PIXEL_M2).sum()),
        round(float(np.median(areas)), 1),
    )


def _sentence(found: ClassObjects) -> str:
    return format_small_objects(found.name or found.stored, found.under_50_m2, found.objects)


def format_small_objects(what: str | int, small: int, objects: int) -> str:
    """`12 of 340 buildings are under 50 m2: …`; `what` is the name of a class, or its value."""
    of_what = what if isinstance(what, str) else f"objects of class {what}"
    return (
        f"{small} of {objects} {of_what} {'is' if small == 1 else 'are'} under "
        f"{HALF_M2:.0f} m2: label them as fractions or drop them"
    )


def _of_features(mask: Mask, crs: str) -> dict[int, FloatArray]:
    """The areas in m² of the features that lie in the mask's area, by class."""
    if mask.vector is None:
        return {}
    area, dates = mask.vector.area, mask.vector.dates
    features = read_features(Path(mask.vector.features), area.bounds, mask.georeference.crs or crs)
    here = shapely.intersects(features.geometries, area)
    if dates is not None:
        here &= of_date(spans(features.periods), spans([dates])[0])
    here &= (features.values != BACKGROUND) & (features.values != IGNORE)
    own = features.geometries[here]
    reprojected = reproject_geometries(
        densified(own, mask.georeference.crs or crs), mask.georeference.crs or crs, crs
    )
    areas, values = shapely.area(reprojected), features.values[here]
    return {int(value): areas[values == value] for value in np.unique(values)}


@dataclass(frozen=True, eq=False)
class _Runs:
    """Pixels of one class side by side: row, first column, column after the last, class."""

    row: NDArray[np.int64]
    first: NDArray[np.int64]
    end: NDArray[np.int64]
    value: NDArray[np.uint8]


def _of_pixels(labels: NDArray[np.uint8]) -> Mapping[int, NDArray[np.int64]]:
    """The sizes in pixels of the objects (8-connected) of each class but background."""
    runs = _runs(labels)
    if not runs.row.size:
        return {}
    upper, lower = _touching(runs, labels.shape[1])
    count, number = _connected(runs.row.size, upper, lower)
    pixels = np.bincount(number, runs.end - runs.first, minlength=count).astype(np.int64)
    value = np.empty(count, dtype=np.uint8)
    value[number] = runs.value
    return {int(one): pixels[value == one] for one in np.unique(value)}


def _runs(labels: NDArray[np.uint8]) -> _Runs:
    """The runs of all classes but background, in the order of rows and columns."""
    parts = list(_runs_by_strip(labels))
    row, first, end, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _Runs(row, first, end, value)


def _runs_by_strip(
    labels: NDArray[np.uint8],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]]:
    height, width = labels.shape
    step = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, step):
        strip = labels[top : top + step]
        changes = np.ones((strip.shape[0], width + 1), dtype=bool)
        changes[:, 1:-1] = strip[:, 1:] != strip[:, :-1]
        row, column = np.nonzero(changes)
        # Each change but the last of a row begins a run that the next one ends.
        begins = column < width
        ends = np.flatnonzero(begins) + 1
        row, first, end = row[begins], column[begins], column[ends]
        value = strip[row, first]
        object_ = (value != BACKGROUND) & (value != IGNORE)
        yield row[object_] + top, first[object_], end[object_], value[object_]


def _touching(runs: _Runs, width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of runs of one class in rows that follow each other, touching at least by a corner."""
    stride = width + 2
    starts, ends = runs.row * stride + runs.first, runs.row * stride + runs.end
    below = (runs.row + 1) * stride
    # Those of the next row that end at or after where a run begins, and begin at or before its end.
    low = np.searchsorted(ends, below + runs.first, side="left")
    high = np.searchsorted(starts, below + runs.end, side="right")
    count = (high - low).clip(0)
    upper = np.repeat(np.arange(runs.row.size), count)
    lower = np.arange(upper.size) - np.repeat(np.cumsum(count) - count, count) + low[upper]
    same = runs.value[upper] == runs.value[lower]
    return upper[same], lower[same]


def _connected(
    count: int, upper: NDArray[np.int64], lower: NDArray[np.int64]
) -> tuple[int, NDArray[np.int64]]:
    """How many groups the links (upper, lower) make of `count` runs, and the group of each run.

    Each group takes the smallest number of those it touches, until none touches another. Those of
    scipy.sparse.csgraph are found as quickly, but it takes longer to import than a small pair to
    make.
    """
    first = np.arange(count)
    while True:
        one, other = first[upper], first[lower]
        apart = one != other
        if not apart.any():
            break
        upper, lower, one, other = upper[apart], lower[apart], one[apart], other[apart]
        np.minimum.at(first, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(first, further := first[first]):
            first = further
    firsts, number = np.unique(first, return_inverse=True)
    return firsts.size, number
