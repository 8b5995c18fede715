"""What an export would take along and leave out: counted in the database, before it is begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from ...review.decisions import ReviewStatus, review_statuses
from ...states import UNDER_WAY, PairState, decision_state
from ...store.base import Store
from ...store.finished_pairs import finished_with_footprint, pair_footprints
from ..splits.by_location import SHARES, split_by_location
from .choice import INCLUDES, Choice

NOT_MADE = "not made yet"
NO_FOOTPRINT = "mask without a footprint"


@dataclass(frozen=True)
class Preview:
    """Numbers of pairs: those that go out by decision and by split, the others by the reason.

    `basis` has those that go out by what the decision rests on: a person, a rule or a model.
    """

    decisions: Mapping[str, int]
    basis: Mapping[str, int]
    splits: Mapping[str, int]
    left_out: Mapping[str, int]

    @property
    def pairs(self) -> int:
        """How many pairs go out."""
        return sum(self.decisions.values())


def numbers_of_pairs(store: Store, *, looked_at_only: bool = False) -> dict[str, int]:
    """How many finished pairs each level of `--include` takes in."""
    decided, nobody = review_statuses(store), ReviewStatus(None)
    found = [decided.get(pair_id, nobody) for pair_id in finished_with_footprint(store)]
    choices = [Choice(include, looked_at_only) for include in INCLUDES]
    return {
        choice.include: sum(choice.reason_against(status) is None for status in found)
        for choice in choices
    }


def preview(store: Store, choice: Choice) -> Preview:
    """Count what `export` would write, by the same rules, without reading any file."""
    decided = review_statuses(store)
    going: dict[str, BaseGeometry] = {}
    decisions: Counter[str] = Counter()
    basis: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for row in pair_footprints(store):
        status = decided.get(row.pair_id, ReviewStatus(None))
        reason = _reason(row.state, status, choice)
        if reason is not None or row.footprint is None:
            left_out[reason or NO_FOOTPRINT] += 1
            continue
        decisions[decision_state(status.decision)] += 1
        basis[status.basis or "nobody yet"] += 1
        going[row.pair_id] = shape(row.footprint)
    return Preview(
        dict(decisions.most_common()),
        dict(basis.most_common()),
        _splits(going),
        dict(left_out.most_common()),
    )


def _reason(state: PairState, status: ReviewStatus, choice: Choice) -> str | None:
    """Why a pair stays out; None when it goes out."""
    if state in UNDER_WAY:
        return NOT_MADE
    if state != PairState.DONE:
        return state
    return choice.reason_against(status)


def _splits(footprints: Mapping[str, BaseGeometry]) -> dict[str, int]:
    counts = Counter(split_by_location(footprints).values() if footprints else ())
    return {name: counts[name] for name in SHARES}
