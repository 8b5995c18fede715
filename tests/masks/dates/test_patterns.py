"""Dates by a pattern of file names."""

import pytest

from migrate_core.errors import WrongUseError
from migrate_core.masks.dates.patterns import compile_pattern, date_by_pattern


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("*_YYYYMMDD_*", "site_20200202_mask.tif", "2020-02-02"),
        ("YYYYMMDD", "site_20200202_mask.tif", "2020-02-02"),
        ("DD.MM.YYYY", "mine 02.03.2020.png", "2020-03-02"),
        ("_DDMMYY_", "a_020320_b.tif", "2020-03-02"),
        ("YYYYDOY", "LC2020032.tif", "2020-02-01"),
        ("YYYYMMDDThhmmss", "S_20200202T101532.tif", "2020-02-02T10:15:32Z"),
        ("YYYY-MM-DD_hh", "2020-02-02_10.tif", "2020-02-02T10:00:00Z"),
        ("####_YYYYMMDD", "9999_20200202.tif", "2020-02-02"),
        ("a?YYYYMMDD", "ab20200202.tif", "2020-02-02"),
        (r"(?P<day>\d\d)(?P<month>\d\d)-(?P<year>\d{4})", "0203-2020.tif", "2020-03-02"),
        ("_YYYYMMDD", "id_20209999_20200202.tif", "2020-02-02"),
    ],
)
def test_a_pattern_finds_the_date(pattern: str, name: str, expected: str) -> None:
    assert str(date_by_pattern(name, compile_pattern(pattern))) == expected


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("_YYYYMMDD", "no_date.tif"),
        ("_YYYYMMDD", "_20201332.tif"),
        ("_YYYYMMDD", "_20210229.tif"),
        ("_YYYYDOY", "_2021366.tif"),
        ("_YYYYDOY", "_2021000.tif"),
        ("_YYYYMMDDhh", "_2021010125.tif"),
    ],
)
def test_what_is_no_day_is_no_date(pattern: str, name: str) -> None:
    assert date_by_pattern(name, compile_pattern(pattern)) is None


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "doesn't say where the date is"),
        ("YYYY-MM", "needed are a year"),
        ("MMDD", "needed are a year"),
        ("YYYYMMDD_YYYY", "each sign once"),
        (r"(?P<year>\d{4}", "is no pattern"),
        ("Y" * 300, "longer than 200"),
    ],
)
def test_a_pattern_that_can_not_work_is_told(pattern: str, reason: str) -> None:
    with pytest.raises(WrongUseError, match=reason):
        compile_pattern(pattern)
