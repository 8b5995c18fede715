"""The log of repairs: what was done to pairs, and which of it their files have in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from ..model import PairEdit, utc
from ..states import EditKind, PairState
from .base import Store
from .serialize import to_json
from .tables import dialect_insert, pair_edits, pairs


def append_edit(store: Store, edit: PairEdit) -> None:
    """Add to the log; an entry of the same token a second time changes nothing."""
    row = {
        "token": edit.token,
        "pair_id": edit.pair_id,
        "kind": edit.kind,
        "document": to_json(edit.document),
        "reviewer": edit.reviewer,
        "made_at": utc(edit.made_at),
    }
    with store.engine.begin() as connection:
        insert = dialect_insert(connection, pair_edits).values(row)
        connection.execute(insert.on_conflict_do_nothing(index_elements=["token"]))


def edit_of(store: Store, token: str) -> PairEdit | None:
    """The entry of a token, of whichever pair; None when there is none."""
    query = sa.select(pair_edits).where(pair_edits.c.token == token)
    with store.engine.connect() as connection:
        row = connection.execute(query).first()
    return None if row is None else _edit(row)


def edits_of(store: Store, pair_id: str) -> list[PairEdit]:
    """The log of one pair, oldest first."""
    query = sa.select(pair_edits).where(pair_edits.c.pair_id == pair_id)
    with store.engine.connect() as connection:
        return [_edit(row) for row in connection.execute(query.order_by(pair_edits.c.number))]


def edit_logs(store: Store) -> dict[str, list[PairEdit]]:
    """The logs of all pairs that are done and were ever edited, oldest first, by pair_id."""
    query = (
        sa.select(pair_edits)
        .join(pairs, pairs.c.pair_id == pair_edits.c.pair_id)
        .where(pairs.c.state == PairState.DONE)
        .order_by(pair_edits.c.number)
    )
    logs: dict[str, list[PairEdit]] = defaultdict(list)
    with store.engine.connect() as connection:
        for row in connection.execute(query):
            logs[row.pair_id].append(_edit(row))
    return logs


def applied_edits(store: Store) -> dict[str, tuple[str, ...]]:
    """The tokens of what the files of the pairs that were ever edited have in them, by pair_id."""
    edited = sa.select(pair_edits.c.pair_id).distinct()
    query = sa.select(pairs.c.pair_id, pairs.c.document["edits"].as_json())
    with store.engine.connect() as connection:
        rows = connection.execute(query.where(pairs.c.pair_id.in_(edited))).all()
    return {pair_id: tuple(tokens or ()) for pair_id, tokens in rows}


def renew_pair(store: Store, pair_id: str, values: Mapping[str, Any]) -> None:
    """Replace fields of a pair as it stands now; its state stays what others made of it."""
    query = sa.select(pairs.c.document).where(pairs.c.pair_id == pair_id)
    with store.engine.begin() as connection:
        document = connection.scalar(query.with_for_update())
        if document is not None:
            changed = {**document, **to_json(values)}
            update = sa.update(pairs).where(pairs.c.pair_id == pair_id)
            connection.execute(update.values(document=changed))


def _edit(row: sa.Row[Any]) -> PairEdit:
    return PairEdit(
        row.token, row.pair_id, EditKind(row.kind), row.document, row.reviewer, utc(row.made_at)
    )
