"""A buffer along class borders that is set to ignore, as wide as positions are uncertain."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray, FloatArray, PixelGrid
from ...masks.dates.sensors import Sensor
from ...model import IGNORE
from ...text import format_share
from ..flags import labelled_pixels
from .grid_labels import GridLabels

_PIXEL_M = 10.0
# From this share of the labelled pixels on a buffer leaves so little that it is reported.
_MUCH = 0.5
# Absolute geolocation of Sentinel-2 (95 %): without and with the reference image to which products
# are refined, worldwide since baseline 04.00 (ESA, Sentinel-2 Annual Performance Report).
_UNREFINED_M, _REFINED_M, _REFINED_SINCE = 11.0, 8.0, "04.00"


@dataclass(frozen=True)
class BoundaryBuffer:
    """What a buffer did: its width on either side in metres, and how many pixels it set to ignore.

    `labelled` 0…1 is the share of the labelled pixels among them.
    """

    width_m: float
    pixels: int
    labelled: float

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence where little of the label is left: the reviewer would wonder why."""
        much = self.labelled >= _MUCH
        return (format_boundary_buffer(self.width_m, self.labelled),) if much else ()


def with_boundary_buffer(
    label: NDArray[np.uint8], labels: GridLabels, grid: PixelGrid, width_m: float
) -> tuple[NDArray[np.uint8], BoundaryBuffer | None]:
    """The label (height, width) with 255 where a pixel's centre is that near to a class border.

    `label` is on `grid`, a Sentinel-2 grid in metres. No buffer is laid for a width of 0.
    """
    if width_m <= 0:
        return label, None
    buffer = near(labels.borders(grid), grid, width_m) & (label != IGNORE)
    found = np.where(buffer, IGNORE, label).astype(np.uint8)
    before = labelled_pixels(label)
    share = float(buffer[before].mean()) if before.any() else 0.0
    return found, BoundaryBuffer(width_m, int(buffer.sum()), round(share, 4))


def format_boundary_buffer(width_m: float, labelled: float) -> str:
    """What a buffer did to the labelled pixels of a pair, of which it took the share `labelled`."""
    share = "none" if labelled == 0 else format_share(labelled)
    return f"The boundary buffer of {width_m:g} m took {share} of the labelled pixels."


def near(points: FloatArray, grid: PixelGrid, distance_m: float) -> BoolArray:
    """Whether the centre of each pixel (height, width) is at most so far from one of the points.

    `points` (2, n) are columns and rows on `grid`.
    """
    found = np.zeros(grid.shape, dtype=bool)
    if not points.size:
        return found
    import scipy  # lists of pairs ask this module for words only

    tree = scipy.spatial.cKDTree(points.T)
    rows, columns = np.indices(grid.shape).reshape(2, -1)
    centres = np.stack([columns, rows], axis=1) + 0.5
    reach = distance_m / _PIXEL_M
    # Nothing further is looked for; the bound itself doesn't count, hence a hair more.
    distance, _ = tree.query(centres, distance_upper_bound=reach * (1 + 1e-9))
    found[:] = np.isfinite(distance).reshape(grid.shape)
    return found


def position_error_m(sensor: Sensor, baseline: str) -> float:
    """The errors of a sensor's and of Sentinel-2's positions together, in metres.

    They have nothing to do with one another. A good width for the buffer of a mask that isn't
    registered, with products of a processing baseline.
    """
    sentinel = _REFINED_M if baseline >= _REFINED_SINCE else _UNREFINED_M
    return math.hypot(sensor.position_m, sentinel)
