"""Shadows of clouds: each cloud is cast on the ground from the height that fits what is dark there.

After the matching of Fmask (Zhu and Woodcock 2012, Remote Sensing of Environment 118, 83-94): how high
a cloud is can't be seen, but its shadow has its shape and lies on a line away from the sun. The
darkness is that of the near and the short-wave infrared, which the sky lights least, relative to the
land within a kilometre; water is dark as well and says nothing. The satellite's view is taken to be
from straight above: at the edge of the swath (10 degrees) that moves a cloud by a sixth of its height.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ...grid import BoolArray, FloatArray
from .window import SHADOW_M, Reach, Reflectance

# Bands that shadows are told by, all of them at 20 m here: B03 only tells water.
BANDS = ("B03", "B8A", "B11")
# What is called surroundings: a square of this side, in pixels of 20 m.
_AROUND = 101
# A cloud nearer than this can't be told from its shadow, in metres along the ground.
_NEAREST_M = 100
# How much darker than its surroundings a shadow is at least on the whole, and how much darker a pixel
# has to be to speak for a height; brighter ones speak against it.
_DARK_ON_THE_WHOLE = 0.20
_SPEAKS_FROM = 0.12
# One pixel must not speak louder than others because it is water's edge or a white roof.
_LOUDEST = (-0.3, 0.5)
# Ground that must be seen of a cloud's shadow to tell its height: four pixels of 60 m, in those of 20.
_SEEN_FROM = 36
# Clouds of one sky stand at similar heights: others are looked at when none of these fits.
_SIMILAR = (0.6, 1.5)
# Clouds have soft edges and so do their shadows: dark ground belongs to a shadow up to 120 m from
# it; what is brighter than its surroundings doesn't belong to it at all.
_SOFT = 6
_DARK, _BRIGHT = 0.10, -0.05


@dataclass(frozen=True, eq=False)
class Shadows:
    """`mask` (height, width) on the ground that is not under cloud.

    `heights_m` are those of the clouds whose shadow was found.
    """

    mask: BoolArray
    heights_m: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Fit:
    """How well each distance fits each cloud, (distances, clouds): sums over the ground seen."""

    speaks: FloatArray
    darkness: FloatArray
    seen: FloatArray

    @property
    def good(self) -> FloatArray:
        """What speaks for a distance where the ground is dark enough to be a shadow, else -1."""
        dark = self.darkness >= _DARK_ON_THE_WHOLE * self.seen
        return np.where(dark & (self.seen >= _SEEN_FROM), self.speaks, -1.0)


def cast(
    bodies: BoolArray, cloud: BoolArray, bands: Mapping[str, Reflectance], away: Reach
) -> Shadows:
    """The shadows of clouds on a north-up grid of 20 m.

    `bodies` (height, width) are the clouds that cast them, `cloud` all that is not seen for cloud;
    `bands` the reflectances of BANDS, NaN for no data. A cloud of which no distance fits, such as
    one that is no cloud, casts none.
    """
    darkness = darker_than_around(bands, cloud)
    # Where edges of clouds touch, corners count: the parts of one cloud have one height.
    clouds, count = ndimage.label(bodies, np.ones((3, 3)))
    distances = np.arange(_NEAREST_M, max(away.farthest_m, _NEAREST_M + 1), SHADOW_M)
    if count == 0:
        return Shadows(np.zeros_like(cloud), ())
    chosen = _choose(_fits(clouds, darkness, cloud, _steps(distances, away)), distances)
    ground = np.zeros_like(cloud)
    for distance in sorted({one for one in chosen if one is not None}):
        numbers = [number for number, one in enumerate(chosen, start=1) if one == distance]
        ground |= shifted(np.isin(clouds, numbers), *_step(float(distance), away))
    heights = (one / away.metres_per_height for one in chosen if one is not None)
    there = ~np.isnan(bands["B8A"])
    mask = _softened(ground, darkness) & ~cloud & there
    return Shadows(mask, tuple(sorted(round(height) for height in heights)))


def darker_than_around(bands: Mapping[str, Reflectance], cloud: BoolArray) -> FloatArray:
    """How much darker the land is than its surroundings: 0 as they are, 1 black; NaN elsewhere."""
    green, infrared = bands["B03"], bands["B8A"]
    near_cloud = ndimage.binary_dilation(cloud)
    # The water index of McFeeters (1996); what is NaN is no land either.
    land = (infrared > green) & ~near_cloud & ~np.isnan(bands["B11"])
    ratio = sum(bands[name] / _mean_around(bands[name], land) for name in ("B8A", "B11"))
    return np.where(land, 1.0 - ratio / 2.0, np.nan)


def _mean_around(values: Reflectance, land: BoolArray) -> FloatArray:
    known = ndimage.uniform_filter(land.astype(np.float64), _AROUND, mode="nearest")
    total = np.where(land, values, 0.0).astype(np.float64)
    means = ndimage.uniform_filter(total, _AROUND, mode="nearest") / np.maximum(known, 1e-6)
    return np.maximum(means, 1e-3)


def _step(distance: float, away: Reach) -> tuple[int, int]:
    """Rows down and columns right that a cloud is from its shadow, in pixels of 20 m."""
    return round(-distance * away.north / SHADOW_M), round(distance * away.east / SHADOW_M)


def _steps(distances: NDArray[np.int64], away: Reach) -> list[tuple[int, int]]:
    return [_step(float(distance), away) for distance in distances]


def _fits(
    clouds: NDArray[np.int32],
    darkness: FloatArray,
    cloud: BoolArray,
    steps: list[tuple[int, int]],
) -> _Fit:
    """How well each step fits each cloud, by the ground that its shadow would lie on."""
    seen = ~cloud & ~np.isnan(darkness)
    dark = np.where(seen, darkness, 0.0)
    speaks = dark.clip(*_LOUDEST) - _SPEAKS_FROM
    count = int(clouds.max()) + 1
    sums = np.zeros((3, len(steps), count))
    for number, step in enumerate(steps):
        cast_here = shifted(clouds, *step)
        ground = seen & (cast_here > 0)
        which = cast_here[ground]
        for row, weights in enumerate((speaks[ground], dark[ground], None)):
            sums[row, number] = np.bincount(which, weights, minlength=count)
    return _Fit(*sums[:, :, 1:])


def _choose(fit: _Fit, distances: NDArray[np.int64]) -> list[int | None]:
    """The distance of the shadow of each cloud, None where none fits.

    First the distance that fits all clouds together is found. Each then takes the one that fits it
    best near that, else of all; a cloud whose shadow lies out of sight takes the common one.
    """
    good = fit.good
    common = int(np.maximum(fit.speaks, 0.0).sum(axis=1).argmax())
    common_fits = bool((good[common] > 0).any())
    low, high = (factor * distances[common] for factor in _SIMILAR)
    near = (distances >= low) & (distances <= high)
    chosen: list[int | None] = []
    for cloud in range(good.shape[1]):
        similar = np.where(near, good[:, cloud], -1.0)
        candidates = similar if similar.max() > 0 else good[:, cloud]
        if candidates.max() > 0:
            chosen.append(int(distances[candidates.argmax()]))
        elif common_fits and fit.seen[common, cloud] < _SEEN_FROM:
            chosen.append(int(distances[common]))
        else:
            chosen.append(None)
    return chosen


def _softened(ground: BoolArray, darkness: FloatArray) -> BoolArray:
    """Shadows with their soft edges, and without what is too bright to be in one."""
    within = ndimage.binary_dilation(ground) & ~(darkness < _BRIGHT)
    soft = ndimage.binary_dilation(ground, iterations=_SOFT) & (darkness > _DARK)
    mask: BoolArray = within | soft
    return mask


def shifted(values: NDArray[np.generic], down: int, right: int) -> NDArray[np.generic]:
    """Pixels moved down and to the right, 0 where nothing comes from."""
    out = np.zeros_like(values)
    height, width = values.shape
    if abs(down) >= height or abs(right) >= width:
        return out
    out[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = values[
        max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)
    ]
    return out
