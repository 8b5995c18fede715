"""The pairs as a list to be watched: counted by state, and paged by the database.

Beside the pairs that are there, it lists the matches that are still `to make`: masks that are ready
and whose selected scene no pair was begun with. What a run left behind that no longer lives is
`interrupted`; what waits for a long-term archive is `on order`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..model import Pair, PairParameters
from ..states import UNDER_WAY, MaskState, PairState
from .base import Store
from .derived.matching import in_parts
from .derived.revisions import Part, kept
from .serialize import from_json
from .tables import masks, pairs

TO_MAKE = "to make"
INTERRUPTED = "interrupted"
ON_ORDER = "on order"
# All states of the list, in the order a pair can go through them.
STATES = (
    TO_MAKE,
    PairState.QUEUED.value,
    PairState.RUNNING.value,
    INTERRUPTED,
    ON_ORDER,
    PairState.FAILED.value,
    PairState.CANCELLED.value,
    PairState.DONE.value,
    PairState.SUPERSEDED.value,
)

_PRESENT = pairs.c.state != PairState.SUPERSEDED
_LISTED = sa.case((pairs.c.on_order, ON_ORDER), else_=pairs.c.state).label("state")
_COLUMNS = (pairs.c.pair_id, pairs.c.mask_id, pairs.c.mask_name, pairs.c.scene_id, _LISTED)
_COLUMNS_TO_MAKE = (
    sa.cast(sa.null(), sa.String).label("pair_id"),
    masks.c.mask_id,
    masks.c.name.label("mask_name"),
    masks.c.scene_id,
    sa.literal(TO_MAKE).label("state"),
)


@dataclass(frozen=True)
class PairRow:
    """One line of the list; `pair` is None for a match that is still to be made."""

    mask_id: str
    mask_name: str
    scene_id: str
    state: str
    pair: Pair | None


@dataclass(frozen=True)
class PageRequest:
    """Which part of the list: one state (None: all but superseded), and which of its rows."""

    state: str | None = None
    first: int = 0
    rows: int = 50


def pair_counts(store: Store, *, alive: bool) -> dict[str, int]:
    """How many rows are in each state that occurs; `alive` says whether a run is at work."""
    counts = Counter({TO_MAKE: kept(store, "matches to make", lambda: _count_to_make(store))})
    for key, number in store.pair_counts().items():
        counts[_shown(ON_ORDER if key.on_order else key.state, alive=alive)] += number
    return {state: counts[state] for state in STATES if counts[state]}


def _count_to_make(store: Store) -> int:
    with store.engine.connect() as connection:
        return connection.scalar(_to_make(sa.func.count())) or 0


def pair_rows(store: Store, part: PageRequest, *, alive: bool) -> list[PairRow]:
    """The rows of a part of the list, by name of mask and scene."""
    made = sa.select(*_COLUMNS)
    query: sa.Select[Any] | sa.CompoundSelect[Any] = made
    if part.state is None:
        query = sa.union_all(made.where(_PRESENT), _to_make(*_COLUMNS_TO_MAKE))
    elif part.state == TO_MAKE:
        query = _to_make(*_COLUMNS_TO_MAKE)
    else:
        query = made.where(_LISTED.in_(_stored(part.state, alive=alive)))
    by_name = query.order_by(*(sa.text(name) for name in ("mask_name", "mask_id", "scene_id")))
    with store.engine.connect() as connection:
        rows = connection.execute(by_name.limit(part.rows).offset(part.first)).all()
        documents = _documents(connection, [row.pair_id for row in rows if row.pair_id])
    return [_row(row, documents, alive=alive) for row in rows]


def pair_row_of(
    store: Store, pair_id: str | None, mask_id: str | None, *, alive: bool
) -> PairRow | None:
    """The row of a pair, else the present one of a mask; None when there is no such row."""
    listed = _listed().subquery()
    here = listed.c.pair_id == pair_id
    if pair_id is None:
        here = sa.and_(listed.c.mask_id == mask_id, listed.c.state != PairState.SUPERSEDED)
    with store.engine.connect() as connection:
        row = connection.execute(sa.select(listed).where(here).limit(1)).first()
        documents = _documents(connection, [row.pair_id] if row and row.pair_id else [])
    return _row(row, documents, alive=alive) if row else None


def running_pairs(store: Store, most: int) -> list[tuple[str, str]]:
    """(pair_id, name of the mask) of pairs that a run has handed to workers, at most `most`."""
    query = sa.select(pairs.c.pair_id, pairs.c.mask_name).where(pairs.c.state == PairState.RUNNING)
    with store.engine.connect() as connection:
        rows = connection.execute(query.order_by(pairs.c.pair_id).limit(most)).all()
    return [(row[0], row[1]) for row in rows]


def parameters_in_use(store: Store) -> PairParameters | None:
    """The parameters that most of the present pairs were made with; None when there are none.

    Offsets, which a person sets for single pairs, are left out.
    """
    text = kept(store, "parameters in use", lambda: _way_in_use(store), (Part.PAIRS,))
    return None if text is None else from_json(PairParameters, json.loads(text))


def offsets_by_hand(
    store: Store, mask_ids: Iterable[str] | None = None
) -> dict[tuple[str, tuple[str, ...]], int]:
    """The offsets that a person set for present pairs, by mask and scenes; or those of masks."""
    document = pairs.c.document
    offset = document["parameters"]["offset"].as_integer()
    query = sa.select(pairs.c.mask_id, document["scene_ids"].as_json(), offset)
    by_hand = query.where(_PRESENT, offset.is_not(None))
    with store.engine.connect() as connection:
        return {
            (mask_id, tuple(scene_ids)): found
            for part in in_parts(by_hand, pairs.c.mask_id, mask_ids)
            for mask_id, scene_ids, found in connection.execute(part)
        }


def _way_in_use(store: Store) -> str | None:
    number = sa.func.count()
    query = (
        sa.select(pairs.c.way)
        .where(_PRESENT, pairs.c.way.is_not(None))
        .group_by(pairs.c.way)
        .order_by(number.desc(), pairs.c.way)
    )
    with store.engine.connect() as connection:
        return connection.scalar(query.limit(1))


def _listed() -> sa.CompoundSelect[Any]:
    """Every row of the list: pairs, and selected matches that no pair was begun with."""
    return sa.union_all(sa.select(*_COLUMNS), _to_make(*_COLUMNS_TO_MAKE))


def _to_make(*columns: Any) -> sa.Select[Any]:
    """Columns of masks that are ready and whose selected scene no pair was begun with."""
    return sa.select(*columns).where(masks.c.to_make, masks.c.state == MaskState.READY)


def _shown(state: str, *, alive: bool) -> str:
    return INTERRUPTED if state in UNDER_WAY and not alive else state


def _stored(state: str, *, alive: bool) -> tuple[str, ...]:
    """The states in the database that are shown as `state`."""
    if state == INTERRUPTED:
        return () if alive else UNDER_WAY
    return () if state in UNDER_WAY and not alive else (state,)


def _documents(connection: sa.Connection, pair_ids: list[str]) -> dict[str, Pair]:
    query = sa.select(pairs.c.pair_id, pairs.c.document).where(pairs.c.pair_id.in_(pair_ids))
    return {row.pair_id: from_json(Pair, row.document) for row in connection.execute(query)}


def _row(row: sa.Row[Any], documents: Mapping[str, Pair], *, alive: bool) -> PairRow:
    state = _shown(row.state, alive=alive)
    return PairRow(row.mask_id, row.mask_name, row.scene_id, state, documents.get(row.pair_id))
