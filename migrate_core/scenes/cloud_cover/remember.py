"""Candidates measured and ranked again; what was measured is remembered, and never done twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ...model import Mask, Problem, RankedScene, SceneQuery
from ...products.scene_classes import CLOUD_FLAGS, CLOUD_MASK_FLAGS, OCCLUDING_IN_SCENE, SCL_FLAGS
from ...settings import RankingSettings
from ...store.base import Store
from ...store.candidates import put_advice
from ...store.mask_documents import mask_document
from ...store.measurements import MeasuredClouds, measured_clouds, put_measured_clouds
from ..search.advice import with_sources
from ..search.ranking import Key, Measurement, Measurements, reranked
from ..search.search import SearchOutcome, advice_for
from ..sources.protocol import Progress
from .measure import CloudMeasuring, units
from .scene_clouds import CloudReader

# What the place of a mask and of its label depend on.
_FIELDS = (
    "sha256", "crs", "transform", "footprint", "extent", "classes", "raster", "vector",
    "empty_allowed",
)  # fmt: skip
# What counted as cloud, and as occluded: what was measured by another definition is measured again.
_DEFINITION = [
    int(CLOUD_FLAGS),
    int(OCCLUDING_IN_SCENE),
    SCL_FLAGS.tolist(),
    CLOUD_MASK_FLAGS.tolist(),
]


@dataclass(frozen=True)
class SearchRun:
    """A search that ended: for which masks, with what, and what it found."""

    masks: Sequence[Mask]
    query: SceneQuery
    ranking: RankingSettings
    outcome: SearchOutcome


class MeasurementCache:
    """What was measured over masks, in the store, as long as they stay as they are."""

    def __init__(self, store: Store, masks: Iterable[Mask]) -> None:
        self.store = store
        self._masks = tuple(masks)

    @cached_property
    def _states(self) -> dict[str, str]:
        """Of each mask, by its id, how it is now; only measuring needs it."""
        return {mask.mask_id: _state(mask) for mask in self._masks}

    def known(self) -> dict[Key, Measurement]:
        """All that was measured."""
        return {
            (row.mask_id, tuple(row.scenes.split(" "))): Measurement(
                row.cloud_percent, row.occluded_percent
            )
            for row in measured_clouds(self.store)
            if self._states.get(row.mask_id) == row.mask_state
        }

    def put(self, found: Measurements) -> None:
        """Remember more."""
        put_measured_clouds(
            self.store,
            [
                MeasuredClouds(
                    mask_id,
                    " ".join(scene_ids),
                    self._states[mask_id],
                    measured.cloud_over_mask_percent,
                    measured.occluded_over_label_percent,
                )
                for (mask_id, scene_ids), measured in found.items()
            ],
        )


def _state(mask: Mask) -> str:
    """A digest of where a mask and its label lie, and of what counts as occluded over them."""
    document = mask_document(mask)
    content = [_DEFINITION, *(document[name] for name in _FIELDS)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def keep_candidates(store: Store, search_run: SearchRun, found: Measurements) -> None:
    """Put the candidates of a search into the store, ranked by what was measured of them."""
    outcome = search_run.outcome
    if found:
        ranked = reranked(outcome.ranked, found, search_run.ranking)
        put_ranked(store, search_run, ranked, found)
    else:
        store.put_candidates(outcome.ranked)
        put_advice(store, outcome.ranked, outcome.advice)


def put_ranked(
    store: Store,
    search_run: SearchRun,
    ranked: Mapping[str, Sequence[RankedScene]],
    found: Measurements,
) -> None:
    """Put candidates in this order into the store, with advice for masks without a usable one."""
    outcome = search_run.outcome
    missing = [m for m in search_run.masks if not any(r.usable for r in ranked[m.mask_id])]
    known = advice_for(missing, outcome.scenes, search_run.query, search_run.ranking, found)
    store.put_candidates(ranked)
    put_advice(store, ranked, with_sources(known, outcome.asked))


def measure_candidates(
    cache: MeasurementCache,
    search_run: SearchRun,
    reader: CloudReader,
    known: Measurements,
    progress: Progress,
) -> tuple[Problem, ...]:
    """Measure clouds over the masks of a search, and rank and select their candidates again.

    What is `known` isn't measured again. When `progress` cancels it, what was measured until then
    counts.
    """
    outcome, store, found = search_run.outcome, cache.store, dict(known)
    wanted = units(search_run.masks, outcome.ranked, outcome.scenes, known)
    if not wanted:
        return ()

    def note(new: Measurements) -> None:
        cache.put(new)
        found.update(new)

    scenes = [*outcome.scenes, *outcome.alternatives, *store.scenes().values()]
    try:
        return CloudMeasuring(reader, scenes).run(wanted, note, progress)
    finally:
        keep_candidates(store, search_run, found)
