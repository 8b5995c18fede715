"""Where a mask and its label lie on a coarse grid: what clouds are counted over.

A ranking needs shares to a percent or two, not the exact areas that a pair is made of: footprints
count by pixel centres, labels by the mean of what GDAL finds in a pixel of 20 m.
"""

from __future__ import annotations

import math
import threading
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.features import rasterize
from rasterio.warp import reproject
from shapely.geometry.base import BaseGeometry

from ...errors import MigrateError
from ...grid import BoolArray, FloatArray, PixelGrid, aligned_grid, reproject_geometry, window_of
from ...masks.raster.content import small_labels
from ...masks.vectors.labels import label_polygons
from ...model import BACKGROUND, IGNORE, LONLAT, Mask, Problem
from ...products.scene_classes import CLOUD_FLAGS, OCCLUDING_IN_SCENE, Flag, flagged, flagged_share
from ..search.ranking import Measurement

# The pixels of the scene classification. All tiles begin at multiples of them.
PIXEL_M = 20
# A larger footprint is looked at in every second, third … pixel.
_LONGEST = 600
# The label is read, and polygons are burnt, in pixels this many times as fine.
_FINER = 4
# Masks whose middles lie in one square of this many pixels are read together: a tile of the scene
# classification's JPEG 2000, which is decoded as a whole for a single pixel, too.
_TOGETHER = 640
# So many times as wide is a square that is read at once where masks lie densely: 4 million pixels,
# which take 100 MB while they are read.
_LARGE = 3
# A pixel is stored as its labelled share in steps of 1/127, and a bit for being in the footprint.
_STEPS = 127
_INSIDE = 128


@dataclass(frozen=True, eq=False)
class MaskArea:
    """A mask on `grid`, whose pixels are 20 m or a multiple; a few kilobytes, unpacked on demand.

    `problem` says why its label could not be read.
    """

    grid: PixelGrid
    packed: bytes
    problem: str | None = None

    def measure(self, flags: NDArray[np.uint8]) -> Measurement:
        """What of it `flags` (height, width) on its grid, of `read_cloud_classes`, occlude."""
        stored = np.frombuffer(zlib.decompress(self.packed), np.uint8).reshape(self.grid.shape)
        inside = flags[stored >= _INSIDE]
        with_data = inside[~flagged(inside, Flag.NO_DATA)]
        return Measurement(
            _percent(flagged_share(with_data, CLOUD_FLAGS)),
            _percent(flagged_share(flags, OCCLUDING_IN_SCENE, stored % _INSIDE)),
        )


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 3)


