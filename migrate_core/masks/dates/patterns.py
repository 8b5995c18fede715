"""Dates by a pattern of file names that a person writes, such as `*_YYYYMMDD_*`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from ...errors import WrongUseError
from ...model import Acquired

EXAMPLE = "*_YYYYMMDD_*"
_LONGEST = 200
# What each sign of a pattern stands for; longer signs are looked for first.
_SIGNS = {
    "YYYY": r"(?P<year>\d{4})",
    "DOY": r"(?P<doy>\d{3})",
    "YY": r"(?P<year2>\d{2})",
    "MM": r"(?P<month>\d{2})",
    "DD": r"(?P<day>\d{2})",
    "hh": r"(?P<hour>\d{2})",
    "mm": r"(?P<minute>\d{2})",
    "ss": r"(?P<second>\d{2})",
    "*": r".*?",
    "?": r".",
    "#": r"\d",
}
_SPLIT = re.compile("|".join(re.escape(sign) for sign in _SIGNS))
# Groups that hold several parts, with the digits of each.
_COMPOUND = {
    "date": {"year": 4, "month": 2, "day": 2},
    "time": {"hour": 2, "minute": 2, "second": 2},
}
_KNOWN = {"year", "year2", "month", "day", "doy", "hour", "minute", "second"}
_DAY = ({"month", "day"}, {"doy"})


def compile_pattern(text: str) -> re.Pattern[str]:
    """A pattern of file names, ready for `date_by_pattern`.

    Either signs (YYYY or YY, MM and DD or DOY for the day of the year, hh, mm, ss; `*` any text,
    `?` any character, `#` a digit), or a regular expression with groups of the names year, month,
    day, doy, hour, minute, second, or date (eight digits, or with signs between) and time (four or
    six). It may stand anywhere in the name. Raises WrongUseError.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise WrongUseError(f"The pattern is longer than {_LONGEST} characters; shorten it.")
    try:
        pattern = re.compile(text if "(?P<" in text else _translated(text))
    except re.error as err:
        raise WrongUseError(
            f"{text!r} is no pattern ({err}). Write one like {EXAMPLE}, each sign once, "
            "or a regular expression with groups such as (?P<year>\\d{4})."
        ) from err
    groups = set(pattern.groupindex)
    year = groups & {"year", "year2"}
    if "date" not in groups and not (year and any(day <= groups for day in _DAY)):
        raise WrongUseError(
            f"{text!r} doesn't say where the date is: needed are a year (YYYY) and month "
            f"and day (MM, DD) or the day of the year (DOY), as in {EXAMPLE}."
        )
    return pattern


def _translated(text: str) -> str:
    """The regular expression for a pattern of signs."""
    parts, end = [], 0
    for match in _SPLIT.finditer(text):
        parts += [re.escape(text[end : match.start()]), _SIGNS[match[0]]]
        end = match.end()
    return "".join([*parts, re.escape(text[end:])])


def date_by_pattern(name: str, pattern: re.Pattern[str]) -> Acquired | None:
    """The date that a file name has at the place of the pattern; None where there is none."""
    for match in pattern.finditer(name):
        try:
            return _moment(_parts(match.groupdict()))
        except ValueError:
            continue
    return None


def _parts(groups: dict[str, str | None]) -> dict[str, int]:
    """The numbers of a match by name; date and time are taken apart. Raises ValueError."""
    found = {key: text for key, text in groups.items() if text}
    for name, widths in _COMPOUND.items():
        digits = re.sub(r"\D", "", found.pop(name, ""))
        for part, width in widths.items():
            if digits:
                found[part], digits = digits[:width], digits[width:]
    return {key: int(text) for key, text in found.items() if key in _KNOWN}


def _moment(found: dict[str, int]) -> Acquired:
    """The moment that the parts of a date give. Raises ValueError when there is no such day."""
    year = found["year"] if "year" in found else 2000 + found["year2"]
    if "doy" in found:
        day = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=found["doy"] - 1)
        if day.year != year:
            raise ValueError(f"{year} has no day {found['doy']}")
    else:
        day = datetime(year, found.get("month", 0), found.get("day", 0), tzinfo=UTC)
    if "hour" not in found:
        return Acquired(day, time_known=False)
    clock = (found["hour"], found.get("minute", 0), found.get("second", 0))
    return Acquired(datetime(*day.timetuple()[:3], *clock, tzinfo=UTC), time_known=True)
