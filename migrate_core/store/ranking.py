"""What ranking goes by: the terms of all candidates as columns, and limits of single masks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..advice import Remedy
from ..settings import RankingSettings
from ..states import MaskState
from .base import Store
from .derived.matching import chunks
from .derived.revisions import Part, kept, raise_revision
from .serialize import from_json, to_json
from .tables import candidates, masks, own_limits, scenes, upsert

TERMS = tuple(RankingSettings().weights)
_MEASURED = ("cloud_over_mask_percent", "occluded_over_label_percent")

_NUMBERS = 2 + len(_MEASURED) + len(TERMS)


@dataclass(frozen=True, eq=False)
class CandidateColumns:
    """The n candidates of all ready masks, in any order.

    `mask` (n,) counts in `mask_ids`; `terms` (n, len(TERMS)) is NaN where a candidate lacks one;
    `cloud_percent` (n,) is what the limit of cloud is held against, NaN where it isn't known.
    `scene` (n,) orders candidates as the ids of their scenes do.
    """

    mask_ids: tuple[str, ...]
    mask: NDArray[np.int64]
    terms: NDArray[np.float64]
    cloud_percent: NDArray[np.float64]
    coverage: NDArray[np.float64]
    days_offset: NDArray[np.float64]
    scene: NDArray[np.int64]
    selected: NDArray[np.bool_]
    chosen_by_person: NDArray[np.bool_]


def candidate_columns(store: Store) -> CandidateColumns:
    """What the candidates of all masks are ranked by; read anew when masks have changed."""
    return kept(store, "columns of candidates", lambda: _read(store), (Part.MASKS,))


def _read(store: Store) -> CandidateColumns:
    document, scene_cloud = candidates.c.document, scenes.c.document["cloud_percent"]
    query = (
        sa.select(
            candidates.c.mask_id,
            candidates.c.scene_id,
            candidates.c.source,
            candidates.c.selected,
            candidates.c.chosen_by_person,
            document["coverage"].as_float(),
            document["days_offset"].as_float(),
            *(document[name].as_float() for name in _MEASURED),
            *(document["terms"][name].as_float() for name in TERMS),
        )
        .join(masks, masks.c.mask_id == candidates.c.mask_id)
        .where(masks.c.state == MaskState.READY)
    )
    unknown = sa.select(scenes.c.scene_id, scenes.c.source).where(scene_cloud.as_float().is_(None))
    with store.engine.connect() as connection:
        rows = connection.execute(query).all()
        without_cloud = {tuple(row) for row in connection.execute(unknown)}
    return _columns(rows, without_cloud)


def _columns(rows: Any, without_cloud: set[Any]) -> CandidateColumns:
    """The rows of the question in `_read`; `without_cloud` are scenes of which it isn't known."""
    mask_ids = {row[0]: 0 for row in rows}
    mask_ids.update((mask_id, number) for number, mask_id in enumerate(mask_ids))
    scene_ids = {scene: number for number, scene in enumerate(sorted({row[1] for row in rows}))}
    numbers = np.array([row[5:] for row in rows], dtype=float).reshape(len(rows), _NUMBERS)
    terms = numbers[:, 2 + len(_MEASURED) :]
    of_scene = np.round(100 * (1 - terms[:, TERMS.index("clear_sky")]), 4)
    of_scene[[row[1:3] in without_cloud for row in rows]] = np.nan
    measured = np.fmax(numbers[:, 2], numbers[:, 3])
    return CandidateColumns(
        tuple(mask_ids),
        np.array([mask_ids[row[0]] for row in rows], dtype=np.int64),
        terms,
        np.where(np.isnan(measured), of_scene, measured),
        numbers[:, 0],
        numbers[:, 1],
        np.array([scene_ids[row[1]] for row in rows], dtype=np.int64),
        np.array([row[3] for row in rows], dtype=bool),
        np.array([row[4] for row in rows], dtype=bool),
    )


def own_limits_of(store: Store) -> dict[str, Remedy]:
    """The masks that are searched by wider limits than the others, with these, by mask_id."""
    with store.engine.connect() as connection:
        rows = connection.execute(sa.select(own_limits)).all()
    return {row.mask_id: from_json(Remedy, row.document) for row in rows}


def put_own_limits(store: Store, mask_ids: Iterable[str], limits: Remedy | None) -> None:
    """Give masks limits of their own, or with None those of all others again."""
    wanted = list(mask_ids)
    with store.engine.begin() as connection:
        raise_revision(connection, Part.MASKS)
        for chunk in chunks(wanted):
            connection.execute(sa.delete(own_limits).where(own_limits.c.mask_id.in_(chunk)))
        if limits is not None:
            document = to_json(limits)
            rows = [{"mask_id": mask_id, "document": document} for mask_id in wanted]
            upsert(connection, own_limits, rows)
