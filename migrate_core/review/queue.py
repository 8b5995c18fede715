"""The review queue: which pairs are looked at, in which order, and which comes next.

Pure rules over light rows; `queue_rows` reads those.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from ..model import Decision
from ..states import DecisionState, Verdict, decision_state
from .filters import QueueFilter
from .queue_row import QueueRow
from .sampling.random_order import random_position

# From here on a shift and a days offset count fully.
_FAR_M, _LONG_DAYS = 30.0, 30.0
_SUSPICION = {Verdict.REJECT: 0, Verdict.UNSURE: 1, Verdict.ACCEPT: 2, None: 1}


def _suspicion(row: QueueRow) -> tuple[Any, ...]:
    """What the triage expects to be rejected first; without it, what is suggested for rejection."""
    if row.score is not None:
        return 0, row.score, row.mask_name, row.pair_id
    return _SUSPICION[row.suggestion], -suspicion(row), row.mask_name, row.pair_id


def suspicion(row: QueueRow) -> float:
    """How much speaks against a pair, 0…1, while nothing was learnt from decisions.

    Each number counts by itself, as chances that don't depend on each other do: much occlusion is
    suspicious without any change. What isn't known of the label is suspicious, the rest is not.
    """
    against = (
        1.0 if row.occluded is None else row.occluded,
        row.change or 0.0,
        _reached(row.shift_m, _FAR_M),
        0.0 if row.coverage is None else 1 - row.coverage,
        _reached(row.days_offset, _LONG_DAYS) / 2,
    )
    return 1 - math.prod(1 - min(max(share, 0.0), 1.0) for share in against)


def _reached(value: float | None, limit: float) -> float:
    return min(abs(value or 0.0) / limit, 1.0)


def _by_name(row: QueueRow) -> tuple[Any, ...]:
    return row.mask_name, row.pair_id


def _by_date(row: QueueRow) -> tuple[Any, ...]:
    return -(row.sensed_on or date.min).toordinal(), row.mask_name, row.pair_id


def _by_offset(row: QueueRow) -> tuple[Any, ...]:
    return -abs(row.days_offset or 0.0), row.mask_name, row.pair_id


def _by_change(row: QueueRow) -> tuple[Any, ...]:
    return -(-1.0 if row.change is None else row.change), row.mask_name, row.pair_id


def _by_scene(row: QueueRow) -> tuple[Any, ...]:
    return row.scene_id, row.mask_name, row.pair_id


def _at_random(row: QueueRow) -> tuple[Any, ...]:
    return (random_position(row.pair_id),)


def _by_shift(row: QueueRow) -> tuple[Any, ...]:
    return -(-1.0 if row.shift_m is None else row.shift_m), row.mask_name, row.pair_id


RANDOM = "random"
# None of the orders depends on the decisions: the queue stands still while one works through it.
ORDERS: Mapping[str, Callable[[QueueRow], tuple[Any, ...]]] = {
    "most suspicious first": _suspicion,
    "mask name": _by_name,
    "newest scene first": _by_date,
    "furthest in time first": _by_offset,
    "most changed first": _by_change,
    "largest shift first": _by_shift,
    "scene": _by_scene,
    RANDOM: _at_random,
}
MOST_SUSPICIOUS = "most suspicious first"


def arranged(
    rows: Iterable[QueueRow], wanted: QueueFilter, order: str = MOST_SUSPICIOUS
) -> list[QueueRow]:
    """The rows that `wanted` takes, in one of `ORDERS`."""
    return sorted((row for row in rows if wanted.takes(row)), key=ORDERS[order])


def index_of(queue: Sequence[QueueRow], pair_id: str | None) -> int | None:
    """Where a pair stands in the queue, from 0; None when it isn't in it."""
    return next((n for n, row in enumerate(queue) if row.pair_id == pair_id), None)


def neighbour(queue: Sequence[QueueRow], pair_id: str | None, step: int) -> str | None:
    """The pair one `step` (1 or -1) further; None at the end of the queue."""
    index = index_of(queue, pair_id)
    if index is None:
        return queue[0].pair_id if queue else None
    wanted = index + step
    return queue[wanted].pair_id if 0 <= wanted < len(queue) else None


def next_open(
    queue: Sequence[QueueRow], pair_id: str | None, reviewer: str | None = None
) -> str | None:
    """The next pair after `pair_id` that nobody decided, round the end of the queue.

    With `reviewer` it is the next that this person hasn't decided. None when there is no other.
    """
    start = index_of(queue, pair_id)
    ahead = queue if start is None else [*queue[start + 1 :], *queue[:start]]
    for row in ahead:
        is_open = row.decision is None if reviewer is None else reviewer not in row.reviewers
        if is_open and row.pair_id != pair_id:
            return row.pair_id
    return None


def last_effective(newest_first: Iterable[Decision]) -> Decision | None:
    """The newest decision that isn't undone: what the next undo takes back.

    `newest_first` is what one reviewer said; no more of it is read than needed.
    """
    undone: Counter[str] = Counter()
    undone_in_batches = set[tuple[str, str | None]]()
    for entry in newest_first:
        if entry.verdict == Verdict.UNDO and entry.batch is not None:
            undone_in_batches.add((entry.pair_id, entry.batch))
        elif entry.verdict == Verdict.UNDO:
            undone[entry.pair_id] += 1
        elif (entry.pair_id, entry.batch) in undone_in_batches:
            continue
        elif undone[entry.pair_id]:
            undone[entry.pair_id] -= 1
        else:
            return entry
    return None


def decision_counts(rows: Iterable[QueueRow]) -> dict[str, int]:
    """How many pairs stand how, by decision, with `undecided` among them."""
    counts = Counter[str](decision_state(row.decision) for row in rows)
    return {name: counts[name] for name in DecisionState}
