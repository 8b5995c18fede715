"""Light rows of the pairs that are done, for the queue of the review and the preview of an export.

Only the few fields that lists need are taken out of the documents, by the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..model import ClassTable, Occluded, OcclusionBySensor
from ..states import PairState, Verdict
from .base import Store
from .derived.matching import in_parts
from .derived.revisions import Part, kept, revisions_of
from .derived.standings import STANDING, standing_of
from .review.standing import ReviewStatus
from .serialize import from_json
from .tables import masks, pairs, scenes, standings


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


_DOCUMENT = pairs.c.document
_FIELDS = (
    pairs.c.pair_id,
    pairs.c.mask_name,
    pairs.c.scene_id,
    _DOCUMENT["days_offset"].as_float().label("days_offset"),
    _DOCUMENT["suggestion"]["verdict"].as_string().label("suggestion"),
    _DOCUMENT["shift"]["east_m"].as_float().label("east_m"),
    _DOCUMENT["shift"]["north_m"].as_float().label("north_m"),
    _DOCUMENT["change"].as_float().label("change"),
    _DOCUMENT["coverage"].as_float().label("coverage"),
    _DOCUMENT["occluded"].as_json().label("occluded"),
    _DOCUMENT["one_sided"].as_json().label("occlusion_by_sensor"),
)
_VERDICTS = {one.value: one for one in Verdict}


class ChangedPairs(NamedTuple):
    """What has changed of pairs: those that are done now, each with its standing, and the others.

    Of a pair that nobody has decided about the standing is None. `number` is the revision that
    this takes in.
    """

    done: Sequence[tuple[FinishedPair, ReviewStatus | None]]
    others: Sequence[str]
    number: int


def changed_pairs(store: Store, since: int | None = None) -> ChangedPairs:
    """The pairs that were written, or decided about, since a revision; all that are done for None.

    Only the few fields that lists need are taken out of their documents, by the database.
    """
    (number,) = revisions_of(store, (Part.PAIRS,))
    changed = sa.true() if since is None else pairs.c.changed > since
    is_done = pairs.c.state == PairState.DONE
    of_pair = standings.c.pair_id == pairs.c.pair_id
    query = sa.select(*_FIELDS, STANDING).outerjoin(standings, of_pair).where(is_done, changed)
    others = sa.select(pairs.c.pair_id).where(~is_done, changed)
    with store.engine.connect() as connection:
        gone = [] if since is None else connection.scalars(others).all()
        rows = connection.execute(query)
        done = [(_finished_pair(row), row.standing and standing_of(row.standing)) for row in rows]
    return ChangedPairs(done, gone, number)


def _finished_pair(row: Any) -> FinishedPair:
    return FinishedPair(
        pair_id=row.pair_id,
        mask_name=row.mask_name,
        scene_id=row.scene_id,
        days_offset=row.days_offset,
        suggestion=_VERDICTS[row.suggestion] if row.suggestion else None,
        shift=None if row.east_m is None else (row.east_m, row.north_m),
        change=row.change,
        coverage=row.coverage,
        occluded=Occluded(**row.occluded) if row.occluded else None,
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


class ExportKey(NamedTuple):
    """What pairs are counted by before an export; `decision` and `basis` may be None."""

    state: str
    decision: str | None
    basis: str | None
    has_footprint: bool


# The filters that columns answer: what each is compared with, and how.
COUNTED_BY: Mapping[str, Callable[[str], sa.ColumnElement[bool]]] = {
    "text": lambda text: pairs.c.mask_name.icontains(text.strip(), autoescape=True),
    "scene": lambda scene: pairs.c.scene_id == scene,
    "basis": lambda basis: pairs.c.basis == basis,
}


def export_counts(
    store: Store, filters: Mapping[str, str] = MappingProxyType({})
) -> Mapping[ExportKey, int]:
    """How many pairs there are of each kind; counted anew when pairs or masks have changed.

    `filters` limit them by values of `COUNTED_BY`. Of a text other than ASCII the databases don't
    know the capital letters.
    """
    columns = (pairs.c.state, pairs.c.decision, pairs.c.basis)
    query = sa.select(*columns, sa.func.count()).group_by(*columns)
    every = query.where(*(COUNTED_BY[name](value) for name, value in filters.items()))

    def count() -> Mapping[ExportKey, int]:
        # Of all pairs and of the few without: quicker than to look up the mask of each.
        with store.engine.connect() as connection:
            total, without = (
                Counter({(state, decision, basis): n for state, decision, basis, n in rows})
                for rows in map(connection.execute, (every, every.where(_without_footprint())))
            )
        numbers = {True: total - without, False: without}
        return {ExportKey(*kind, has): n for has, of in numbers.items() for kind, n in of.items()}

    return kept(store, f"pairs before an export {dict(filters)}", count)


def pairs_without_footprint(store: Store) -> frozenset[str]:
    """The ids of the finished pairs whose mask has no footprint, or was taken out."""
    # Few: their state is looked at here, since SQLite would look through all that are done.
    query = sa.select(pairs.c.pair_id, pairs.c.state).where(_without_footprint())
    with store.engine.connect() as connection:
        found = connection.execute(query)
        return frozenset(pair_id for pair_id, state in found if state == PairState.DONE)


def _without_footprint() -> sa.ColumnElement[bool]:
    """Whether the mask of a pair has no footprint, or was taken out; by indexes alone."""
    mask_id = sa.select(masks.c.mask_id).where(masks.c.has_footprint)
    return pairs.c.mask_id.in_(sa.except_(sa.select(pairs.c.mask_id), mask_id))


def class_tables(store: Store) -> list[ClassTable]:
    """What the values of all masks mean: the stored values, and their names."""
    document = masks.c.document
    query = sa.select(
        document["classes"].as_json().label("stored"),
        document["class_names"].as_json().label("names"),
    )
    with store.engine.connect() as connection:
        return [ClassTable(row.stored, names=row.names) for row in connection.execute(query)]


def pair_centres(store: Store) -> Mapping[str, tuple[float, float]]:
    """The middle (lon, lat) of the footprint of each finished pair that has one, by pair_id.

    Read anew when pairs or masks have changed.
    """
    query = (
        sa.select(pairs.c.pair_id, masks.c.lon, masks.c.lat)
        .join(masks, masks.c.mask_id == pairs.c.mask_id)
        .where(pairs.c.state == PairState.DONE, masks.c.has_footprint)
    )

    def find() -> Mapping[str, tuple[float, float]]:
        with store.engine.connect() as connection:
            return {pair_id: (lon, lat) for pair_id, lon, lat in connection.execute(query)}

    return kept(store, "centres of pairs", find)


def pair_footprints(store: Store, pair_ids: Iterable[str] | None = None) -> list[PairFootprint]:
    """All pairs, superseded ones included, with the footprints of their masks; or these pairs."""
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
        parts = in_parts(query, pairs.c.pair_id, pair_ids)
        rows = [row for part in parts for row in connection.execute(part)]
        mask_ids = None if pair_ids is None else {row.mask_id for row in rows}
        here = in_parts(sa.select(masks.c.mask_id, footprint), masks.c.mask_id, mask_ids)
        of_masks = [row for part in here for row in connection.execute(part)]
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
