"""Scenes page by page: quick questions to the store, however many masks there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..advice import Advice
from ..model import Mask, Scene
from ..states import MaskState
from .base import Candidate, Store
from .derived.matching import in_parts, renew_matches
from .derived.revisions import Part, kept, raise_revision
from .mask_documents import mask_from
from .rows import candidate_of
from .selected import CANDIDATES_WITH_SCENES
from .serialize import from_json, to_json
from .tables import advice as advice_table
from .tables import candidates, masks, scenes, upsert

# Which masks a list shows.
ALL, WITHOUT_USABLE, CHOSEN_BY_PERSON = "all", "without usable", "chosen by person"
_COLUMNS = (masks.c.mask_id, masks.c.document, masks.c.candidates, masks.c.usable)
_ORDER = (masks.c.has_usable, masks.c.name, masks.c.mask_id)


@dataclass(frozen=True)
class MaskRow:
    """A ready mask in a list: how many candidates it has, which is selected, what would help.

    `advice` is None for a mask with a usable scene, and for one that was not searched for yet.
    """

    mask: Mask
    candidates: int
    usable: int
    selected: Candidate | None
    advice: Advice | None

    @property
    def searched(self) -> bool:
        """Whether a search has looked for scenes of this mask."""
        return self.candidates > 0 or self.advice is not None


@dataclass(frozen=True)
class MaskFilter:
    """What a list of masks shows: `show` is one of the constants above; `name` a part of names."""

    show: str = ALL
    name: str = ""


def count_masks(store: Store, wanted: MaskFilter) -> int:
    """How many ready masks fit `wanted`."""
    if not wanted.name:
        return list_counts(store)[wanted.show]
    with store.engine.connect() as connection:
        return connection.scalar(_listed(wanted, sa.func.count())) or 0


def mask_rows(store: Store, wanted: MaskFilter, first: int, count: int) -> list[MaskRow]:
    """`count` of the ready masks that fit, from number `first` on: those without usable first."""
    ordered = _listed(wanted, masks.c.mask_id).order_by(*_ORDER)
    # Ids first: sorting whole documents would take far longer.
    with store.engine.connect() as connection:
        ids = connection.scalars(ordered.limit(count).offset(first)).all()
    query = _listed(MaskFilter(), *_COLUMNS).where(masks.c.mask_id.in_(ids))
    return _rows(store, query.order_by(*_ORDER))


def mask_row(store: Store, mask_id: str) -> MaskRow | None:
    """One ready mask as in the list; None when there is no such mask."""
    query = _listed(MaskFilter(), *_COLUMNS).where(masks.c.mask_id == mask_id)
    return next(iter(_rows(store, query)), None)


def index_of(store: Store, wanted: MaskFilter, mask_id: str) -> int | None:
    """The number of a mask in the list of `mask_rows`, from 0; None when it isn't in it."""
    here = _listed(wanted, *_ORDER).where(masks.c.mask_id == mask_id)
    with store.engine.connect() as connection:
        found = connection.execute(here).first()
        if found is None:
            return None
        before = sa.tuple_(*_ORDER) < sa.tuple_(*map(sa.literal, found))
        return connection.scalar(_listed(wanted, sa.func.count()).where(before)) or 0


def list_counts(store: Store) -> dict[str, int]:
    """How many ready masks each of the three lists has; counted anew when they changed."""
    without = _listed(MaskFilter(WITHOUT_USABLE), sa.func.count()).scalar_subquery()
    by_person = _listed(MaskFilter(CHOSEN_BY_PERSON), sa.func.count()).scalar_subquery()

    def count() -> dict[str, int]:
        with store.engine.connect() as connection:
            numbers = connection.execute(sa.select(without, by_person)).one()
        ready = store.mask_states().get(MaskState.READY, 0)
        return dict(zip((ALL, WITHOUT_USABLE, CHOSEN_BY_PERSON), (ready, *numbers), strict=True))

    return kept(store, "lists of scenes", count, (Part.MASKS,))


@dataclass(frozen=True)
class CandidateCount:
    """How many candidates there are, of so many ready masks that have one at least."""

    candidates: int
    masks: int


def count_candidates(store: Store) -> CandidateCount:
    """The candidates of all ready masks; counted anew when they changed."""
    query = _listed(MaskFilter(), sa.func.sum(masks.c.candidates), sa.func.count())

    def count() -> CandidateCount:
        with store.engine.connect() as connection:
            number, of_masks = connection.execute(query.where(masks.c.candidates > 0)).one()
        return CandidateCount(number or 0, of_masks)

    return kept(store, "number of candidates", count, (Part.MASKS,))


def all_advice(store: Store) -> list[Advice]:
    """What would help each ready mask that the last search left without a usable scene."""
    query = (
        sa.select(advice_table.c.document)
        .join(masks, masks.c.mask_id == advice_table.c.mask_id)
        .where(masks.c.state == MaskState.READY)
    )
    with store.engine.connect() as connection:
        return [from_json(Advice, document) for document in connection.scalars(query)]


def advised_masks(store: Store) -> set[str]:
    """The ids of the masks that the last search left without a usable scene."""
    with store.engine.connect() as connection:
        return set(connection.scalars(sa.select(advice_table.c.mask_id)))


