"""Bringing 20 m and 60 m bands to 10 m: separable interpolation that no-data takes no part in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..grid import FloatArray

NO_DATA = 0
SATURATED = 65535

# Radius in source pixels that a kernel reaches, and so the margin a window needs.
REACH = {"nearest": 1, "bilinear": 1, "cubic": 2}


@dataclass(frozen=True)
class Axis:
    """One axis of an upsampling by `factor`, in pixels of a common lattice.

    The source has `source_size` coarse pixels from index `source_start`, wanted are `size` fine
    ones from index `start`.
    """

    factor: int
    source_start: int
    source_size: int
    start: int
    size: int

    def positions(self) -> FloatArray:
        """The centre of each fine pixel, in source array indices."""
        return (np.arange(self.start, self.start + self.size) + 0.5) / self.factor - (
            0.5 + self.source_start
        )

    def containing(self) -> NDArray[np.intp]:
        """The source array index of the coarse pixel that each fine pixel lies in."""
        fine = np.arange(self.start, self.start + self.size)
        return fine // self.factor - self.source_start

    def weights(self, kernel: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """The kernel's weights, (size, source_size)."""
        distance = self.positions()[:, None] - np.arange(self.source_size)[None, :]
        return kernel(np.abs(distance))


def _linear(distance: FloatArray) -> FloatArray:
    return np.clip(1 - distance, 0, None)


def _cubic(distance: FloatArray) -> FloatArray:
    """Keys (1981), a = -0.5: the cubic convolution that GDAL uses, too."""
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return np.where(distance < 1, near, np.where(distance < 2, far, 0.0))


_KERNELS = {"bilinear": _linear, "cubic": _cubic}


def upsample(
    values: NDArray[np.uint16], rows: Axis, columns: Axis, method: str
) -> NDArray[np.uint16]:
    """Coarse values (rows, columns) on the fine lattice, uint16.

    No-data (0) and saturated (65535) pixels take no part in the interpolation: weights are shared
    among the others. What lies in a no-data or saturated pixel stays so.
    """
    inside = values[np.ix_(rows.containing(), columns.containing())]
    if method == "nearest":
        return inside
    kernel = _KERNELS[method]
    down, across = rows.weights(kernel), columns.weights(kernel).T
    good = ((values != NO_DATA) & (values != SATURATED)).astype(np.float64)
    total = down @ (values * good) @ across
    weight = down @ good @ across
    usable = (inside != NO_DATA) & (inside != SATURATED)
    interpolated = np.divide(total, weight, out=np.ones_like(total), where=usable)
    rounded = np.floor(interpolated + 0.5).clip(NO_DATA + 1, SATURATED - 1)
    return np.where(usable, rounded, inside).astype(np.uint16)
