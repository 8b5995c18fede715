"""Text of others where it would be taken for more than text: in Markdown, and in tables as CSV.

Names of files and classes, reviewers, reasons, and what services answer, can hold anything.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .workspace import written_then_renamed

# What Markdown, with the extensions of GitHub and Streamlit, reads as more than a letter. Inside a
# word an underscore is one; a colon before a letter begins a directive (`:red[…]`).
_MARKDOWN = re.compile(r"[\\`*\[\]<>$~&@|]|:(?=[A-Za-z])|(?<!\w)_|_(?!\w)")
# What begins a heading, a list or a rule; and a numbered list.
_BEGINS = re.compile(r"^[#+=-]")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")
# What makes a spreadsheet take a cell for a formula (OWASP, CSV injection), blanks before it
# included; the wide forms are what Japanese and Chinese keyboards give.
_FORMULA = re.compile(r"'*\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")


def markdown_text(text: str) -> str:
    """Text in one line that Markdown shows as it is: no image, formula, colour or heading.

    Programs that make links of bare addresses still do, which escaping can't prevent; a link is
    fetched by nobody who doesn't click it.
    """
    line = _MARKDOWN.sub(r"\\\g<0>", " ".join(text.split()))
    line = _BEGINS.sub(r"\\\g<0>", line)
    return _NUMBERED.sub(r"\1\\\2", line)


def markdown_code(text: str) -> str:
    """Text in one line as code, whatever backticks it holds (CommonMark, 6.1)."""
    line = " ".join(text.split())
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    space = " " if "`" in line else ""
    return f"{fence}{space}{line}{space}{fence}"


def csv_cell(value: Any) -> Any:
    """A value as a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def from_csv_cell(text: str) -> str:
    """The text that `csv_cell` made a cell of."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a table as CSV; every text is quoted, so that a semicolon in it ends no cell."""
    with (
        written_then_renamed(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        csv.writer(file).writerow(columns)
        writer = csv.DictWriter(file, columns, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerows({name: csv_cell(value) for name, value in row.items()} for row in rows)
