"""Quality flags of a pair's pixels, and the shares of what occludes the ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..grid import BoolArray
from ..model import BACKGROUND, IGNORE, Occluded, Occlusion, OcclusionBySensor, SensorShares, Shares
from ..products.scene_classes import (
    OCCLUDING_FLAGS,
    OCCLUDING_IN_SCENE,
    Flag,
    flagged,
    flagged_share,
)

# What only a judgement of clouds tells; each kind may be known or not.
OCCLUSION_KINDS = Flag.CLOUD | Flag.SHADOW | Flag.CIRRUS | Flag.SNOW


def quality_flags(
    without_data: BoolArray,
    clouds: NDArray[np.uint8] | None,
    label: NDArray[np.uint8],
    inside: BoolArray,
    occluded_in_source: BoolArray | None = None,
) -> NDArray[np.uint8]:
    """The flags of each pixel, (height, width) uint8; each bit says its own thing everywhere.

    `without_data` (height, width) is where the product lacks a band, outside of the footprint as
    well; `clouds` are the flags of what occludes the ground, None where that isn't known.
    `occluded_in_source` (height, width) says what was occluded when the label was drawn, None where
    nothing does.
    """
    flags = np.zeros(label.shape, dtype=np.uint8)
    marked = {
        Flag.OUTSIDE: ~inside,
        Flag.NO_DATA: without_data,
        Flag.UNKNOWN: label == IGNORE,
    }
    if occluded_in_source is not None:
        marked[Flag.SOURCE] = occluded_in_source
    for flag, where in marked.items():
        flags[where] |= np.uint8(flag)
    return flags if clouds is None else flags | clouds


def labelled_pixels(label: NDArray[np.uint8]) -> BoolArray:
    """Pixels whose label is neither background nor ignore."""
    labelled: BoolArray = (label != BACKGROUND) & (label != IGNORE)
    return labelled


def assessed_pixels(
    flags: NDArray[np.uint8], label: NDArray[np.uint8], *, empty_allowed: bool
) -> BoolArray:
    """The pixels by which a pair is assessed: the labelled ones.

    Where there are none and that is allowed, all of the footprint is labelled as background, which
    is true or not as any other label is: then all pixels whose label is known.
    """
    labelled = labelled_pixels(label)
    if empty_allowed and not labelled.any():
        labelled = (label != IGNORE) & ~flagged(flags, Flag.OUTSIDE)
    return labelled


def occluded(
    flags: NDArray[np.uint8], label: NDArray[np.uint8], known: Flag, *, empty_allowed: bool
) -> Occluded:
    """The shares of pixels that anything in either image occludes, each pixel counted once.

    `known` as for `occlusion`. Where clouds were not looked for, the shares aren't known.
    """
    if Flag.CLOUD not in known:
        return Occluded(None, None)
    inside = ~flagged(flags, Flag.OUTSIDE)
    assessed = assessed_pixels(flags, label, empty_allowed=empty_allowed)
    return Occluded(
        all=_rounded(flagged_share(flags[inside], OCCLUDING_FLAGS)),
        labelled=_rounded(flagged_share(flags[assessed], OCCLUDING_FLAGS)),
    )


def occluded_shares(stored: Occluded | None, by_sensor: OcclusionBySensor | None) -> Occluded:
    """What `occluded` found of a pair, by what is stored of it.

    A pair of an earlier version has only its occlusion by sensor, whose `clear` is what is left of
    it; one that has neither is not known until `pairs make` looks at its rasters again.
    """
    if stored is not None:
        return stored
    if by_sensor is None:
        return Occluded(None, None)
    return Occluded(
        *(
            None if side.clear is None else round(1 - side.clear, 6)
            for side in (by_sensor.all, by_sensor.labelled)
        )
    )


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)


def occlusion(flags: NDArray[np.uint8], label: NDArray[np.uint8], known: Flag) -> Occlusion:
    """Shares of flagged pixels: of all inside the footprint, and of the labelled ones.

    `known` are the kinds of OCCLUSION_KINDS that were looked for; the shares of others are None.
    """
    inside = ~flagged(flags, Flag.OUTSIDE)
    return Occlusion(
        all=_shares(flags[inside], known), labelled=_shares(flags[labelled_pixels(label)], known)
    )


def _shares(flags: NDArray[np.uint8], known: Flag) -> Shares:
    def share(flag: Flag) -> float | None:
        if flag in OCCLUSION_KINDS and flag not in known:
            return None
        return _rounded(flagged_share(flags, flag))

    return Shares(
        cloud=share(Flag.CLOUD),
        shadow=share(Flag.SHADOW),
        cirrus=share(Flag.CIRRUS),
        snow=share(Flag.SNOW),
        nodata=share(Flag.NO_DATA),
        source=share(Flag.SOURCE),
    )


def occlusion_by_sensor(
    flags: NDArray[np.uint8], label: NDArray[np.uint8], known: Flag, *, source_known: bool
) -> OcclusionBySensor:
    """In which of the two images the ground is occluded, as shares of the same pixels.

    What is occluded in one image only spoils a label: it shows what the other doesn't. Without
    `source_known` nothing says what was occluded in the source image.
    """
    inside = ~flagged(flags, Flag.OUTSIDE)
    return OcclusionBySensor(
        all=_sensor_shares(flags[inside], known, source_known=source_known),
        labelled=_sensor_shares(flags[labelled_pixels(label)], known, source_known=source_known),
    )


def _sensor_shares(flags: NDArray[np.uint8], known: Flag, *, source_known: bool) -> SensorShares:
    if flags.size == 0 or Flag.CLOUD not in known:
        return SensorShares(None, None, None, None)
    here, there = flagged(flags, OCCLUDING_IN_SCENE), flagged(flags, Flag.SOURCE)

    def share(where: BoolArray) -> float:
        return round(float(np.mean(where)), 6)

    return SensorShares(
        sentinel2_only=share(here & ~there),
        source_only=share(there & ~here) if source_known else None,
        both=share(here & there) if source_known else None,
        clear=share(~here & ~there),
    )
