"""Whether what is inside a label looks different from what it did: a simple indicator.

With the source image, its bands and those of Sentinel-2 are each put on the scale of the ground
around the labels (their median there is 0, their spread 1). What didn't change then has about the
same value in both, whatever sensor, light and units. A labelled pixel counts as different where its
bands together are further off than the ground around is, and further than its contrast explains.
The indicator is the share of such pixels.

Without it only Sentinel-2 can be asked whether the object is there: the indicator is how badly the
inside of the labels can be told from a ring around them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import MaskError
from ...grid import BoolArray, FloatArray, PixelGrid
from ...masks.raster.opening import opened
from ...model import BACKGROUND, Mask
from ...products.scene_classes import OCCLUDING_FLAGS, Flag
from ..flags import labelled_pixels
from ..source.image import LIKE, band_order, image_path, source_grid, warped_image
from .neighbours import alone, squared_distances
from .rules import RULES

_OCCLUDING = Flag.OUTSIDE | OCCLUDING_FLAGS
# It takes so many clear pixels inside and around, and of the inside so large a share: what is said
# of the label has to hold for most of it, as the class of a pixel does for half of its area.
_INSIDE, _OUTSIDE, _SHARE = 10, 30, 0.5
# A pixel is different where, over all bands, it is off by this many spreads of what the ground
# around is off by, and by all of its contrast but this part: the scale taken from the ground around
# is the less certain the less that looks alike in both, and matters more the more an object stands
# out.
_SPREADS, _OF_CONTRAST = 1.5, 0.5
# Where no band correlates by this much around the labels, the images have nothing in common.
_ALIKE = 0.1
# A ring this far from the label, in pixels: mixed pixels are left out.
_NEAREST, _FURTHEST = 1.5, 30.0
# Deciles of a normal distribution lie this many standard deviations apart.
_DECILES = 2.563
# The standard deviation that a median absolute deviation stands for.
_MAD = 1.4826
_TINY = 1e-9


@dataclass(frozen=True)
class Change:
    """`value` 0…1, None where it wasn't measured; how it was found; and what it means, in words.

    `rules` is the number of the rules by which it was found.
    """

    value: float | None
    method: str
    explanation: str
    rules: int = RULES

    @classmethod
    def not_measured(cls, why: str) -> Change:
        """No value; `why` is a sentence without its full stop."""
        return cls(None, "none", f"not measured: {why}")

    @property
    def note(self) -> str | None:
        """Why there is no value; None where there is one."""
        return self.explanation if self.value is None else None

    @property
    def sections(self) -> dict[str, Any]:
        """What pair.json says of the change."""
        return {
            "change": self.value,
            "change_note": self.note,
            "change_rules": self.rules,
            "change_found": self,
        }


@dataclass(frozen=True, eq=False)
class PairLook:
    """What is compared, on `grid`, the pair's: bands by name, label and flags (height, width).

    `source_grid` is the same grid as it lies for the source image, where the mask was moved.
    """

    grid: PixelGrid
    source_grid: PixelGrid
    bands: Mapping[str, NDArray[np.uint16]]
    label: NDArray[np.uint8]
    flags: NDArray[np.uint8]


def change_of(mask: Mask, look: PairLook) -> Change:
    """The indicator for a pair. What is wrong with the source image is said, not raised."""
    return _looked_for(mask, look)[0]


def changed_pixels(mask: Mask, look: PairLook) -> BoolArray | None:
    """The labelled pixels (height, width) that look different, whose share the indicator is.

    None where the images can't be compared pixel by pixel.
    """
    return _looked_for(mask, look)[1]


def _looked_for(mask: Mask, look: PairLook) -> tuple[Change, BoolArray | None]:
    """The indicator, and which pixels it counted; None where it counts none."""
    clear = look.flags & _OCCLUDING == 0
    label, ring = _inside(look.label), _ring(look.label)
    inside, outside = label & clear, ring & clear
    if obstacle := _too_few(inside, label) or _too_few_outside(outside):
        return Change.not_measured(obstacle), None
    try:
        source, valid = _source(mask, look)
    except MaskError as err:
        return _by_contrast(look, inside, outside, str(err)), None
    if _too_few(inside & valid, label) or _too_few_outside(outside & valid):
        why = "The source image doesn't show most of it."
        return _by_contrast(look, inside, outside, why), None
    different = _different(look, source, inside & valid, outside & valid)
    if different is None:
        why = "Around the labels the source image looks like nothing in Sentinel-2's."
        return _by_contrast(look, inside, outside, why), None
    return _by_source(float(different[inside & valid].mean())), different


def _too_few(clear: BoolArray, label: BoolArray) -> str | None:
    """Why the `clear` pixels of the label are too few to speak for it; None where they aren't."""
    count, total = int(clear.sum()), int(label.sum())
    if not total:
        return "no pixel of the label has a class"
    if count >= max(_INSIDE, _SHARE * total):
        return None
    return (
        f"of {total:,} pixels inside the label {count:,} are clear ({100 * count / total:.0f} %); "
        f"needed are {_INSIDE}, and {100 * _SHARE:.0f} %"
    )


def _too_few_outside(clear: BoolArray) -> str | None:
    """Why the `clear` pixels around the label are too few to compare with; None if they aren't."""
    count = int(clear.sum())
    if count >= _OUTSIDE:
        return None
    return f"{count:,} pixels around the label are clear background; needed are {_OUTSIDE}"


