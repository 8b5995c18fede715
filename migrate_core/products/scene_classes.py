"""What scene classes and cloud masks mean, and which of it occludes the ground.

The one definition: the ranking of scenes, the flags of pairs, the suggestion, the review queue,
manifest, card and pages take it from here. docs/occlusion.md explains it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from ..grid import BoolArray
from .pixels.cloud_masks import CIRRUS, CLEAR, NOT_KNOWN, OPAQUE, SNOW


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


NOTHING = Flag(0)
# Cloud of both kinds, without its shadow: what `cloud_over_mask_percent` counts.
CLOUD_FLAGS = Flag.CLOUD | Flag.CIRRUS
# What occludes the ground in a Sentinel-2 scene. Snow does: the label's class can't be seen.
OCCLUDING_IN_SCENE = Flag.NO_DATA | CLOUD_FLAGS | Flag.SHADOW | Flag.SNOW
# The same for a pair, of which the source image may be occluded, too.
OCCLUDING_FLAGS = OCCLUDING_IN_SCENE | Flag.SOURCE


@dataclass(frozen=True)
class SceneClass:
    """A class of the scene classification of L2A, and the flag of its pixels."""

    name: str
    flag: Flag = NOTHING


# Sen2Cor's classes by their value, after the Sentinel-2 Level-2A Algorithm Theoretical Basis
# Document (ESA, S2-PDGS-MPC-ATBD-L2A). A later product may have values that aren't here: clear.
SCENE_CLASSES: Mapping[int, SceneClass] = {
    0: SceneClass("no data", Flag.NO_DATA),
    1: SceneClass("saturated or defective", Flag.NO_DATA),
    2: SceneClass("dark area"),
    3: SceneClass("cloud shadow", Flag.SHADOW),
    4: SceneClass("vegetation"),
    5: SceneClass("not vegetated"),
    6: SceneClass("water"),
    7: SceneClass("unclassified"),
    8: SceneClass("cloud, medium probability", Flag.CLOUD),
    9: SceneClass("cloud, high probability", Flag.CLOUD),
    10: SceneClass("thin cirrus", Flag.CIRRUS),
    11: SceneClass("snow or ice", Flag.SNOW),
}


def _lookup(flags: Mapping[int, Flag]) -> NDArray[np.uint8]:
    """The flag of each of 256 values; nothing for those that aren't in `flags`."""
    table = np.zeros(256, dtype=np.uint8)
    for value, flag in flags.items():
        table[value] = flag
    return table


# The flags of pixels by their scene class, as `SCL_FLAGS[classes]`.
SCL_FLAGS = _lookup({value: one.flag for value, one in SCENE_CLASSES.items()})
# The same of what `read_cloud_mask` gives.
CLOUD_MASK_FLAGS = _lookup(
    {
        CLEAR: NOTHING,
        OPAQUE: Flag.CLOUD,
        CIRRUS: Flag.CIRRUS,
        SNOW: Flag.SNOW,
        NOT_KNOWN: Flag.NO_DATA,
    }
)


def flagged(flags: NDArray[np.uint8], by: Flag) -> BoolArray:
    """Whether each pixel has at least one of the flags `by`; of the shape of `flags`."""
    found: BoolArray = flags & np.uint8(by) != 0
    return found


def flagged_share(
    flags: NDArray[np.uint8], by: Flag, weights: NDArray[np.uint8] | None = None
) -> float | None:
    """The share 0…1 of pixels with at least one of the flags `by`, each pixel counted once.

    Shares of single flags must not be added up: a pixel may have several. `weights`, of the shape
    of `flags`, is how much each pixel counts. None where nothing counts.
    """
    if weights is None:
        return float(np.mean(flagged(flags, by))) if flags.size else None
    total = int(weights.sum(dtype=np.int64))
    return int(weights[flagged(flags, by)].sum(dtype=np.int64)) / total if total else None
