"""Reading what the review shows: light rows for the queue, and everything about one pair."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date

from ..model import Decision, Mask, Pair, PairEdit, Scene
from ..pairs.edits.effective import effective
from ..pairs.flags import occluded_shares
from ..states import PairState
from ..store.base import Store
from ..store.candidates import scenes_named
from ..store.decisions import decisions_by, earlier_edits_of, edits_of
from ..store.finished_pairs import FinishedPair, finished_pairs, tiles_and_days
from ..store.masks import find_mask
from ..store.review.checks import reviewed_pair
from .decisions import ReviewStatus, review_statuses
from .proposals import DecidedPair, earlier_pair, proposed_statuses
from .queue import last_effective
from .queue_row import QueueRow
from .rules.audit import audits_by_pair
from .triage.run import predictions


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


def queue_rows(store: Store, rows: Sequence[QueueRow] | None = None) -> list[QueueRow]:
    """One light row for each finished pair, with the decision about it.

    `rows` are what `pair_rows` gave before: they change only when pairs are made, or triage learns.
    """
    decided = review_statuses(store)
    proposed = proposed_statuses(store, decided)
    nobody, audits = ReviewStatus(None), audits_by_pair(store)
    rows = pair_rows(store) if rows is None else rows
    # Rows of which nothing is known yet are as they are: copies of 100,000 take a second.
    known = {*decided, *proposed, *audits}
    return [
        row
        if row.pair_id not in known
        else replace(
            row.with_status(decided.get(row.pair_id, nobody)),
            proposed=proposed.get(row.pair_id, nobody).decision,
            audits=audits.get(row.pair_id, ()),
        )
        for row in rows
    ]


def pair_rows(store: Store) -> tuple[QueueRow, ...]:
    """The rows of the finished pairs, as though nobody had decided about them."""
    tiles, scores = tiles_and_days(store), predictions(store)
    return tuple(
        replace(_row(pair, tiles), score=scores.get(pair.pair_id)) for pair in finished_pairs(store)
    )


def _row(pair: FinishedPair, tiles: Mapping[str, tuple[str, date]]) -> QueueRow:
    tile, day = tiles.get(pair.scene_id, ("", None))
    return QueueRow(
        pair_id=pair.pair_id,
        mask_name=pair.mask_name,
        tile=tile,
        sensed_on=day,
        days_offset=pair.days_offset,
        suggestion=pair.suggestion,
        occluded=occluded_shares(pair.occluded, pair.occlusion_by_sensor).labelled,
        shift_m=None if pair.shift is None else math.hypot(*pair.shift),
        change=pair.change,
        scene_id=pair.scene_id,
        coverage=pair.coverage,
    )


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
