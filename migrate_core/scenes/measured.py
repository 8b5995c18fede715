"""Candidates measured and ranked anew; what was measured is remembered, and never done twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from ..codec import to_json
from ..model import Mask, Problem, SceneQuery
from ..settings import RankingSettings
from ..store import Store
from ..tables import measurements, upsert
from .measuring import Measuring, units
from .queries import put_advice
from .ranking import Key, Measurement, reranked
from .search import SearchOutcome, advice_for
from .skies import Places
from .sources.protocol import Progress

# What the place of a mask and of its label depend on.
_FIELDS = ("sha256", "crs", "transform", "footprint", "extent", "classes", "raster", "vector")


@dataclass(frozen=True)
class Searched:
    """A search that ended: for which masks, with what, and what it found."""

    masks: Sequence[Mask]
    query: SceneQuery
    ranking: RankingSettings
    outcome: SearchOutcome


class Memory:
    """What was measured over masks, in the store, as long as they stay as they are."""

    def __init__(self, store: Store, masks: Iterable[Mask]) -> None:
        self._store = store
        self._states = {mask.mask_id: _state(mask) for mask in masks}

    def known(self) -> dict[Key, Measurement]:
        """All that was measured."""
        with self._store.engine.connect() as connection:
            rows = connection.execute(sa.select(measurements)).all()
        return {
            (row.mask_id, tuple(row.scenes.split(" "))): Measurement(
                row.cloud_percent, row.occluded_percent
            )
            for row in rows
            if self._states.get(row.mask_id) == row.mask_state
        }

    def put(self, found: Mapping[Key, Measurement]) -> None:
        """Remember more."""
        rows = [
            {
                "mask_id": mask_id,
                "scenes": " ".join(scene_ids),
                "mask_state": self._states[mask_id],
                "cloud_percent": measured.cloud_over_mask_percent,
                "occluded_percent": measured.occluded_over_label_percent,
            }
            for (mask_id, scene_ids), measured in found.items()
        ]
        with self._store.engine.begin() as connection:
            upsert(connection, measurements, rows)


def _state(mask: Mask) -> str:
    """A digest of where a mask and its label lie; another one when either may have moved."""
    content = [to_json(getattr(mask, name)) for name in _FIELDS]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def measure_candidates(
    store: Store, searched: Searched, places: Places, progress: Progress, *, refresh: bool = False
) -> tuple[Problem, ...]:
    """Measure clouds over the masks of a search, and rank and select their candidates anew.

    What was measured before is used again, unless `refresh` asks for it anew. When `progress`
    cancels it, what was measured until then counts.
    """
    outcome, memory = searched.outcome, Memory(store, searched.masks)
    known = {} if refresh else memory.known()
    wanted = units(searched.masks, outcome.ranked, outcome.scenes, known)
    scenes = [*outcome.scenes, *outcome.elsewhere, *store.scenes().values()]
    found = dict(known)

    def note(new: Mapping[Key, Measurement]) -> None:
        memory.put(new)
        found.update(new)

    try:
        return Measuring(places, scenes).run(wanted, note, progress)
    finally:
        _rank_anew(store, searched, found)


def _rank_anew(store: Store, searched: Searched, found: Mapping[Key, Measurement]) -> None:
    ranked = reranked(searched.outcome.ranked, found, searched.ranking)
    lacking = [m for m in searched.masks if not any(r.usable for r in ranked[m.mask_id])]
    scenes, query = searched.outcome.scenes, searched.query
    advice = advice_for(lacking, scenes, query, searched.ranking, found)
    store.put_candidates(ranked)
    put_advice(store, ranked, advice)
