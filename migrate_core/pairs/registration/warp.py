"""What is moved: an image finer than Sentinel-2, and its gradients as Sentinel-2 would see them.

Sentinel-2 itself is never resampled, not even to measure. The source image is brought to a grid
four times as fine, blurred as Sentinel-2 blurs (pixel and optics), and what that gives is looked up
where the centres of Sentinel-2's pixels come to lie for any shift.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from ...grid import BoolArray, PixelGrid

# Fine pixels to one of Sentinel-2.
FINE = 4
# Standard deviation, in metres, of the blur by optics and scattering beside that of the pixel. With
# the pixel it makes a modulation of 0.3 at the Nyquist frequency, as Sentinel-2's 10 m bands have
# (ESA, Sentinel-2 Annual Performance Report: 0.15 to 0.3 are required, 0.25 to 0.3 are measured).
_BLUR_M = 4.0
_PIXEL_M = 10.0
# The mean over a pixel of four fine ones around the position between two of them, kept symmetric.
_BOX = np.array([0.5, 1.0, 1.0, 1.0, 0.5]) / FINE
# What is invalid reaches as far as blur and gradient do, in fine pixels.
_REACH = round(2 * _BLUR_M * FINE / _PIXEL_M) + FINE // 2 + FINE
_LITTLE = 1e-3

Images = NDArray[np.float32]
# A shift in pixels of Sentinel-2, (row, column): to be added to the place of what is moved.
Step = NDArray[np.float64]


def fine_grid(grid: PixelGrid) -> PixelGrid:
    """The grid of fine pixels over a block of Sentinel-2's grid."""
    return grid.finer(FINE)


@dataclass(frozen=True, eq=False)
class WarpedImage:
    """Gradients of n images on the fine grid, as splines (n, 2, 4 h, 4 w): rows, columns.

    `valid` (4 h, 4 w) says where they are made of valid pixels alone.
    """

    splines: Images
    valid: BoolArray

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels of Sentinel-2."""
        return self.valid.shape[0] // FINE, self.valid.shape[1] // FINE

    def gradients(self, step: Step | Sequence[float]) -> Images:
        """The gradients (n, 2, height, width) at Sentinel-2's pixel centres after a shift."""
        rows, columns = _offset(step)
        return _looked_up(_looked_up(self.splines, rows, -2), columns, -1)

    def covered(self, step: Step | Sequence[float]) -> BoolArray:
        """Where (height, width) Sentinel-2's pixels meet valid ones after a shift."""
        found: BoolArray = scipy.ndimage.affine_transform(
            self.valid.view(np.uint8),
            [FINE, FINE],
            offset=_offset(step),
            output_shape=self.shape,
            order=0,
            mode="constant",
        ).astype(bool)
        return found


def _offset(step: Step | Sequence[float]) -> list[float]:
    """Where the centre of the first pixel of Sentinel-2 lies, in fine pixels from centre to centre.

    That centre is at half a pixel, two fine pixels from the corner, hence 1.5 from the first fine
    centre.
    """
    return [FINE / 2 - 0.5 - FINE * float(part) for part in step]


def _looked_up(splines: Images, start: float, axis: int) -> Images:
    """Values of cubic splines along an axis, at every fourth position from `start` on.

    All these positions lie alike between two coefficients, so that four weights serve them all.
    """
    first, last = math.floor(start), splines.shape[axis] - 1
    after = start - first
    before = 1 - after
    weights = (
        before**3 / 6,
        2 / 3 - after**2 * (1 + before) / 2,
        2 / 3 - before**2 * (1 + after) / 2,
        after**3 / 6,
    )
    positions = first + np.arange(0, splines.shape[axis] // FINE * FINE, FINE)
    found: Images = np.zeros(1, np.float32)
    for aside, weight in enumerate(weights, start=-1):
        # Mirrored at both ends, as the coefficients were made.
        mirrored = last - abs(last - abs(positions + aside))
        found = found + splines.take(mirrored, axis, mode="clip") * np.float32(weight)
    return found


def warp(images: NDArray[np.generic], valid: BoolArray) -> WarpedImage:
    """Prepare images (n, 4 h, 4 w) on the fine grid, `valid` (4 h, 4 w) where they count."""
    weight = _blurred(valid.astype(np.float32)).clip(_LITTLE)
    splines = np.empty((len(images), 2, *valid.shape), np.float32)
    for number, image in enumerate(images):
        blurred = _blurred(np.where(valid, image, 0).astype(np.float32)) / weight
        for axis in (0, 1):
            slope = scipy.ndimage.correlate1d(blurred, _slope(FINE), axis)
            scipy.ndimage.spline_filter(slope, order=3, output=splines[number, axis])
    covered = scipy.ndimage.minimum_filter(valid, size=2 * _REACH + 1, mode="nearest")
    return WarpedImage(splines, covered)


def _blurred(image: Images) -> Images:
    found = scipy.ndimage.gaussian_filter(image, _BLUR_M * FINE / _PIXEL_M, truncate=3.0)
    for axis in (0, 1):
        found = scipy.ndimage.correlate1d(found, _BOX, axis)
    result: Images = found
    return result


def _slope(reach: int) -> NDArray[np.float64]:
    """Half the difference between what lies `reach` further and what lies `reach` before."""
    kernel = np.zeros(2 * reach + 1)
    kernel[0], kernel[-1] = -0.5, 0.5
    return kernel


def gradients(images: NDArray[np.generic]) -> Images:
    """The gradients (n, 2, height, width) per pixel of images (n, height, width)."""
    return np.stack(
        [
            [
                scipy.ndimage.correlate1d(image.astype(np.float32), _slope(1), axis)
                for axis in (0, 1)
            ]
            for image in images
        ]
    )
