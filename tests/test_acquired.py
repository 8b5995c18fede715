"""When an image was taken: moments, days and periods."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate_core.model import Acquired

MOMENTS = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-02-02", "2020-02-02"),
        (" 20200202 ", "2020-02-02"),
        ("2020-02-02T10:15:32Z", "2020-02-02T10:15:32Z"),
        ("2020-02-02 10:15", "2020-02-02T10:15:00Z"),
        ("2020-02-02T23:30:00-05:00", "2020-02-03T04:30:00Z"),
        ("2020-02-02T10:15:32.5+01:00", "2020-02-02T09:15:32.500000Z"),
        ("2020-02-02/2020-02-05", "2020-02-02/2020-02-05"),
        ("2020-02-02/2020-02-02", "2020-02-02"),
        ("2020-02-02/2020-02-05T10:00:00Z", "2020-02-02/2020-02-05"),
        ("2020-02-02T10:00Z/2020-02-02T12:00Z", "2020-02-02T10:00:00Z/2020-02-02T12:00:00Z"),
        ("2020-02-02T23:30:00-05:00/2020-02-04", "2020-02-03/2020-02-04"),
    ],
)
def test_iso_8601_is_read_and_written_in_utc(text: str, expected: str) -> None:
    found = Acquired.parse(text)
    assert str(found) == expected
    assert Acquired.parse(str(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2020-02-30",
        "2020-02",
        "2020-2-2",
        "02.02.2020",
        "2020-02-05/2020-02-02",
        "2020-02-02/",
        "/2020-02-02",
        "2020-02-02/..",
        "2020-02-01/2020-02-02/2020-02-03",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        "2020-02-02T25:00",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Acquired.parse(text)


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=900)), MOMENTS, st.booleans())
def test_a_period_is_as_near_as_its_nearer_end(
    start: datetime, length: timedelta, other: datetime, timed: bool
) -> None:
    period = Acquired.between(Acquired(start, True), Acquired(start + length, True))
    period = period if timed else period.day
    offset = period.days_until(other)
    if timed:
        inside = start <= other <= start + length
        ends = [(other - end).total_seconds() / 86400 for end in (start, start + length)]
    else:
        inside = start.date() <= other.date() <= (start + length).date()
        ends = [(other.date() - end.date()).days for end in (start, start + length)]
    expected = 0 if inside else min(ends, key=abs)
    assert offset == pytest.approx(expected, abs=1e-6)
    days = period.distance_days(other.date())
    assert days == (0 if period.first_day <= other.date() <= period.last_day else days)
    assert days >= 0


def test_a_last_day_belongs_to_the_period_as_a_whole() -> None:
    period = Acquired.parse("2020-02-02/2020-02-05")
    assert period.days_until(datetime(2020, 2, 5, 23, 59, tzinfo=UTC)) == 0
    assert period.days_until(datetime(2020, 2, 6, tzinfo=UTC)) == 1
    assert period.days_until(datetime(2020, 2, 1, 23, 59, tzinfo=UTC)) == -1
    assert period.distance_days(date(2020, 2, 10)) == 5
