"""Which pairs are looked at, or decided by a rule: filters that combine.

A filter can be written as texts by name, as addresses and JSON have them, and as words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from ..errors import WrongUseError
from ..states import VERDICTS, Basis, DecisionState, decision_state
from ..text import FOOTPRINT_COVERAGE, LABEL_OCCLUDED
from .queue_row import QueueRow

NOT_BY_ME = "not decided by me"
PROPOSED = "proposed from an earlier pair"
DECISIONS = (
    DecisionState.UNDECIDED.value,
    PROPOSED,
    NOT_BY_ME,
    DecisionState.ACCEPTED.value,
    DecisionState.REJECTED.value,
    DecisionState.UNSURE.value,
    DecisionState.CONFLICT.value,
)
# What these filters can be; the others are free.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "decision": DECISIONS,
    "suggestion": tuple(verdict.value for verdict in VERDICTS),
    "basis": tuple(basis.value for basis in Basis),
}


@dataclass(frozen=True)
class PairNumber:
    """A number of a pair that a filter can limit, as it is called on all pages.

    `of` reads it of a row, None where it isn't known; a filter has it in `unit`, `scale` times as
    large.
    """

    label: str
    unit: str
    scale: float
    of: Callable[[QueueRow], float | None]


def _days(row: QueueRow) -> float | None:
    return None if row.days_offset is None else abs(row.days_offset)


# By the name that addresses and rules have; limits are in the unit, so that people can type them.
NUMBERS: Mapping[str, PairNumber] = {
    "occluded": PairNumber(LABEL_OCCLUDED, "%", 100, lambda row: row.occluded),
    "change": PairNumber("change in label", "", 1, lambda row: row.change),
    "shift": PairNumber("shift", "m", 1, lambda row: row.shift_m),
    "days": PairNumber("days offset (either way)", "days", 1, _days),
    "coverage": PairNumber(FOOTPRINT_COVERAGE, "%", 100, lambda row: row.coverage),
    "score": PairNumber("expected to be accepted", "%", 100, lambda row: row.score),
}
_RANGE = ".."


@dataclass(frozen=True)
class Range:
    """The limits of a number, inclusive, in its unit; None where there is none."""

    least: float | None = None
    most: float | None = None

    def takes(self, value: float | None) -> bool:
        """Whether the value lies within; one that isn't known lies nowhere."""
        if value is None:
            return False
        return (self.least is None or self.least <= value) and (
            self.most is None or value <= self.most
        )

    def __str__(self) -> str:
        """As `parse` takes it: `0..5`, `..5`."""
        ends = ("" if end is None else f"{end:g}" for end in (self.least, self.most))
        return _RANGE.join(ends)

    @classmethod
    def parse(cls, text: str) -> Range:
        """Of `0..5`, `..5`, `5..` or `5`, which is no more than that. Raises WrongUseError."""
        least, _, most = text.rpartition(_RANGE)
        try:
            ends = [float(end) if end.strip() else None for end in (least, most)]
        except ValueError as err:
            raise WrongUseError(f"{text!r} is no range; needed is one such as 0..5.") from err
        if any(end is not None and not math.isfinite(end) for end in ends):
            raise WrongUseError(f"{text!r} is no range; its ends have to be finite numbers.")
        return cls(*ends)


@dataclass(frozen=True)
class QueueFilter:
    """Which pairs are looked at; what is None or empty doesn't matter.

    `decision` is one of `DECISIONS`, `reviewer` the person for whom `not decided by me` holds;
    `text` is found in the mask's name; `first` and `last` are inclusive days of the scene. `basis`
    is what decisions rest on (`states.Basis`), `by` a reviewer who has decided, `batch` a batch
    that the decision is of; `audit` is an audit that the pair belongs to. `ranges` limit `NUMBERS`.
    """

    decision: str | None = None
    text: str = ""
    suggestion: str | None = None
    tile: str | None = None
    first: date | None = None
    last: date | None = None
    reviewer: str = ""
    scene: str | None = None
    basis: str | None = None
    by: str | None = None
    batch: str | None = None
    ranges: Mapping[str, Range] = field(default_factory=dict)
    audit: str | None = None

    def takes(self, row: QueueRow) -> bool:
        """Whether the pair is looked at."""
        return (
            self._decision_fits(row)
            and self.text.strip().lower() in row.mask_name.lower()
            and self.suggestion in (None, row.suggestion)
            and self.tile in (None, row.tile)
            and self.scene in (None, row.scene_id)
            and self.basis in (None, row.basis)
            and self.batch in (None, row.batch)
            and (self.audit is None or self.audit in row.audits)
            and (self.by is None or self.by in row.reviewers)
            and self._day_fits(row.sensed_on)
            and all(limits.takes(_value(name, row)) for name, limits in self.ranges.items())
        )

    def _decision_fits(self, row: QueueRow) -> bool:
        if self.decision is None:
            return True
        if self.decision == NOT_BY_ME:
            return self.reviewer not in row.reviewers
        if self.decision == PROPOSED:
            return row.proposed is not None
        return decision_state(row.decision) == self.decision

    def _day_fits(self, day: date | None) -> bool:
        if day is None:
            return self.first is None and self.last is None
        return (self.first or day) <= day <= (self.last or day)


