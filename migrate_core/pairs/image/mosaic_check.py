"""What a pair says of the parts of its image: which pixels are whose, and whether they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...grid import BoolArray
from ...products.pixels.resampling import NO_DATA
from ...products.product import Product
from ...text import format_share
from .mosaic import FAR_APART, Mosaic, Overlap

# Tiles of L2A are corrected one by one: some pixels at cloud edges may differ without harm.
_TOLERATED = 0.01


@dataclass(frozen=True)
class Part:
    """What one product gave to the image, and how it agrees with the products before it.

    `pixels` are those with data inside the mask's footprint; `resampled` ones are interpolated.
    """

    product_id: str
    baseline: str
    crs: str
    pixels: int
    resampled: bool
    overlap: Overlap


@dataclass(frozen=True)
class MosaicCheck:
    """All parts, in the order their pixels are preferred.

    `reprojected` is the share 0…1 of the pixels with data that were resampled.
    """

    parts: tuple[Part, ...]
    reprojected: float

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences that say why the parts may not belong together."""
        return tuple(
            f"Where {part.product_id} overlaps the other granules, {format_share(share)} of the "
            f"pixels differ by more than {FAR_APART / 10_000:g} in reflectance (at most by "
            f"{(part.overlap.largest or 0) / 10_000:g}), though they are one measurement: look at "
            "the seam."
            for part in self.parts
            if (share := part.overlap.far_apart or 0.0) > _TOLERATED
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what is not wrong, but worth knowing."""
        given = [part for part in self.parts if part.pixels]
        zones = sorted({part.crs for part in given if part.resampled})
        baselines = sorted({part.baseline for part in given})
        found = []
        if zones:
            share = format_share(self.reprojected)
            found.append(f"{share} of the image was reprojected from {' and '.join(zones)}.")
        if len(baselines) > 1:
            found.append(
                f"Its granules were processed by different baselines ({', '.join(baselines)})."
            )
        return tuple(found)


def mosaic_check(products: Sequence[Product], found: Mosaic, inside: BoolArray) -> MosaicCheck:
    """The account of a mosaic; `inside` (height, width) are the pixels of the mask's footprint."""
    covered = inside & (found.image != NO_DATA).any(axis=0)
    counts = np.bincount(found.origin[covered], minlength=len(products))
    resampled = sum(int(counts[number]) for number in found.resampled)
    parts = (
        Part(
            product.product_id,
            product.baseline,
            product.grid.crs,
            int(counts[number]),
            number in found.resampled,
            overlap,
        )
        for number, (product, overlap) in enumerate(zip(products, found.overlaps, strict=True))
    )
    return MosaicCheck(tuple(parts), round(resampled / max(int(covered.sum()), 1), 6))
