"""The candidates of all masks as `scenes list` shows them, without the outlines of scenes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from ...model import Number, Scene, iso
from ...states import MaskState
from ..base import Candidate, Store
from ..derived.matching import in_parts
from ..tables import candidates, masks, scenes
from .reading import decoded, json_array, partitions

_OF_CANDIDATES = (
    "cloud_over_mask_percent",
    "occluded_over_label_percent",
    "coverage",
    "days_offset",
    "score",
    "terms",
)
_OF_SCENES = ("sensed_at", "level", "tile", "baseline", "cloud_percent")
# By id and source.
_Scenes = dict[tuple[str, str], "SceneLine"]


class SceneLine(NamedTuple):
    """What is listed of a scene; `sensed_at` as text."""

    scene_id: str
    source: str
    sensed_at: str
    level: str
    tile: str
    baseline: str
    cloud_percent: float | None

    @classmethod
    def of(cls, scene: Scene) -> SceneLine:
        """What is listed of this scene."""
        known = (scene.level, scene.tile, scene.baseline, scene.cloud_percent)
        return cls(scene.scene_id, scene.source, iso(scene.sensed_at), *known)


class CandidateLine(NamedTuple):
    """What is listed of a candidate; see `RankedScene`."""

    scene: SceneLine
    selected: bool
    usable: bool
    cloud_over_mask_percent: float | None
    occluded_over_label_percent: float | None
    coverage: float
    days_offset: Number
    score: float
    terms: Mapping[str, float]

    @classmethod
    def of(cls, candidate: Candidate) -> CandidateLine:
        """What is listed of this candidate."""
        ranked = candidate.ranked
        known = (getattr(ranked, name) for name in _OF_CANDIDATES)
        return cls(SceneLine.of(ranked.scene), candidate.selected, ranked.usable, *known)


class CandidatesOfMask(NamedTuple):
    """A ready mask with its candidates, best first."""

    mask_id: str
    name: str
    candidates: Sequence[CandidateLine]


def candidate_lists(store: Store) -> Iterator[CandidatesOfMask]:
    """All ready masks by name; some hundred at a time are asked for their candidates."""
    ready = sa.select(masks.c.mask_id, masks.c.name).where(masks.c.state == MaskState.READY)
    known: _Scenes = {}
    for some in partitions(store, ready.order_by(masks.c.name, masks.c.mask_id)):
        found = _candidates(store, [row.mask_id for row in some], known)
        for row in some:
            yield CandidatesOfMask(row.mask_id, row.name, found.get(row.mask_id, ()))


def _candidates(
    store: Store, mask_ids: Sequence[str], known: _Scenes
) -> dict[str, list[CandidateLine]]:
    """The candidates of at most some hundred masks; scenes not `known` yet are added to those."""
    column = candidates.c
    query = (
        sa.select(
            *(column.mask_id, column.scene_id, column.source, column.selected, column.usable),
            json_array(store, column.document, *_OF_CANDIDATES),
        )
        .where(column.mask_id.in_(mask_ids))
        .order_by(column.mask_id, column.rank)
    )
    with store.engine.connect() as connection:
        rows = connection.execute(query).all()
    known |= _scenes(store, {row.scene_id for row in rows if tuple(row[1:3]) not in known})
    found: dict[str, list[CandidateLine]] = defaultdict(list)
    for mask_id, scene_id, source, selected, usable, array in rows:
        line = CandidateLine(known[scene_id, source], selected, usable, *decoded(array))
        found[mask_id].append(line)
    return found


def _scenes(store: Store, scene_ids: Iterable[str]) -> _Scenes:
    """What is listed of these scenes."""
    array: Any = json_array(store, scenes.c.document, *_OF_SCENES)
    query = sa.select(scenes.c.scene_id, scenes.c.source, array)
    found: _Scenes = {}
    with store.engine.connect() as connection:
        for part in in_parts(query, scenes.c.scene_id, scene_ids):
            for scene_id, source, text in connection.execute(part):
                sensed_at, *rest = decoded(text)
                moment = iso(datetime.fromisoformat(sensed_at))
                found[scene_id, source] = SceneLine(scene_id, source, moment, *rest)
    return found
