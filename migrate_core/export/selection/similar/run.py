"""Near duplicates and outliers among pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shapely.geometry.base import BaseGeometry

from ....review.decisions import ReviewStatus
from ....workspace import Workspace
from .duplicates import Likeness, alike, reason_of
from .outliers import outliers
from .signature import Signature, signatures


class Candidate(Protocol):
    """What is needed of a pair."""

    @property
    def pair_id(self) -> str:
        """Its id."""

    @property
    def mask_name(self) -> str:
        """The name of its mask."""

    @property
    def scene_ids(self) -> tuple[str, ...]:
        """Its scenes."""

    @property
    def footprint(self) -> BaseGeometry:
        """Its footprint, lon/lat."""

    @property
    def status(self) -> ReviewStatus:
        """What was decided about it."""


@dataclass(frozen=True)
class Duplicate:
    """A pair that is nearly the same as `other`, which is the better one of the two, and why."""

    pair_id: str
    other: str
    reason: str


@dataclass(frozen=True)
class Outlier:
    """A pair that looks unlike the others: how far off it is, in robust standard deviations."""

    pair_id: str
    score: float
    reason: str


@dataclass(frozen=True)
class Findings:
    """Near duplicates and outliers, those that stand out most first.

    `alike` are all pairs of near duplicates by pair id.
    """

    duplicates: tuple[Duplicate, ...] = ()
    outliers: tuple[Outlier, ...] = ()
    alike: tuple[tuple[str, str], ...] = ()

    @property
    def redundant(self) -> tuple[str, ...]:
        """The pairs that go when one of several near duplicates stays."""
        return tuple(one.pair_id for one in self.duplicates)


def findings(
    workspace: Workspace,
    pairs: Sequence[Candidate],
    days: Mapping[str, Sequence[str]],
    class_names: Mapping[int, str],
) -> Findings:
    """Look for near duplicates and outliers in the pixels of pairs.

    `days` are the sensing days of each pair by its id; `class_names` are by stored value.
    """
    pair_ids = [pair.pair_id for pair in pairs]
    found = signatures(workspace, pair_ids)
    times = [frozenset((*pair.scene_ids, *days[pair.pair_id])) for pair in pairs]
    likenesses = alike(pair_ids, [pair.footprint for pair in pairs], times, found)
    return Findings(
        tuple(_redundant(pairs, likenesses, found)),
        tuple(Outlier(*one) for one in outliers(found, class_names)),
        tuple(likenesses),
    )


def _redundant(
    pairs: Sequence[Candidate],
    likenesses: Mapping[tuple[str, str], Likeness],
    found: Mapping[str, Signature],
) -> list[Duplicate]:
    """The pairs that a better one is a near duplicate of: looked at by a person, then labelled."""
    others: dict[str, set[str]] = defaultdict(set)
    for one, other in likenesses:
        others[one].add(other)
        others[other].add(one)

    def rank(pair: Candidate) -> tuple[bool, int, str]:
        known = found[pair.pair_id].known if pair.pair_id in found else 0
        return not pair.status.by_person, -known, pair.pair_id

    staying: dict[str, None] = {}
    duplicates = []
    for pair in sorted((pair for pair in pairs if pair.pair_id in others), key=rank):
        better = next((one for one in staying if one in others[pair.pair_id]), None)
        if better is None:
            staying[pair.pair_id] = None
            continue
        first, second = sorted((pair.pair_id, better))
        reason = reason_of((first, second), likenesses[first, second], found)
        duplicates.append(Duplicate(pair.pair_id, better, reason))
    return sorted(duplicates, key=lambda one: one.pair_id)
