"""What another ranking would change, worked out for all masks at once: the rules of `ranking`.

A person moves a weight and sees it: for ten thousand masks there is no time to make candidates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...advice import Remedy
from ...model import SceneQuery
from ...settings import RankingSettings
from ...store.ranking import TERMS, CandidateColumns
from ...text import _, counted


@dataclass(frozen=True)
class RankingEffect:
    """Of `masks` with candidates, how many get another scene, and have a usable one then.

    `by_hand` keep the scene that a person chose.
    """

    masks: int
    changed: int
    usable: int
    by_hand: int

    @property
    def planned(self) -> str:
        """What it would do: `12 of 120 masks would get another scene; 101 would have …`."""
        effect = _(
            "{changed:,} of {masks} would get another scene; {usable:,} would have a usable one."
        ).format(changed=self.changed, masks=counted(self.masks, "mask"), usable=self.usable)
        return f"{effect}{self.kept}"

    @property
    def done(self) -> str:
        """What it did: `12 of 120 masks got another scene; 101 have a usable one`."""
        return (
            f"{self.changed:,} of {counted(self.masks, 'mask')} got another scene; "
            f"{self.usable:,} {'has' if self.usable == 1 else 'have'} a usable one.{self.kept}"
        )

    @property
    def kept(self) -> str:
        """What stays whatever the ranking, as a sentence after another; empty where nothing."""
        if not self.by_hand:
            return ""
        stay = _("{choices} by hand stays.") if self.by_hand == 1 else _("{choices} by hand stay.")
        return f" {stay.format(choices=counted(self.by_hand, 'choice'))}"


def effect_of(
    columns: CandidateColumns, settings: RankingSettings, own: Mapping[str, Remedy]
) -> RankingEffect:
    """What ranking by `settings` does to the selection; `own` are limits of single masks."""
    score, usable = judged(columns, settings, own)
    order = np.lexsort((columns.scene, np.abs(columns.days_offset), -score, ~usable, columns.mask))
    masks = len(columns.mask_ids)
    # The first of each mask in that order is its best.
    best = order[np.searchsorted(columns.mask[order], np.arange(masks))]
    by_hand = np.zeros(masks, dtype=bool)
    by_hand[columns.mask[columns.chosen_by_person & columns.selected]] = True
    with_usable = np.zeros(masks, dtype=bool)
    with_usable[columns.mask[usable]] = True
    changed = ~by_hand & ~columns.selected[best]
    return RankingEffect(masks, int(changed.sum()), int(with_usable.sum()), int(by_hand.sum()))


def judged(
    columns: CandidateColumns, settings: RankingSettings, own: Mapping[str, Remedy]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The score of each candidate, and whether it is usable, both (n,)."""
    cloud, coverage = _limits(columns, settings, own)
    # An unknown cloud passes, as it is not above the limit.
    usable = ~(columns.cloud_percent > cloud) & (columns.coverage >= coverage)
    known = ~np.isnan(columns.terms)
    weights = known * np.array([settings.weights.get(name, 0.0) for name in TERMS])
    # Plain where all weights are zero.
    weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, known)
    total = (np.where(known, columns.terms, 0.0) * weights).sum(axis=1)
    return np.round(total / np.maximum(weights.sum(axis=1), 1e-12), 6), usable


def _limits(
    columns: CandidateColumns, settings: RankingSettings, own: Mapping[str, Remedy]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The limits of cloud in percent and of coverage 0…1 that each candidate is held against."""
    masks = len(columns.mask_ids)
    cloud = np.full(masks, settings.usable_cloud_percent)
    coverage = np.full(masks, settings.usable_coverage)
    for number, mask_id in enumerate(columns.mask_ids) if own else ():
        if mask_id in own:
            _, limits = own[mask_id].applied(SceneQuery(), settings)
            cloud[number], coverage[number] = limits.usable_cloud_percent, limits.usable_coverage
    return cloud[columns.mask], coverage[columns.mask]
