"""Light rows of the pairs that are done, for the queue of the review and the preview of an export.

Only the few fields that lists need are taken out of the documents, by the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from ..model import ClassTable, Occluded, OcclusionBySensor
from ..states import PairState, Verdict
from .base import Store
from .serialize import from_json
from .tables import masks, pairs, scenes


@dataclass(frozen=True)
class FinishedPair:
    """What the queue needs of a pair; `shift` is (east, north) in metres.

    `scene_id` is the scene that its pixels come from first, `suggestion` the verdict suggested.
    Anything unknown is None.
    """

    pair_id: str
    mask_name: str
    scene_id: str
    days_offset: float | None
    suggestion: Verdict | None
    shift: tuple[float, float] | None
    change: float | None
    occluded: Occluded | None
    occlusion_by_sensor: OcclusionBySensor | None
    coverage: float | None = None


@dataclass(frozen=True)
class PairFootprint:
    """A pair, its state and the footprint of its mask as GeoJSON; None where it isn't known."""

    pair_id: str
    state: PairState
    footprint: Mapping[str, Any] | None
    mask_id: str = ""
    mask_name: str = ""
    scene_ids: tuple[str, ...] = ()


def finished_pairs(store: Store) -> list[FinishedPair]:
    """The pairs that are done; nothing else of their documents is decoded."""
    document = pairs.c.document
    query = sa.select(
        pairs.c.pair_id,
        document["mask_name"].as_string().label("mask_name"),
        document["scene_ids"][0].as_string().label("scene_id"),
        document["days_offset"].as_float().label("days_offset"),
        document["suggestion"]["verdict"].as_string().label("suggestion"),
        document["shift"]["east_m"].as_float().label("east_m"),
        document["shift"]["north_m"].as_float().label("north_m"),
        document["change"].as_float().label("change"),
        document["coverage"].as_float().label("coverage"),
        document["occluded"].as_json().label("occluded"),
        document["one_sided"].as_json().label("occlusion_by_sensor"),
    ).where(pairs.c.state == PairState.DONE)
    with store.engine.connect() as connection:
        return [_finished_pair(row) for row in connection.execute(query)]


def _finished_pair(row: Any) -> FinishedPair:
    return FinishedPair(
        pair_id=row.pair_id,
        mask_name=row.mask_name,
        scene_id=row.scene_id,
        days_offset=row.days_offset,
        suggestion=Verdict(row.suggestion) if row.suggestion else None,
        shift=None if row.east_m is None else (row.east_m, row.north_m),
        change=row.change,
        coverage=row.coverage,
        occluded=from_json(Occluded, row.occluded) if row.occluded else None,
        occlusion_by_sensor=from_json(OcclusionBySensor, row.occlusion_by_sensor)
        if row.occlusion_by_sensor
        else None,
    )


def tiles_and_days(store: Store) -> dict[str, tuple[str, date]]:
    """MGRS tile and sensing day of every scene, by scene_id."""
    query = sa.select(
        scenes.c.scene_id,
        scenes.c.document["tile"].as_string(),
        scenes.c.document["sensed_at"].as_string(),
    )
    with store.engine.connect() as connection:
        return {
            scene_id: (tile, datetime.fromisoformat(sensed_at).date())
            for scene_id, tile, sensed_at in connection.execute(query)
        }


def finished_with_footprint(store: Store) -> list[str]:
    """The ids of the pairs that could go out: done, of masks that have a footprint."""
    there = masks.c.document["footprint"].as_string().is_not(None)
    query = (
        sa.select(pairs.c.pair_id)
        .join(masks, masks.c.mask_id == pairs.c.mask_id)
        .where(pairs.c.state == PairState.DONE, there)
    )
    with store.engine.connect() as connection:
        return list(connection.scalars(query))


def class_tables(store: Store) -> list[ClassTable]:
    """What the values of all masks mean: the stored values, and their names."""
    document = masks.c.document
    query = sa.select(
        document["classes"].as_json().label("stored"),
        document["class_names"].as_json().label("names"),
    )
    with store.engine.connect() as connection:
        return [ClassTable(row.stored, names=row.names) for row in connection.execute(query)]


def pair_footprints(store: Store) -> list[PairFootprint]:
    """All pairs, superseded ones included, with the footprints of their masks."""
    # Two statements: a footprint is decoded once, however many pairs its mask has.
    footprint = masks.c.document["footprint"].label("footprint")
    document = pairs.c.document
    query = sa.select(
        pairs.c.pair_id,
        pairs.c.mask_id,
        pairs.c.state,
        document["mask_name"].as_string().label("mask_name"),
        document["scene_ids"].as_json().label("scene_ids"),
    )
    with store.engine.connect() as connection:
        rows = connection.execute(query).all()
        of_masks = connection.execute(sa.select(masks.c.mask_id, footprint)).all()
    footprints = {row.mask_id: row.footprint for row in of_masks}
    return [
        PairFootprint(
            row.pair_id,
            PairState(row.state),
            footprints.get(row.mask_id),
            row.mask_id,
            row.mask_name,
            tuple(row.scene_ids),
        )
        for row in rows
    ]
