"""What random checks say of all pairs, against scipy's distributions and published numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from migrate_core.review.sampling.acceptance import (
    checks_needed,
    lower_limit,
    sampling_statement,
    two_sided_limits,
    upper_limit,
)

CHECKS = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
GOALS = st.floats(0.005, 0.9)


@given(CHECKS)
def test_the_limit_is_the_share_at_which_so_few_bad_pairs_come_once_in_twenty_times(
    checks: tuple[int, int],
) -> None:
    checked, bad = checks
    limit = upper_limit(checked, bad)
    if bad == checked:
        assert limit == 1
    else:
        assert stats.binom.cdf(bad, checked, limit) == pytest.approx(0.05, rel=1e-6)


@given(CHECKS)
def test_two_sided_limits_are_those_of_clopper_and_pearson(checks: tuple[int, int]) -> None:
    checked, found = checks
    exact = stats.binomtest(found, checked).proportion_ci(0.95, "exact")
    assert two_sided_limits(checked, found) == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_without_a_fault_the_limit_is_a_root_of_five_percent() -> None:
    assert upper_limit(59, 0) == pytest.approx(1 - 0.05 ** (1 / 59))
    assert lower_limit(59, 59) == pytest.approx(0.05 ** (1 / 59))
    assert upper_limit(0, 0) == 1
    assert lower_limit(0, 0) == 0


@pytest.mark.parametrize(
    ("bad", "goal", "needed"),
    [(0, 0.05, 59), (1, 0.05, 93), (2, 0.05, 124), (0, 0.02, 149), (0, 0.01, 299), (0, 0.1, 29)],
)
def test_as_many_checks_are_needed_as_tables_of_acceptance_sampling_say(
    bad: int, goal: float, needed: int
) -> None:
    assert checks_needed(bad, goal) == needed


@given(st.integers(0, 40), GOALS)
def test_the_checks_needed_reach_the_goal_and_one_fewer_does_not(bad: int, goal: float) -> None:
    needed = checks_needed(bad, goal)
    assert upper_limit(needed, bad) <= goal * (1 + 1e-9)
    assert upper_limit(needed - 1, bad) > goal * (1 - 1e-9)


@pytest.mark.parametrize(
    ("pairs", "checked", "bad", "sentence"),
    [
        (
            4000,
            80,
            1,
            "After 80 random checks with 1 bad pair: at most 5.8 % bad pairs with 95 % confidence; "
            "13 more clean ones for 5 %.",
        ),
        (
            4000,
            59,
            0,
            "After 59 random checks with 0 bad pairs: at most 5.0 % bad pairs with 95 % "
            "confidence; the goal of 5 % is reached.",
        ),
        (4000, 0, 0, "No random checks yet; 59 clean ones for 5 %."),
        (
            40,
            10,
            0,
            "After 10 random checks with 0 bad pairs: at most 25.9 % bad pairs with 95 % "
            "confidence; 30 more clean ones for 5 %.",
        ),
        (40, 40, 2, "All 40 pairs are checked and 2 are bad, 5.0 %; the goal of 5 % is reached."),
        (
            40,
            40,
            3,
            "All 40 pairs are checked and 3 are bad, 7.5 %; more than the goal of 5 % is bad "
            "already.",
        ),
        (0, 0, 0, "There is no pair to check."),
    ],
)
def test_the_statement_in_words(pairs: int, checked: int, bad: int, sentence: str) -> None:
    assert sampling_statement(pairs, checked, bad, 0.05).sentence == sentence


@given(
    st.integers(1, 500).flatmap(
        lambda pairs: st.integers(0, pairs).flatmap(
            lambda n: st.tuples(st.just(pairs), st.just(n), st.integers(0, n))
        )
    ),
    GOALS,
)
def test_clean_ones_as_many_as_are_missing_reach_the_goal(
    counts: tuple[int, int, int], goal: float
) -> None:
    pairs, checked, bad = counts
    found = sampling_statement(pairs, checked, bad, goal)
    if found.more_clean is None:
        assert bad / pairs > goal
    else:
        then = sampling_statement(pairs, checked + found.more_clean, bad, goal)
        assert then.at_most <= goal * (1 + 1e-9)
        assert then.checked <= pairs
        if found.more_clean > 1:
            before = sampling_statement(pairs, checked + found.more_clean - 1, bad, goal)
            assert before.at_most > goal


def test_the_limit_holds_in_95_of_100_samples_of_a_population() -> None:
    """Of 400 pairs 30 are bad; 100 are checked, so that the number found is hypergeometric."""
    held = sum(
        stats.hypergeom.pmf(bad, 400, 30, 100) * (upper_limit(100, bad) >= 30 / 400)
        for bad in range(31)
    )
    assert held >= 0.95


@pytest.mark.parametrize(("most", "reached"), [(59, 0.05), (200, 0.12), (500, 0.18)])
def test_checking_until_the_goal_is_reached_misleads_more_often_than_5_in_100(
    most: int, reached: float
) -> None:
    """As docs/review.md says, of pairs of which exactly 5 % are bad."""
    enough = {checks_needed(bad, 0.05): bad for bad in range(20)}
    # How likely each number of bad pairs is while the goal isn't reached.
    going_on = np.zeros(most + 1)
    going_on[0] = 1
    ended = 0.0
    for checked in range(1, most + 1):
        going_on = 0.95 * going_on + 0.05 * np.append(0, going_on[:-1])
        if checked in enough:
            ended += going_on[: enough[checked] + 1].sum()
            going_on[: enough[checked] + 1] = 0
    assert ended == pytest.approx(reached, abs=0.005)
