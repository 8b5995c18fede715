"""`Layer`: the features of a vector file as they were found, before anything is made of them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ....errors import MaskError

if TYPE_CHECKING:
    import pandas as pd

GeometryArray = NDArray[np.object_]
_DAY = re.compile(r"\d{4}[-/]\d{2}[-/]\d{2}")


@dataclass(frozen=True, eq=False)
class Layer:
    """`geometries` (n,) as shapely gives them, None where there is none or it can't be read.

    `table` has a row for each feature and a column for each attribute. `crs` is `EPSG:n` or WKT,
    None where the file says nothing. `name` is None in files that know no layers.
    """

    geometries: GeometryArray
    table: pd.DataFrame
    crs: str | None
    name: str | None = None


@dataclass(frozen=True)
class Column:
    """A column of a layer: `kind` is `integer`, `number`, `text` or `time`; the first values."""

    name: str
    kind: str
    samples: tuple[str, ...]


def column(layer: Layer, name: str, file: str, option: str) -> list[Any]:
    """The values of a column, None where there is none. Raises MaskError that names the others."""
    if name not in layer.table.columns:
        found = ", ".join(map(str, layer.table.columns)) or "no columns at all"
        raise MaskError(
            f"{file}: it has no column {name!r}; found: {found}. Name one of these with {option}."
        )
    return [None if missing(value) else plain(value) for value in layer.table[name]]


def missing(value: Any) -> bool:
    """Whether an attribute says nothing: null, not a number, or empty text."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    # NaN, and NaT of NumPy and pandas, are unlike themselves.
    return isinstance(value, (float, np.floating, np.datetime64, datetime)) and value != value


def one_line(text: str) -> str:
    """A name as it can stand in lists: in one line, without signs that don't show, not too long."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:80]


def plain(value: Any) -> Any:
    """A value of NumPy or pandas as Python has it."""
    return value.item() if isinstance(value, np.generic) else value


def columns(layer: Layer, samples: int = 5) -> tuple[Column, ...]:
    """What the attributes of a layer are."""
    found = []
    for name in layer.table.columns:
        values = [plain(value) for value in layer.table[name] if not missing(value)]
        first = tuple(dict.fromkeys(str(value) for value in values[:1000]))[:samples]
        found.append(Column(str(name), _kind(values), first))
    return tuple(found)


def _kind(values: Collection[Any]) -> str:
    kinds = {type(value) for value in values}
    if kinds and kinds <= {bool, int}:
        return "integer"
    if kinds and kinds <= {bool, int, float}:
        return "number"
    if kinds == {str}:
        return "time" if all(_DAY.match(value) for value in values) else "text"
    return "text" if not kinds or kinds & {str, dict, list} else "time"
