"""The quality of a pair's pixels: their flags, and the shares of what occludes the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..grid import BoolArray
from ..model import Occluded, Occlusion, OcclusionBySensor
from .clouds import Clouds
from .flags import occluded, occlusion, occlusion_by_sensor, quality_flags
from .image.pair_image import PairImage
from .label.pair_label import PairLabel


@dataclass(frozen=True, eq=False)
class PairQuality:
    """What `quality.tif` holds, and what its flags amount to.

    `flags` (height, width) uint8 are bits of `Flag`, `clouds` what they say of the Sentinel-2 image
    and how that was found. The shares of pixels are those of pairs in the store.
    """

    flags: NDArray[np.uint8]
    clouds: Clouds
    occlusion: Occlusion
    occlusion_by_sensor: OcclusionBySensor
    occluded: Occluded

    @property
    def sections(self) -> dict[str, Any]:
        """What pair.json says of what occludes the ground."""
        return {
            "clouds": self.clouds.findings,
            "occlusion": self.occlusion,
            "one_sided": self.occlusion_by_sensor,
            "occluded": self.occluded,
        }


def pair_quality(
    image: PairImage,
    clouds: Clouds,
    label: PairLabel,
    source: BoolArray | None,
    *,
    empty_allowed: bool,
) -> PairQuality:
    """Flag the pixels of a pair, and count.

    `source` (height, width) is what was occluded when the label was drawn, None where nothing says;
    a mask with `empty_allowed` may be without labelled pixels.
    """
    known, pixels = clouds.known, label.pixels
    flags = quality_flags(image.without_data, clouds.flags, pixels, image.inside, source)
    return PairQuality(
        flags,
        clouds,
        occlusion(flags, pixels, known),
        occlusion_by_sensor(flags, pixels, known, source_known=source is not None),
        occluded(flags, pixels, known, empty_allowed=empty_allowed),
    )
