"""Whether the pairs are still like those that the model learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...grid import FloatArray

# The chance of seeing a drift where there is none, over all features together.
FALSE_ALARMS = 0.03
# Below all values: what is unknown differs from all that is known.
_UNKNOWN = -1e12


@dataclass(frozen=True)
class Drift:
    """A feature that is distributed otherwise: its medians, and the p-value of the difference.

    A median is None where most of the values are unknown. `p_value` is that of this feature.
    """

    name: str
    before: float | None
    now: float | None
    p_value: float


def drifts(learnt_from: FloatArray, now: FloatArray, names: Sequence[str]) -> tuple[Drift, ...]:
    """The features that differ between two sets of pairs, (n, features) each, the clearest first.

    Two tests of each feature that varies at all, at `FALSE_ALARMS` divided by their number
    (Bonferroni): Mann and Whitney's sees small shifts, Kolmogorov and Smirnov's any other change.
    NaN is an unknown value, and counts as one of its own.
    """
    before, after = (np.nan_to_num(part, nan=_UNKNOWN) for part in (learnt_from, now))
    varies = [
        column
        for column in range(len(names))
        if np.ptp(np.concatenate([before[:, column], after[:, column]])) > 0
    ]
    found = []
    for column in varies:
        then, later = before[:, column], after[:, column]
        p_value = _p_value(then, later)
        if p_value <= FALSE_ALARMS / len(varies):
            found.append(Drift(names[column], _median(then), _median(later), p_value))
    return tuple(sorted(found, key=lambda drift: drift.p_value))


def _p_value(before: FloatArray, now: FloatArray) -> float:
    from scipy.stats import ks_2samp, mannwhitneyu

    tests = (
        ks_2samp(before, now, method="asymp"),
        mannwhitneyu(before, now, method="asymptotic"),
    )
    return min(1.0, len(tests) * min(float(test.pvalue) for test in tests))


def _median(values: FloatArray) -> float | None:
    middle = float(np.median(values))
    return None if middle <= _UNKNOWN / 2 else middle
