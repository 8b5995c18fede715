"""By which settings a dataset was made, in the words of the pages on which they are set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ...model import PairParameters
from ...text import CLOUDS_TEXTS, format_share
from ..request import (
    APPLIED,
    BOTH,
    DROP,
    FLOAT32,
    FRACTIONS,
    HARD,
    KEPT,
    OCCLUDED,
    PAD,
    SHIFT,
    UINT16,
    ChipOptions,
    ExportRequest,
    PixelOptions,
    SplitOptions,
)
from ..selection.choice import INCLUDE_TEXTS
from ..selection.entries import Entry

_VALUES_TEXTS = {
    UINT16: "reflectance x 10000, whole numbers (uint16)",
    FLOAT32: "reflectance (float32)",
}
_LABEL_TEXTS = {
    HARD: "the class with the largest share of each pixel",
    FRACTIONS: "the area share of each class",
    BOTH: "the class with the largest share, and the area share of each class",
}
_IGNORE_TEXTS = {
    APPLIED: "what reviewers and settings set to ignore is 255",
    KEPT: "what was set to ignore has its class nevertheless",
    OCCLUDED: "what was set to ignore, and all that is occluded, is 255",
}
_PADDING_TEXTS = {
    PAD: "chips over the edge of a pair are filled up (image 0, label 255)",
    SHIFT: "chips over the edge of a pair are moved inwards",
    DROP: "chips over the edge of a pair are left out",
}


@dataclass(frozen=True)
class Setting:
    """What is set, as its page calls it, and the value in words."""

    page: str
    name: str
    value: str


def named_settings(request: ExportRequest, chosen: Sequence[Entry]) -> tuple[Setting, ...]:
    """All settings that say what is in a dataset, in the order of the stages."""
    return (*_of_pairs(chosen), *_of_review(chosen), *_of_export(request))


def format_chips(chips: ChipOptions | None) -> str:
    """How pairs are cut."""
    if chips is None:
        return "whole pairs, and chips where a format needs samples of one size"
    least = (
        f"; at least {format_share(chips.least_labelled)} of a chip is labelled"
        if chips.least_labelled
        else "; chips without any label are left out"
    )
    return (
        f"{chips.size} x {chips.size} pixels, {chips.stride} pixels from one to the next; "
        f"{_PADDING_TEXTS[chips.padding]}{least}"
    )


def format_splits(splits: SplitOptions) -> str:
    """How pairs are shared out, with the shares that were aimed at."""
    shares = ", ".join(f"{name} {format_share(share)}" for name, share in splits.shares.items())
    return f"{splits}; aimed at {shares}; seed {splits.seed}"


def _of_pairs(chosen: Sequence[Entry]) -> list[Setting]:
    parameters = [_parameters(entry) for entry in chosen]

    def setting(name: str, value_of: Callable[[PairParameters], str]) -> Setting:
        return Setting("Pairs", name, _counted(map(value_of, parameters)))

    found = [
        setting("Resampling of 20 m and 60 m bands to 10 m", lambda p: p.resampling),
        setting("Clouds are assessed by", lambda p: CLOUDS_TEXTS.get(p.clouds, p.clouds)),
        setting("Also of products that lack bands", lambda p: _yes(p.allow_missing_bands)),
        setting("Register: move shifted masks", lambda p: _yes(p.register)),
        setting(
            "Boundary buffer, m to both sides of class borders",
            lambda p: f"{p.ignore_rim_m:g}" if p.ignore_rim_m else "none",
        ),
        setting("Ignore labels occluded in the source image", lambda p: _yes(p.ignore_occluded)),
    ]
    if any(one.offset is not None for one in parameters):
        by_hand = setting(
            "Radiometric offset set by a person",
            lambda p: "none: that of the product" if p.offset is None else str(p.offset),
        )
        found.append(by_hand)
    return found


def _parameters(entry: Entry) -> PairParameters:
    """The parameters of a pair; what its document doesn't name was left as it is by default."""
    known = {field.name for field in fields(PairParameters)}
    given: dict[str, Any] = entry.provenance.get("parameters") or {}
    return PairParameters(**{name: value for name, value in given.items() if name in known})


def _of_review(chosen: Sequence[Entry]) -> list[Setting]:
    limits = [entry.pair.thresholds for entry in chosen if entry.pair.thresholds]
    if not limits:
        return []
    suggested = _counted(
        f"accept up to {format_share(one.accept_hidden)} occluded, with thin cloud up to "
        f"{format_share(one.accept_thin)}; reject above {format_share(one.reject_hidden)}"
        for one in limits
    )
    return [Setting("Review", "What is suggested by the occlusion of the label", suggested)]


def _of_export(request: ExportRequest) -> list[Setting]:
    choice = request.choice
    included = INCLUDE_TEXTS.get(choice.include, choice.include)
    named = [
        ("Which pairs go in", included),
        ("Only pairs that a person looked at", _yes(choice.looked_at_only)),
        ("Filters", str(request.curation) or "none"),
        ("Training, validation and test", format_splits(request.splits)),
        *_of_pixels(request.pixels),
        ("Cut into", format_chips(request.chips)),
    ]
    return [Setting("Export", name, value) for name, value in named]


def _of_pixels(options: PixelOptions) -> list[tuple[str, str]]:
    return [
        ("Bands", ", ".join(options.bands) or "all that every pair has"),
        ("Values of images", _VALUES_TEXTS[options.values]),
        ("Label, in formats that have one", _LABEL_TEXTS[options.label]),
        ("Ignored", _IGNORE_TEXTS[options.ignore]),
    ]


def _counted(values: Iterable[str]) -> str:
    """The value that all pairs have, or each with the number of pairs, the most frequent first."""
    counts = Counter(values).most_common()
    if len(counts) == 1:
        return counts[0][0]
    return ", ".join(f"{value} ({count:,} pairs)" for value, count in counts)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
