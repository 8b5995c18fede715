"""What makes a good pair a bad one: its label moved, or a cloud in its image that nothing flags.

The flags and numbers of the pair stay as they are, since they would give the check away. Pure
functions of pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...model import IGNORE
from ...pairs.edits.rasters import LabelRasters
from ...pairs.flags import labelled_pixels
from ...products.pixels.resampling import NO_DATA
from ...products.product import RESOLUTION_M
from ...products.scene_classes import Flag, flagged


class CheckKind(StrEnum):
    """How a pair was made bad."""

    SHIFTED = "shifted label"
    CLOUDED = "clouded scene"


# How far a label is moved, in pixels: further than one that the eye forgives.
SHIFTS = (6.0, 15.0)
# So much of what is labelled has to be wrong then, or nobody could be blamed.
_LEAST_WRONG = 0.2
_TRIES = 12
# The share of the labelled pixels that a cloud covers.
_COVERED = (0.5, 0.9)
# Reflectance of thick water clouds in each band: white up to the near infrared, darker where water
# absorbs: in the short-wave infrared, at B09 in water vapour, and at B10, which sees cirrus only.
_CLOUD = {
    "B01": 0.62, "B02": 0.60, "B03": 0.59, "B04": 0.61, "B05": 0.62, "B06": 0.64, "B07": 0.65,
    "B08": 0.65, "B8A": 0.66, "B09": 0.36, "B10": 0.012, "B11": 0.44, "B12": 0.33,
}  # fmt: skip
_SCALE, _BRIGHTEST = 10_000, 65_534
# Sizes of a cloud's lumps in pixels, from its outline to its grain.
_LUMPS = (12.0, 6.0, 3.0, 1.5)


def shifted(made: LabelRasters, down: int, right: int) -> LabelRasters:
    """A label with its shares and source flags moved by whole pixels; the footprint stays.

    What leaves the footprint is lost. What comes in is as at the nearest edge: a strip without a
    label would show that it was moved. Where nothing stays in the footprint, nothing is moved.
    """
    from scipy.ndimage import binary_erosion, distance_transform_edt, shift

    inside = ~flagged(made.flags, Flag.OUTSIDE)
    # Pixels at the edge of the footprint are known in part only; that belongs to the edge.
    complete = binary_erosion(inside, np.ones((3, 3))).astype(np.uint8)
    there = shift(complete, (down, right), order=0) > 0
    if not there.any():
        return made
    rows, columns = distance_transform_edt(~there, return_distances=False, return_indices=True)
    rows, columns = rows - down, columns - right
    label = np.where(inside, made.label[rows, columns], IGNORE).astype(np.uint8)
    shares = np.where(inside, made.shares[:, rows, columns], made.shares)
    flags = made.flags & ~np.uint8(Flag.SOURCE | Flag.UNKNOWN)
    flags |= made.flags[rows, columns] & np.uint8(Flag.SOURCE)
    flags[label == IGNORE] |= np.uint8(Flag.UNKNOWN)
    return LabelRasters(label, shares, flags)


def random_shift(
    made: LabelRasters, random: np.random.Generator
) -> tuple[tuple[int, int], LabelRasters] | None:
    """A shift of 6 to 15 pixels (down, right), and the label moved by it.

    None where no shift makes enough of the label wrong: it is the same everywhere, or too large.
    """
    before = labelled_pixels(made.label)
    for _ in range(_TRIES):
        length, angle = random.uniform(*SHIFTS), random.uniform(0, 2 * math.pi)
        down, right = round(length * math.sin(angle)), round(length * math.cos(angle))
        found = shifted(made, down, right)
        wrong = (found.label != made.label) & (before | labelled_pixels(found.label))
        if wrong.sum() > _LEAST_WRONG * before.sum():
            return (down, right), found
    return None


def clouded(
    image: NDArray[np.uint16],
    bands: Sequence[str],
    labelled: NDArray[np.bool_],
    random: np.random.Generator,
) -> NDArray[np.uint16]:
    """The image (bands, height, width) with a thick cloud over half or more of what is `labelled`.

    Digital numbers are reflectance times 10,000. What has no data stays so. At least one pixel has
    to be `labelled`.
    """
    from scipy.ndimage import gaussian_filter

    opacity, brightness = _cloud(labelled, random)
    found = image.copy()
    for number, band in enumerate(bands):
        # Bands of 20 and 60 m show a cloud as coarsely as the ground.
        coarse = (RESOLUTION_M.get(band, 10) / 10 - 1) / 2
        cover, bright = (gaussian_filter(one, coarse) for one in (opacity, brightness))
        cloud = _SCALE * _CLOUD.get(band, 0.6) * bright
        there = image[number] != NO_DATA
        mixed = (1 - cover) * image[number] + cover * cloud
        found[number][there] = np.clip(np.rint(mixed[there]), 1, _BRIGHTEST)
    return found


def _cloud(
    labelled: NDArray[np.bool_], random: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Opacity 0…1 of a cloud with soft, ragged edges, and its brightness, about 1; (height, width).

    It grows from a labelled pixel until it covers the share of them that was drawn.
    """
    from scipy.ndimage import gaussian_filter

    rows, columns = np.nonzero(labelled)
    chosen = random.integers(len(rows))
    y, x = np.indices(labelled.shape)
    distance = np.hypot(y - rows[chosen], x - columns[chosen])
    spread = max(float(np.hypot(np.ptp(rows), np.ptp(columns))) / 4, _LUMPS[0])
    lumps = np.zeros(labelled.shape)
    for size in _LUMPS:
        noise = gaussian_filter(random.standard_normal(labelled.shape), size)
        lumps += math.sqrt(size) * noise / max(noise.std(), 1e-9)
    lumps /= lumps.std()
    density = 0.7 * lumps - distance / spread
    edge = np.quantile(density[labelled], 1 - random.uniform(*_COVERED))
    # Rises smoothly from the edge on.
    rising = np.clip((density - edge) / 0.6 + 0.3, 0, 1)
    opacity = rising * rising * (3 - 2 * rising)
    return opacity, 1 + 0.09 * lumps
