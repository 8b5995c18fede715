"""Which values of a label raster stand for no data: as declared, or as a person says."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import WrongUseError
from ...grid import BoolArray
from .opening import transparent_values

# In place of a value: nothing is no data, whatever the file declares.
NONE = "none"
# Of 64 bits; beyond, a number without fraction is still a real one.
_LARGEST_INTEGER = 2**64


def parse_no_data(texts: Sequence[str]) -> tuple[float, ...]:
    """The no-data values that a person gives, ascending; none for `none`. Raises WrongUseError.

    What is not finite is left out: it never is a class, declared or not.
    """
    given_values = [text.strip().lower() for text in texts]
    if NONE in given_values:
        if set(given_values) != {NONE}:
            raise WrongUseError(
                f"{NONE} says that no value is no data, so no other value can be given with "
                "it. Leave one of them out."
            )
        return ()
    values = {_number(word) for word in given_values}
    return tuple(sorted(value for value in values if math.isfinite(value)))


def _number(text: str) -> float:
    try:
        return plain_number(int(text) if text.lstrip("+-").isdecimal() else float(text))
    except ValueError as err:
        raise WrongUseError(
            f"{text!r} is no number. Give the value that stands for no data, such as 255 "
            f"or -9999, or {NONE} if none does."
        ) from err


def plain_number(value: float) -> float:
    """A number without fraction as an integer, so that it is written in one way only."""
    small = math.isfinite(value) and abs(value) <= _LARGEST_INTEGER
    return int(value) if small and value == int(value) else value


def value_text(value: float) -> str:
    """A value in digits, none lost: `255`, `-3.4028234663852886e+38`."""
    return str(plain_number(value))


def no_data_values(dataset: Any, given: Sequence[float] | None) -> tuple[float, ...]:
    """The values that stand for no data in an open dataset: those `given`, else those declared.

    Declared are the no-data value and the entries of the colour table that show nothing at all.
    """
    if given is not None:
        return tuple(given)
    declared = () if dataset.nodata is None or math.isnan(dataset.nodata) else (dataset.nodata,)
    return tuple(dict.fromkeys(map(plain_number, (*declared, *transparent_values(dataset)))))


def pixels_without_data(
    pixels: NDArray[Any], values: Iterable[float]
) -> Iterator[tuple[float, BoolArray]]:
    """For each value, which pixels (height, width) have it in every band (bands, height, width)."""
    for value in values:
        if (number := _as_stored(value, pixels.dtype)) is not None:
            yield value, (pixels == number).all(axis=0)


def _as_stored(value: float, dtype: np.dtype[Any]) -> Any:
    """A value as pixels of this type hold it; None where they can't."""
    if dtype.kind not in "iu":
        with np.errstate(over="ignore"):
            return dtype.type(value)
    limits = np.iinfo(dtype)
    fits = isinstance(plain_number(value), int) and limits.min <= value <= limits.max
    return dtype.type(int(value)) if fits else None
