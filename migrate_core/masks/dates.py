"""When a mask's source image was taken: from its file name, or from a table."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from ..errors import WrongUseError
from ..model import Acquired

# Landsat 1 flew from 1972: an eight-digit number that reads as an older day, or as a day to
# come, is an identifier.
_FIRST_YEAR = 1972

# PlanetScope: <date>_<time>[_<hundredths>]_<satellite>, e.g. 20200202_101532_1014 or
# 20200202_101532_83_1014 (Planet's "Item ID" naming).
_PLANETSCOPE = re.compile(r"(?<!\d)(\d{8})_(\d{6})(?:_\d{2})?_[0-9a-f]{4}(?![0-9a-zA-Z])", re.I)
_DAY_AND_TIME = re.compile(r"(?<!\d)(\d{8})[T_-]?(\d{6})Z?(?!\d)")
_PLAIN_DAY = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)")
_DASHED_DAY = re.compile(r"(?<!\d)(\d{4})([-_.])(\d{2})\2(\d{2})(?!\d)")

_MASK_COLUMNS = ("mask", "mask_name", "name", "file", "filename", "path")
_DATE_COLUMNS = ("date", "acquired", "datetime", "time")


def date_from_name(name: str, now: datetime | None = None) -> Acquired | None:
    """The first date in a file name, with its time where there is one; None without a date.

    Known are PlanetScope's `20200202_101532_1014`, `20200202T101532`, `20200202` and
    `2020-02-02`; `now` bounds what can be a date.
    """
    today = (now or datetime.now(UTC)).date()
    found = sorted(_dates(name), key=lambda item: (item[0], not item[1].time_known))
    return next((acquired for _, acquired in found if _plausible(acquired, today)), None)


def _dates(name: str) -> Iterator[tuple[int, Acquired]]:
    """Everything in a name that reads as a date, with where it begins."""
    for pattern in (_PLANETSCOPE, _DAY_AND_TIME):
        for match in pattern.finditer(name):
            moment = _moment(match[1], match[2])
            if moment is not None:
                yield match.start(), moment
    for match in _PLAIN_DAY.finditer(name):
        if _is_date("-".join(match.groups())):
            yield match.start(), Acquired.parse("-".join(match.groups()))
    for match in _DASHED_DAY.finditer(name):
        day = f"{match[1]}-{match[3]}-{match[4]}"
        if _is_date(day):
            yield match.start(), Acquired.parse(day)


def _moment(day: str, clock: str) -> Acquired | None:
    try:
        return Acquired(datetime.strptime(day + clock + "+0000", "%Y%m%d%H%M%S%z"), True)
    except ValueError:
        return None


def _plausible(acquired: Acquired, today: date) -> bool:
    day = acquired.at.date()
    return day.year >= _FIRST_YEAR and day <= today


def parse_date(text: str) -> Acquired:
    """A date a person typed: ISO 8601 (`2020-02-02`, `20200202`, `2020-02-02T10:15:32Z`)."""
    try:
        return Acquired.parse(text)
    except ValueError as err:
        raise WrongUseError(
            f"{text!r} is not a date. Give it as YYYY-MM-DD, or with a time as "
            "YYYY-MM-DDTHH:MM:SSZ (UTC)."
        ) from err


def read_dates(table: Path) -> dict[str, Acquired]:
    """Dates by mask from a CSV file with a column for the mask and one for the date.

    The keys are what stands in the mask column: a file name, a stem or a path. Columns are found
    by their heading (`mask`, `name`, `file` …, and `date`, `acquired` …); without a heading they
    are the first and the second. Raises WrongUseError that names the line.
    """
    lines = _lines(table)
    names = [name.strip().lower() for name in lines[0][1]]
    if len(names) == 2 and _is_date(names[1]):
        mask, day = 0, 1
    else:
        mask, day = (_column(table, names, wanted) for wanted in (_MASK_COLUMNS, _DATE_COLUMNS))
        lines = lines[1:]
    if not lines:
        raise WrongUseError(f"{table}: the table has no rows below its heading.")
    dates = {}
    for number, cells in lines:
        try:
            dates[_cell(cells, mask)] = parse_date(_cell(cells, day))
        except WrongUseError as err:
            raise WrongUseError(f"{table}, line {number}: {err}") from err
    return dates


def _cell(cells: list[str], column: int) -> str:
    return cells[column].strip() if column < len(cells) else ""


def _lines(table: Path) -> list[tuple[int, list[str]]]:
    """The lines of a CSV file that hold something, with their numbers."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            lines = [(reader.line_num, cells) for cells in reader if any(cells)]
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        raise WrongUseError(f"{table}: it can't be read as a CSV table ({err}).") from err
    if not lines:
        raise WrongUseError(f"{table}: the table is empty.")
    return lines


def _is_date(text: str) -> bool:
    try:
        Acquired.parse(text)
    except ValueError:
        return False
    return True


def _column(table: Path, names: list[str], wanted: tuple[str, ...]) -> int:
    """The number of the column with one of the wanted names."""
    found = next((number for number, name in enumerate(names) if name in wanted), None)
    if found is None:
        raise WrongUseError(
            f"{table}: the heading is {', '.join(names)}; a column named one of "
            f"{', '.join(wanted)} is needed."
        )
    return found


def date_for(path: Path, dates: Mapping[str, Acquired]) -> Acquired | None:
    """The date that a table of `read_dates` gives for a mask file: by path, name or stem."""
    for key in (str(path), path.name, path.stem):
        if key in dates:
            return dates[key]
    return None
