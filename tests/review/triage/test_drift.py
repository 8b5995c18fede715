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


def test_another_spread_is_found_as_well() -> None:
    now = numbers(2, 800)
    now[:, 0] *= 3
    (found,) = drifts(numbers(1, 200), now, NAMES)
    assert found.name == "a"


def test_a_number_that_is_mostly_zero_drifts_by_how_often_it_is_not() -> None:
    def mostly_zero(seed: int, count: int, share: float) -> FloatArray:
        rng = np.random.default_rng(seed)
        found = numbers(seed, count)
        found[:, 0] = np.where(rng.random(count) < share, rng.random(count), 0)
        return found

    assert drifts(mostly_zero(1, 200, 0.1), mostly_zero(2, 800, 0.1), NAMES) == ()
    assert drifts(mostly_zero(1, 200, 0.1), mostly_zero(2, 800, 0.3), NAMES)[0].name == "a"


def test_numbers_that_become_unknown_are_a_drift() -> None:
    now = numbers(2, 800)
    now[:600, 3] = np.nan
    (found,) = drifts(numbers(1, 100), now, NAMES)
    assert (found.name, found.now) == ("d", None)


def test_equal_pairs_seldom_alarm() -> None:
    alarms = [bool(drifts(numbers(2 * n, 100), numbers(2 * n + 1, 400), NAMES)) for n in range(60)]
    # So many come with a chance of about one in a hundred.
    assert sum(alarms) <= 60 * FALSE_ALARMS + 2.33 * (60 * FALSE_ALARMS) ** 0.5
