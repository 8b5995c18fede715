"""Pairs that are nearly the same: of the same ground on the same day, or with the same pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ....model import IGNORE
from ....text import format_share
from ...splits.groups import footprints_of_shapes, overlapping
from .signature import PICTURE_BANDS, PICTURE_SIZE, Signature

# Of the area that either of two footprints has, the share that both have.
LEAST_COMMON_GROUND = 0.8
# Pictures of 16 x 16 pixels that differ by no more than this (reflectance, root mean square) and
# vary together are of the same pixels; of other ground, textures don't vary together.
LARGEST_DIFFERENCE = 0.02
LEAST_CORRELATION = 0.95
_FLAT = 1e-4


def alike(
    pair_ids: Sequence[str],
    footprints: Sequence[shapely.Geometry],
    scenes: Sequence[frozenset[str]],
    found: Mapping[str, Signature],
) -> dict[tuple[str, str], str]:
    """Why two pairs are near duplicates, by their ids, of which the first comes first.

    `scenes` are, of each pair, the ids of its scenes and their days.
    """
    reasons: dict[tuple[str, str], str] = {}
    for one, other, share in _common_ground(footprints):
        if scenes[one] & scenes[other]:
            reasons[_key(pair_ids, one, other)] = (
                f"{format_share(share)} of the ground in common, on the same day"
            )
    for one, other, difference in _same_pixels(pair_ids, found):
        key = _key(pair_ids, one, other)
        text = f"nearly the same pixels (they differ by {difference:.4f} in reflectance)"
        reasons[key] = f"{reasons[key]}, and {text}" if key in reasons else text
    return {key: text + _labels(key, found) for key, text in sorted(reasons.items())}


def _key(pair_ids: Sequence[str], one: int, other: int) -> tuple[str, str]:
    first, second = sorted((pair_ids[one], pair_ids[other]))
    return first, second


def _common_ground(footprints: Sequence[shapely.Geometry]) -> list[tuple[int, int, float]]:
    """Numbers of footprints that are nearly the same, and the share of the area in common."""
    shapes = footprints_of_shapes(footprints)
    pairs = overlapping(shapes)
    if not len(pairs):
        return []
    ones, others = shapes[pairs[:, 0]], shapes[pairs[:, 1]]
    common = shapely.area(shapely.intersection(ones, others))
    share = common / (shapely.area(ones) + shapely.area(others) - common)
    near = share >= LEAST_COMMON_GROUND
    return [
        (int(i), int(j), float(part)) for (i, j), part in zip(pairs[near], share[near], strict=True)
    ]


def _same_pixels(
    pair_ids: Sequence[str], found: Mapping[str, Signature]
) -> list[tuple[int, int, float]]:
    """Numbers of pairs with nearly the same picture, and by how much these differ."""
    numbers = [number for number, pair_id in enumerate(pair_ids) if pair_id in found]
    if len(numbers) < 2:
        return []
    pictures = np.stack([found[pair_ids[number]].picture for number in numbers])
    # Pictures that differ by so much at most have quarters and spreads that do, too.
    half = PICTURE_SIZE // 2
    quarters = pictures.reshape(len(pictures), len(PICTURE_BANDS), 2, half, 2, half)
    means = quarters.mean(axis=(3, 5)).reshape(len(pictures), -1)
    tree = cKDTree(np.hstack([means, pictures.std(axis=(2, 3))]))
    near = tree.query_pairs(LARGEST_DIFFERENCE * np.sqrt(tree.m), output_type="ndarray")
    close = []
    for chunk in np.array_split(near, max(1, len(near) // 4096)):
        difference = np.sqrt(((pictures[chunk[:, 0]] - pictures[chunk[:, 1]]) ** 2).mean((1, 2, 3)))
        same = (difference <= LARGEST_DIFFERENCE) & (
            _correlation(pictures[chunk[:, 0]], pictures[chunk[:, 1]]) >= LEAST_CORRELATION
        )
        close += [
            (numbers[i], numbers[j], float(d))
            for (i, j), d in zip(chunk[same], difference[same], strict=True)
        ]
    return close


def _correlation(ones: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far the pixels of each band vary together, over all bands; 0 for flat pictures."""
    one, other = (a - a.mean(axis=(2, 3), keepdims=True) for a in (ones, others))
    varying = np.sqrt((one**2).mean((1, 2, 3)) * (other**2).mean((1, 2, 3)))
    together: NDArray[np.float32] = (one * other).mean((1, 2, 3)) / np.maximum(varying, 1e-12)
    return np.where(varying > _FLAT**2, together, 0)


def _labels(key: tuple[str, str], found: Mapping[str, Signature]) -> str:
    """How far the labels of two near duplicates agree."""
    if not all(pair_id in found for pair_id in key):
        return ""
    one, other = (found[pair_id].classes for pair_id in key)
    known = (one != IGNORE) & (other != IGNORE)
    if not known.any():
        return ""
    return f"; labels agree on {format_share(float((one == other)[known].mean()))} of the pixels"
