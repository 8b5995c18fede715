"""Near duplicates and outliers among pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shapely.geometry.base import BaseGeometry

from ....review.decisions import ReviewStatus
from ....workspace import Workspace


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


def findings(workspace: Workspace, pairs: Sequence[Candidate]) -> Findings:
    """Look for near duplicates and outliers in the pixels of pairs."""
    return Findings()
