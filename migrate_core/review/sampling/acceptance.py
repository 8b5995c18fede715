"""Acceptance sampling: what n random checks say of all pairs, by exact binomial limits.

Clopper and Pearson, Biometrika 26 (1934), one-sided. Pairs are drawn without putting them back, for
which the limits are a little wider than they need be. They hold for a number of checks that was
fixed before; docs/review.md says what it costs to check until the goal is reached.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...text import _, counted, format_share

CONFIDENCE = 0.95


def upper_limit(checked: int, bad: int, confidence: float = CONFIDENCE) -> float:
    """The largest share 0…1 of bad pairs that `bad` of `checked` random checks leave possible."""
    from scipy.special import betaincinv

    return 1.0 if bad >= checked else float(betaincinv(bad + 1, checked - bad, confidence))


def lower_limit(checked: int, found: int, confidence: float = CONFIDENCE) -> float:
    """The smallest share 0…1 of what was found in `found` of `checked` random checks."""
    return 1.0 - upper_limit(checked, checked - found, confidence)


def two_sided_limits(
    checked: int, found: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """The interval of a share 0…1 that was found in `found` of `checked` cases."""
    one_sided = (1 + confidence) / 2
    return lower_limit(checked, found, one_sided), upper_limit(checked, found, one_sided)


def checks_needed(bad: int, goal: float, confidence: float = CONFIDENCE) -> int:
    """How many random checks with `bad` bad pairs bring `upper_limit` down to the share `goal`.

    So many that, at that share, one more bad pair would be among them with that confidence: a
    quantile of the negative binomial distribution. `goal` is above 0 and below 1.
    """
    from scipy.special import nbdtrik

    return math.ceil(float(nbdtrik(confidence, bad + 1, goal))) + bad + 1


@dataclass(frozen=True)
class SamplingStatement:
    """What `checked` random checks of `pairs` pairs with `bad` bad ones say of all of them.

    `at_most` is the share 0…1 of bad pairs that isn't exceeded, with `confidence`; where every pair
    was looked at it is what was found. `more_clean` is how many more checks without a fault reach
    the share `goal`, 0 once it is reached; None where more than that share is bad already.
    """

    pairs: int
    checked: int
    bad: int
    at_most: float
    goal: float
    more_clean: int | None
    confidence: float = CONFIDENCE

    @property
    def sentence(self) -> str:
        """The statement in words."""
        return (
            f"{self._found()}; {self._ahead()}." if self.pairs else _("There is no pair to check.")
        )

    def _found(self) -> str:
        share = format_share(self.at_most)
        if self.checked == self.pairs:
            form = _("All {pairs:,} pairs are checked and {bad:,} are bad, {share}")
            if self.bad == 1:
                form = _("All {pairs:,} pairs are checked and {bad:,} is bad, {share}")
            return form.format(pairs=self.pairs, bad=self.bad, share=share)
        if not self.checked:
            return _("No random checks yet")
        return _(
            "After {checked:,} random checks with {bad}: at most {share} bad pairs with "
            "{confidence:g} % confidence"
        ).format(
            checked=self.checked,
            bad=counted(self.bad, "bad pair"),
            share=share,
            confidence=100 * self.confidence,
        )

    def _ahead(self) -> str:
        goal = f"{100 * self.goal:g} %"
        if self.more_clean is None:
            return _("more than the goal of {goal} is bad already").format(goal=goal)
        if not self.more_clean:
            return _("the goal of {goal} is reached").format(goal=goal)
        form = _("{number:,} clean ones for {goal}")
        if self.checked:
            form = _("{number:,} more clean ones for {goal}")
        return form.format(number=self.more_clean, goal=goal)


def sampling_statement(pairs: int, checked: int, bad: int, goal: float) -> SamplingStatement:
    """What the random checks say of all pairs. `goal` is a share above 0 and below 1."""
    is_complete = 0 < checked == pairs
    at_most = bad / pairs if is_complete else upper_limit(checked, bad)
    if at_most <= goal:
        more: int | None = 0
    elif pairs and bad / pairs > goal:
        more = None
    else:  # once every pair is checked, nothing has to be estimated
        more = min(checks_needed(bad, goal), pairs) - checked
    return SamplingStatement(pairs, checked, bad, at_most, goal, more)