class MaskAreas:
    """The areas of masks, each read once for every CRS it is asked for in; threads may share it."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], MaskArea] = {}
        self._problems: dict[str, str] = {}
        self._lock = threading.Lock()

    def of(self, mask: Mask, crs: str) -> MaskArea:
        """The area of a mask in the UTM zone `crs`."""
        key = (mask.mask_id, crs)
        with self._lock:
            if key not in self._found:
                self._found[key] = area = mask_area(mask, crs)
                if area.problem:
                    self._problems[mask.name] = area.problem
            return self._found[key]

    @property
    def count(self) -> int:
        """How many were read."""
        return len(self._found)

    def problems(self) -> tuple[Problem, ...]:
        """Masks whose labels could not be read, each once."""
        return tuple(
            Problem(name, f"{sentence} Clouds over it were not measured.")
            for name, sentence in self._problems.items()
        )


def mask_area(mask: Mask, crs: str) -> MaskArea:
    """Where the footprint and the label of a registered mask lie in the UTM zone `crs`."""
    shape = mask.footprint or mask.extent
    if shape is None:
        raise ValueError(f"{mask.name} has no footprint")
    footprint = shapely.make_valid(reproject_geometry(shape, LONLAT, crs))
    grid = _grid(footprint, crs)
    inside = _inside(footprint, grid)
    problem = None
    try:
        shares = _label_shares(mask, grid)
    except MigrateError as err:
        problem, shares = str(err), np.zeros(grid.shape)
    if mask.empty_allowed and not shares.any():
        # Labelled as background throughout: all of it counts, as in the suggestion for its pair.
        shares = inside.astype(float)
    stored = (_INSIDE * inside + np.rint(_STEPS * shares)).astype(np.uint8)
    return MaskArea(grid, zlib.compress(stored.tobytes(), 1), problem)


def _grid(footprint: BaseGeometry, crs: str) -> PixelGrid:
    west, south, east, north = footprint.bounds
    across = max(east - west, north - south) / PIXEL_M
    metres = PIXEL_M * max(1, math.ceil(across / _LONGEST))
    base_grid = PixelGrid(crs, Affine(metres, 0, 0, 0, -metres, 0), 1, 1)
    return aligned_grid(base_grid, footprint.bounds)


def _inside(footprint: BaseGeometry, grid: PixelGrid) -> BoolArray:
    """The pixels whose centres are in the footprint; of a tiny one all that it touches."""
    for touched in (False, True):
        inside = _burnt(footprint, grid, touched=touched) > 0
        if inside.any():
            break
    return inside


def _burnt(shape: BaseGeometry, grid: PixelGrid, *, touched: bool = False) -> NDArray[np.uint8]:
    burnt = np.zeros(grid.shape, dtype=np.uint8)
    if not shape.is_empty:
        rasterize([(shape, 1)], out=burnt, transform=grid.transform, all_touched=touched)
    return burnt


def _label_shares(mask: Mask, grid: PixelGrid) -> FloatArray:
    """The labelled share 0…1 of each pixel, neither background nor ignore. Raises MigrateError."""
    if mask.vector is not None:
        return _of_polygons(mask, grid)
    labels = small_labels(mask, _FINER * max(grid.shape))
    labelled = ((labels != BACKGROUND) & (labels != IGNORE)).astype(np.uint8) * 255
    height, width = labels.shape
    scale = Affine.scale(mask.grid.width / width, mask.grid.height / height)
    # GDAL's mean is that of the part of a pixel which the file covers: it shall cover all of it.
    buffer = 2 * math.ceil(max(height / grid.height, width / grid.width)) + 1
    labelled = np.pad(labelled, buffer)
    shares = np.zeros(grid.shape, dtype=np.uint8)
    reproject(
        labelled,
        shares,
        src_transform=mask.grid.transform @ scale @ Affine.translation(-buffer, -buffer),
        src_crs=mask.grid.crs,
        dst_transform=grid.transform,
        dst_crs=grid.crs,
        resampling=Resampling.average,
    )
    return shares / 255


def _of_polygons(mask: Mask, grid: PixelGrid) -> FloatArray:
    found = shapely.union_all(list(label_polygons(mask).classes.values()))
    labelled = reproject_geometry(found, mask.georeference.crs or LONLAT, grid.crs)
    blocks = _burnt(labelled, grid.finer(_FINER)).reshape(grid.height, _FINER, grid.width, _FINER)
    shares: FloatArray = blocks.mean(axis=(1, 3))
    return shares


# which are read together

_Group = list[tuple[Mask, MaskArea]]


def together(areas: Iterable[tuple[Mask, MaskArea]]) -> Iterator[tuple[PixelGrid, _Group]]:
    """Masks that are read together, with the grid that contains all of them.

    Those in a large square are where that reads no more than its small squares one by one.
    """
    for large in _squares(areas, _LARGE * _TOGETHER):
        small = _squares(large, _TOGETHER)
        bounding = _containing(large)
        parts = [_containing(group) for group in small]
        if _pixels(bounding) <= sum(map(_pixels, parts)):
            yield bounding, large
        else:
            yield from zip(parts, small, strict=True)


def _squares(areas: Iterable[tuple[Mask, MaskArea]], pixels: int) -> list[_Group]:
    """Masks of one resolution by the square, this many pixels wide, that their middles are in."""
    squares: dict[tuple[float, int, int], _Group] = defaultdict(list)
    for mask, area in areas:
        west, south, east, north = area.grid.bounds
        side = pixels * area.grid.resolution
        row, column = (south + north) / 2 // side, (west + east) / 2 // side
        squares[area.grid.resolution, int(row), int(column)].append((mask, area))
    return list(squares.values())


def _containing(group: _Group) -> PixelGrid:
    """The smallest grid that contains all masks of a group."""
    bounds = np.array([area.grid.bounds for _, area in group])
    west, south = bounds[:, :2].min(axis=0).tolist()
    east, north = bounds[:, 2:].max(axis=0).tolist()
    return aligned_grid(group[0][1].grid, (west, south, east, north))


def _pixels(grid: PixelGrid) -> int:
    return grid.width * grid.height


def clip(cloud_classes: NDArray[np.uint8], grid: PixelGrid, part: PixelGrid) -> NDArray[np.uint8]:
    """What of `cloud_classes`, (height, width) on `grid`, lies on `part` of it."""
    return cloud_classes[window_of(part, grid).slices]
