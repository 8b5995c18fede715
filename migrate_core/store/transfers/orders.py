"""What was ordered from long-term archives, so that another day goes on.

A retrieval takes up to 24 hours, longer than most runs; the row says since when it is waited for.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from .. import tables
from ..base import Store
from ..tables import dialect_insert


@dataclass(frozen=True)
class Order:
    """A product that is waited for, since a time as ISO 8601 UTC.

    `state` is `ordered`, or `refused` when the archive took no more orders just then; `words` are
    the archive's own.
    """

    source: str
    product_id: str
    scene_id: str
    state: str
    since: str
    words: str = ""


def put_order(store: Store, order: Order) -> Order:
    """Write an order down, or what has become of it; the time of the first one stays.

    Returns the order as it stands now.
    """
    with store.engine.begin() as connection:
        insert = dialect_insert(connection, tables.orders).values(asdict(order))
        renewed = {"state": order.state, "words": order.words}
        keys = [column.name for column in tables.orders.primary_key]
        query = insert.on_conflict_do_update(index_elements=keys, set_=renewed)
        row = connection.execute(query.returning(tables.orders)).mappings().one()
    return Order(**row)


def find_order(store: Store, source: str, product_id: str) -> Order | None:
    """The order of a product; None when there is none."""
    return next(iter(_found(store, *_is(source, product_id))), None)


def forget_order(store: Store, source: str, product_id: str) -> None:
    """The product has arrived, or is not wanted any more."""
    with store.engine.begin() as connection:
        connection.execute(sa.delete(tables.orders).where(*_is(source, product_id)))


def orders(store: Store) -> list[Order]:
    """All that is waited for, the oldest first."""
    return _found(store)


def _is(source: str, product_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    column = tables.orders.c
    return column.source == source, column.product_id == product_id


def _found(store: Store, *conditions: Any) -> list[Order]:
    query = sa.select(tables.orders).where(*conditions).order_by(tables.orders.c.since)
    with store.engine.connect() as connection:
        return [Order(**row) for row in connection.execute(query).mappings()]
