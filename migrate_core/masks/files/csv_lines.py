"""Reading the small CSV tables that people write by hand or save from a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

from ...errors import WrongUseError
from ...files.regular import read_text

_DELIMITERS = ",;\t"


def delimiter_of(text: str) -> str:
    """What separates the columns of a table: of comma, semicolon and tab the commonest in line 1.

    Spreadsheets write semicolons where the comma is the decimal sign.
    """
    heading = text.lstrip("\r\n").partition("\n")[0]
    return max(_DELIMITERS, key=heading.count)


def read_lines(table: Path) -> list[tuple[int, list[str]]]:
    """The lines of a CSV file that hold something, with their numbers. Raises WrongUseError."""
    try:
        text = read_text(table, "utf-8-sig")
        reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter_of(text))
        lines = [(reader.line_num, cells) for cells in reader if any(cells)]
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        raise WrongUseError(f"{table}: it can't be read as a CSV table ({err}).") from err
    if not lines:
        raise WrongUseError(f"{table}: the table is empty.")
    return lines
