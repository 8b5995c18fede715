"""Decisions as rows of their log, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ...model import Decision, utc
from ...states import Basis, Verdict
from ..derived.revisions import Part, raise_revision
from ..derived.standings import renew_standings
from ..tables import decisions, dialect_insert


def decision_row(decision: Decision, token: str) -> dict[str, Any]:
    """The row of a decision; `token` tells it from all others."""
    return {
        "token": token,
        "pair_id": decision.pair_id,
        "verdict": decision.verdict,
        "reviewer": decision.reviewer,
        "reason": decision.reason,
        "decided_at": utc(decision.decided_at),
        "basis": decision.basis,
        "batch": decision.batch,
        "settles": decision.settles,
    }


def decision_of(row: sa.Row[Any]) -> Decision:
    """The decision of a row of the log."""
    return Decision(
        row.pair_id,
        Verdict(row.verdict),
        row.reviewer,
        row.reason,
        utc(row.decided_at),
        Basis(row.basis),
        row.batch,
        row.settles,
    )


def append_rows(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to the log, and to the standing of their pairs; those of a known token are left out.

    The first statement of its transaction that writes, so that of two who decide about a pair at
    once the second finds what the first has said.
    """
    changed = raise_revision(connection, Part.PAIRS)
    insert = dialect_insert(connection, decisions)
    connection.execute(insert.on_conflict_do_nothing(index_elements=["token"]), rows)
    renew_standings(connection, [row["pair_id"] for row in rows], changed)
