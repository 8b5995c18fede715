"""When each feature was seen, from its attributes, and which features belong to a date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import WrongUseError
from ...grid import BoolArray
from ...model import Acquired, utc
from ..dates.names import parse_date

# What `VectorForm.dates` says of a mask whose own feature has no date, in a layer of dated ones.
UNDATED = ""
_SLASHES = re.compile(r"^(\d{4})/(\d{1,2})/(\d{1,2})")
_ONE_DAY = timedelta(days=1) - timedelta(microseconds=1)


@dataclass(frozen=True, eq=False)
class Periods:
    """The dates of features: `acquired` of each, None where there is none, and what is wrong."""

    acquired: tuple[Acquired | None, ...]
    reasons: tuple[str | None, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """Each period as `VectorForm.dates` has it."""
        return tuple(UNDATED if one is None else str(one) for one in self.acquired)


def feature_periods(starts: Sequence[Any], ends: Sequence[Any] | None) -> Periods:
    """The moment or period of each feature, of one column or two.

    Values are dates, times or text; times without a zone are UTC. In a column of times that are all
    midnight in UTC only the days are meant. A feature without an end was seen at its start.
    """
    first = _moments(starts)
    last = first if ends is None else _moments(ends)
    pairs = [_period(one, other) for one, other in zip(first, last, strict=True)]
    return Periods(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))


def _period(
    first: Acquired | str | None, last: Acquired | str | None
) -> tuple[Acquired | None, str | None]:
    """The period, or why there is none."""
    for value in (first, last):
        if isinstance(value, str):
            return None, f"{value!r} is no date"
    if first is None:
        return None, "its date is empty"
    assert not isinstance(first, str)
    if last is None:
        return first, None
    assert not isinstance(last, str)
    try:
        return Acquired.between(first, last), None
    except ValueError as err:
        return None, str(err)


def _moments(values: Sequence[Any]) -> list[Acquired | str | None]:
    """Each value as a moment; None where there is none, its text where it can't be read."""
    read = [_moment(value) for value in values]
    times = [one for one in read if isinstance(one, Acquired)]
    if all(one.at.timetz() == time(tzinfo=UTC) and one.until is None for one in times):
        return [one.day if isinstance(one, Acquired) else one for one in read]
    return read


def _moment(value: Any) -> Acquired | str | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return Acquired(utc(value), time_known=True)
    if isinstance(value, date):
        return Acquired(datetime.combine(value, time(), UTC), time_known=False)
    text = str(value).strip()
    try:
        return parse_date(_SLASHES.sub(_dashed, text))
    except WrongUseError:
        return text[:40]


def _dashed(match: re.Match[str]) -> str:
    return f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}"


def spans(texts: Sequence[str]) -> NDArray[np.int64]:
    """First and last microsecond (n, 2) of periods as text; those of UNDATED are -1, -2."""
    known = {text: _span(text) for text in set(texts)}
    return np.array([known[text] for text in texts], dtype=np.int64).reshape(-1, 2)


def _span(text: str) -> tuple[int, int]:
    if text == UNDATED:
        return -1, -2
    period = Acquired.parse(text)
    last = period.until or period.at
    if not period.time_known:
        last += _ONE_DAY
    return _microseconds(period.at), _microseconds(last)


def _microseconds(moment: datetime) -> int:
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def of_date(features: NDArray[np.int64], wanted: NDArray[np.int64]) -> BoolArray:
    """Whether features (n, 2 of `spans`) belong to the date that is wanted (2,) or (n, 2).

    Periods that overlap belong together, and what has no date to what has none either.
    """
    overlap = (features[..., 0] <= wanted[..., 1]) & (wanted[..., 0] <= features[..., 1])
    undated = (features[..., 1] == -2) & (wanted[..., 1] == -2)
    both: BoolArray = overlap | undated
    return both
