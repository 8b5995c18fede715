"""The random order of pairs, the sample that follows from it, and who looks at a pair twice."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from migrate_core.review.sampling.random_order import (
    double_review,
    is_open_for,
    random_position,
    random_sample,
)

PAIRS = [f"mask{number}_20200202_{number:08x}" for number in range(4000)]


def test_a_position_is_the_sha256_of_purpose_and_pair_as_a_fraction() -> None:
    digest = hashlib.sha256(b"review:m_20200202_0123abcd").hexdigest()
    assert random_position("m_20200202_0123abcd") == int(digest, 16) // 2**203 / 2**53


def test_positions_are_uniform_in_0_to_1_for_ids_that_hardly_differ() -> None:
    positions = [random_position(pair_id) for pair_id in PAIRS]
    assert min(positions) >= 0
    assert max(positions) < 1
    assert stats.kstest(positions, "uniform").pvalue > 0.001


def test_the_orders_of_two_purposes_are_unrelated() -> None:
    both = [(random_position(one), random_position(one, "checks")) for one in PAIRS]
    assert abs(np.corrcoef(np.transpose(both))[0, 1]) < 0.06


@given(st.lists(st.booleans(), max_size=40))
def test_the_sample_ends_before_the_first_open_pair_of_the_random_order(
    flags: list[bool],
) -> None:
    decided = dict(zip(PAIRS, flags, strict=False))
    expected = []
    for pair_id in sorted(decided, key=random_position):
        if not decided[pair_id]:
            break
        expected.append(pair_id)
    assert random_sample(decided) == tuple(expected)


def test_a_new_pair_that_falls_into_the_run_ends_the_sample_until_it_is_decided() -> None:
    in_order = sorted(PAIRS[:50], key=random_position)
    decided = {pair_id: True for pair_id in in_order if pair_id != in_order[10]}
    assert len(random_sample(decided)) == 49
    assert random_sample({**decided, in_order[10]: False}) == tuple(in_order[:10])
    assert random_sample({**decided, in_order[10]: True}) == tuple(in_order)


def test_the_share_of_pairs_that_two_look_at_is_as_asked() -> None:
    numbers = {
        share: sum(double_review(pair_id, share) for pair_id in PAIRS) for share in (0, 0.2, 1)
    }
    low, high = stats.binom.interval(0.9999, len(PAIRS), 0.2)
    assert low <= numbers[0.2] <= high
    assert (numbers[0], numbers[1]) == (0, len(PAIRS))


def test_a_larger_share_keeps_the_pairs_of_a_smaller_one() -> None:
    small, large = ({one for one in PAIRS if double_review(one, share)} for share in (0.1, 0.3))
    assert small < large


@pytest.mark.parametrize(
    ("reviewers", "once", "twice"),
    [
        ((), True, True),
        (("ann",), False, False),
        (("bob",), False, True),
        (("bob", "cem"), False, False),
    ],
)
def test_a_pair_waits_for_a_reviewer_until_one_or_two_have_decided(
    reviewers: tuple[str, ...], once: bool, twice: bool
) -> None:
    assert is_open_for("ann", PAIRS[0], reviewers, 0.0) is once
    assert is_open_for("ann", PAIRS[0], reviewers, 1.0) is twice
