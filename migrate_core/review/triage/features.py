"""The numbers of a pair that the triage learns from, with names that people understand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...grid import FloatArray
from ...model import BACKGROUND
from ...states import Verdict
from ...store.base import Store
from ...store.review.pair_numbers import PairNumbers, numbers_of_pair, pair_numbers
from ...text import format_share

_Path = tuple[str, ...]


@dataclass(frozen=True)
class Feature:
    """A number of a pair: its name, how its value is written, and how the model takes it.

    `scale` makes differences count alike wherever the value is: a step from 0 to 1 % occluded says
    as much as one from 25 to 36 %.
    """

    name: str
    write: Callable[[float], str] = format_share
    scale: Callable[[FloatArray], FloatArray] = np.sqrt


_KINDS = {
    "cloud": "clouds",
    "shadow": "cloud shadows",
    "cirrus": "thin clouds",
    "snow": "snow",
    "nodata": "no data",
    "source": "occlusion in the source image",
}
_AREAS = {"labelled": "over the label", "all": "in the footprint"}
_SUGGESTED = {Verdict.ACCEPT: 0.0, Verdict.UNSURE: 0.5, Verdict.REJECT: 1.0}
_VERDICTS = {value: verdict.value for verdict, value in _SUGGESTED.items()}


def _metres(value: float) -> str:
    return f"{value:.1f} m"


def _days(value: float) -> str:
    return f"{value:.1f} days"


def _not_covered(values: FloatArray) -> FloatArray:
    found: FloatArray = np.sqrt(np.clip(1 - values, 0, None))
    return found


# What the document of a pair has as a number, by where it stands there.
_STORED: dict[_Path, Feature] = {
    **{
        ("occlusion", area, kind): Feature(f"{title} {where}")
        for area, where in _AREAS.items()
        for kind, title in _KINDS.items()
    },
    **{("occluded", area): Feature(f"occlusion {where}") for area, where in _AREAS.items()},
    ("one_sided", "labelled", "sentinel2_only"): Feature("occlusion in Sentinel-2 alone"),
    ("one_sided", "labelled", "source_only"): Feature("occlusion in the source image alone"),
    ("change",): Feature("change in the label", "{:.2f}".format),
    ("coverage",): Feature("coverage", scale=_not_covered),
    ("shift", "ci_m"): Feature("uncertainty of the shift", _metres, np.log1p),
}
_EAST, _NORTH, _OFFSET = ("shift", "east_m"), ("shift", "north_m"), ("days_offset",)
_PATHS: tuple[_Path, ...] = (*_STORED, _EAST, _NORTH, _OFFSET)
# What follows from several.
_DERIVED = (
    Feature("shift", _metres, np.log1p),
    Feature("days offset, either way", _days, np.log1p),
    Feature("suggestion", lambda value: _VERDICTS.get(value, f"{value:.1f}"), np.asarray),
    Feature("labelled part of the mask"),
    Feature("number of classes", "{:.0f}".format, np.log1p),
)
FEATURES: tuple[Feature, ...] = (*_STORED.values(), *_DERIVED)
NAMES = tuple(feature.name for feature in FEATURES)


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """The numbers of all finished pairs: `values` (pairs, FEATURES), NaN where unknown."""

    pair_ids: tuple[str, ...]
    values: FloatArray

    @property
    def scaled(self) -> FloatArray:
        """The values as the model takes them."""
        columns = [feature.scale(self.values[:, n]) for n, feature in enumerate(FEATURES)]
        return np.stack(columns, axis=1)


def feature_table(store: Store) -> FeatureTable:
    """The features of all pairs that are done, in order of their ids."""
    return _table(pair_numbers(store, _PATHS))


def features_of(store: Store, pair_id: str) -> FeatureTable:
    """The features of one pair that is done, or of an attention check; empty of any other pair."""
    found = numbers_of_pair(store, pair_id, _PATHS)
    return _table([found] if found else [])


def _table(rows: Sequence[PairNumbers]) -> FeatureTable:
    numbers = np.array([row.numbers for row in rows], dtype=np.float64).reshape(-1, len(_PATHS))
    east, north, offset = (numbers[:, _PATHS.index(path)] for path in (_EAST, _NORTH, _OFFSET))
    masks = np.array([_of_mask(row) for row in rows], dtype=np.float64).reshape(-1, 3)
    derived = (np.hypot(east, north), np.abs(offset), *masks.T)
    values = np.column_stack([numbers[:, : len(_STORED)], *derived])
    return FeatureTable(tuple(row.pair_id for row in rows), values)


def _of_mask(row: PairNumbers) -> tuple[float | None, float | None, float | None]:
    """The suggestion as a number, the labelled part of the mask, and how many classes it has."""
    suggested = None if row.suggestion is None else _SUGGESTED.get(Verdict(row.suggestion))
    if not row.classes or not row.class_pixels:
        return suggested, None, None
    labelled = {
        value: pixels
        for value, pixels in row.class_pixels.items()
        if row.classes.get(value, BACKGROUND) != BACKGROUND
    }
    share = sum(labelled.values()) / max(sum(row.class_pixels.values()), 1)
    return suggested, share, len(labelled)
