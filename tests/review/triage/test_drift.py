"""Whether pairs are like those that were learnt from."""

from __future__ import annotations

import numpy as np

from migrate_core.grid import FloatArray
from migrate_core.review.triage.drift import FALSE_ALARMS, drifts

NAMES = ("a", "b", "c", "d")


def numbers(seed: int, count: int) -> FloatArray:
    found = np.random.default_rng(seed).normal(size=(count, 4))
    found[:, 2] = 7.0  # the same for all
    return found


def test_a_shift_of_one_number_is_found_and_named() -> None:
    now = numbers(2, 800)
    now[:, 1] += 1
    (found,) = drifts(numbers(1, 100), now, NAMES)
    assert found.name == "b"
    assert found.before is not None
    assert found.now is not None
    assert found.now - found.before > 0.5


def test_numbers_that_become_unknown_are_a_drift() -> None:
    now = numbers(2, 800)
    now[:600, 3] = np.nan
    (found,) = drifts(numbers(1, 100), now, NAMES)
    assert (found.name, found.now) == ("d", None)


def test_equal_pairs_seldom_alarm() -> None:
    alarms = [bool(drifts(numbers(2 * n, 100), numbers(2 * n + 1, 400), NAMES)) for n in range(100)]
    # Of 100 runs: so many would come with a chance of one in a hundred.
    assert sum(alarms) <= 100 * FALSE_ALARMS + 2.33 * (100 * FALSE_ALARMS) ** 0.5
