"""What a run of pairs would do and what failed before it: counts by SQL, nothing is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...model import PairParameters
from ...states import Failure, MaskState, PairState
from ..rows import way_of
from ..tables import masks, pairs
from .revisions import Part, kept

if TYPE_CHECKING:
    from ..base import Store

_PRESENT = tuple(state for state in PairState if state != PairState.SUPERSEDED)


@dataclass(frozen=True)
class RunAhead:
    """What a run over all masks would do with the present scenes and some parameters.

    `made` pairs are there and stay, `back` were made before and come back, `new` are made, among
    them those that were begun. `replaced` present pairs are superseded; `decided` counts those
    of them that somebody has decided about, by decision.
    """

    made: int
    back: int
    new: int
    replaced: int
    decided: Mapping[str, int]


def run_ahead(store: Store, parameters: PairParameters) -> RunAhead:
    """What a run with these parameters would do; offsets that a person set stay."""
    way = way_of(parameters)
    return kept(store, f"run ahead {way}", lambda: _run_ahead(store, way))


def _run_ahead(store: Store, way: str) -> RunAhead:
    ready = (masks.c.state == MaskState.READY, masks.c.scene_id.is_not(None))
    selected = pairs.c.scene_id == masks.c.scene_id
    # Of a pair of earlier versions it isn't known how it was made; it stays, as its id tells.
    same = sa.and_(selected, sa.func.coalesce(pairs.c.way, way) == way)
    by = (pairs.c.state, pairs.c.decision, sa.case((same, 1), else_=0).label("same"))
    of_mask = pairs.c.mask_id == masks.c.mask_id
    present = (
        sa.select(*by, sa.func.count().label("number"))
        .join_from(pairs, masks, of_mask)
        .where(*ready, pairs.c.state.in_(_PRESENT))
        .group_by(*by)
    )
    former = (
        sa.select(sa.func.count(sa.distinct(pairs.c.mask_id)))
        .join_from(pairs, masks, of_mask)
        .where(*ready, selected, pairs.c.way == way, pairs.c.state == PairState.SUPERSEDED)
    )
    with store.engine.connect() as connection:
        rows = connection.execute(present).all()
        total = connection.scalar(sa.select(sa.func.count()).select_from(masks).where(*ready)) or 0
        made = sum(row.number for row in rows if row.same and row.state == PairState.DONE)
        back = (connection.scalar(former) or 0) if made < total else 0
    gone = [row for row in rows if not row.same]
    decided = Counter[str]()
    for row in gone:
        if row.decision is not None:
            decided[row.decision] += row.number
    back = min(back, total - made)
    replaced = sum(row.number for row in gone)
    return RunAhead(made, back, total - made - back, replaced, dict(decided))


def failures(store: Store) -> Mapping[Failure, int]:
    """How many pairs have failed by each kind, most first; unforeseen where none was noted."""
    kind = pairs.c.document["failure"].as_string()
    query = sa.select(kind, sa.func.count()).where(pairs.c.state == PairState.FAILED).group_by(kind)

    def count() -> Mapping[Failure, int]:
        found = Counter[Failure]()
        with store.engine.connect() as connection:
            for name, number in connection.execute(query):
                found[Failure(name or Failure.UNFORESEEN)] += number
        return dict(found.most_common())

    return kept(store, "failures", count, (Part.PAIRS,))


def masks_failed_by(store: Store, failure: Failure) -> list[str]:
    """The masks whose pairs have failed by a kind of failure."""
    kind = sa.func.coalesce(pairs.c.document["failure"].as_string(), Failure.UNFORESEEN.value)
    query = sa.select(pairs.c.mask_id).where(pairs.c.state == PairState.FAILED, kind == failure)
    with store.engine.connect() as connection:
        return list(connection.scalars(query.distinct().order_by(pairs.c.mask_id)))
