"""Where checks stand in the queue: as other pairs do, near the pair they were made from.

Not next to it, since two pairs of one mask one after the other would be compared. Pure rules.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..decisions import ReviewStatus
from ..queue import ORDERS, RANDOM
from ..queue_row import QueueRow
from ..sampling.random_order import random_position

# How many pairs lie between a check and its pair at least and at most, before it or after it.
_FROM, _TO = 5, 30
_NOBODY = ReviewStatus(None)


def check_rows(
    rows: Iterable[QueueRow],
    sources: Mapping[str, str],
    decided: Mapping[str, ReviewStatus],
) -> list[QueueRow]:
    """The rows of checks: as those of the pairs they were made from, but for what was decided.

    `sources` are these pairs by the ids of the checks. One whose pair is not in `rows` has none.
    """
    by_id = {row.pair_id: row for row in rows} if sources else {}
    return [
        replace(by_id[of_pair], pair_id=check, proposed=None).with_status(
            decided.get(check, _NOBODY)
        )
        for check, of_pair in sources.items()
        if of_pair in by_id
    ]


def with_checks(
    queue: Sequence[QueueRow], checks: Sequence[QueueRow], order: str
) -> list[QueueRow]:
    """The queue with checks among it; `queue` is in one of `ORDERS`.

    At random each stands at its own random position, otherwise some places before or after that of
    its pair.
    """
    if order == RANDOM:
        return sorted([*queue, *checks], key=ORDERS[order])
    positions = [(_position(queue, check, order), check) for check in checks]
    found = [*enumerate(queue), *positions]
    return [row for _, row in sorted(found, key=lambda entry: entry[0])]


def _position(queue: Sequence[QueueRow], check: QueueRow, order: str) -> float:
    """Where a check stands, between two positions of the queue."""
    here = bisect_left(queue, ORDERS[order](check), key=ORDERS[order])
    chance = 2 * random_position(check.pair_id, "place of a check") - 1
    step = round(_FROM + (_TO - _FROM) * abs(chance))
    first = step if chance > 0 else -step
    for wanted in (here + first, here - first):
        if 0 <= wanted <= len(queue):
            return wanted - 0.5
    # The queue is too short: at its further end.
    return (0 if 2 * here > len(queue) else len(queue)) - 0.5
