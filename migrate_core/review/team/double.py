"""Double review: of a share of the pairs two persons decide, and the second does so blind.

While such a pair waits for a reviewer, it is to them as though no other had said anything about it.
Pure rules.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from ...model import Decision
from ..decisions import ReviewStatus, review_status
from ..queue_row import QueueRow
from ..queue_rows import ReviewItem
from ..sampling.random_order import double_review, is_open_for

_NOBODY = ReviewStatus(None)


def is_blind(reviewer: str, pair_id: str, persons: Collection[str], share: float) -> bool:
    """Whether a reviewer mustn't know yet what the `persons` who looked at a pair said of it.

    `share` 0…1 is that of double review. Once two have decided, the pair is open to all.
    """
    return (
        bool(persons)
        and double_review(pair_id, share)
        and is_open_for(reviewer, pair_id, persons, share)
    )


def visible_row(row: QueueRow, reviewer: str, share: float) -> QueueRow:
    """The row of a pair as a reviewer may see it."""
    if not is_blind(reviewer, row.pair_id, row.persons, share):
        return row
    return replace(row.with_status(_NOBODY), proposed=None)


def visible_log(log: Sequence[Decision], reviewer: str, share: float) -> Sequence[Decision]:
    """What a reviewer may read of the log of one pair: all of it, or their own entries."""
    if not log or not is_blind(reviewer, log[0].pair_id, review_status(log).persons, share):
        return log
    return [entry for entry in log if entry.reviewer == reviewer]


def visible_item(item: ReviewItem, reviewer: str, share: float) -> ReviewItem:
    """The pair as a reviewer may see it; what others said of the earlier one is hidden as well."""
    log = visible_log(item.log, reviewer, share)
    if log is item.log:
        return item
    earlier = item.earlier
    if earlier is not None:
        own = {name: given for name, given in earlier.decisions.items() if name == reviewer}
        own_log = tuple(entry for entry in earlier.log if entry.reviewer == reviewer)
        earlier = replace(earlier, decisions=own, log=own_log)
    return replace(item, log=tuple(log), earlier=earlier)


def waits_for_second(pair_id: str, persons: Collection[str], share: float) -> bool:
    """Whether one person has decided about a pair and a second one is to."""
    return len(persons) == 1 and double_review(pair_id, share)
