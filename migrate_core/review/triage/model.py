"""A model of what persons would decide about a pair, of plain numbers.

Logistic regression with an L2 penalty on standardized features. The score of a pair is the log
odds that it is good. Beside the model of all decisions there is one for each of `FOLDS` parts of
the pairs, which never saw the decisions of its own part: what they say of the decided pairs is
held back, as it has to be for calibration and for `selection`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray, FloatArray
from ...text import _

FOLDS = 10
# So few decisions, or so few of either kind, teach nothing that could be relied on.
LEAST_DECISIONS, LEAST_OF_EACH = 100, 10
# The inverse of the penalty's weight. Of 0.03, 0.1, 0.3 and 1, with 100 to 400 decisions about
# pairs of 20 features, 0.1 orders about as well as any and shrinks less than 0.03.
_INVERSE_PENALTY = 0.1
# A feature that spreads less doesn't vary.
_TINY = 1e-9


@dataclass(frozen=True)
class LinearScore:
    """The log odds that a pair is good: `intercept` plus the sum of the parts of its features.

    Each feature has two columns, its value and whether that is unknown: of `means`, `scales` and
    `weights` the first half is for values, the second half for unknown ones. A part is the weight
    times the column on a scale where the pairs learnt from have mean 0 and spread 1; the value of
    an unknown one is the mean.
    """

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def parts(self, values: FloatArray) -> FloatArray:
        """What each feature adds to the score, for values (n, features), NaN where unknown."""
        columns = _standardized(values, np.array(self.means), np.array(self.scales))
        weighted: FloatArray = columns * np.array(self.weights)
        known, unknown = np.hsplit(weighted, 2)
        found: FloatArray = known + unknown
        return found

    def __call__(self, values: FloatArray) -> FloatArray:
        """The scores (n,) of values (n, features), NaN where unknown."""
        found: FloatArray = self.parts(values).sum(axis=1) + self.intercept
        return found


@dataclass(frozen=True, eq=False)
class Examples:
    """Decided pairs: `values` (n, features), NaN where unknown, and what persons decided.

    `good` (n,) is whether they accepted a pair, `folds` (n,) the part 0…FOLDS - 1 it belongs to,
    `sampled` (n,) whether it is in the random sample.
    """

    values: FloatArray
    good: BoolArray
    folds: NDArray[np.int64]
    sampled: BoolArray

    def why_not(self) -> str | None:
        """Why they are too few to learn from; None where they aren't."""
        good, bad = int(self.good.sum()), int((~self.good).sum())
        if good + bad >= LEAST_DECISIONS and min(good, bad) >= LEAST_OF_EACH:
            return None
        return _(
            "Triage learns from {least} pairs that persons decided about, at least {each} accepted "
            "and {each} not accepted; there are {total:,}, {good:,} accepted and {bad:,} not "
            "accepted."
        ).format(least=LEAST_DECISIONS, each=LEAST_OF_EACH, total=good + bad, good=good, bad=bad)


@dataclass(frozen=True)
class Fitted:
    """What was learnt: `full` of all decisions, and `folds` of those outside of each part.

    The probability that a pair is good is the logistic function of `slope` times its score plus
    `offset` (Platt 1999), which were found by scores that were held back.
    """

    full: LinearScore
    folds: tuple[LinearScore, ...]
    slope: float
    offset: float

    def probabilities(self, values: FloatArray) -> FloatArray:
        """The probability (n,) that persons would accept, for values (n, features)."""
        found: FloatArray = 1 / (1 + np.exp(-(self.slope * self.full(values) + self.offset)))
        return found

    def fold_scores(self, values: FloatArray) -> FloatArray:
        """The scores (FOLDS, n) of values (n, features) by the model of each part."""
        return np.stack([score(values) for score in self.folds])


def fitted(examples: Examples) -> Fitted:
    """The model of examples, of which `why_not` has nothing to say."""
    values, good, folds = examples.values, examples.good, examples.folds
    full = _linear(values, good)
    parts = [folds != fold for fold in range(FOLDS)]
    models = tuple(_linear(values[part], good[part]) for part in parts)
    held_back = np.stack([score(values) for score in models])[folds, np.arange(len(good))]
    # The random sample has good and bad pairs in the shares of all pairs; what was looked at by
    # suspicion has more bad ones.
    few = min(good[examples.sampled].sum(), (~good[examples.sampled]).sum()) < LEAST_OF_EACH
    used = np.ones(len(good), bool) if few else examples.sampled
    slope, offset = _calibration(held_back[used], good[used])
    return Fitted(full, models, slope, offset)


def _linear(values: FloatArray, good: BoolArray) -> LinearScore:
    # It takes a second to load, which only those who learn should wait for.
    from sklearn.linear_model import LogisticRegression

    columns = _columns(values)
    with_all = np.where(np.isnan(columns).all(axis=0), 0.0, columns)
    means = np.nanmean(with_all, axis=0)
    spread = np.nanstd(with_all, axis=0)
    usable = (spread > _TINY) & _first_of_equals(columns)
    scales = np.where(usable, spread, 1.0)
    # The penalty leaves no weight to columns of zeros.
    standardized = np.where(usable, _standardized(values, means, scales), 0.0)
    model = LogisticRegression(C=_INVERSE_PENALTY, solver="newton-cholesky").fit(standardized, good)
    return LinearScore(
        tuple(means.tolist()),
        tuple(scales.tolist()),
        tuple(model.coef_[0].tolist()),
        float(model.intercept_[0]),
    )


def _calibration(scores: FloatArray, good: BoolArray) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit(scores[:, None], good)
    if (slope := float(model.coef_[0, 0])) > 0:
        return slope, float(model.intercept_[0])
    # Scores that say nothing: a falling line would turn the order round, which no calibration may.
    return 0.0, float(np.log(good.mean() / (1 - good.mean())))


def _columns(values: FloatArray) -> FloatArray:
    """The values, then for each feature 1 where it is unknown and 0 where it is known."""
    return np.hstack([values, np.isnan(values).astype(np.float64)])


def _standardized(values: FloatArray, means: FloatArray, scales: FloatArray) -> FloatArray:
    found: FloatArray = np.nan_to_num((_columns(values) - means) / scales, nan=0.0)
    return found


def _first_of_equals(columns: FloatArray) -> BoolArray:
    """Which columns equal none before them: features often are unknown together."""
    contents = [column.tobytes() for column in columns.T]
    return np.array([content not in contents[:n] for n, content in enumerate(contents)])
