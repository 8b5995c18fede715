"""Pairs that look unlike all others, by robust z-scores of their features.

A robust z-score is the distance from the median in units of 1.4826 times the median absolute
deviation, which is the standard deviation where values are normally distributed (Iglewicz and
Hoaglin 1993, How to detect and handle outliers). What is never negative (means of reflectance,
spreads, textures) is compared as its logarithm.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .signature import Signature

# Fewer pairs don't tell what is usual.
LEAST_PAIRS = 8
LEAST_SCORE = 6.0
_TO_STANDARD_DEVIATION = 1.4826
# Features that are nearly the same everywhere: no difference below this counts (log, or NDVI).
_LEAST_DEVIATION = 0.02
_NEAR_ZERO = 1e-4

Feature = tuple[str, int | None]


def outliers(
    found: Mapping[str, Signature], class_names: Mapping[int, str]
) -> list[tuple[str, float, str]]:
    """Pair id, largest robust z-score, and the reason, those that are furthest off first."""
    worst: dict[str, tuple[float, str]] = {}
    for feature in sorted({name for sign in found.values() for name in sign.features}, key=str):
        values = {
            one: sign.features[feature] for one, sign in found.items() if feature in sign.features
        }
        if len(values) < LEAST_PAIRS:
            continue
        for pair_id, score, median in _unusual(feature, values):
            if score > worst.get(pair_id, (0.0, ""))[0]:
                text = _reason(feature, values[pair_id], median, class_names)
                worst[pair_id] = (score, text)
    ranked = sorted(worst.items(), key=lambda item: (-item[1][0], item[0]))
    return [(pair_id, round(score, 1), text) for pair_id, (score, text) in ranked]


def _unusual(feature: Feature, values: Mapping[str, float]) -> list[tuple[str, float, float]]:
    """Pair id, robust z-score, and the median of the feature, of those that stand out."""
    plain = np.array(list(values.values()))
    compared = plain if _can_be_negative(feature) else np.log(np.maximum(plain, _NEAR_ZERO))
    middle = np.median(compared)
    deviation = _TO_STANDARD_DEVIATION * float(np.median(np.abs(compared - middle)))
    scores = np.abs(compared - middle) / max(deviation, _LEAST_DEVIATION)
    ids = list(values)
    return [
        (ids[number], float(scores[number]), float(np.median(plain)))
        for number in np.flatnonzero(scores >= LEAST_SCORE)
    ]


def _can_be_negative(feature: Feature) -> bool:
    return feature[0] == "mean NDVI"


def _reason(feature: Feature, value: float, median: float, class_names: Mapping[int, str]) -> str:
    """`mean NDVI in class 2 (water) is 0.61, far above the others (median -0.12)`."""
    name, number = feature
    where = ""
    if number is not None:
        called = class_names.get(number)
        where = f" in class {number}" + (f" ({called})" if called else "")
    side = "above" if value > median else "below"
    return f"{name}{where} is {value:.3f}, far {side} the others (median {median:.3f})"
