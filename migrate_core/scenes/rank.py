"""Another ranking of the candidates that are there: nothing is asked of any source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..errors import WrongUseError
from ..model import RankedScene, Scene
from ..session import Session
from ..settings import RankingSettings
from ..states import MaskState
from ..store.base import Store
from ..store.candidates import advised_masks
from ..store.last_search import (
    SearchParameters,
    last_asked,
    last_found,
    remember_asked,
    remember_found,
)
from ..store.ranking import candidate_columns, own_limits_of
from .cloud_cover.remember import MeasurementCache, SearchRun, put_ranked
from .groups import SearchGroup, groups_of
from .search.effect import RankingEffect, effect_of
from .search.ranking import Measurements, ranked_again
from .search.search import SearchOutcome, part


def ranking_effect(store: Store, ranking: RankingSettings) -> RankingEffect:
    """What `rank_again` would change; nothing is written."""
    return effect_of(candidate_columns(store), ranking, own_limits_of(store))


def rank_again(session: Session, ranking: RankingSettings) -> RankingEffect:
    """Put the candidates of each mask in order by other limits and weights, and select the best.

    Scenes that a person chose stay selected. Returns what changed. Raises WrongUseError before the
    first search, JobRunningError when another process searches, and JobCancelledError, after which
    some masks are ranked anew and some as before.
    """
    store = session.store
    found = last_found(store)
    if found is None:
        raise WrongUseError(
            "There are no candidates to rank yet. Search first: `scenes search --source …`."
        )
    with session.tracked("search") as progress:
        effect = ranking_effect(store, ranking)
        masks = [mask for mask in store.masks() if mask.state == MaskState.READY]
        groups = groups_of(masks, replace(found, ranking=ranking), own_limits_of(store))
        known = MeasurementCache(store, masks).known() if found.measure_clouds else {}
        scenes = _scenes_of(store, found)
        for number, group in enumerate(groups):
            part(progress, number, len(groups))(0, 1)
            _rank_group(store, group, SearchOutcome({}, scenes, (), asked=found.sources), known)
        remember_found(store, replace(found, ranking=ranking))
        # The next search begins with it as well.
        remember_asked(store, replace(last_asked(store) or found, ranking=ranking))
        progress(1, 1)
    return effect


def _rank_group(
    store: Store, group: SearchGroup, outcome: SearchOutcome, known: Measurements
) -> None:
    """Rank the candidates of some masks, and advise those without a usable one."""
    before = _candidates_of(store, group)
    ranked = {mask_id: ranked_again(items, group.ranking) for mask_id, items in before.items()}
    searched = tuple(mask for mask in group.masks if mask.mask_id in ranked)
    run = SearchRun(searched, group.query, group.ranking, replace(outcome, ranked=ranked))
    put_ranked(store, run, ranked, known)


def _candidates_of(store: Store, group: SearchGroup) -> Mapping[str, Sequence[RankedScene]]:
    """The candidates of those masks of a group that were searched for."""
    mask_ids = {mask.mask_id for mask in group.masks}
    found = store.candidates(mask_ids)
    searched = {*found, *(mask_ids & advised_masks(store))}
    return {mask_id: [one.ranked for one in found.get(mask_id, ())] for mask_id in searched}


def _scenes_of(store: Store, found: SearchParameters) -> tuple[Scene, ...]:
    """The scenes of the sources that were asked, each once, as the first of them has it."""
    position = {source: number for number, source in enumerate(found.sources)}
    known = [scene for scene in store.scenes().values() if scene.source in position]
    scenes: dict[str, Scene] = {}
    for scene in sorted(known, key=lambda scene: position[scene.source]):
        scenes.setdefault(scene.scene_id, scene)
    return tuple(scenes.values())
