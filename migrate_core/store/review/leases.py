"""Leases: which pairs are open with whom, so that no two look at the same one unasked.

Times are seconds since 1970, by the clock of the server of the pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from ..base import Store
from ..tables import dialect_insert, pair_leases


class Holder(NamedTuple):
    """Who has leases: one window of a browser, and the reviewer in front of it."""

    window: str
    reviewer: str


@dataclass(frozen=True)
class Lease:
    """With whom a pair is open, and since when."""

    reviewer: str
    since: float


def hold_leases(
    store: Store, holder: Holder, pair_ids: Iterable[str], now: float, until: float
) -> frozenset[str]:
    """Lease these pairs to a holder, or prolong their leases, and end all others of this holder.

    What is leased to somebody else stays theirs. Returns the pairs that are the holder's now.
    """
    wanted = frozenset(pair_ids)
    lease = pair_leases.c
    is_mine = lease.window == holder.window
    with store.engine.begin() as connection:
        insert = dialect_insert(connection, pair_leases)
        new = insert.excluded
        since = sa.case((is_mine & (lease.until >= now), lease.since), else_=new.since)
        take = insert.on_conflict_do_update(
            index_elements=["pair_id"],
            set_={"reviewer": new.reviewer, "window": new.window, "since": since, "until": until},
            where=is_mine | (lease.until < now),
        )
        mine = sa.select(lease.pair_id).where(is_mine)
        # In one order, or two that lease the same pairs would wait for each other.
        for pair_id in sorted(wanted.union(connection.scalars(mine))):
            if pair_id in wanted:
                row = {**holder._asdict(), "pair_id": pair_id, "since": now, "until": until}
                connection.execute(take, row)
            else:
                end = sa.delete(pair_leases).where(lease.pair_id == pair_id, is_mine)
                connection.execute(end)
        return frozenset(connection.scalars(mine))


def leased_to_others(store: Store, holder: Holder, now: float) -> dict[str, Lease]:
    """With whom else pairs are open, by pair_id; the holder's own are left out."""
    lease = pair_leases.c
    query = sa.select(lease.pair_id, lease.reviewer, lease.since)
    is_others = (lease.window != holder.window) & (lease.until >= now)
    with store.engine.connect() as connection:
        rows = connection.execute(query.where(is_others)).all()
    return {row.pair_id: Lease(row.reviewer, row.since) for row in rows}
