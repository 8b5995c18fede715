"""The light rows of finished pairs, kept by the process and renewed by what has changed alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from threading import Lock
from weakref import WeakKeyDictionary

from ..pairs.flags import occluded_shares
from ..store.base import Store
from ..store.derived.revisions import Part, revisions_of
from ..store.finished_pairs import FinishedPair, changed_pairs, tiles_and_days
from ..store.review.models import newest_version
from ..store.review.standing import ReviewStatus
from .queue_row import QueueRow
from .triage.run import predictions


@dataclass
class _Kept:
    """The rows of a store, and what they take in: a revision, scenes, a model of the triage."""

    made: dict[str, FinishedPair] = field(default_factory=dict)
    rows: dict[str, QueueRow] = field(default_factory=dict)
    listed: tuple[QueueRow, ...] = ()
    number: int | None = None
    scenes: int = -1
    tiles: Mapping[str, tuple[str, date]] = field(default_factory=dict)
    version: str | None = None
    lock: Lock = field(default_factory=Lock)


_kept: WeakKeyDictionary[Store, _Kept] = WeakKeyDictionary()


def pair_rows(store: Store) -> tuple[QueueRow, ...]:
    """The rows of the finished pairs with the decisions about them, as they are now.

    Proposals and audits are not in them. The same tuple as before where nothing has changed.
    """
    kept = _kept.setdefault(store, _Kept())
    with kept.lock:
        version = newest_version(store)
        if kept.number != revisions_of(store, (Part.PAIRS,))[0] or kept.version != version:
            _renew(store, kept, version)
            kept.listed = tuple(kept.rows.values())
        return kept.listed


def _renew(store: Store, kept: _Kept, version: str | None) -> None:
    """Bring the rows up to what has changed since, and to this model of the triage."""
    changed = changed_pairs(store, kept.number)
    (scenes,) = revisions_of(store, (Part.MASKS,))
    if scenes != kept.scenes:
        kept.tiles = tiles_and_days(store)
    for pair_id in changed.others:
        kept.rows.pop(pair_id, None)
        kept.made.pop(pair_id, None)
    others_made = any(kept.made.get(pair.pair_id) != pair for pair, _ in changed.done)
    for pair, status in changed.done:
        before = kept.rows.get(pair.pair_id)
        score = before.score if before else None
        kept.made[pair.pair_id] = pair
        kept.rows[pair.pair_id] = _row(pair, status, kept.tiles, score)
    if version != kept.version or (version is not None and others_made):
        scores = predictions(store)
        for pair_id, row in kept.rows.items():
            if row.score != scores.get(pair_id):
                kept.rows[pair_id] = replace(row, score=scores.get(pair_id))
    kept.number, kept.scenes, kept.version = changed.number, scenes, version


_NOBODY = ReviewStatus(None)


def _row(
    pair: FinishedPair,
    status: ReviewStatus | None,
    tiles: Mapping[str, tuple[str, date]],
    score: float | None,
) -> QueueRow:
    status = status or _NOBODY
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
        score=score,
        decision=status.decision,
        reviewers=status.reviewers,
        verdicts=status.verdicts,
        basis=status.basis,
        batch=status.batch,
        persons=status.persons,
    )
