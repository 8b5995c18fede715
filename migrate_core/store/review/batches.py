"""Decisions that are made at once, and undone at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from ...model import Batch, Decision, utc
from ...states import BatchKind
from ..base import Store
from ..derived.revisions import Part, raise_revision
from ..serialize import to_json
from ..tables import decisions, review_batches
from .rows import append_rows, decision_of, decision_row


class BatchEntry(NamedTuple):
    """A batch, and how many pairs its decisions are about."""

    batch: Batch
    pairs: int


def append_batch(store: Store, batch: Batch, entries: Sequence[Decision]) -> None:
    """Add a batch with its decisions to the log, all or nothing.

    The same batch a second time changes nothing.
    """
    row = {
        "batch_id": batch.batch_id,
        "kind": batch.kind,
        "document": to_json(batch.document),
        "reviewer": batch.reviewer,
        "made_at": utc(batch.made_at),
    }
    with store.engine.begin() as connection:
        raise_revision(connection, Part.PAIRS)
        there = sa.select(review_batches.c.batch_id)
        if connection.scalar(there.where(review_batches.c.batch_id == batch.batch_id)):
            return
        connection.execute(sa.insert(review_batches).values(row))
        if entries:
            rows = [decision_row(one, f"{batch.batch_id}:{one.pair_id}") for one in entries]
            append_rows(connection, rows)


def batch_of(store: Store, batch_id: str) -> Batch | None:
    """One batch; None when there is no such batch."""
    query = sa.select(review_batches).where(review_batches.c.batch_id == batch_id)
    with store.engine.connect() as connection:
        row = connection.execute(query).first()
    return None if row is None else _batch(row)


def batch_entries(store: Store) -> list[BatchEntry]:
    """All batches, newest first, with the number of pairs each decided, or undid."""
    # The entries of an undo have the id of the batch that they undo, and tokens of their own.
    log = decisions.c
    made = sa.select(log.batch, sa.func.count(sa.distinct(log.pair_id)).label("pairs"))
    counted = made.where(log.batch.is_not(None)).group_by(log.batch).subquery()
    query = (
        sa.select(review_batches, sa.func.coalesce(counted.c.pairs, 0).label("pairs"))
        .outerjoin(counted, counted.c.batch == review_batches.c.batch_id)
        .order_by(review_batches.c.made_at.desc(), review_batches.c.batch_id)
    )
    with store.engine.connect() as connection:
        return [BatchEntry(_batch(row), row.pairs) for row in connection.execute(query)]


def standing_batches(store: Store, kind: BatchKind) -> list[Batch]:
    """The batches of a kind that weren't undone, newest first."""
    of_kind = review_batches.c.kind.in_([kind, BatchKind.UNDO])
    query = sa.select(review_batches).where(of_kind).order_by(review_batches.c.made_at.desc())
    with store.engine.connect() as connection:
        found = [_batch(row) for row in connection.execute(query)]
    undone = {batch.document["batch"] for batch in found if batch.kind == BatchKind.UNDO}
    return [one for one in found if one.kind == kind and one.batch_id not in undone]


def decisions_of_batch(store: Store, batch_id: str) -> list[Decision]:
    """What the log has of a batch, undone or not, oldest first; undoing entries are among it."""
    query = sa.select(decisions).where(decisions.c.batch == batch_id).order_by(decisions.c.number)
    with store.engine.connect() as connection:
        return [decision_of(row) for row in connection.execute(query)]


def _batch(row: sa.Row[Any]) -> Batch:
    kind = BatchKind(row.kind)
    return Batch(row.batch_id, kind, row.document, row.reviewer, utc(row.made_at))
