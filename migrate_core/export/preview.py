"""What an export would take along and leave out: counted in the database, before it is begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from ..review.decisions import ReviewStatus, review_statuses
from ..store.base import Store
from ..store.tables import masks, pairs
from .selection import DECISIONS
from .splits import SHARES, split_by_place

UNDECIDED = "undecided"
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
    counts = Counter(decided.get(pair_id, ReviewStatus(None)).decision for pair_id in _done(store))
    return {
        include: sum(counts[decision] for decision in decisions)
        for include, decisions in DECISIONS.items()
    }


def _done(store: Store) -> list[str]:
    """The pairs that could go out: finished ones of masks that have a footprint."""
    query = (
        sa.select(pairs.c.pair_id)
        .join(masks, masks.c.mask_id == pairs.c.mask_id)
        .where(pairs.c.state == "done", masks.c.document["footprint"].as_string().is_not(None))
    )
    with store.engine.connect() as connection:
        return list(connection.scalars(query))


def preview(store: Store, include: str) -> Preview:
    """Count what `export --include` would write, by the same rules, without reading any file."""
    with store.engine.connect() as connection:
        rows = connection.execute(sa.select(pairs.c.pair_id, pairs.c.mask_id, pairs.c.state)).all()
        footprints = _footprints(connection)
    decided = review_statuses(store)
    going: dict[str, BaseGeometry] = {}
    decisions: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for row in rows:
        decision = decided.get(row.pair_id, ReviewStatus(None)).decision
        reason = _reason(row.state, decision, include)
        footprint = footprints.get(row.mask_id)
        if reason is None and footprint is None:
            reason = NO_FOOTPRINT
        if reason is not None or footprint is None:
            left_out[reason or NO_FOOTPRINT] += 1
            continue
        decisions[decision or UNDECIDED] += 1
        going[row.pair_id] = shape(footprint)
    return Preview(dict(decisions.most_common()), _splits(going), dict(left_out.most_common()))


def _footprints(connection: sa.Connection) -> dict[str, Any]:
    """The footprint of each mask as GeoJSON; None where it isn't known."""
    query = sa.select(masks.c.mask_id, masks.c.document["footprint"].label("footprint"))
    return {row.mask_id: row.footprint for row in connection.execute(query)}


def _reason(state: str, decision: str | None, include: str) -> str | None:
    """Why a pair stays out; None when it goes out."""
    if state in ("queued", "running"):
        return NOT_MADE
    if state != "done":
        return state
    return None if decision in DECISIONS[include] else decision or UNDECIDED


def _splits(footprints: Mapping[str, BaseGeometry]) -> dict[str, int]:
    counts = Counter(split_by_place(footprints).values() if footprints else ())
    return {name: counts[name] for name in SHARES}
