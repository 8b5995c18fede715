"""The review queue: which pairs are looked at, in which order, and which comes next.

Pure rules over light rows; `queue_rows` reads those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..model import Decision
from ..states import DecisionState, Verdict, decision_state

NOT_BY_ME = "not decided by me"
PROPOSED = "proposed from an earlier pair"
DECISIONS = (
    DecisionState.UNDECIDED.value,
    PROPOSED,
    NOT_BY_ME,
    DecisionState.ACCEPTED.value,
    DecisionState.REJECTED.value,
    DecisionState.UNSURE.value,
    DecisionState.CONFLICT.value,
)
_SUSPICION = {Verdict.REJECT: 0, Verdict.UNSURE: 1, Verdict.ACCEPT: 2, None: 1}


@dataclass(frozen=True)
class QueueRow:
    """What order and filters need of a finished pair.

    `suggestion` is the verdict suggested; `occluded` the share 0…1 of the labelled pixels that
    anything occludes, None when it isn't known; `shift_m` the length of the shift that registration
    measured, `change` 0…1 how changed the inside of the label looks, None where that isn't known;
    `decision` what the reviewers together say, `verdicts` what each of `reviewers` says, `proposed`
    what they said of an earlier pair of the mask, where nobody has decided about this one.
    """

    pair_id: str
    mask_name: str
    tile: str
    sensed_on: date | None
    days_offset: float | None
    suggestion: Verdict | None
    occluded: float | None
    shift_m: float | None = None
    change: float | None = None
    decision: DecisionState | None = None
    reviewers: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    proposed: DecisionState | None = None

    def verdict_of(self, reviewer: str) -> Verdict | None:
        """What one reviewer says of the pair; None where they have said nothing that counts."""
        return dict(zip(self.reviewers, self.verdicts, strict=True)).get(reviewer)


@dataclass(frozen=True)
class QueueFilter:
    """Which pairs are looked at; what is None or empty doesn't matter.

    `decision` is one of `DECISIONS`, `reviewer` the person for whom `not decided by me` holds;
    `text` is found in the mask's name; `first` and `last` are inclusive days of the scene.
    """

    decision: str | None = None
    text: str = ""
    suggestion: str | None = None
    tile: str | None = None
    first: date | None = None
    last: date | None = None
    reviewer: str = ""

    def takes(self, row: QueueRow) -> bool:
        """Whether the pair is looked at."""
        return (
            self._decision_fits(row)
            and self.text.strip().lower() in row.mask_name.lower()
            and self.suggestion in (None, row.suggestion)
            and self.tile in (None, row.tile)
            and self._day_fits(row.sensed_on)
        )

    def _decision_fits(self, row: QueueRow) -> bool:
        if self.decision is None:
            return True
        if self.decision == NOT_BY_ME:
            return self.reviewer not in row.reviewers
        if self.decision == PROPOSED:
            return row.proposed is not None
        return decision_state(row.decision) == self.decision

    def _day_fits(self, day: date | None) -> bool:
        if day is None:
            return self.first is None and self.last is None
        return (self.first or day) <= day <= (self.last or day)


def _suspicion(row: QueueRow) -> tuple[Any, ...]:
    """Suggested for rejection first, then by the occluded share; unknown is suspicious."""
    occluded = 1.0 if row.occluded is None else row.occluded
    return _SUSPICION[row.suggestion], -occluded, row.mask_name, row.pair_id


def _by_name(row: QueueRow) -> tuple[Any, ...]:
    return row.mask_name, row.pair_id


def _by_date(row: QueueRow) -> tuple[Any, ...]:
    return -(row.sensed_on or date.min).toordinal(), row.mask_name, row.pair_id


def _by_offset(row: QueueRow) -> tuple[Any, ...]:
    return -abs(row.days_offset or 0.0), row.mask_name, row.pair_id


def _by_change(row: QueueRow) -> tuple[Any, ...]:
    return -(-1.0 if row.change is None else row.change), row.mask_name, row.pair_id


def _by_shift(row: QueueRow) -> tuple[Any, ...]:
    return -(-1.0 if row.shift_m is None else row.shift_m), row.mask_name, row.pair_id


# None of the orders depends on the decisions: the queue stands still while one works through it.
ORDERS: Mapping[str, Callable[[QueueRow], tuple[Any, ...]]] = {
    "most suspicious first": _suspicion,
    "mask name": _by_name,
    "newest scene first": _by_date,
    "furthest in time first": _by_offset,
    "most changed first": _by_change,
    "largest shift first": _by_shift,
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
    for entry in newest_first:
        if entry.verdict == Verdict.UNDO:
            undone[entry.pair_id] += 1
        elif undone[entry.pair_id]:
            undone[entry.pair_id] -= 1
        else:
            return entry
    return None


def decision_counts(rows: Iterable[QueueRow]) -> dict[str, int]:
    """How many pairs stand how, by decision, with `undecided` among them."""
    counts = Counter[str](decision_state(row.decision) for row in rows)
    return {name: counts[name] for name in DECISIONS if name not in (NOT_BY_ME, PROPOSED)}