def _inside(label: NDArray[np.uint8]) -> BoolArray:
    """Labelled pixels that no other class and nothing unknown touches, else all labelled ones."""
    labelled = labelled_pixels(label)
    core: BoolArray = labelled & alone(label)
    found: BoolArray = core if core.sum() >= _INSIDE else labelled
    return found


def _ring(label: NDArray[np.uint8]) -> BoolArray:
    """Background near the labels, mixed pixels left out."""
    labelled = labelled_pixels(label)
    if not labelled.any():
        return labelled
    near = squared_distances(labelled, math.ceil(_FURTHEST))
    ring: BoolArray = (near > _NEAREST**2) & (near <= _FURTHEST**2)
    found: BoolArray = (label == BACKGROUND) & ring
    return found


def _source(mask: Mask, look: PairLook) -> tuple[dict[str, FloatArray], BoolArray]:
    """The source image's bands by those of Sentinel-2 that are like them, and where it is valid."""
    with opened(image_path(mask)) as dataset:
        names, _ = band_order(dataset)
        wanted = {
            band: names[name] for name, band in LIKE.items() if name in names and band in look.bands
        }
        if not wanted:
            raise MaskError("The source image has no band in common with the pair.")
        grid = source_grid(dataset, mask)
        image, valid = warped_image(dataset, grid, look.source_grid, list(wanted.values()))
    found = dict(zip(wanted, image.astype(np.float64), strict=True))
    return found, valid & np.isfinite(image).all(axis=0)


def _different(
    look: PairLook, source: Mapping[str, FloatArray], inside: BoolArray, outside: BoolArray
) -> BoolArray | None:
    """Which pixels of the inside look different in both; None if the ground around is no help.

    That is where nothing around the labels looks alike, as in an image of another place.
    """
    off, limit = np.zeros(int(inside.sum())), np.zeros(int(inside.sum()))
    most_alike = 0.0
    for name, then in source.items():
        before, after = _scaled(then, outside), _scaled(look.bands[name], outside)
        alike = _alike(before[outside], after[outside])
        most_alike = max(most_alike, alike)
        changed = after - before
        usual = float(np.median(changed[outside]))
        spread = _MAD * float(np.median(abs(changed[outside] - usual)))
        contrast = np.maximum(abs(before), abs(after))[inside]
        off += (changed[inside] - usual) ** 2
        limit += (_SPREADS * spread + (1 - _OF_CONTRAST * alike**2) * contrast) ** 2
    if most_alike < _ALIKE:
        return None
    found = np.zeros(inside.shape, dtype=np.bool_)
    found[inside] = off > limit
    return found


def _by_source(share: float) -> Change:
    """The indicator where this share 0…1 of the clear labelled pixels looks different."""
    value = round(share, 3)
    return Change(
        value,
        "source image",
        f"{100 * value:.0f} percent of the clear labelled pixels look different in Sentinel-2 and "
        "in the source image, each compared with the ground around the labels.",
    )


def _alike(before: FloatArray, after: FloatArray) -> float:
    """The correlation of two bands over the ground around; 0 where one of them is flat."""
    if before.std() < _TINY or after.std() < _TINY:
        return 0.0
    return max(float(np.corrcoef(before, after)[0, 1]), 0.0)


def _scaled(band: NDArray[Any], outside: BoolArray) -> FloatArray:
    """A band with a median of 0 and a spread of 1 on the ground around."""
    low, middle, high = np.percentile(band[outside], [10, 50, 90])
    found: FloatArray = (band - middle) / max((high - low) / _DECILES, _TINY)
    return found


def _by_contrast(look: PairLook, inside: BoolArray, outside: BoolArray, why: str) -> Change:
    """How badly the inside can be told from the ring by the best linear mix of bands.

    One minus the Gini coefficient, 2 AUC - 1: 0 where all pixels inside differ from those around,
    1 where they are alike.
    """
    bands = [look.bands[name] for name in sorted(LIKE.values()) if name in look.bands]
    if not bands:
        return Change.not_measured(f"the pair has no 10 m bands to compare. {why}".rstrip("."))
    pixels = np.stack([np.concatenate([band[inside], band[outside]]) for band in bands], axis=1)
    own = np.concatenate([np.ones(inside.sum()), np.zeros(outside.sum())])
    mixed = _discriminant(np.sqrt(pixels.astype(np.float64)), own)
    _, inverse, times = np.unique(mixed, return_inverse=True, return_counts=True)
    ranks = (times.cumsum() - (times - 1) / 2)[inverse]  # equal values share their mean rank
    count = int(inside.sum())
    auc = (ranks[own == 1].sum() - count * (count + 1) / 2) / (count * int(outside.sum()))
    value = round(float(np.clip(2 - 2 * auc, 0, 1)), 3)
    return Change(
        value,
        "contrast",
        f"{why} In Sentinel-2 alone, a pixel inside the labels differs from one around them with a "
        f"chance of {100 * auc:.0f} percent (50 percent: they look alike, the object isn't seen).",
    )


def _discriminant(pixels: FloatArray, own: FloatArray) -> FloatArray:
    """Fisher's linear discriminant between `own` 1 and 0, of pixels (n, bands)."""
    weight = np.where(own == 1, 0.5 / own.sum(), 0.5 / (own.size - own.sum()))
    centred = pixels - weight @ pixels
    design = np.sqrt(weight)[:, None] * centred
    aim = np.sqrt(weight) * (own - 0.5)
    mix = np.linalg.lstsq(design, aim, rcond=None)[0]
    found: FloatArray = centred @ mix
    return found
