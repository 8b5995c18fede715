"""The log of decisions, and the superseded pairs it mentions: what a review is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..model import Decision, Pair
from ..states import PairState, Verdict
from .base import Store, decision_of
from .tables import decisions, masks, pairs


class LogEntry(NamedTuple):
    """Who said what of a pair."""

    pair_id: str
    verdict: Verdict
    reviewer: str


class EarlierPair(NamedTuple):
    """A superseded pair that the log mentions; `last` is the number of its last entry.

    `mask_key` is set where the mask was taken out since, `superseded_at` where it is known.
    """

    pair_id: str
    mask_id: str
    mask_key: str | None
    superseded_at: datetime | None
    last: int


class PresentPair(NamedTuple):
    """A pair that is not superseded; `mask_key` is None where the mask was taken out."""

    pair_id: str
    mask_id: str
    mask_key: str | None


def decision_logs(store: Store) -> dict[str, list[LogEntry]]:
    """The log of every pair, oldest entry first, by pair_id."""
    columns = decisions.c
    query = sa.select(columns.pair_id, columns.verdict, columns.reviewer).order_by(columns.number)
    logs: dict[str, list[LogEntry]] = defaultdict(list)
    with store.engine.connect() as connection:
        for pair_id, verdict, reviewer in connection.execute(query):
            logs[pair_id].append(LogEntry(pair_id, Verdict(verdict), reviewer))
    return logs


def decisions_by(store: Store, reviewer: str) -> Generator[Decision, None, None]:
    """What a reviewer said of all pairs, newest first; read only as far as it is asked for."""
    log = decisions.c
    query = sa.select(decisions).where(log.reviewer == reviewer).order_by(log.number.desc())
    with store.engine.connect() as connection:
        for row in connection.execute(query):
            yield decision_of(row)


def has_token(store: Store, token: str) -> bool:
    """Whether the log has the entry of a request that was given this token."""
    query = sa.select(sa.exists().where(decisions.c.token == token))
    with store.engine.connect() as connection:
        return bool(connection.scalar(query))


def present_pairs(store: Store) -> list[PresentPair]:
    """All pairs that are not superseded."""
    query = (
        sa.select(pairs.c.pair_id, pairs.c.mask_id, masks.c.path)
        .outerjoin(masks, masks.c.mask_id == pairs.c.mask_id)
        .where(pairs.c.state != PairState.SUPERSEDED)
    )
    with store.engine.connect() as connection:
        return [PresentPair(*row) for row in connection.execute(query)]


def earlier_pairs(store: Store) -> list[EarlierPair]:
    """The superseded pairs of all masks that the log mentions."""
    return _earlier(store, _superseded())


def earlier_pairs_of(store: Store, pair: Pair) -> list[EarlierPair]:
    """The superseded pairs of the pair's mask, or of its file, that the log mentions."""
    path = sa.select(masks.c.path).where(masks.c.mask_id == pair.mask_id).scalar_subquery()
    same_mask = (pairs.c.mask_id == pair.mask_id) | (_text("mask_key") == path)
    return _earlier(store, _superseded().where(same_mask))


def _superseded() -> sa.Select[Any]:
    """The superseded pairs that the log mentions, each with its last entry."""
    last = sa.func.max(decisions.c.number).label("last")
    log = sa.select(decisions.c.pair_id, last).group_by(decisions.c.pair_id).subquery()
    columns = (pairs.c.pair_id, pairs.c.mask_id, _text("mask_key"), _text("superseded_at"))
    return (
        sa.select(*columns, log.c.last)
        .join(log, log.c.pair_id == pairs.c.pair_id)
        .where(pairs.c.state == PairState.SUPERSEDED)
    )


def _earlier(store: Store, query: sa.Select[Any]) -> list[EarlierPair]:
    with store.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [
        EarlierPair(pair_id, mask_id, key, datetime.fromisoformat(at) if at else None, last)
        for pair_id, mask_id, key, at, last in rows
    ]


def _text(name: str) -> Any:
    """A text inside the document of a pair; NULL in documents of before it was there."""
    return pairs.c.document[name].as_string()
