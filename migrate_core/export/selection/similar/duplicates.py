"""Pairs that are nearly the same: of the same ground on the same day, or with the same pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from ....model import IGNORE
from ....text import format_share
from ...splits.groups import footprints_of_shapes, overlapping
from .signature import Signature

# Of the area that either of two footprints has, the share that both have.
LEAST_COMMON_GROUND = 0.8
# Pictures of 16 x 16 pixels that differ by no more than this (reflectance, root mean square) and
# vary together are of the same pixels; of other ground, textures don't vary together.
LARGEST_DIFFERENCE = 0.02
LEAST_CORRELATION = 0.95
# Pictures that vary by less (reflectance) show nothing.
_FLAT = 1e-4
# So many pictures are compared with so many at once.
_BLOCK = 2048


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
    near = _varying_together(pictures)
    apart = pictures[near[:, 0]] - pictures[near[:, 1]]
    difference = np.sqrt((apart**2).mean(axis=(1, 2, 3)))
    same = difference <= LARGEST_DIFFERENCE
    return [
        (numbers[i], numbers[j], float(d))
        for (i, j), d in zip(near[same].tolist(), difference[same], strict=True)
    ]


def _varying_together(pictures: NDArray[np.float32]) -> NDArray[np.int64]:
    """The pairs (n, 2) of pictures whose pixels vary together in all bands; flat ones don't."""
    centred = (pictures - pictures.mean(axis=(2, 3), keepdims=True)).reshape(len(pictures), -1)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    flat = lengths < _FLAT * np.sqrt(centred.shape[1])
    unit = np.where(flat, 0, centred / np.maximum(lengths, 1e-12)).astype(np.float32)
    found = [np.empty((0, 2), dtype=np.int64)]
    for top in range(0, len(unit), _BLOCK):
        for left in range(top, len(unit), _BLOCK):
            together = unit[top : top + _BLOCK] @ unit[left : left + _BLOCK].T
            pairs = np.argwhere(together >= LEAST_CORRELATION) + np.array([top, left])
            found.append(pairs[pairs[:, 0] < pairs[:, 1]])
    return np.vstack(found)


def _labels(key: tuple[str, str], found: Mapping[str, Signature]) -> str:
    """How far the labels of two near duplicates agree."""
    if not all(pair_id in found for pair_id in key):
        return ""
    one, other = (found[pair_id].classes for pair_id in key)
    known = (one != IGNORE) & (other != IGNORE)
    if not known.any():
        return ""
    return f"; labels agree on {format_share(float((one == other)[known].mean()))} of the pixels"
