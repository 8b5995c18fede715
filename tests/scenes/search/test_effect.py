"""What another ranking would change, for all masks at once: the same as ranking them one by one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate_core.advice import Remedy
from migrate_core.model import RankedScene, Scene, SceneQuery
from migrate_core.scenes.search.acquisitions import Acquisition
from migrate_core.scenes.search.effect import RankingEffect, effect_of
from migrate_core.scenes.search.ranking import Measurement, rank, ranked_again, reranked
from migrate_core.settings import RankingSettings
from migrate_core.store.base import Store, open_store
from migrate_core.store.ranking import CandidateColumns, candidate_columns
from migrate_core.workspace import Workspace
from tests.support.builders import a_mask, a_scene

MASKS = 40
TERMS = tuple(RankingSettings().weights)
rankings = st.builds(
    RankingSettings,
    st.floats(0, 100),
    st.floats(0, 1),
    st.fixed_dictionaries(dict.fromkeys(TERMS, st.sampled_from([0.0, 0.5, 1.0, 3.0]))),
)


def candidates_of(mask_id: str, scenes: list[Scene], chance: random.Random) -> list[RankedScene]:
    """Candidates with and without a cloud cover, measured over mask and label, or one, or none."""
    mask = a_mask(f"{mask_id}.tif")
    found = [Acquisition(scene, (), chance.uniform(0.5, 1)) for scene in chance.sample(scenes, 5)]
    ranked = {mask_id: rank(mask, found, SceneQuery(30), RankingSettings())}
    measured = {
        (mask_id, (one.scene.scene_id,)): Measurement(
            chance.choice([None, chance.uniform(0, 100)]),
            chance.choice([None, chance.uniform(0, 100)]),
        )
        for one in found[:3]
    }
    return reranked(ranked, measured, RankingSettings())[mask_id]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Masks with candidates of all kinds; the second scene of every fifth is chosen by hand."""
    chance = random.Random(1)
    store = open_store(Workspace(tmp_path_factory.mktemp("many")))
    masks = [a_mask(f"m{number:02}.tif") for number in range(MASKS)]
    clouds = dict(enumerate([None, *(float(number) for number in range(0, 100, 5))]))
    scenes = [replace(a_scene(f"S{n:02}"), cloud_percent=cloud) for n, cloud in clouds.items()]
    store.put_masks(masks)
    store.put_scenes(scenes)
    store.put_candidates({m.mask_id: candidates_of(m.mask_id, scenes, chance) for m in masks})
    for mask in masks[::5]:
        second = store.candidates()[mask.mask_id][1]
        store.select(mask.mask_id, second.ranked.scene.scene_id)
    yield store
    store.engine.dispose()


@pytest.fixture(scope="module")
def columns(store: Store) -> CandidateColumns:
    return candidate_columns(store)


def one_by_one(store: Store, ranking: RankingSettings, own: dict[str, Remedy]) -> RankingEffect:
    """The same by the rule that candidates are ranked with."""
    changed = usable = by_hand = 0
    for mask_id, candidates in store.candidates().items():
        limits = own.get(mask_id, Remedy(0)).applied(SceneQuery(), ranking)[1]
        after = ranked_again((one.ranked for one in candidates), limits)
        (used,) = [one for one in candidates if one.selected]
        by_hand += used.chosen_by_person
        usable += any(one.usable for one in after)
        best = after[0].scene.scene_id
        changed += not used.chosen_by_person and best != used.ranked.scene.scene_id
    return RankingEffect(MASKS, changed, usable, by_hand)


@given(rankings)
@settings(max_examples=30, deadline=None)
def test_it_is_what_ranking_mask_by_mask_gives(
    store: Store, columns: CandidateColumns, ranking: RankingSettings
) -> None:
    own = {"m01": Remedy(1, cloud_percent=60.0), "m02": Remedy(1, coverage=0.5)}
    assert effect_of(columns, ranking, own) == one_by_one(store, ranking, own)


def test_the_ranking_in_use_changes_nothing(columns: CandidateColumns) -> None:
    effect = effect_of(columns, RankingSettings(), {})
    assert (effect.masks, effect.changed, effect.by_hand) == (MASKS, 0, MASKS // 5)


def test_without_candidates_nothing_changes(tmp_path: Path) -> None:
    empty = open_store(Workspace(tmp_path))
    assert effect_of(candidate_columns(empty), RankingSettings(), {}) == RankingEffect(0, 0, 0, 0)
    empty.engine.dispose()


def test_it_is_said_in_words() -> None:
    effect = RankingEffect(1200, 12, 1, 1)
    assert effect.planned == (
        "12 of 1,200 masks would get another scene; 1 would have a usable one. "
        "1 choice by hand stays."
    )
    assert effect.done == (
        "12 of 1,200 masks got another scene; 1 has a usable one. 1 choice by hand stays."
    )
    assert RankingEffect(1, 0, 0, 0).planned.startswith("0 of 1 mask would get")