def _value(name: str, row: QueueRow) -> float | None:
    number = NUMBERS[name]
    value = number.of(row)
    return None if value is None else value * number.scale


_DAYS = ("first", "last")
_TEXTS = tuple(
    one.name for one in fields(QueueFilter) if one.name not in (*_DAYS, "ranges", "reviewer")
)
NAMES = (*_TEXTS, *_DAYS, *NUMBERS)


def filter_texts(wanted: QueueFilter) -> dict[str, str]:
    """A filter as texts by name, as `parse_filter` takes it; what doesn't matter is left out.

    The reviewer isn't part of it: who looks is known apart.
    """
    found: dict[str, Any] = {name: getattr(wanted, name) for name in _TEXTS}
    found |= {name: (day := getattr(wanted, name)) and day.isoformat() for name in _DAYS}
    found |= {name: str(limits) for name, limits in wanted.ranges.items()}
    return {name: str(value) for name, value in found.items() if value}


def parse_filter(texts: Mapping[str, Any], reviewer: str = "") -> QueueFilter:
    """The filter of texts by name. Raises WrongUseError for an unknown name or a wrong value."""
    known = {name: value for name, value in texts.items() if value not in (None, "")}
    if unknown := [name for name in known if name not in NAMES]:
        raise WrongUseError(f"{unknown[0]!r} is no filter; known are {', '.join(NAMES)}.")
    if wrong := [name for name, value in known.items() if not isinstance(value, str)]:
        raise WrongUseError(f"The filter {wrong[0]!r} has to be a text.")
    for name, choices in CHOICES.items():
        if known.get(name, choices[0]) not in choices:
            raise WrongUseError(
                f"{known[name]!r} is no {name}; needed is one of {', '.join(choices)}."
            )
    try:
        days = {name: date.fromisoformat(known[name]) for name in _DAYS if name in known}
    except ValueError as err:
        raise WrongUseError(f"The filter has no day such as 2020-02-02: {err}.") from err
    return QueueFilter(
        **{name: known[name] for name in _TEXTS if name in known},
        first=days.get("first"),
        last=days.get("last"),
        reviewer=reviewer,
        ranges={name: Range.parse(known[name]) for name in NUMBERS if name in known},
    )


def format_filter(wanted: QueueFilter, translate: Callable[[str], str] = str) -> str:
    """The filter in words: `label occluded at most 0 %, days offset at most 5 days`.

    In English, as reasons and rules are kept; `translate` gives what a page shows.
    """
    words = {
        "decision": "{}",
        "text": "mask name contains {}",
        "suggestion": "suggested: {}",
        "tile": "tile {}",
        "scene": "scene {}",
        "basis": "decided by a {}",
        "by": "decided by {}",
        "batch": "of batch {}",
        "audit": "audit of {}",
        "first": "scene from {}",
        "last": "scene until {}",
    }
    texts = filter_texts(wanted)
    found = [
        translate(words[name]).format(translate(texts[name]) if name in CHOICES else texts[name])
        for name in words
        if name in texts
    ]
    found += [
        _format_range(NUMBERS[name], limits, translate) for name, limits in wanted.ranges.items()
    ]
    return ", ".join(found) or translate("all pairs")


def _format_range(number: PairNumber, limits: Range, translate: Callable[[str], str]) -> str:
    unit = f" {translate(number.unit)}" if number.unit else ""
    words = format_limits(limits, unit, translate) or translate("known")
    return f"{translate(number.label)} {words}"


def format_limits(limits: Range, unit: str, translate: Callable[[str], str] = str) -> str:
    """The ends of a range in words, each with its unit: `at least 5 % and at most 10 %`."""
    ends = (("at least", limits.least), ("at most", limits.most))
    found = [f"{translate(word)} {end:g}{unit}" for word, end in ends if end is not None]
    return translate(" and ").join(found)
