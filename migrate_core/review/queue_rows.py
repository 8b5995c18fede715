"""Reading what the review shows: light rows for the queue, and everything about one pair."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from ..model import Decision, Mask, Occluded, OcclusionBySensor, Pair, Scene, utc
from ..pairs.flags import occluded_shares
from ..store.base import Store
from ..store.serialize import from_json
from ..store.tables import decisions, masks, pairs, scenes
from .decisions import ReviewStatus, review_statuses
from .proposals import proposed_statuses
from .queue import QueueRow, last_effective


@dataclass(frozen=True)
class ReviewItem:
    """A pair with what belongs to it; `mask` is None when it was taken out since.

    `scenes` are in the order their pixels are preferred; `log` is the oldest first.
    """

    pair: Pair
    mask: Mask | None
    scenes: tuple[Scene, ...]
    log: tuple[Decision, ...]


def queue_rows(store: Store, facts: Sequence[QueueRow] | None = None) -> list[QueueRow]:
    """One light row for each finished pair, with the decision about it.

    `facts` are what `pair_facts` gave before: they change only when pairs are made.
    """
    decided = review_statuses(store)
    proposed = proposed_statuses(store, decided)
    nobody = ReviewStatus(None)
    rows = pair_facts(store) if facts is None else facts
    return [
        replace(row, decision=found.decision, reviewers=found.reviewers, proposed=before.decision)
        for row in rows
        for found in (decided.get(row.pair_id, nobody),)
        for before in (proposed.get(row.pair_id, nobody),)
    ]


def pair_facts(store: Store) -> tuple[QueueRow, ...]:
    """The rows of the finished pairs, as though nobody had decided about them."""
    places = _scene_places(store)
    return tuple(_row(row, places) for row in _all(store, _finished_pairs()))


def _finished_pairs() -> sa.Select[Any]:
    """The few facts of the pairs' documents that the queue needs; nothing else is decoded."""
    document = pairs.c.document
    return sa.select(
        pairs.c.pair_id,
        document["mask_name"].as_string().label("mask_name"),
        document["scene_ids"][0].as_string().label("scene_id"),
        document["days_offset"].as_float().label("days_offset"),
        document["suggestion"]["verdict"].as_string().label("suggestion"),
        document["shift"]["east_m"].as_float().label("east_m"),
        document["shift"]["north_m"].as_float().label("north_m"),
        document["change"].as_float().label("change"),
        document["occluded"].as_json().label("occluded"),
        document["one_sided"].as_json().label("one_sided"),
    ).where(pairs.c.state == "done")


def _scene_places(store: Store) -> dict[str, tuple[str, date]]:
    """Tile and day of every scene."""
    query = sa.select(
        scenes.c.scene_id,
        scenes.c.document["tile"].as_string().label("tile"),
        scenes.c.document["sensed_at"].as_string().label("sensed_at"),
    )
    return {
        row["scene_id"]: (row["tile"], datetime.fromisoformat(row["sensed_at"]).date())
        for row in _all(store, query)
    }


def _row(row: Mapping[str, Any], places: Mapping[str, tuple[str, date]]) -> QueueRow:
    tile, day = places.get(row["scene_id"], ("", None))
    return QueueRow(
        pair_id=row["pair_id"],
        mask_name=row["mask_name"],
        tile=tile,
        sensed_on=day,
        days_offset=row["days_offset"],
        suggestion=row["suggestion"],
        occluded=_occluded(row["occluded"], row["one_sided"]),
        shift_m=None if row["east_m"] is None else math.hypot(row["east_m"], row["north_m"]),
        change=row["change"],
    )


def _occluded(stored: Any, sides: Any) -> float | None:
    """The occluded share 0…1 of the label, by the two parts of a pair's document that say it."""
    return occluded_shares(
        from_json(Occluded, stored) if stored else None,
        from_json(OcclusionBySensor, sides) if sides else None,
    ).labelled


def review_item(store: Store, pair_id: str) -> ReviewItem | None:
    """Everything about one pair; None when there is no such pair."""
    pair = store.pair(pair_id)
    if pair is None:
        return None
    found = _all(store, sa.select(masks.c.document).where(masks.c.mask_id == pair.mask_id))
    wanted = sa.select(scenes.c.scene_id, scenes.c.document)
    by_id = {
        row["scene_id"]: from_json(Scene, row["document"])
        for row in _all(store, wanted.where(scenes.c.scene_id.in_(pair.scene_ids)))
    }
    return ReviewItem(
        pair,
        from_json(Mask, found[0]["document"]) if found else None,
        tuple(by_id[scene_id] for scene_id in pair.scene_ids if scene_id in by_id),
        tuple(store.decisions(pair_id)),
    )


def last_decision(store: Store, reviewer: str) -> Decision | None:
    """What the reviewer decided last, of all pairs, and hasn't undone."""
    log = decisions.c
    query = sa.select(decisions).where(log.reviewer == reviewer).order_by(log.number.desc())
    with store.engine.connect() as connection:
        return last_effective(
            Decision(row.pair_id, row.verdict, row.reviewer, row.reason, utc(row.decided_at))
            for row in connection.execute(query)
        )


def _all(store: Store, query: sa.Select[Any]) -> list[Mapping[str, Any]]:
    with store.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
