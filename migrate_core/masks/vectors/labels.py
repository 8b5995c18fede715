"""The labels of a vector mask: for each class one area, none of which overlaps another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ...errors import MaskError
from ...model import BACKGROUND, IGNORE, LONLAT, Mask
from .features import Features, read_features
from .formats.layer import GeometryArray
from .periods import of_date, spans
from .polygons import polygonal, union_by


@dataclass(frozen=True)
class LabelPolygons:
    """The area of a mask and what it is made of, in the mask's CRS.

    `classes` are the areas of classes by stored value, background not among them: it is what the
    others leave of `area`. `unknown` is the part of `area` of which nothing is known.
    """

    area: BaseGeometry
    classes: Mapping[int, BaseGeometry]
    unknown: BaseGeometry

    @property
    def background(self) -> BaseGeometry:
        """What is in the area and in no other class."""
        return polygonal(
            self.area.difference(shapely.union_all([self.unknown, *self.classes.values()]))
        )


def label_polygons(mask: Mask) -> LabelPolygons:
    """The labels of a registered vector mask. Raises MaskError when its features are gone."""
    form = mask.vector
    if form is None:
        raise MaskError(f"{mask.name}: it consists of pixels, not of polygons.")
    area = form.area
    features = read_features(Path(form.features), area.bounds, mask.georeference.crs or LONLAT)
    values = features.values.copy()
    order = np.arange(values.size)
    if form.dates is not None:
        own = of_date(spans(features.periods), spans([form.dates])[0])
        # Where only features of another time are, nothing is known; they lie below all others.
        values[~own] = IGNORE
        order = np.argsort(own, kind="stable")
    return _without_overlaps(area, Features(features.geometries[order], values[order], ()))


def _without_overlaps(area: BaseGeometry, features: Features) -> LabelPolygons:
    """Cut off what lies outside the area, and from each feature what other classes lie upon."""
    clipped = _clipped(features.geometries, area)
    inside = shapely.area(clipped) > 0
    clipped, values = clipped[inside], features.values[inside]
    merged = union_by(values, _visible(clipped, values))
    unknown = merged.pop(IGNORE, shapely.MultiPolygon())
    merged.pop(BACKGROUND, None)
    return LabelPolygons(area, dict(sorted(merged.items())), unknown)


def _visible(geometries: GeometryArray, values: NDArray[np.uint8]) -> GeometryArray:
    """Each geometry without what later ones of another class cover."""
    visible = geometries.copy()
    if np.unique(values).size < 2:
        return visible
    lower, upper = shapely.STRtree(geometries).query(geometries, predicate="intersects")
    covered = (lower < upper) & (values[lower] != values[upper])
    above: dict[int, list[int]] = {}
    for low, high in zip(lower[covered].tolist(), upper[covered].tolist(), strict=True):
        above.setdefault(low, []).append(high)
    lows = list(above)
    covers = [geometries[cover[0]] if len(cover) == 1 else None for cover in above.values()]
    for index, cover in enumerate(above.values()):
        if covers[index] is None:
            covers[index] = shapely.union_all(geometries[cover])
    uncovered = shapely.difference(geometries[lows], np.array(covers, dtype=object))
    visible[lows] = [polygonal(part) for part in uncovered]
    return visible


def _clipped(geometries: GeometryArray, area: BaseGeometry) -> GeometryArray:
    shapely.prepare(area)
    parts = geometries.copy()
    crossing = ~shapely.covers(area, geometries)
    parts[crossing] = [polygonal(part) for part in shapely.intersection(parts[crossing], area)]
    return parts
