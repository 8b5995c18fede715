"""The queue of pairs as the client has it, and the facts behind it, which are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from functools import lru_cache
from typing import Any

from migrate_core.errors import WrongUseError
from migrate_core.jobs.background import latest_job
from migrate_core.review.queue import (
    MOST_SUSPICIOUS,
    ORDERS,
    QueueFilter,
    QueueRow,
    arranged,
    decision_counts,
)
from migrate_core.review.queue_rows import pair_rows, queue_rows
from migrate_core.store.base import Store
from migrate_core.store.decisions import applied_edits

_DAYS = ("first", "last")
_FILTERS = tuple(field.name for field in fields(QueueFilter))


def stored_rows(store: Store) -> tuple[QueueRow, ...]:
    """The finished pairs; read again when pairs were made, superseded or repaired."""
    job = latest_job(store, "pairs")
    began = job.heartbeat_at if job else None
    repaired = sorted(applied_edits(store).items())
    made = (began, *repaired, *sorted(store.pair_states().items()))
    return _stored_rows(store, made)


@lru_cache(maxsize=4)
def _stored_rows(store: Store, made: tuple[Any, ...]) -> tuple[QueueRow, ...]:  # noqa: ARG001 - its age
    return pair_rows(store)


def rows_of(store: Store) -> list[QueueRow]:
    """The finished pairs with the decisions about them as they are now."""
    return queue_rows(store, stored_rows(store))


def filter_document(wanted: QueueFilter) -> dict[str, Any]:
    """A filter as JSON, as `queue_document` takes it."""
    found = {name: getattr(wanted, name) for name in _FILTERS}
    return {**found, **{name: found[name] and found[name].isoformat() for name in _DAYS}}


def queue_document(store: Store, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The queue in order, and how all pairs stand. Raises WrongUseError for an unknown filter.

    `asked` has `filter`, as `filter_document` gives it, `order`, one of `ORDERS`, and `reviewer`,
    whose own verdict is the last of the four values of a pair.
    """
    wanted = _filter(asked.get("filter") or {})
    order = asked.get("order") or MOST_SUSPICIOUS
    if order not in ORDERS:
        raise WrongUseError(f"{order!r} is no order; known are {', '.join(ORDERS)}.")
    rows = rows_of(store)
    reviewer = str(asked.get("reviewer") or "")
    return {
        "pairs": [
            (row.pair_id, row.mask_name, row.decision, row.verdict_of(reviewer))
            for row in arranged(rows, wanted, order)
        ],
        "counts": {**decision_counts(rows), "all": len(rows)},
    }


def _filter(given: Mapping[str, Any]) -> QueueFilter:
    unknown = [name for name in given if name not in _FILTERS]
    if unknown:
        raise WrongUseError(f"{unknown[0]!r} is no filter; known are {', '.join(_FILTERS)}.")
    known = {name: value for name, value in given.items() if value is not None}
    if wrong := [name for name, value in known.items() if not isinstance(value, str)]:
        raise WrongUseError(f"The filter {wrong[0]!r} has to be a text.")
    try:
        days = {name: date.fromisoformat(known[name]) for name in _DAYS if name in known}
    except ValueError as err:
        raise WrongUseError(f"The filter has no day such as 2020-02-02: {err}.") from err
    return QueueFilter(**{**known, **days})
