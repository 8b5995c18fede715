"""Whether the database has changed since: a number for each part of it, and what is kept by it.

Whoever writes to a part raises its number in the same transaction, before all else. So writers of a
part come one after the other, and rows that are marked with the number are seen in its order: who
has seen a number has seen all that was written with it and before.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from ..tables import dialect_insert, revisions

if TYPE_CHECKING:
    from ..base import Store

T = TypeVar("T")


class Part(StrEnum):
    """What changes together: masks with scenes, candidates and advice; pairs with their log."""

    MASKS = "masks"
    PAIRS = "pairs"


ALL = tuple(Part)
# So many things are kept of a store, the oldest is forgotten first.
_MOST_KEPT = 64


def raise_revision(connection: sa.Connection, part: Part) -> int:
    """Note that a part changes, as the first statement of a transaction that changes it.

    Returns the number of the change.
    """
    insert = dialect_insert(connection, revisions).values(part=part, number=1)
    raised = insert.on_conflict_do_update(
        index_elements=["part"], set_={"number": revisions.c.number + 1}
    )
    return int(connection.execute(raised.returning(revisions.c.number)).scalar_one())


def hold_revision(connection: sa.Connection, part: Part) -> None:
    """Wait until nobody else changes a part, and keep others from it until the transaction ends."""
    insert = dialect_insert(connection, revisions).values(part=part, number=1)
    same = {"number": revisions.c.number}
    connection.execute(insert.on_conflict_do_update(index_elements=["part"], set_=same))


def revisions_of(store: Store, parts: tuple[Part, ...] = ALL) -> tuple[int, ...]:
    """The number of the last change of each part; 0 while there was none."""
    with store.engine.connect() as connection:
        found = {row.part: row.number for row in connection.execute(sa.select(revisions))}
    return tuple(found.get(part, 0) for part in parts)


def kept(store: Store, name: str, find: Callable[[], T], parts: tuple[Part, ...] = ALL) -> T:
    """What `find` gives, found again only when one of the parts has changed since.

    `name` tells it from all else that is kept of this store, as long as the process lives.
    """
    now = revisions_of(store, parts)
    known = store.kept.get(name)
    if known is not None and known[0] == now:
        value: T = known[1]
        return value
    # What is found is at least as new as the number, which was read before.
    value = find()
    store.kept.pop(name, None)
    store.kept[name] = (now, value)
    while len(store.kept) > _MOST_KEPT:
        store.kept.pop(next(iter(store.kept)), None)
    return value
