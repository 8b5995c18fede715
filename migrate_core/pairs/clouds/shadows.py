"""Shadows of clouds: each cloud is cast on the ground from the height that fits what is dark there.

After the matching of Fmask (Zhu and Woodcock 2012, Remote Sensing of Environment 118, 83-94): how
high a cloud is can't be seen, but its shadow has its shape and lies on a line away from the sun.
The darkness is that of the near and the short-wave infrared, which scattered light reaches least,
relative to the land within a kilometre; water is dark as well and says nothing. The satellite's
view is taken to be from straight above: at the edge of the swath (10 degrees) a cloud appears a
sixth of its height beside its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import scipy
from numpy.typing import NDArray

from ...grid import BoolArray, FloatArray
from .window import SHADOW_M, Reach, Reflectance

T = TypeVar("T", bound=np.generic)

# Bands that shadows are told by, all of them at 20 m here: B03 only tells water.
BANDS = ("B03", "B8A", "B11")
# What is called surroundings: a square of this side, in pixels of 20 m.
_NEIGHBOURHOOD = 101
# A cloud nearer than this can't be told from its shadow, in metres along the ground.
_NEAREST_M = 100
# How much darker than its surroundings a shadow is at least on the whole, and how much darker a
# pixel has to be to speak for a height; brighter ones speak against it.
_DARK_OVERALL = 0.20
_SPEAKS_FROM = 0.12
# One pixel must not speak louder than others because it is water's edge or a white roof.
_LOUDEST = (-0.3, 0.5)
# Pixels that must be seen of a cloud's shadow to tell its height: 36 of 20 m are four of 60 m.
_VISIBLE_FROM = 36
# Clouds of one day stand at similar heights: others are looked at when none of these fits, and then
# more ground has to be darker, since among many heights one fits something by chance.
_SIMILAR = (0.6, 1.5)
_OTHERS_VISIBLE_FROM, _OTHERS_DARK = 4 * _VISIBLE_FROM, 0.30
# Clouds have soft edges and so do their shadows: dark ground belongs to a shadow up to 120 m from
# it, and 20 m of any but bright ground. Within it bright ground counts: it may have been brighter.
_SOFT = 6
_DARK, _BRIGHT = 0.10, -0.05


@dataclass(frozen=True, eq=False)
class Shadows:
    """`mask` (height, width) on the ground that no body of a cloud covers.

    `heights_m` are those of the clouds whose shadow was found.
    """

    mask: BoolArray
    heights_m: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Fit:
    """How well each distance fits each cloud, (distances, clouds): sums over the ground seen."""

    speaks: FloatArray
    darkness: FloatArray
    visible: FloatArray

    def good(self, dark: float, visible_from: int) -> FloatArray:
        """What speaks for a distance where enough ground is dark enough for a shadow, else -1."""
        enough = (self.darkness >= dark * self.visible) & (self.visible >= visible_from)
        return np.where(enough, self.speaks, -1.0)


def cast(
    bodies: BoolArray, cloud: BoolArray, bands: Mapping[str, Reflectance], away: Reach
) -> Shadows:
    """The shadows of clouds on a north-up grid of 20 m.

    `bodies` (height, width) are the clouds that cast them, `cloud` those with their margins;
    `bands` the reflectances of BANDS, NaN for no data. A cloud of which no distance fits, such as
    one that is no cloud, casts none.
    """
    near_cloud: BoolArray = scipy.ndimage.binary_dilation(cloud)
    darkness = darker_than_nearby(bands, near_cloud)
    # Where edges of clouds touch, corners count: the parts of one cloud have one height.
    clouds, count = scipy.ndimage.label(bodies, np.ones((3, 3)))
    distances = list(range(_NEAREST_M, max(round(away.farthest_m), _NEAREST_M + 1), SHADOW_M))
    if count == 0:
        return Shadows(np.zeros_like(cloud), ())
    steps = [_step(distance, away) for distance in distances]
    visible = np.where(near_cloud, np.nan, darkness)
    chosen = _choose(_fits(clouds, visible, steps), distances)
    ground = np.zeros_like(cloud)
    for distance in sorted({one for one in chosen if one is not None}):
        members = [number for number, one in enumerate(chosen, start=1) if one == distance]
        ground |= shifted(np.isin(clouds, members), *_step(distance, away))
    heights = (one / away.metres_per_height for one in chosen if one is not None)
    there = ~np.isnan(bands["B8A"])
    # In the margin of a cloud only what is dark can be its shadow.
    lit = cloud & ~(darkness > _DARK)
    mask = _softened(ground, darkness) & ~bodies & ~lit & there
    return Shadows(mask, tuple(sorted(round(height) for height in heights)))


def darker_than_nearby(bands: Mapping[str, Reflectance], cloud: BoolArray) -> FloatArray:
    """How much darker the land is than its surroundings: 0 as they are, 1 black; NaN elsewhere.

    The pixels around are without `cloud`.
    """
    green, infrared = bands["B03"], bands["B8A"]
    # The water index of McFeeters (1996); what is NaN is no land either.
    land = (infrared > green) & ~np.isnan(bands["B11"])
    clear = land & ~cloud
    ratio = sum(bands[name] / _local_mean(bands[name], clear) for name in ("B8A", "B11"))
    darkness: FloatArray = np.where(land, 1.0 - ratio / 2.0, np.nan)
    return darkness


def _local_mean(values: Reflectance, land: BoolArray) -> FloatArray:
    known = scipy.ndimage.uniform_filter(land.astype(np.float64), _NEIGHBOURHOOD, mode="nearest")
    total = np.where(land, values, 0.0).astype(np.float64)
    means = scipy.ndimage.uniform_filter(total, _NEIGHBOURHOOD, mode="nearest") / np.maximum(
        known, 1e-6
    )
    floored: FloatArray = np.maximum(means, 1e-3)
    return floored


def _step(distance: int, away: Reach) -> tuple[int, int]:
    """Rows down and columns right that a cloud is from its shadow, in pixels of 20 m."""
    return round(-distance * away.north / SHADOW_M), round(distance * away.east / SHADOW_M)


def _fits(
    clouds: NDArray[np.int32],
    darkness: FloatArray,
    steps: Sequence[tuple[int, int]],
) -> _Fit:
    """How well each step fits each cloud, by the ground that its shadow would lie on.

    `darkness` is NaN where the ground isn't seen.
    """
    visible = ~np.isnan(darkness)
    dark = np.where(visible, darkness, 0.0)
    speaks = dark.clip(*_LOUDEST) - _SPEAKS_FROM
    count = int(clouds.max()) + 1
    sums = np.zeros((3, len(steps), count))
    for number, step in enumerate(steps):
        cast_here = shifted(clouds, *step)
        ground = visible & (cast_here > 0)
        which = cast_here[ground]
        for row, weights in enumerate((speaks[ground], dark[ground], None)):
            sums[row, number] = np.bincount(which, weights, minlength=count)
    return _Fit(*sums[:, :, 1:])


def _choose(fit: _Fit, distances: Sequence[int]) -> list[int | None]:
    """The distance of the shadow of each cloud, None where none fits.

    First the distance that fits all clouds together is found. Each then takes the one that fits it
    best near that, else of all; a cloud whose shadow lies out of sight takes the common one.
    """
    good = fit.good(_DARK_OVERALL, _VISIBLE_FROM)
    others = fit.good(_OTHERS_DARK, _OTHERS_VISIBLE_FROM)
    common = int(np.maximum(fit.speaks, 0.0).sum(axis=1).argmax())
    common_fits = bool((good[common] > 0).any())
    low, high = (factor * distances[common] for factor in _SIMILAR)
    near = np.array([low <= distance <= high for distance in distances])
    chosen: list[int | None] = []
    for cloud in range(good.shape[1]):
        similar = np.where(near, good[:, cloud], -1.0)
        candidates = similar if similar.max() > 0 else others[:, cloud]
        if candidates.max() > 0:
            chosen.append(distances[int(candidates.argmax())])
        elif common_fits and _may_be_there(fit, common, cloud):
            chosen.append(distances[common])
        else:
            chosen.append(None)
    return chosen


def _may_be_there(fit: _Fit, distance: int, cloud: int) -> bool:
    """Whether of a shadow so little is seen that it could be there, and that is not bright."""
    visible, darkness = fit.visible[distance, cloud], fit.darkness[distance, cloud]
    return bool(visible < _VISIBLE_FROM and darkness >= _DARK * visible)


def _softened(ground: BoolArray, darkness: FloatArray) -> BoolArray:
    """Shadows with their soft edges."""
    within = ground | (scipy.ndimage.binary_dilation(ground) & ~(darkness < _BRIGHT))
    soft = scipy.ndimage.binary_dilation(ground, iterations=_SOFT) & (darkness > _DARK)
    mask: BoolArray = within | soft
    return mask


def shifted(values: NDArray[T], down: int, right: int) -> NDArray[T]:
    """Pixels moved down and to the right, 0 where nothing comes from."""
    out = np.zeros_like(values)
    height, width = values.shape
    if abs(down) >= height or abs(right) >= width:
        return out
    out[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = values[
        max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)
    ]
    return out
