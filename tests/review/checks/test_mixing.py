"""Where checks stand in the queue."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate_core.review.checks.mixing import check_rows, with_checks
from migrate_core.review.decisions import ReviewStatus
from migrate_core.review.filters import QueueFilter
from migrate_core.review.queue import ORDERS, RANDOM, arranged
from migrate_core.review.queue_row import QueueRow
from migrate_core.review.sampling.random_order import random_position
from migrate_core.states import Basis, DecisionState, Verdict

NAME = "mask name"


def row(number: int) -> QueueRow:
    return QueueRow(
        f"m{number:04}_20200202_{number:08x}",
        f"m{number:04}.tif",
        "31TDG",
        None,
        0.0,
        Verdict.ACCEPT,
        0.0,
        proposed=DecisionState.ACCEPTED,
    )


ROWS = [row(number) for number in range(100)]


def checks_of(*numbers: int) -> dict[str, str]:
    return {f"m{number:04}_20200202_c{number:07x}": ROWS[number].pair_id for number in numbers}


def mixed(numbers: tuple[int, ...], order: str, rows: list[QueueRow] = ROWS) -> list[str]:
    queue = arranged(rows, QueueFilter(), order)
    checks = arranged(check_rows(rows, checks_of(*numbers), {}), QueueFilter(), order)
    return [one.pair_id for one in with_checks(queue, checks, order)]


def test_a_check_has_the_facts_of_its_pair_and_decisions_of_its_own() -> None:
    (check,) = checks_of(7)
    rows = [replace(one, decision=DecisionState.ACCEPTED, reviewers=("bob",)) for one in ROWS]
    status = ReviewStatus(
        DecisionState.REJECTED, ("ann",), (Verdict.REJECT,), ("ann",), Basis.PERSON
    )
    (found,) = check_rows(rows, checks_of(7), {check: status})
    assert found == replace(
        ROWS[7],
        pair_id=check,
        decision=DecisionState.REJECTED,
        reviewers=("ann",),
        verdicts=(Verdict.REJECT,),
        basis=Basis.PERSON,
        proposed=None,
    )


def test_a_check_whose_pair_is_gone_is_not_in_the_queue() -> None:
    assert check_rows(ROWS[:5], checks_of(7), {}) == []


@pytest.mark.parametrize("order", [order for order in ORDERS if order != RANDOM])
def test_a_check_stands_5_to_30_pairs_from_its_pair(order: str) -> None:
    numbers = (0, 20, 40, 60, 80, 99)
    found = mixed(numbers, order)
    for check, of_pair in checks_of(*numbers).items():
        between = abs(found.index(check) - found.index(of_pair)) - 1
        # Other checks may lie between the two, and a rounded step is one off where it is negative.
        assert 4 <= between <= 30 + len(numbers)


def test_at_random_a_check_stands_at_its_own_random_position() -> None:
    found = mixed((3, 50), RANDOM)
    assert found == sorted(found, key=random_position)
    assert len(found) == len(ROWS) + 2


@given(st.lists(st.integers(0, 99), max_size=30, unique=True), st.sampled_from(sorted(ORDERS)))
def test_pairs_stand_as_they_do_without_checks(numbers: list[int], order: str) -> None:
    found = mixed(tuple(numbers), order)
    checks = checks_of(*numbers)
    assert sorted(one for one in found if one in checks) == sorted(checks)
    rest = [one for one in found if one not in checks]
    assert rest == [one.pair_id for one in arranged(ROWS, QueueFilter(), order)]


def test_checks_come_before_their_pairs_as_often_as_after_them() -> None:
    found = mixed(tuple(range(35, 65)), NAME)
    before = sum(
        found.index(one) < found.index(of) for one, of in checks_of(*range(35, 65)).items()
    )
    assert 6 <= before <= 24


def test_in_a_short_queue_a_check_stands_at_the_further_end() -> None:
    found = mixed((1,), NAME, ROWS[:4])
    assert found[-1] in checks_of(1)
    found = mixed((3,), NAME, ROWS[:4])
    assert found[0] in checks_of(3)
