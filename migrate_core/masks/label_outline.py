"""The outline of a mask's label, coarse enough to be drawn over pictures and maps at once."""

from __future__ import annotations

import numpy as np
import shapely
from affine import Affine
from shapely.geometry.base import BaseGeometry

from ..errors import MaskError
from ..grid import reproject_geometry
from ..model import BACKGROUND, IGNORE, LONLAT, Mask
from .raster.content import small_labels
from .raster.pixel_polygons import pixel_polygons
from .vectors.formats.layer import GeometryArray
from .vectors.labels import label_polygons

# The label is read so many pixels wide or high, and drawn to one of them.
_LONGEST = 400
# A label of more parts than this is drawn without its smallest ones.
_MOST_PARTS = 2000


def label_outline(mask: Mask) -> BaseGeometry:
    """The areas of the label that are neither background nor unknown: lon/lat (EPSG:4326).

    A multipolygon of the areas of each class, empty where nothing is labelled. It is for drawing:
    edges are off by up to 1/400 of the mask's longer side, and classes may overlap by as much.
    Raises MaskError when the label can't be read.
    """
    crs = mask.georeference.crs
    if crs is None or mask.extent is None:
        raise MaskError(f"{mask.problem or mask.name} It has no georeference.")
    parts, step = _of_pixels(mask) if mask.vector is None else _of_polygons(mask)
    if len(parts) > _MOST_PARTS:
        parts = parts[np.argsort(shapely.area(parts))[-_MOST_PARTS:]]
    simple = shapely.simplify(parts, step)
    found = shapely.multipolygons(simple[~shapely.is_empty(simple)])
    return reproject_geometry(found, crs, LONLAT)


def _of_pixels(mask: Mask) -> tuple[GeometryArray, float]:
    """Polygons (n,) along edges of coarse pixels, and the length of one, in the mask's CRS."""
    labels = small_labels(mask, _LONGEST)
    height, width = labels.shape
    grid = mask.grid
    transform = grid.transform @ Affine.scale(grid.width / width, grid.height / height)
    labelled = (labels != BACKGROUND) & (labels != IGNORE)
    parts, _ = pixel_polygons(labels, labelled, transform)
    return parts, abs(transform.determinant) ** 0.5


def _of_polygons(mask: Mask) -> tuple[GeometryArray, float]:
    found = label_polygons(mask)
    parts = [shapely.get_parts(area) for area in found.classes.values()]
    west, south, east, north = found.area.bounds
    step = max(east - west, north - south) / _LONGEST
    return np.concatenate(parts) if parts else np.empty(0, dtype=object), step
