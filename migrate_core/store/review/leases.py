"""Leases: which pairs are open with whom, so that no two look at the same one.

Times are seconds since 1970, by the clock of the server of the pages.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from ..base import Store
from ..tables import dialect_insert, review_leases


def take_leases(
    store: Store, pair_ids: Iterable[str], reviewer: str, now: float, until: float
) -> frozenset[str]:
    """Lease pairs to a reviewer, or prolong their leases; those that are leased to others stay.

    Returns the pairs that are leased to the reviewer now.
    """
    # In one order, or two that lease the same pairs would wait for each other.
    wanted = sorted(set(pair_ids))
    lease = review_leases.c
    with store.engine.begin() as connection:
        insert = dialect_insert(connection, review_leases)
        taken = insert.on_conflict_do_update(
            index_elements=["pair_id"],
            set_={"reviewer": insert.excluded.reviewer, "until": insert.excluded.until},
            where=(lease.until < now) | (lease.reviewer == reviewer),
        )
        for pair_id in wanted:
            row = {"pair_id": pair_id, "reviewer": reviewer, "until": until}
            connection.execute(taken, row)
        mine = sa.select(lease.pair_id).where(lease.pair_id.in_(wanted), lease.reviewer == reviewer)
        return frozenset(connection.scalars(mine))


def end_leases(store: Store, reviewer: str, but: Iterable[str] = ()) -> None:
    """End the leases of a reviewer, apart from those of the pairs `but`."""
    lease = review_leases.c
    ended = sa.delete(review_leases).where(lease.reviewer == reviewer)
    with store.engine.begin() as connection:
        connection.execute(ended.where(lease.pair_id.not_in(sorted(set(but)))))


def leased_to_others(store: Store, reviewer: str, now: float) -> dict[str, str]:
    """Who has which pair open, by pair_id; the reviewer's own are left out."""
    lease = review_leases.c
    query = sa.select(lease.pair_id, lease.reviewer)
    with store.engine.connect() as connection:
        rows = connection.execute(query.where(lease.reviewer != reviewer, lease.until >= now)).all()
    return {row.pair_id: row.reviewer for row in rows}
