"""Which pairs may be accepted so that a promised share of bad ones holds on average.

Conformal selection (Jin and Candes 2023, "Selection by prediction with conformal p-values", J.
Mach. Learn. Res. 24): how often do bad pairs of a random sample score as high as this pair? With
the step-up rule of Benjamini and Hochberg (1995) the mean share of bad pairs among those taken is
at most the promised one, however well or badly the scores tell good from bad.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class HeldBack:
    """A random sample of all pairs, with scores by models that didn't learn from them.

    `scores` (n,) are by the model of the pair's own part, `folds` (n,) is the number of that part,
    `bad` (n,) whether persons didn't accept the pair.
    """

    scores: FloatArray
    folds: NDArray[Any]
    bad: BoolArray


def conformal_p_values(held_back: HeldBack, scores: FloatArray) -> FloatArray:
    """For each of m pairs the estimated chance of a bad one that scores at least as high.

    `scores` (parts, m) are by the model of each part: a pair is compared with those held back
    from a model by the scores of the same model (cross-conformal, Vovk 2015).
    """
    higher = np.zeros(scores.shape[1])
    for fold, own in enumerate(scores):
        bad = np.sort(held_back.scores[(held_back.folds == fold) & held_back.bad])
        higher += len(bad) - np.searchsorted(bad, own, side="left")
    found: FloatArray = (1 + higher) / (len(held_back.bad) + 1)
    return found


def step_up(p_values: FloatArray, tests: int, share: float) -> BoolArray:
    """Which are taken by Benjamini and Hochberg's rule for `tests` tests at a promised `share`.

    `tests` counts those that have no p-value here as well, since they can't be taken.
    """
    ordered = np.sort(p_values)
    below = np.flatnonzero(ordered <= share * np.arange(1, len(ordered) + 1) / tests)
    if not len(below):
        return np.zeros(len(p_values), bool)
    found: BoolArray = p_values <= ordered[below[-1]]
    return found
