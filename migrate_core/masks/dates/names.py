"""When a mask's source image was taken: from its file name, or from a table."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from ...errors import WrongUseError
from ...model import Acquired
from ..files.csv_lines import read_lines
from ..options import MappingRow
from .sensors import SENSORS

# Landsat 1 flew from 1972: an eight-digit number that reads as an older day, or as a day to
# come, is an identifier.
_FIRST_YEAR = 1972

_DAY_AND_TIME = re.compile(r"(?<!\d)(?P<day>\d{8})[T_-]?(?P<clock>\d{6})Z?(?!\d)")
_PLAIN_DAY = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)")
_DASHED_DAY = re.compile(r"(?<!\d)(\d{4})([-_.])(\d{2})\2(\d{2})(?!\d)")

_MASK_COLUMNS = ("mask", "mask_name", "name", "file", "filename", "path")
_DATE_COLUMNS = ("date", "acquired", "datetime", "time")
_IMAGE_COLUMNS = ("image", "image_name", "source_image")


def date_from_name(name: str, now: datetime | None = None) -> Acquired | None:
    """The first date in a file name, with its time where there is one; None without a date.

    Known are the names of the sensors (PlanetScope's `20200202_101532_1014`), `20200202T101532`,
    `20200202` and `2020-02-02`; `now` bounds what can be a date.
    """
    today = (now or datetime.now(UTC)).date()
    found = sorted(_dates(name), key=lambda item: (item[0], not item[1].time_known))
    return next((acquired for _, acquired in found if _plausible(acquired, today)), None)


def _dates(name: str) -> Iterator[tuple[int, Acquired]]:
    """Everything in a name that reads as a date, with where it begins."""
    scenes = [sensor.scene for sensor in SENSORS if sensor.scene is not None]
    for pattern in (*scenes, _DAY_AND_TIME):
        for match in pattern.finditer(name):
            moment = _moment(match["day"], match["clock"])
            if moment is not None:
                yield match.start("day"), moment
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
    """A date a person typed: ISO 8601 (`2020-02-02`, `20200202`, `2020-02-02T10:15:32Z`).

    A period is two of them with a slash: `2020-02-02/2020-02-10`. Raises WrongUseError.
    """
    try:
        return Acquired.parse(text)
    except ValueError as err:
        raise WrongUseError(
            f"{text!r} is not a date ({err}). Give it as YYYY-MM-DD, or with a time as "
            "YYYY-MM-DDTHH:MM:SSZ (UTC), or a period as YYYY-MM-DD/YYYY-MM-DD."
        ) from err


def read_dates(table: Path) -> dict[str, Acquired]:
    """Dates by mask from a CSV file with a column for the mask and one for the date.

    The keys are what stands in the mask column: a file name, a stem or an absolute path. Columns
    are found by their heading (`mask`, `name`, `file` …, and `date`, `acquired` …); without a
    heading they are the first and the second. Raises WrongUseError that names the line.
    """
    lines = read_lines(table)
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
        with _naming(table, number):
            dates[_key(table, _cell(cells, mask))] = parse_date(_cell(cells, day))
    return dates


def read_mapping(table: Path) -> dict[str, MappingRow]:
    """Image and date by mask from a CSV file with the columns `mask`, `image` and `date`.

    `image` or `date` may be missing or empty. Paths count from the table's folder, or else from the
    working folder; that an image isn't there is reported for its mask. The keys are as those of
    `read_dates`. Raises WrongUseError that names
    the line.
    """
    lines = read_lines(table)
    names = [name.strip().lower() for name in lines[0][1]]
    mask = _column(table, names, _MASK_COLUMNS)
    image, day = (
        next((number for number, name in enumerate(names) if name in wanted), None)
        for wanted in (_IMAGE_COLUMNS, _DATE_COLUMNS)
    )
    if image is None and day is None:
        raise WrongUseError(
            f"{table}: the heading is {', '.join(names)}; beside the mask, a column `image` or "
            "`date` is needed."
        )
    rows = {}
    for number, cells in lines[1:]:
        with _naming(table, number):
            key = _key(table, _cell(cells, mask))
            if key in rows:
                raise WrongUseError(f"{key} is there twice. Leave one of the lines out.")
            file, text = _cell(cells, image), _cell(cells, day)
            rows[key] = MappingRow(
                _located(table, file) if file else None, parse_date(text) if text else None
            )
    if not rows:
        raise WrongUseError(f"{table}: the table has no rows below its heading.")
    return rows


def _key(table: Path, text: str) -> str:
    """A mask as `table_keys` has it: a name or stem, or, of one with folders, its absolute path.

    Raises WrongUseError where nothing stands.
    """
    if not text:
        raise WrongUseError("the line names no mask.")
    file = _located(table, text)
    # Files of a zip are called by their path in it.
    return str(file) if Path(text).name != text and file.exists() else Path(text).as_posix()


def _located(table: Path, text: str) -> Path:
    """A path that counts from the table's folder, or else from the working folder."""
    candidates = [Path(os.path.abspath(folder / text)) for folder in (table.parent, Path())]  # noqa: PTH100 - takes `..` out
    return next((file for file in candidates if file.exists()), candidates[0])


@contextmanager
def _naming(table: Path, line: int) -> Iterator[None]:
    """Names the table and the line in what goes wrong in the block."""
    try:
        yield
    except WrongUseError as err:
        raise WrongUseError(f"{table}, line {line}: {err}") from err


def _cell(cells: list[str], column: int | None) -> str:
    """What stands in a column; nothing where the line or the table has no such column."""
    return "" if column is None or column >= len(cells) else cells[column].strip()


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
    """The date that a table of `read_dates` gives for a mask file."""
    return next((dates[key] for key in table_keys(path) if key in dates), None) if dates else None


def table_keys(path: Path) -> Iterator[str]:
    """What a table may call a file: its path, the end of that with some folders, name or stem."""
    yield str(path)
    yield from ("/".join(path.parts[-count:]) for count in range(len(path.parts) - 1, 0, -1))
    yield path.stem
