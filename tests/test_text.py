"""Numbers as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate_core.text import (
    format_date,
    format_days,
    format_offset,
    format_percent,
    format_share,
    format_short_offset,
    format_time,
)


@pytest.mark.parametrize(
    ("percent", "text"),
    [
        (None, "not known"),
        (0, "0.0 %"),
        (0.01, "under 0.1 %"),
        (0.05, "0.1 %"),
        (28.1, "28.1 %"),
        (99.949, "99.9 %"),
        (99.96, "over 99.9 %"),
        (100, "100.0 %"),
    ],
)
def test_a_percentage_has_one_decimal_and_its_unit(percent: float | None, text: str) -> None:
    assert format_percent(percent) == text
    assert format_share(None if percent is None else percent / 100) == text


@given(st.floats(0, 1))
def test_only_what_is_nothing_or_all_is_shown_as_that(share: float) -> None:
    text = format_share(share)
    assert (text == "0.0 %") == (share == 0)
    assert (text == "100.0 %") == (share == 1)


def test_days_and_moments_are_iso_8601_in_utc() -> None:
    moment = datetime(2021, 6, 12, 10, 10, 31, tzinfo=UTC)
    assert format_time(moment) == "2021-06-12 10:10 UTC"
    assert format_date(moment) == format_date(date(2021, 6, 12)) == "2021-06-12"


@pytest.mark.parametrize(
    ("days", "words", "cell"),
    [
        (None, "from an unknown time before or after the mask's image", None),
        (0, "from the same day as the mask's image", "+0.0"),
        (0.01, "14 minutes after the mask's image", "+0.0"),
        (0.0007, "1 minute after the mask's image", "+0.0"),
        (-0.972, "1 day before the mask's image", "-1.0"),
        (-0.5, "12 hours before the mask's image", "-0.5"),
        (1, "1 day after the mask's image", "+1.0"),
        (9.23, "9.2 days after the mask's image", "+9.2"),
        (-3, "3 days before the mask's image", "-3.0"),
    ],
)
def test_the_time_between_mask_and_scene_is_told(
    days: float | None, words: str, cell: str | None
) -> None:
    assert format_offset(days) == words
    assert format_days(days) == cell


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (None, "not known"),
        (0, "same day"),
        (-0.972, "1 day before"),
        (-0.9, "22 hours before"),
        (2, "2 days after"),
    ],
)
def test_beside_other_numbers_of_a_scene_the_time_is_short(days: float | None, text: str) -> None:
    assert format_short_offset(days) == text
