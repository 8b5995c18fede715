"""A shift in words."""

from __future__ import annotations

import pytest

from migrate_core.model import Shift
from migrate_core.pairs.registration.shifts import format_shift


@pytest.mark.parametrize(
    ("east", "north", "words"),
    [
        (12.0, 0.0, "the mask was moved 12.0 m to the east, ± 0.5 m"),
        (3.0, 3.0, "the mask was moved 4.2 m to the north-east, ± 0.5 m"),
        (0.0, 7.0, "the mask was moved 7.0 m to the north, ± 0.5 m"),
        (-3.0, 0.1, "the mask was moved 3.0 m to the west, ± 0.5 m"),
        (-3.0, -0.1, "the mask was moved 3.0 m to the west, ± 0.5 m"),
        (-5.0, -5.0, "the mask was moved 7.1 m to the south-west, ± 0.5 m"),
        (0.01, 0.0, "no shift, ± 0.5 m: the mask stays"),
    ],
)
def test_a_shift_in_words(east: float, north: float, words: str) -> None:
    assert format_shift(Shift(east, north, 0.5, reliable=True)) == words


def test_a_shift_that_is_not_reliable_says_that_nothing_was_moved() -> None:
    assert format_shift(Shift(-3.0, 4.0, 6.0, reliable=False)) == (
        "not reliable, so the mask was not moved: 5.0 m to the north-west, ± 6.0 m"
    )
