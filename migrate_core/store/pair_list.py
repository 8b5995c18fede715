"""The pairs as a list to be watched: counted by state, and paged by the database.

Beside the pairs that are there, it lists the matches that are still `to make`: masks that are ready
and whose selected scene no pair was begun with. What a run left behind that no longer lives is
`interrupted`; what waits for a long-term archive is `on order`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from ..model import Pair, PairParameters
from ..states import UNDER_WAY, MaskState, PairState
from .base import Store
from .serialize import from_json
from .tables import candidates, masks, pairs

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
    listed = _listed().subquery()
    query = sa.select(listed.c.state, sa.func.count()).group_by(listed.c.state)
    with store.engine.connect() as connection:
        raw = {row[0]: row[1] for row in connection.execute(query)}
    counts: dict[str, int] = {}
    for state, number in raw.items():
        shown = _shown(state, alive=alive)
        counts[shown] = counts.get(shown, 0) + number
    return {state: counts[state] for state in STATES if state in counts}


def pair_rows(store: Store, part: PageRequest, *, alive: bool) -> list[PairRow]:
    """The rows of a part of the list, by name of mask and scene."""
    # Materialized: otherwise SQLite merges both parts in order, and asks for each match again which
    # pairs were begun, which takes seconds for ten thousand.
    listed = _listed().cte("listed").prefix_with("MATERIALIZED")
    query = sa.select(listed).order_by(listed.c.mask_name, listed.c.mask_id, listed.c.scene_id)
    if part.state is None:
        query = query.where(listed.c.state != PairState.SUPERSEDED)
    else:
        query = query.where(listed.c.state.in_(_stored(part.state, alive=alive)))
    with store.engine.connect() as connection:
        rows = connection.execute(query.limit(part.rows).offset(part.first)).all()
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
    query = sa.select(pairs.c.pair_id, _text("mask_name")).where(pairs.c.state == PairState.RUNNING)
    with store.engine.connect() as connection:
        rows = connection.execute(query.order_by(pairs.c.pair_id).limit(most)).all()
    return [(row[0], row[1]) for row in rows]


def parameters_in_use(store: Store) -> PairParameters | None:
    """The parameters that most of the present pairs were made with; None when there are none.

    Offsets, which a person sets for single pairs, are left out.
    """
    text = sa.cast(pairs.c.document["parameters"], sa.String)
    query = (
        sa.select(text, sa.func.count())
        .where(_PRESENT, _text("parameters", "resampling").is_not(None))
        .group_by(text)
    )
    counts: Counter[PairParameters] = Counter()
    with store.engine.connect() as connection:
        for document, number in connection.execute(query):
            parameters = from_json(PairParameters, json.loads(document))
            counts[replace(parameters, offset=None)] += number
    return counts.most_common(1)[0][0] if counts else None


def _listed() -> sa.CompoundSelect[Any]:
    """Every row of the list: pairs, and selected matches that no pair was begun with."""
    scene = _text("scene_ids", 0)
    # A queued pair with a message is one that a run left waiting, with the archive's answer.
    waiting = (pairs.c.state == PairState.QUEUED) & _text("error").is_not(None)
    there = sa.select(
        pairs.c.pair_id,
        pairs.c.mask_id,
        _text("mask_name").label("mask_name"),
        scene.label("scene_id"),
        sa.case((waiting, ON_ORDER), else_=pairs.c.state).label("state"),
    )
    begun = sa.select(pairs.c.mask_id, scene.label("scene_id")).where(_PRESENT)
    match = sa.tuple_(candidates.c.mask_id, candidates.c.scene_id)
    missing = (
        sa.select(
            sa.cast(sa.null(), sa.String).label("pair_id"),
            candidates.c.mask_id,
            masks.c.name.label("mask_name"),
            candidates.c.scene_id,
            sa.literal(TO_MAKE).label("state"),
        )
        .join(masks, masks.c.mask_id == candidates.c.mask_id)
        .where(candidates.c.selected, masks.c.state == MaskState.READY, match.not_in(begun))
    )
    return sa.union_all(there, missing)


def _text(*path: str | int) -> Any:
    """A text inside the document of a pair."""
    return pairs.c.document[path].as_string()


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
