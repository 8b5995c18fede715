"""The labels of a mask as polygons, be they pixels or polygons in the workspace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ...errors import MaskError
from ...model import BACKGROUND, IGNORE, Mask
from ..raster.content import read_labels
from ..raster.pixel_polygons import pixel_polygons
from ..vectors.formats.layer import GeometryArray
from ..vectors.labels import label_polygons


@dataclass(frozen=True, eq=False)
class LabelAreas:
    """Polygons (n,) of the classes of a mask in its CRS, none of them background.

    `values` (n,) are as stored in pairs. `area` is where the mask says something, `unknown` the
    part of it of which nothing is known; what is left of it is background.
    """

    polygons: GeometryArray
    values: NDArray[np.uint8]
    area: BaseGeometry
    unknown: BaseGeometry

    def same_as(self, other: LabelAreas) -> bool:
        """Whether these are the same polygons of the same classes, whatever their order."""
        return self._content() == other._content()

    def _content(self) -> list[tuple[int, bytes]]:
        known = zip(
            self.values.tolist(), shapely.to_wkb(shapely.normalize(self.polygons)), strict=True
        )
        return [*sorted(known), (IGNORE, shapely.to_wkb(shapely.normalize(self.unknown)))]


def label_areas(mask: Mask) -> LabelAreas:
    """The labels in force of a mask that is read. Raises MaskError when they can't be read."""
    if mask.georeference.crs is None or mask.extent is None or mask.classes.stored is None:
        raise MaskError(f"{mask.problem or mask.name} Mend that first, then edit its labels.")
    return _of_pixels(mask) if mask.vector is None else _of_polygons(mask)


def _of_pixels(mask: Mask) -> LabelAreas:
    """Along the edges of pixels; the area is that of all valid pixels."""
    pixels, transform = read_labels(mask), mask.grid.transform
    valid = pixels != IGNORE
    polygons, values = pixel_polygons(pixels, valid & (pixels != BACKGROUND), transform)
    parts, _ = pixel_polygons(valid.astype(np.uint8), valid, transform)
    area = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return LabelAreas(polygons, values, area, shapely.MultiPolygon())


def _of_polygons(mask: Mask) -> LabelAreas:
    """As they are in force: within the area, without what lies under another class."""
    found = label_polygons(mask)
    parts = [shapely.get_parts(area) for area in found.classes.values()]
    polygons = np.concatenate(parts) if parts else np.empty(0, dtype=object)
    values = np.repeat(np.array(list(found.classes), dtype=np.uint8), [len(one) for one in parts])
    return LabelAreas(polygons, values, found.area, found.unknown)
