"""Attention checks: pairs made to be rejected, apart from the pairs that go out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ...model import Pair, utc
from ..base import Store
from ..serialize import from_json, to_json
from ..tables import attention_checks, upsert


@dataclass(frozen=True)
class AttentionCheck:
    """A pair that is bad on purpose: what was done (`kind`) to a copy of the pair `of_pair`."""

    pair: Pair
    of_pair: str
    kind: str
    made_at: datetime


def put_check(store: Store, check: AttentionCheck) -> None:
    """Add a check, or write it anew."""
    row = {
        "pair_id": check.pair.pair_id,
        "of_pair": check.of_pair,
        "kind": check.kind,
        "made_at": utc(check.made_at),
        "document": to_json(check.pair),
    }
    with store.engine.begin() as connection:
        upsert(connection, attention_checks, [row])


def check_of(store: Store, pair_id: str) -> AttentionCheck | None:
    """One check; None when the pair is none."""
    query = sa.select(attention_checks).where(attention_checks.c.pair_id == pair_id)
    with store.engine.connect() as connection:
        row = connection.execute(query).first()
    return None if row is None else _check(row)


def reviewed_pair(store: Store, pair_id: str) -> Pair | None:
    """A pair as reviewers see it: one that was made, or an attention check; None for neither."""
    pair = store.pair(pair_id)
    if pair is None and (check := check_of(store, pair_id)) is not None:
        pair = check.pair
    return pair


def all_checks(store: Store) -> list[AttentionCheck]:
    """All checks, by pair id."""
    query = sa.select(attention_checks).order_by(attention_checks.c.pair_id)
    with store.engine.connect() as connection:
        return [_check(row) for row in connection.execute(query)]


def check_sources(store: Store) -> dict[str, str]:
    """The pair that each check was made from, by the check's id."""
    query = sa.select(attention_checks.c.pair_id, attention_checks.c.of_pair)
    with store.engine.connect() as connection:
        return {row.pair_id: row.of_pair for row in connection.execute(query)}


def take_out_checks(store: Store, pair_ids: Iterable[str] | None = None) -> None:
    """Forget these checks, or all; what was decided about them stays in the log."""
    delete = sa.delete(attention_checks)
    with store.engine.begin() as connection:
        if pair_ids is None:
            connection.execute(delete)
        elif gone := [{"gone": pair_id} for pair_id in pair_ids]:
            connection.execute(
                delete.where(attention_checks.c.pair_id == sa.bindparam("gone")), gone
            )


def _check(row: sa.Row[Any]) -> AttentionCheck:
    return AttentionCheck(from_json(Pair, row.document), row.of_pair, row.kind, utc(row.made_at))
