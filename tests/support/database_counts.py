"""How much a piece of work asks of databases: statements, and rows that are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from sqlalchemy.engine import CursorResult


@dataclass
class DatabaseCounts:
    """How many statements were sent, and how many rows came back."""

    statements: int = 0
    rows: int = 0


@contextmanager
def counted() -> Iterator[DatabaseCounts]:
    """Count what this process asks of any database, for the time of a block."""
    counts = DatabaseCounts()

    def sent(*_: Any) -> None:
        counts.statements += 1

    sa.event.listen(sa.Engine, "after_cursor_execute", sent)
    try:
        with (
            patch.object(CursorResult, "_fetchone_impl", _one(counts)),
            patch.object(CursorResult, "_fetchall_impl", _many(counts, "_fetchall_impl")),
            patch.object(CursorResult, "_fetchmany_impl", _many(counts, "_fetchmany_impl")),
            patch.object(CursorResult, "_fetchiter_impl", _each(counts)),
        ):
            yield counts
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", sent)


def _one(counts: DatabaseCounts) -> Callable[..., Any]:
    original = CursorResult._fetchone_impl

    def fetch(*given: Any, **named: Any) -> Any:
        row = original(*given, **named)
        counts.rows += row is not None
        return row

    return fetch


def _many(counts: DatabaseCounts, name: str) -> Callable[..., Any]:
    original = getattr(CursorResult, name)

    def fetch(*given: Any) -> Any:
        rows = original(*given)
        counts.rows += len(rows)
        return rows

    return fetch


def _each(counts: DatabaseCounts) -> Callable[..., Iterator[Any]]:
    original = CursorResult._fetchiter_impl

    def fetch(*given: Any) -> Iterator[Any]:
        for row in original(*given):
            counts.rows += 1
            yield row

    return fetch
