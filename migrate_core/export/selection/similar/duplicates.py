"""Pairs that are nearly the same: of the same ground on the same day, or with the same pixels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np
import shapely
from numpy.typing import NDArray

from ....model import IGNORE
from ....text import format_share
from ...splits.ground import ground_of
from .signature import Signature

# Of the area that either of two footprints has, the share that both have.
LEAST_COMMON_GROUND = 0.8
# Pictures of 16 x 16 pixels that differ by no more than this (reflectance, root mean square) and
# vary together are of the same pixels; of other ground, textures don't vary together.
LARGEST_DIFFERENCE = 0.02
LEAST_CORRELATION = 0.95
# Pictures that vary by less (reflectance) show nothing.
_FLAT = 1e-4
# So many pictures are compared with so many at once, and of so many pairs pixel by pixel: 13 MB.
_BLOCK = 2048
_COMPARED = 4096


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two near duplicates have in common; None where that isn't what makes them alike.

    `ground` is the share 0…1 of the area in common, on the same day; `difference` that of their
    pictures in reflectance, root mean square.
    """

    ground: float | None = None
    difference: float | None = None


def alike(
    pair_ids: Sequence[str],
    footprints: Sequence[shapely.Geometry],
    scenes: Sequence[frozenset[str]],
    found: Mapping[str, Signature],
) -> dict[tuple[str, str], Likeness]:
    """The near duplicates, by the ids of two pairs, of which the first comes first.

    `scenes` are, of each pair, the ids of its scenes and their days.
    """
    likenesses = {
        _key(pair_ids, one, other): Likeness(ground=share)
        for one, other, share in _common_ground(footprints, scenes)
    }
    for one, other, difference in _same_pixels(pair_ids, found):
        key = _key(pair_ids, one, other)
        likenesses[key] = replace(likenesses.get(key, Likeness()), difference=difference)
    return dict(sorted(likenesses.items(), key=itemgetter(0)))


def reason_of(key: tuple[str, str], likeness: Likeness, found: Mapping[str, Signature]) -> str:
    """Why the pairs with two ids are near duplicates, and how far their labels agree."""
    texts = []
    if likeness.ground is not None:
        share = format_share(likeness.ground)
        texts.append(f"{share} of the ground in common, on the same day")
    if likeness.difference is not None:
        difference = f"{likeness.difference:.4f}"
        texts.append(f"nearly the same pixels (they differ by {difference} in reflectance)")
    return ", and ".join(texts) + _labels(key, found)


def _key(pair_ids: Sequence[str], one: int, other: int) -> tuple[str, str]:
    first, second = sorted((pair_ids[one], pair_ids[other]))
    return first, second


def _common_ground(
    footprints: Sequence[shapely.Geometry], scenes: Sequence[frozenset[str]]
) -> Iterator[tuple[int, int, float]]:
    """Numbers of nearly the same footprints with a scene or day in common; the share in common."""
    ground = ground_of(footprints)
    found = ground.overlapping()
    ones, others = ground.different[found[:, 0]], ground.different[found[:, 1]]
    common = shapely.area(shapely.intersection(ones, others))
    share = common / (shapely.area(ones) + shapely.area(others) - common)
    near = share >= LEAST_COMMON_GROUND
    for (one, other), part in zip(found[near].tolist(), share[near].tolist(), strict=True):
        for pair in _of_one_scene(
            ground.having[one].tolist(), ground.having[other].tolist(), scenes
        ):
            yield *pair, part


def _of_one_scene(
    ones: Sequence[int], others: Sequence[int], scenes: Sequence[frozenset[str]]
) -> set[tuple[int, int]]:
    """The pairs of one number and another, ascending, that have a scene or day in common."""
    having: dict[str, list[int]] = defaultdict(list)
    for other in others:
        for scene in scenes[other]:
            having[scene].append(other)
    return {
        (min(one, other), max(one, other))
        for one in ones
        for scene in scenes[one]
        for other in having.get(scene, ())
        if one != other
    }


def _same_pixels(
    pair_ids: Sequence[str], found: Mapping[str, Signature]
) -> Iterator[tuple[int, int, float]]:
    """Numbers of pairs with nearly the same picture, and by how much these differ."""
    numbers = [number for number, pair_id in enumerate(pair_ids) if pair_id in found]
    if len(numbers) < 2:
        return
    pictures = np.stack([found[pair_ids[number]].picture for number in numbers])
    for near in _varying_together(pictures):
        apart = pictures[near[:, 0]] - pictures[near[:, 1]]
        difference = np.sqrt((apart**2).mean(axis=(1, 2, 3)))
        same = difference <= LARGEST_DIFFERENCE
        for (i, j), d in zip(near[same].tolist(), difference[same].tolist(), strict=True):
            yield numbers[i], numbers[j], d


def _varying_together(pictures: NDArray[np.float32]) -> Iterator[NDArray[np.int64]]:
    """The pairs (n, 2) of pictures whose pixels vary together in all bands; flat ones don't.

    They come a few at a time: of a time series nearly all pairs may.
    """
    centred = (pictures - pictures.mean(axis=(2, 3), keepdims=True)).reshape(len(pictures), -1)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    flat = lengths < _FLAT * np.sqrt(centred.shape[1])
    unit = np.where(flat, 0, centred / np.maximum(lengths, 1e-12)).astype(np.float32)
    for top in range(0, len(unit), _BLOCK):
        for left in range(top, len(unit), _BLOCK):
            together = unit[top : top + _BLOCK] @ unit[left : left + _BLOCK].T
            pairs = np.argwhere(together >= LEAST_CORRELATION) + np.array([top, left])
            pairs = pairs[pairs[:, 0] < pairs[:, 1]]
            yield from np.split(pairs, range(_COMPARED, len(pairs), _COMPARED))


def _labels(key: tuple[str, str], found: Mapping[str, Signature]) -> str:
    """How far the labels of two near duplicates agree."""
    if not all(pair_id in found for pair_id in key):
        return ""
    one, other = (found[pair_id].classes for pair_id in key)
    known = (one != IGNORE) & (other != IGNORE)
    if not known.any():
        return ""
    return f"; labels agree on {format_share(float((one == other)[known].mean()))} of the pixels"
