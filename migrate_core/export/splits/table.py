"""Splits and groups from a table: a CSV file that names pairs or masks."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ...errors import WrongUseError
from ...escaping import from_csv_cell
from .options import SHARES

# What a table may name pairs by, the first that it has; and what it may say of them.
_KEYS = ("pair_id", "mask_id", "mask_name")
_COLUMNS = ("split", "group")
_OTHER_NAMES = {"validation": "val", "valid": "val", "training": "train", "testing": "test"}


class Named(Protocol):
    """A pair, as a table may name it."""

    @property
    def pair_id(self) -> str:
        """Its id."""

    @property
    def mask_id(self) -> str:
        """The id of its mask."""

    @property
    def mask_name(self) -> str:
        """The name of its mask."""


def read_split_table(
    path: Path, column: str, pairs: Sequence[Named]
) -> dict[str, tuple[str | None, str | None]]:
    """Group and split (one of them None) by pair id, of the pairs that a table names.

    `column` is the one to read, by default `split`, else `group`. One whose values are all train,
    val or test gives splits, any other groups. Raises WrongUseError.
    """
    rows = _rows(path)
    there = list(rows[0]) if rows else []
    key = next((name for name in _KEYS if name in there), None)
    value = column or next((name for name in _COLUMNS if name in there), None)
    if key is None or value is None or value not in there:
        raise WrongUseError(
            f"{path}: its columns are {', '.join(there) or 'none'}; needed is one of "
            f"{', '.join(_KEYS)}, and {column or ' or '.join(_COLUMNS)}."
        )
    named = _values(path, rows, key, value)
    found = {pair.pair_id: named.get(str(getattr(pair, key))) for pair in pairs}
    if pairs and not any(found.values()):
        raise WrongUseError(
            f"{path}: none of its {key} is that of a pair that goes out, such as "
            f"{getattr(pairs[0], key)}."
        )
    return as_splits_or_groups(found, value)


def as_splits_or_groups(
    found: Mapping[str, str | None], column: str
) -> dict[str, tuple[str | None, str | None]]:
    """Values by pair id as (group, split): splits where all are, else groups.

    Raises WrongUseError for other values in a column called `split`.
    """
    values = {value for value in found.values() if value}
    known = {value: _OTHER_NAMES.get(value.lower(), value.lower()) for value in values}
    if known and all(name in SHARES for name in known.values()):
        return {one: (None, known[value] if value else None) for one, value in found.items()}
    if column == "split" and known:
        wrong = next(value for value, name in known.items() if name not in SHARES)
        raise WrongUseError(
            f"The column split has {wrong!r}; needed is one of {', '.join(SHARES)}. A column of "
            "groups can be named with --split-column."
        )
    return {one: (value or None, None) for one, value in found.items()}


def _values(path: Path, rows: Sequence[Mapping[str, str]], key: str, column: str) -> dict[str, str]:
    named: dict[str, str] = {}
    for row in rows:
        name, value = row[key], row[column]
        if value and named.setdefault(name, value) != value:
            raise WrongUseError(
                f"{path}: {name} is in it as {named[name]!r} and as {value!r}; needed is one row."
            )
    return named


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [
                {
                    str(name).strip(): from_csv_cell((value or "").strip())
                    for name, value in row.items()
                    if name is not None and not isinstance(value, list)
                }
                for row in csv.DictReader(file)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        raise WrongUseError(
            f"{path}: the table can't be read ({err}). Needed is a CSV file in UTF-8."
        ) from err
