"""What an export would take along and leave out: counted in the database, before it is begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from ..review.decisions import ReviewStatus, review_statuses
from ..states import UNDER_WAY, DecisionState, PairState, decision_state
from ..store.base import Store
from ..store.finished_pairs import finished_with_footprint, pair_footprints
from .selection import DECISIONS
from .splits import SHARES, split_by_location

NOT_MADE = "not made yet"
NO_FOOTPRINT = "mask without a footprint"


@dataclass(frozen=True)
class Preview:
    """Numbers of pairs: those that go out by decision and by split, the others by the reason."""

    decisions: Mapping[str, int]
    splits: Mapping[str, int]
    left_out: Mapping[str, int]

    @property
    def pairs(self) -> int:
        """How many pairs go out."""
        return sum(self.decisions.values())


def numbers_of_pairs(store: Store) -> dict[str, int]:
    """How many finished pairs each level of `--include` takes in."""
    decided = review_statuses(store)
    finished = finished_with_footprint(store)
    counts = Counter(decided.get(pair_id, ReviewStatus(None)).decision for pair_id in finished)
    return {
        include: sum(counts[decision] for decision in decisions)
        for include, decisions in DECISIONS.items()
    }


def preview(store: Store, include: str) -> Preview:
    """Count what `export --include` would write, by the same rules, without reading any file."""
    decided = review_statuses(store)
    going: dict[str, BaseGeometry] = {}
    decisions: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for row in pair_footprints(store):
        decision = decided.get(row.pair_id, ReviewStatus(None)).decision
        reason = _reason(row.state, decision, include)
        if reason is not None or row.footprint is None:
            left_out[reason or NO_FOOTPRINT] += 1
            continue
        decisions[decision_state(decision)] += 1
        going[row.pair_id] = shape(row.footprint)
    return Preview(dict(decisions.most_common()), _splits(going), dict(left_out.most_common()))


def _reason(state: PairState, decision: DecisionState | None, include: str) -> str | None:
    """Why a pair stays out; None when it goes out."""
    if state in UNDER_WAY:
        return NOT_MADE
    if state != PairState.DONE:
        return state
    return None if decision in DECISIONS[include] else decision_state(decision)


def _splits(footprints: Mapping[str, BaseGeometry]) -> dict[str, int]:
    counts = Counter(split_by_location(footprints).values() if footprints else ())
    return {name: counts[name] for name in SHARES}
