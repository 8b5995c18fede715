"""`Acquired`: when the image was taken that a label was drawn on; and times as ISO 8601 in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from .text import format_time

Number = int | float


@dataclass(frozen=True)
class Acquired:
    """When the source image was taken: a UTC time, or only a day (then at midnight).

    `until` is the end of a period, where only that is known: the label is right for some moment
    from `at` to `until`. Without a time of day the last day belongs to it as a whole.
    """

    at: datetime
    time_known: bool
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a period that ends before it begins, with a ValueError."""
        if self.until is not None and self.until < self.at:
            raise ValueError(f"the period ends ({iso(self.until)}) before it begins")

    @classmethod
    def parse(cls, text: str) -> Acquired:
        """Read an ISO 8601 date or time, or a period `start/end` of two of them.

        A time without zone is UTC. Raises ValueError.
        """
        start, slash, end = text.partition("/")
        if slash:
            return cls.between(cls._moment(start), cls._moment(end))
        return cls._moment(text)

    @classmethod
    def between(cls, first: Acquired, last: Acquired) -> Acquired:
        """The period from one moment to another; a single moment when both are the same.

        Raises ValueError when it would end before it begins.
        """
        if first.time_known != last.time_known:  # only the days are sure
            first, last = first.day, last.day
        end = last.until or last.at
        if first.until is None and end == first.at:
            return first
        return cls(first.at, first.time_known, end)

    @classmethod
    def _moment(cls, text: str) -> Acquired:
        if len(text.strip()) in (8, 10):
            day = date.fromisoformat(text.strip())
            return cls(datetime.combine(day, time(), UTC), time_known=False)
        try:
            return cls(utc(datetime.fromisoformat(text.strip())), time_known=True)
        except OverflowError as err:  # year 1 or 9999, moved out of the calendar by its zone
            raise ValueError(f"{text!r} is beyond the calendar") from err

    def __str__(self) -> str:
        """ISO 8601, as `parse` reads it."""
        return f"{self.start}/{self.end}" if self.end else self.start

    @property
    def start(self) -> str:
        """ISO 8601 of the moment, or of the beginning of the period."""
        return self._text(self.at)

    @property
    def end(self) -> str | None:
        """ISO 8601 of the end of the period; None for a single moment."""
        return None if self.until is None else self._text(self.until)

    def _text(self, moment: datetime) -> str:
        return iso(moment) if self.time_known else moment.date().isoformat()

    @property
    def day(self) -> Acquired:
        """The same, to the day."""
        first, last = (datetime.combine(d, time(), UTC) for d in (self.first_day, self.last_day))
        return Acquired(first, time_known=False, until=None if self.until is None else last)

    @property
    def first_day(self) -> date:
        """The UTC date, or the first one of the period."""
        return self.at.date()

    @property
    def last_day(self) -> date:
        """The UTC date, or the last one of the period."""
        return (self.until or self.at).date()

    @property
    def formatted_days(self) -> str:
        """`2020-02-02`, or of a period `2020-02-02 to 2020-02-10`."""
        first, last = self.first_day.isoformat(), self.last_day.isoformat()
        return first if first == last else f"{first} to {last}"

    @property
    def formatted(self) -> str:
        """The moment to the minute where it is known, else the day or the days of the period."""
        exact = self.time_known and self.until is None
        return format_time(self.at) if exact else self.formatted_days

    def distance_days(self, day: date) -> int:
        """Whole days between a UTC date and this one, or the period's nearer end; 0 within it."""
        return max((self.first_day - day).days, (day - self.last_day).days, 0)

    def days_until(self, moment: datetime) -> Number:
        """Days from here to `moment`; whole days between the dates when the time is unknown.

        0 within a period; outside, days from its nearer end.
        """
        if not self.time_known:
            before, after = moment.date() - self.first_day, moment.date() - self.last_day
            return min(before.days, 0) or max(after.days, 0)
        last = self.until or self.at
        early, late = (_days(moment - end) for end in (self.at, last))
        return min(early, 0.0) or max(late, 0.0)


def _days(difference: timedelta) -> float:
    return round(difference.total_seconds() / 86400, 6)


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a time zone is taken to be UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z, to the second (or finer where it is known)."""
    return utc(moment).isoformat().replace("+00:00", "Z")
