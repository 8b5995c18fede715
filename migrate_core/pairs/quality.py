"""Quality flags of a pair's pixels, and the shares of what hides the ground."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from ..grid import BoolArray
from ..model import BACKGROUND, IGNORE, Occlusion, OneSided, Shares, Sides
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
# What only a judgement of clouds tells; each kind may be known or not.
HIDING_KINDS = Flag.CLOUD | Flag.SHADOW | Flag.CIRRUS | Flag.SNOW
# All that hides the ground in the Sentinel-2 image, thin cloud included.
HIDDEN_IN_SENTINEL2 = Flag.NO_DATA | HIDING_KINDS


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


def occlusion(flags: NDArray[np.uint8], label: NDArray[np.uint8], known: Flag) -> Occlusion:
    """Shares of flagged pixels: of all inside the footprint, and of the labelled ones.

    `known` are the kinds of HIDING_KINDS that were looked for; the shares of others are None.
    """
    inside = flags & Flag.OUTSIDE == 0
    return Occlusion(
        all=_shares(flags[inside], known), labelled=_shares(flags[labelled_pixels(label)], known)
    )


def _shares(flags: NDArray[np.uint8], known: Flag) -> Shares:
    def share(flag: Flag) -> float | None:
        if flags.size == 0 or (flag in HIDING_KINDS and flag not in known):
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


def one_sided(
    flags: NDArray[np.uint8], label: NDArray[np.uint8], known: Flag, *, source_known: bool
) -> OneSided:
    """In which of the two images the ground is hidden, as shares of the same pixels.

    What is hidden in one image only spoils a label: it shows what the other doesn't. Without
    `source_known` nothing says what was hidden in the source image.
    """
    inside = flags & Flag.OUTSIDE == 0
    return OneSided(
        all=_sides(flags[inside], known, source_known=source_known),
        labelled=_sides(flags[labelled_pixels(label)], known, source_known=source_known),
    )


def _sides(flags: NDArray[np.uint8], known: Flag, *, source_known: bool) -> Sides:
    if flags.size == 0 or Flag.CLOUD not in known:
        return Sides(None, None, None, None)
    here = flags & HIDDEN_IN_SENTINEL2 != 0
    there = flags & Flag.SOURCE != 0

    def share(where: BoolArray) -> float:
        return round(float(np.mean(where)), 6)

    return Sides(
        sentinel2_only=share(here & ~there),
        source_only=share(there & ~here) if source_known else None,
        both=share(here & there) if source_known else None,
        clear=share(~here & ~there),
    )
