"""Which pairs are taken so that the promised share of bad ones holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from migrate_core.review.triage.selection import HeldBack, conformal_p_values, step_up


def test_a_p_value_counts_the_bad_pairs_held_back_that_score_as_high() -> None:
    held_back = HeldBack(
        scores=np.array([1.0, 2.0, 3.0, 9.0, 5.0]),
        folds=np.array([0, 0, 1, 1, 1]),
        bad=np.array([True, True, True, False, False]),
    )
    by_part = np.array([[0.0, 2.0, 2.5, 9.0], [0.0, 3.5, 3.0, 9.0]])
    # Of 5: 3 bad ones are as high as the first pair; the second has one of part 0 as high.
    assert conformal_p_values(held_back, by_part) * 6 == pytest.approx([4, 2, 2, 1])


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=40))
def test_the_step_up_rule_is_that_of_benjamini_and_hochberg(p_values: list[float]) -> None:
    found = step_up(np.array(p_values), len(p_values), 0.1)
    assert found.tolist() == (false_discovery_control(p_values) <= 0.1).tolist()


def test_tests_without_a_p_value_make_it_stricter() -> None:
    p_values = np.array([0.01, 0.02, 0.2])
    assert step_up(p_values, 3, 0.05).tolist() == [True, True, False]
    assert step_up(p_values, 6, 0.05).tolist() == [False, False, False]
    assert step_up(p_values, 5, 0.05).tolist() == [True, True, False]


def test_scores_that_say_nothing_break_no_promise() -> None:
    rng = np.random.default_rng(5)
    shares = []
    for _ in range(300):
        bad = rng.random(400) < 0.2
        scores, folds = rng.normal(size=400), np.zeros(100, int)
        held_back = HeldBack(scores[:100], folds, bad[:100])
        taken = step_up(conformal_p_values(held_back, scores[None, 100:]), 300, 0.05)
        shares.append(bad[100:][taken].mean() if taken.any() else 0.0)
    assert np.mean(shares) < 0.05
