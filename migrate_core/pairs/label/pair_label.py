"""The labels of a pair on its grid: area shares and hard label, and how they came to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray, PixelGrid
from ...masks.transformation import Transformation, transformation
from ...model import IGNORE, Mask
from .boundary_buffer import BoundaryBuffer, with_boundary_buffer
from .grid_labels import GridLabels
from .hard_label import hard_label
from .small_objects import Objects, objects_of


@dataclass(frozen=True, eq=False)
class PairLabel:
    """What `label.tif` and `fractions.tif` hold, and how they came to be.

    `pixels` (height, width) uint8 are class values, 255 = ignore; `shares` (classes, height, width)
    float32 the area shares 0…1 of `classes`, exact but for rounding. `transformation` says how
    exactly the mask was brought to the CRS of the scene.
    """

    classes: tuple[int, ...]
    pixels: NDArray[np.uint8]
    shares: NDArray[np.float32]
    buffer: BoundaryBuffer | None
    objects: Objects
    transformation: Transformation

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what a reviewer would wonder about."""
        return self.buffer.notes if self.buffer else ()

    @property
    def sections(self) -> dict[str, Any]:
        """What pair.json says of the labels."""
        return {
            "ignore_rim": self.buffer,
            "objects": self.objects,
            "transformation": self.transformation,
        }


def pair_label(
    mask: Mask, labels: GridLabels, grid: PixelGrid, wanted: BoolArray, ignore_rim_m: float
) -> PairLabel:
    """Put the labels of a mask on the grid of a pair; pixels that aren't `wanted` are ignored.

    Raises MaskError when the features of a mask of polygons are gone.
    """
    classes = mask.stored_classes
    exact = labels.shares(grid, classes)
    hard = np.where(wanted, hard_label(exact, classes), np.uint8(IGNORE))
    shares = exact.astype(np.float32)
    del exact  # twice as large as what is kept
    pixels, buffer = with_boundary_buffer(hard, labels, grid, ignore_rim_m)
    return PairLabel(
        classes,
        pixels,
        shares,
        buffer,
        objects_of(mask, labels, grid),
        _transformation(mask, grid),
    )


def _transformation(mask: Mask, grid: PixelGrid) -> Transformation:
    if mask.georeference.crs is None or mask.extent is None:
        raise ValueError(f"{mask.name} has no georeference")
    return transformation(mask.georeference.crs, grid.crs, mask.extent)
