"""Reading what the review shows: light rows for the queue, and everything about one pair."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace

from ..model import Decision, Mask, Pair, PairEdit, Scene
from ..pairs.edits.effective import effective
from ..states import PairState
from ..store.base import Store
from ..store.candidates import scenes_named
from ..store.decisions import decisions_by, earlier_edits_of, edits_of
from ..store.masks import find_mask
from ..store.review.checks import reviewed_pair
from .decisions import ReviewStatus
from .pair_rows import pair_rows
from .proposals import DecidedPair, earlier_pair, proposed_statuses
from .queue import last_effective
from .queue_row import QueueRow
from .rules.audit import audits_by_pair


@dataclass(frozen=True)
class ReviewItem:
    """A pair with what belongs to it; `mask` is None when it was taken out since.

    `scenes` are in the order their pixels are preferred; `log` and `edits`, the log of repairs, are
    the oldest first. `earlier` is the pair whose decisions are, or were, proposed for this one;
    `earlier_edits` are the repairs of superseded pairs of the mask that count there, and not here.
    """

    pair: Pair
    mask: Mask | None
    scenes: tuple[Scene, ...]
    log: tuple[Decision, ...]
    edits: tuple[PairEdit, ...] = ()
    earlier: DecidedPair | None = None
    earlier_edits: tuple[PairEdit, ...] = ()

    @property
    def earlier_id(self) -> str | None:
        """The earlier pair to compare with: `earlier`, else the one that was repaired last."""
        if self.earlier is not None:
            return self.earlier.pair.pair_id
        return self.earlier_edits[-1].pair_id if self.earlier_edits else None


def queue_rows(store: Store) -> list[QueueRow]:
    """One light row for each finished pair, with the decision about it."""
    proposed, audits = proposed_statuses(store), audits_by_pair(store)
    nobody = ReviewStatus(None)
    # Rows of which nothing more is known are as they are: copies of 100,000 take a second.
    known = {*proposed, *audits}
    return [
        row
        if row.pair_id not in known
        else replace(
            row,
            proposed=proposed.get(row.pair_id, nobody).decision,
            audits=audits.get(row.pair_id, ()),
        )
        for row in pair_rows(store)
    ]


def review_item(store: Store, pair_id: str) -> ReviewItem | None:
    """Everything about one pair; None when there is no such pair."""
    pair = reviewed_pair(store, pair_id)
    if pair is None:
        return None
    return ReviewItem(
        pair,
        find_mask(store, pair.mask_id),
        tuple(scenes_named(store, pair.scene_ids)),
        tuple(store.decisions(pair_id)),
        tuple(edits_of(store, pair_id)),
        earlier_pair(store, pair),
        _earlier_edits(store, pair),
    )


def _earlier_edits(store: Store, pair: Pair) -> tuple[PairEdit, ...]:
    if pair.state == PairState.SUPERSEDED:
        return ()
    logs: dict[str, list[PairEdit]] = {}
    for edit in earlier_edits_of(store, pair):
        logs.setdefault(edit.pair_id, []).append(edit)
    counting = (edit for log in logs.values() for edit in effective(log))
    return tuple(sorted(counting, key=lambda edit: edit.made_at))


def last_decision(store: Store, reviewer: str) -> Decision | None:
    """What the reviewer decided last, of all pairs, and hasn't undone."""
    with closing(decisions_by(store, reviewer)) as newest_first:
        return last_effective(newest_first)