def _listed(wanted: MaskFilter, *columns: Any) -> sa.Select[Any]:
    """The ready masks that fit `wanted`."""
    query = sa.select(*columns).select_from(masks).where(masks.c.state == MaskState.READY)
    if wanted.name:
        query = query.where(masks.c.name.icontains(wanted.name, autoescape=True))
    if wanted.show == WITHOUT_USABLE:
        query = query.where(masks.c.has_usable.is_(False))
    if wanted.show == CHOSEN_BY_PERSON:
        query = query.where(masks.c.by_person.is_(True))
    return query


def _rows(store: Store, query: sa.Select[Any]) -> list[MaskRow]:
    """The masks of `query` (a page of them) with their selected candidates and advice."""
    with store.engine.connect() as connection:
        found = connection.execute(query).all()
        ids = [row.mask_id for row in found]
        advised = connection.execute(
            sa.select(advice_table).where(advice_table.c.mask_id.in_(ids))
        ).all()
    advice = {row.mask_id: from_json(Advice, row.document) for row in advised}
    chosen = {item.mask_id: item for item in _candidates(store, ids, only_selected=True)}
    return [
        MaskRow(
            mask=mask_from(row.document),
            candidates=row.candidates,
            usable=row.usable,
            selected=chosen.get(row.mask_id),
            advice=advice.get(row.mask_id),
        )
        for row in found
    ]


def candidates_of(store: Store, mask_id: str) -> list[Candidate]:
    """The candidates of one mask, best first."""
    return _candidates(store, [mask_id])


def _candidates(
    store: Store, ids: Iterable[str], *, only_selected: bool = False
) -> list[Candidate]:
    query = (
        sa.select(candidates, scenes.c.document.label("scene"))
        .select_from(CANDIDATES_WITH_SCENES)
        .where(candidates.c.mask_id.in_(list(ids)))
        .order_by(candidates.c.mask_id, candidates.c.rank)
    )
    if only_selected:
        query = query.where(candidates.c.selected)
    with store.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [candidate_of(row, from_json(Scene, row.scene)) for row in rows]


def scenes_named(store: Store, scene_ids: Iterable[str], source: str = "") -> list[Scene]:
    """The scenes of these names, in their order, preferably as `source` has them."""
    ids = list(scene_ids)
    query = sa.select(scenes).where(scenes.c.scene_id.in_(ids))
    with store.engine.connect() as connection:
        rows = connection.execute(query).all()
    rows = sorted(rows, key=lambda row: row.source == source)
    found = {row.scene_id: from_json(Scene, row.document) for row in rows}
    return [found[scene_id] for scene_id in ids if scene_id in found]


def scenes_of_tiles(store: Store, tiles: Iterable[str]) -> list[Scene]:
    """The scenes of these tiles, at whichever source."""
    tile = scenes.c.document["tile"].as_string()
    parts = in_parts(sa.select(scenes.c.document), tile, tiles)
    with store.engine.connect() as connection:
        return [from_json(Scene, one) for part in parts for one in connection.scalars(part)]


def put_advice(store: Store, searched: Iterable[str], advice: Mapping[str, Advice]) -> None:
    """Replace what was advised for the masks that were `searched` for."""
    rows = [{"mask_id": mask_id, "document": to_json(item)} for mask_id, item in advice.items()]
    stale = [{"gone": mask_id} for mask_id in searched if mask_id not in advice]
    with store.engine.begin() as connection:
        raise_revision(connection, Part.MASKS)
        if stale:
            gone = advice_table.c.mask_id == sa.bindparam("gone")
            connection.execute(sa.delete(advice_table).where(gone), stale)
        upsert(connection, advice_table, rows)


def select_best(store: Store) -> int:
    """Take back every choice by a person: the best candidate of each mask is selected again.

    Returns how many masks got another scene than they had.
    """
    changed = candidates.c.chosen_by_person & (candidates.c.rank > 0)
    with store.engine.begin() as connection:
        raise_revision(connection, Part.MASKS)
        count = connection.scalar(sa.select(sa.func.count()).where(changed)) or 0
        connection.execute(
            sa.update(candidates).values(selected=candidates.c.rank == 0, chosen_by_person=False)
        )
        renew_matches(connection)
    return count


def select_all(store: Store, choices: Mapping[str, str]) -> dict[str, str]:
    """Choose the scene of each mask_id by hand, all at once.

    Returns the choices that could not be followed since the mask has no such candidate.
    """
    table = candidates
    with store.engine.begin() as connection:
        raise_revision(connection, Part.MASKS)
        pairs = sa.select(table.c.mask_id, table.c.scene_id)
        known = {(row.mask_id, row.scene_id) for row in connection.execute(pairs)}
        followed = [
            {"of_mask": mask_id, "scene": scene_id}
            for mask_id, scene_id in choices.items()
            if (mask_id, scene_id) in known
        ]
        if followed:
            is_it = table.c.scene_id == sa.bindparam("scene")
            connection.execute(
                sa.update(table)
                .where(table.c.mask_id == sa.bindparam("of_mask"))
                .values(selected=is_it, chosen_by_person=is_it),
                followed,
            )
        renew_matches(connection, [choice["of_mask"] for choice in followed])
    return {m: s for m, s in choices.items() if (m, s) not in known}
