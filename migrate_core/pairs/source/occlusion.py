"""What was occluded in a mask's source image, on the grid of a pair."""

from __future__ import annotations

from ...grid import BoolArray, PixelGrid
from ...masks.raster.udm import CLEAR, OCCLUDED, source_occlusion
from ...model import Mask
from ..label.area_shares import area_shares

# A pixel counts as occluded when at least half of what is known of it was.
_OCCLUDED_FROM = 0.5
_NOISE = 1e-9


def occluded_in_source(mask: Mask, grid: PixelGrid) -> BoolArray | None:
    """Whether the ground of each pixel (height, width) was occluded when the label was drawn.

    None where nothing records it. Raises MaskError when the record can't be read.
    """
    record = source_occlusion(mask, grid)
    if record is None:
        return None
    clear, occluded = area_shares(record.values, record.grid, grid, (CLEAR, OCCLUDED))
    known = clear + occluded
    found: BoolArray = (known > _NOISE) & (occluded >= _OCCLUDED_FROM * known - _NOISE)
    return found
