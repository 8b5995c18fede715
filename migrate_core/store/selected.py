"""The selected scene of a mask: the one join of masks, candidates and scenes, and who asks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..states import MaskState, Match, PairState
from .base import Store
from .derived.revisions import Part, kept
from .tables import candidates, masks, pairs, scenes

CANDIDATES_WITH_SCENES = candidates.join(
    scenes,
    (scenes.c.scene_id == candidates.c.scene_id) & (scenes.c.source == candidates.c.source),
)


class OpenMatch(NamedTuple):
    """A mask with its selected scene, of which no pair is finished.

    `completed_by` are the ids of scenes that complete it; `outline` is the mask's, as GeoJSON.
    """

    source: str
    scene_id: str
    completed_by: tuple[str, ...]
    level: str
    outline: Mapping[str, Any]


class PositionRow(NamedTuple):
    """What the positions of a mask and of its selected scene depend on."""

    sensor: str | None
    path: str
    baseline: str


def select_selected(*columns: Any) -> sa.Select[Any]:
    """Columns of candidates and scenes, for the selected scene of each mask."""
    return sa.select(*columns).select_from(CANDIDATES_WITH_SCENES).where(candidates.c.selected)


def _of_ready_masks(*columns: Any) -> sa.Select[Any]:
    """Columns of masks as well, for masks that are ready."""
    of_mask = masks.c.mask_id == candidates.c.mask_id
    query = select_selected(*columns).join(masks, of_mask)
    return query.where(masks.c.state == MaskState.READY)


# Ready masks whose selected scene, which no person chose, isn't usable, without a pair of it.
_UNUSABLE_TO_MAKE = sa.and_(
    masks.c.state == MaskState.READY,
    masks.c.match == Match.ONLY_UNUSABLE,
    masks.c.to_make,
    ~masks.c.by_person,
)


def open_matches(
    store: Store, other_than: str, *, leave_out_unusable: bool = False
) -> list[OpenMatch]:
    """Selected matches whose pair isn't finished; sources that begin so are left out.

    So are, with `leave_out_unusable`, the masks of `unusable_to_make`.
    """
    done = sa.exists().where(
        pairs.c.mask_id == candidates.c.mask_id,
        pairs.c.scene_id == candidates.c.scene_id,
        pairs.c.state == PairState.DONE,
    )
    query = _of_ready_masks(
        candidates.c.source,
        candidates.c.scene_id,
        candidates.c.document["completed_by"],
        scenes.c.document["level"].as_string(),
        masks.c.outline,
    ).where(
        ~candidates.c.source.startswith(other_than, autoescape=True),
        ~done,
    )
    if leave_out_unusable:
        query = query.where(~_UNUSABLE_TO_MAKE)
    with store.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [
        OpenMatch(source, scene_id, tuple(completed_by or ()), level, outline)
        for source, scene_id, completed_by, level, outline in rows
    ]


def unusable_to_make(store: Store) -> Mapping[str, str]:
    """The names, by id, of ready masks whose selected scene isn't usable, and without a pair of it.

    Those are left out of which a person chose the scene.
    """
    query = (
        sa.select(masks.c.mask_id, masks.c.name)
        .where(_UNUSABLE_TO_MAKE)
        .order_by(masks.c.name, masks.c.mask_id)
    )

    def find() -> Mapping[str, str]:
        with store.engine.connect() as connection:
            return {row.mask_id: row.name for row in connection.execute(query)}

    return kept(store, "unusable to make", find)


def position_rows(store: Store) -> list[PositionRow]:
    """The sensor, file and processing baseline behind each mask that is ready and has a scene."""
    document = masks.c.document
    query = _of_ready_masks(
        document["sensor"].as_string(),
        document["path"].as_string(),
        scenes.c.document["baseline"].as_string(),
    )
    with store.engine.connect() as connection:
        return [PositionRow(*row) for row in connection.execute(query)]


def products_in_use(store: Store, most: int) -> list[str]:
    """Where the products of selected scenes lie on this machine, at most `most`."""
    href = scenes.c.document["href"].as_string()
    query = select_selected(href).where(href.not_like("%://%")).distinct().order_by(href)

    def find() -> list[str]:
        with store.engine.connect() as connection:
            return list(connection.scalars(query.limit(most)))

    return kept(store, f"products in use {most}", find, (Part.MASKS,))
