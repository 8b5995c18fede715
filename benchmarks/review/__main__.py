"""Measure the review; prints the tables of docs/review.md, and with `--write` puts them there.

    python -m benchmarks.review /tmp/review --write

takes long, most of it the simulation of triage; `--only` measures a part of it.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.review import light_table, many, team
from benchmarks.review.triage import tables
from tests.support.browsing import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "review.md"
# Each table stands between `<!-- NAME -->` and `<!-- end NAME -->`.
TABLES: Mapping[str, Callable[[Path], str]] = {
    "light table": light_table.table,
    "team": team.table,
    "many": many.table,
    "triage": lambda _folder: tables.tables(),
}


def put(name: str, table: str) -> None:
    """Replace a table of the document."""
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(marks.sub(lambda m: f"{m[1]}{table}\n{m[2]}", text), encoding="utf-8")


def main() -> None:
    """Measure, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=TABLES, action="append")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for name in given.only or TABLES:
        table = TABLES[name](given.folder).rstrip("\n")
        print(table, flush=True)
        if given.write:
            put(name, table)


if __name__ == "__main__":
    main()
