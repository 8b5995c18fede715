"""The labels of a mask on the grid of a pair, be they pixels or polygons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ...errors import PairError
from ...grid import (
    BoolArray,
    Bounds,
    FloatArray,
    PixelGrid,
    apply_affine,
    moved,
    reproject_geometries,
)
from ...masks.raster.content import read_labels
from ...masks.raster.footprint import valid_bounds
from ...masks.vectors.labels import LabelPolygons, label_polygons
from ...masks.vectors.segments import densified
from ...model import BACKGROUND, IGNORE, Mask
from .area_shares import area_shares, class_borders
from .hard_label import inside_footprint
from .polygon_shares import centres_inside, polygon_shares

# Shares that are differences of sums are right to better than this; below there is nothing.
_ROUNDING = 1e-9
# Points along the edges of polygons are this close, in metres; no buffer is wider than the second;
# lines as close as the third are the same.
_BETWEEN_POINTS_M = 0.5
_FURTHEST_BUFFER_M = 1000.0
_SAME_LINE_M = 0.01
# A centre on the edge of an area belongs to what is to its right, or else below it, be the labels
# pixels or polygons, rotated or not: it is looked at so many metres to the right and down.
_RIGHT_M, _DOWN_M = 1e-4, 1e-6


@dataclass(frozen=True, eq=False)
class RasterLabels:
    """Labels (height, width) uint8 on their own grid, 255 where nothing is known."""

    pixels: NDArray[np.uint8]
    grid: PixelGrid

    def bounds(self, crs: str) -> Bounds:
        """West, south, east and north of what is known, in `crs`."""
        return valid_bounds(self.pixels != IGNORE, self.grid, crs)

    def inside(self, target: PixelGrid) -> BoolArray:
        """Whether the centre of each pixel of `target` lies in the footprint."""
        return inside_footprint(self.pixels, self.grid, moved(target, _RIGHT_M, -_DOWN_M))

    def borders(self, target: PixelGrid) -> FloatArray:
        """Points along the borders between classes, (2, n): column and row on `target`.

        They lie at most 2 m apart, closer on fine labels. Where one side isn't known is no border.
        """
        return class_borders(self.pixels, self.grid, target)

    def shares(self, target: PixelGrid, classes: Sequence[int]) -> FloatArray:
        """The exact share 0…1 of each class in each pixel, (classes, height, width) float64."""
        return area_shares(self.pixels, self.grid, target, classes)


@dataclass(frozen=True, eq=False)
class PolygonLabels:
    """Labels that are polygons in `crs`; edges are straight there, and curved elsewhere."""

    polygons: LabelPolygons
    crs: str

    def bounds(self, crs: str) -> Bounds:
        """West, south, east and north of the area of interest, in `crs`."""
        west, south, east, north = self._reprojected((self.polygons.area,), crs)[0].bounds
        if not np.isfinite([west, south, east, north]).all():
            raise PairError(
                f"The area of the mask, in {self.crs}, can't be brought to {crs}, the CRS of the "
                "scene. Check the CRS of the mask's file."
            )
        return west, south, east, north

    def inside(self, target: PixelGrid) -> BoolArray:
        """Whether the centre of each pixel of `target` lies in the area of interest."""
        (area,) = self._reprojected((self.polygons.area,), target.crs)
        return centres_inside(area, moved(target, _RIGHT_M, -_DOWN_M))

    def shares(self, target: PixelGrid, classes: Sequence[int]) -> FloatArray:
        """The exact share 0…1 of each class in each pixel, (classes, height, width) float64.

        Background is what the area has beside its classes and what is unknown.
        """
        drawn = self.polygons
        areas = (drawn.area, drawn.unknown, *drawn.classes.values())
        found = polygon_shares(self._reprojected(areas, target.crs), target)
        background = found[0] - found[1] - found[2:].sum(axis=0)
        by_class = dict(zip(drawn.classes, found[2:], strict=True))
        by_class[BACKGROUND] = np.where(background > _ROUNDING, background, 0.0)
        nothing = np.zeros(target.shape)
        return np.stack([by_class.get(value, nothing) for value in classes])

    def borders(self, target: PixelGrid) -> FloatArray:
        """Points along the borders between classes, (2, n): column and row on `target`.

        They lie at most half a metre apart. The edge of the area is no border, nor is that of what
        is unknown.
        """
        drawn = self.polygons
        areas = (drawn.area, drawn.unknown, *drawn.classes.values())
        area, unknown, *classes = self._reprojected(areas, target.crs)
        nobody = shapely.union_all([area.boundary, unknown.boundary]).buffer(_SAME_LINE_M)
        reach = shapely.box(*target.bounds).buffer(_FURTHEST_BUFFER_M)
        lines = shapely.union_all([found.boundary.intersection(reach) for found in classes])
        lines = lines.difference(nobody).segmentize(_BETWEEN_POINTS_M)
        points = shapely.get_coordinates(lines)
        return np.stack(apply_affine(~target.transform, points[:, 0], points[:, 1]))

    def _reprojected(self, areas: Sequence[BaseGeometry], crs: str) -> list[BaseGeometry]:
        """Areas in another CRS, their edges cut so that they stay where they are."""
        if crs == self.crs:
            return list(areas)
        geometries = np.empty(len(areas), dtype=object)
        geometries[:] = areas
        clip = densified(geometries, self.crs)
        return list(reproject_geometries(clip, self.crs, crs))


@dataclass(frozen=True, eq=False)
class ShiftedLabels:
    """Labels moved by `east_m` and `north_m`, in metres and on the axes of the grid asked for.

    Moving what is asked for the other way is the same, exact, and right for any CRS of the mask.
    """

    labels: RasterLabels | PolygonLabels
    east_m: float
    north_m: float

    def bounds(self, crs: str) -> Bounds:
        """West, south, east and north of what is known, in `crs`."""
        west, south, east, north = self.labels.bounds(crs)
        return (
            west + self.east_m,
            south + self.north_m,
            east + self.east_m,
            north + self.north_m,
        )

    def inside(self, target: PixelGrid) -> BoolArray:
        """Whether the centre of each pixel of `target` lies in the footprint."""
        return self.labels.inside(self._back(target))

    def shares(self, target: PixelGrid, classes: Sequence[int]) -> FloatArray:
        """The exact share 0…1 of each class in each pixel, (classes, height, width) float64."""
        return self.labels.shares(self._back(target), classes)

    def borders(self, target: PixelGrid) -> FloatArray:
        """Points along the borders between classes, (2, n): column and row on `target`."""
        return self.labels.borders(self._back(target))

    def _back(self, target: PixelGrid) -> PixelGrid:
        return moved(target, -self.east_m, -self.north_m)


GridLabels = RasterLabels | PolygonLabels | ShiftedLabels


def grid_labels(mask: Mask) -> RasterLabels | PolygonLabels:
    """The labels of a registered mask. Raises MaskError when they are gone or have changed."""
    if mask.vector is not None:
        return PolygonLabels(label_polygons(mask), mask.georeference.crs or "")
    return RasterLabels(read_labels(mask), mask.grid)
