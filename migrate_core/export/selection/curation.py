"""Which of the pairs that may go out do: filters over numbers, classes, persons and scenes.

The filters of the review queue hold here as they do there, with the same names and words. To them
come the product level, the agreement of reviewers, and the shares of classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ...errors import WrongUseError
from ...review.filters import (
    NAMES,
    NOT_BY_ME,
    QueueFilter,
    Range,
    filter_texts,
    format_filter,
    format_limits,
    parse_filter,
)

LEVEL, AGREEMENT = "level", "agreement"
CLASS_PREFIX = "class:"
LEVELS = ("L1C", "L2A")
# All names that a filter of an export can have; `class:` is followed by a value or a name.
FILTER_NAMES = (*NAMES, LEVEL, AGREEMENT, f"{CLASS_PREFIX}CLASS")


@dataclass(frozen=True)
class Curation:
    """Filters as texts by name, all of which have to hold, and whether duplicates stay out.

    Names and values are those of `review.filters.parse_filter` (`occluded`: `..5`), `level`,
    `agreement` (how many persons agree, none where a conflict was settled: `2..`), and
    `class:NAME` or `class:VALUE` (share of the pixels with a label, in percent: `5..`). With
    `skip_duplicates` one of several near duplicates goes out; with `skip_outliers` no outlier.
    """

    filters: Mapping[str, str] = field(default_factory=dict)
    skip_duplicates: bool = False
    skip_outliers: bool = False

    def check(self) -> None:
        """Raises WrongUseError for an unknown filter or a wrong value."""
        queue = self.of_queue
        if queue.decision == NOT_BY_ME:
            raise WrongUseError(
                f"The filter `{NOT_BY_ME}` is for the queue; name who has decided (by=NAME)."
            )
        if self.level is not None and self.level not in LEVELS:
            raise WrongUseError(
                f"{self.level!r} is no product level; needed is one of {', '.join(LEVELS)}."
            )
        for limits in (self.agreement, *self.classes.values()):
            _check_range(limits)

    @property
    def of_queue(self) -> QueueFilter:
        """The filters that the review queue has, too. Raises WrongUseError."""
        own = {name: text for name, text in self.filters.items() if not self._is_own(name)}
        if unknown := [name for name in own if name not in NAMES]:
            raise WrongUseError(
                f"{unknown[0]!r} is no filter; known are {', '.join(FILTER_NAMES)}."
            )
        return parse_filter(own)

    @property
    def level(self) -> str | None:
        """The product level that pairs have to be of."""
        return self.filters.get(LEVEL, "").strip().upper() or None

    @property
    def agreement(self) -> Range | None:
        """How many persons have to agree. Raises WrongUseError."""
        text = self.filters.get(AGREEMENT)
        return Range.parse(text) if text else None

    @property
    def classes(self) -> dict[str, Range]:
        """Limits of the shares of classes in percent, by value or name. Raises WrongUseError."""
        return {
            name.removeprefix(CLASS_PREFIX).strip(): Range.parse(text)
            for name, text in self.filters.items()
            if name.startswith(CLASS_PREFIX) and text
        }

    @property
    def reads_pixels(self) -> bool:
        """Whether rasters have to be read to know which pairs go out."""
        return bool(self.classes) or self.skip_duplicates or self.skip_outliers

    def __str__(self) -> str:
        """In words: `label occluded at most 5 %, class water at least 10 % of the label`."""
        return ", ".join(self.parts(str))

    def parts(self, translate: Callable[[str], str]) -> list[str]:
        """Each filter in words, in the language of `translate`; in English as reasons name it."""
        of_queue = [
            parse_filter({name: text}) for name, text in filter_texts(self.of_queue).items()
        ]
        found = [format_filter(one, translate) for one in of_queue]
        if self.level is not None:
            found.append(format_level(self.level, translate))
        if self.agreement is not None:
            found.append(format_agreement(self.agreement, translate))
        found += [format_class(name, limits, translate) for name, limits in self.classes.items()]
        found += [translate("without near duplicates")] * self.skip_duplicates
        found += [translate("without outliers")] * self.skip_outliers
        return found

    @staticmethod
    def _is_own(name: str) -> bool:
        return name in (LEVEL, AGREEMENT) or name.startswith(CLASS_PREFIX)


def format_level(level: str, translate: Callable[[str], str] = str) -> str:
    """The filter of the product level in words."""
    return translate("product level {level}").format(level=level)


def format_agreement(limits: Range, translate: Callable[[str], str] = str) -> str:
    """The filter of the agreement in words."""
    return f"{translate('persons who agree')} {format_limits(limits, '', translate)}"


def format_class(name: str, limits: Range, translate: Callable[[str], str] = str) -> str:
    """The filter of the share of a class in words."""
    return translate("class {name} {limits} of the label").format(
        name=name, limits=format_limits(limits, " %", translate)
    )


def _check_range(limits: Range | None) -> None:
    if limits is None or None in (limits.least, limits.most):
        return
    if limits.least > limits.most:  # type: ignore[operator]
        raise WrongUseError(f"{limits} is no range: its first number is larger than its last.")
