"""Quality flags of a pair's pixels, and the shares of what hides the ground."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from ..grid import BoolArray
from ..model import BACKGROUND, IGNORE, Occlusion, Shares
from ..products.resampling import NO_DATA, SATURATED


class Flag(IntFlag):
    """Bits of `quality.tif`."""

    OUTSIDE = 1
    NO_DATA = 2
    CLOUD = 4
    SHADOW = 8
    CIRRUS = 16
    SNOW = 32
    SOURCE = 64
    UNKNOWN = 128


def _table(flags: Mapping[int, Flag]) -> NDArray[np.uint8]:
    table = np.zeros(256, dtype=np.uint8)
    for value, flag in flags.items():
        table[value] = flag
    return table


# Scene classification of L2A (Sen2Cor): the flag of each class, by its value.
SCL_FLAGS = _table(
    {
        0: Flag.NO_DATA,
        1: Flag.NO_DATA,
        3: Flag.SHADOW,
        8: Flag.CLOUD,
        9: Flag.CLOUD,
        10: Flag.CIRRUS,
        11: Flag.SNOW,
    }
)
_CLOUD_FLAGS = (Flag.CLOUD, Flag.SHADOW, Flag.CIRRUS, Flag.SNOW)


def quality_flags(
    image: NDArray[np.uint16],
    clouds: NDArray[np.uint8] | None,
    label: NDArray[np.uint8],
    inside: BoolArray,
    hidden_in_source: BoolArray | None = None,
) -> NDArray[np.uint8]:
    """The flags of each pixel, (height, width) uint8; each bit says its own thing everywhere.

    `image` (bands, height, width) is what the product has there, before anything is blanked;
    `clouds` the flags of what hides the ground, None where that isn't known. `hidden_in_source`
    (height, width) says what was hidden when the label was drawn, None where nothing does.
    """
    flags = np.zeros(label.shape, dtype=np.uint8)
    marked = {
        Flag.OUTSIDE: ~inside,
        Flag.NO_DATA: ((image == NO_DATA) | (image == SATURATED)).any(axis=0),
        Flag.UNKNOWN: label == IGNORE,
    }
    if hidden_in_source is not None:
        marked[Flag.SOURCE] = hidden_in_source
    for flag, where in marked.items():
        flags[where] |= np.uint8(flag)
    return flags if clouds is None else flags | clouds


def labelled_pixels(label: NDArray[np.uint8]) -> BoolArray:
    """Pixels whose label is neither background nor ignore."""
    labelled: BoolArray = (label != BACKGROUND) & (label != IGNORE)
    return labelled


def occlusion(
    flags: NDArray[np.uint8], label: NDArray[np.uint8], *, clouds_known: bool
) -> Occlusion:
    """Shares of flagged pixels: of all inside the footprint, and of the labelled ones."""
    inside = flags & Flag.OUTSIDE == 0
    return Occlusion(
        all=_shares(flags[inside], clouds_known=clouds_known),
        labelled=_shares(flags[labelled_pixels(label)], clouds_known=clouds_known),
    )


def _shares(flags: NDArray[np.uint8], *, clouds_known: bool) -> Shares:
    def share(flag: Flag) -> float | None:
        if flags.size == 0 or (flag in _CLOUD_FLAGS and not clouds_known):
            return None
        return round(float(np.mean(flags & flag != 0)), 6)

    return Shares(
        cloud=share(Flag.CLOUD),
        shadow=share(Flag.SHADOW),
        cirrus=share(Flag.CIRRUS),
        snow=share(Flag.SNOW),
        nodata=share(Flag.NO_DATA),
        source=share(Flag.SOURCE),
    )
