"""What was measured is remembered: for the same scenes and the same mask, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from migrate_core.errors import JobCancelledError
from migrate_core.model import Mask, SceneQuery
from migrate_core.scenes.cloud_cover import remember as measured
from migrate_core.scenes.cloud_cover.remember import (
    MeasurementCache,
    SearchRun,
    keep_candidates,
    measure_candidates,
)
from migrate_core.scenes.cloud_cover.scene_clouds import CloudReader
from migrate_core.scenes.search.ranking import Measurement
from migrate_core.scenes.search.search import search
from migrate_core.scenes.sources import open_source
from migrate_core.settings import RankingSettings, ServiceSettings
from tests.support.builders import a_mask, lonlat_box
from tests.support.pairs import Case, Safe, numbered_masks, open_case, write_safe

CLOUDED = np.full((30, 30), 9)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    found = open_case(tmp_path / "workspace")
    yield found
    found.store.engine.dispose()


def test_a_measurement_is_known_until_the_mask_changes(case: Case) -> None:
    mask = a_mask(mask_id="m")
    found = {
        ("m", ("A", "B")): Measurement(1.5, None),
        ("m", ("A",)): Measurement(None, 20.0),
    }
    MeasurementCache(case.store, [mask]).put(found)
    assert MeasurementCache(case.store, [mask]).known() == found
    assert MeasurementCache(case.store, [replace(mask, acquired=None)]).known() == found
    changed = (
        replace(mask, sha256="1" * 64),
        replace(mask, classes=replace(mask.classes, stored={"0": 1, "1": 0})),
        replace(mask, footprint=lonlat_box(480_000, 4_680_000, 480_100, 4_680_100)),
    )
    for other in changed:
        assert MeasurementCache(case.store, [other]).known() == {}
    assert MeasurementCache(case.store, []).known() == {}


def test_what_was_measured_by_another_definition_is_not_known(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Earlier versions took snow, and class 1, for clear ground."""
    mask = a_mask(mask_id="m")
    with monkeypatch.context() as patch:
        patch.setattr(measured, "_DEFINITION", ["snow is clear"])
        MeasurementCache(case.store, [mask]).put({("m", ("A",)): Measurement(1.5, 0.0)})
    assert MeasurementCache(case.store, [mask]).known() == {}
    assert MeasurementCache(case.store, [replace(mask, empty_allowed=True)]).known() == {}


def test_a_mask_that_is_taken_off_the_list_is_forgotten(case: Case) -> None:
    mask = a_mask(mask_id="m")
    case.store.put_masks([mask])
    MeasurementCache(case.store, [mask]).put({("m", ("A",)): Measurement(1.5, None)})
    case.store.remove_masks(["m"])
    assert MeasurementCache(case.store, [mask]).known() == {}


@pytest.fixture
def searched(case: Case, tmp_path: Path) -> SearchRun:
    """A mask with a scene of the next day that claims to be clear, and one that is, later."""
    near = Safe("20200203T104351", generated="20200203T134500", pixels={"SCL": CLOUDED})
    far = Safe("20200208T104351", generated="20200208T134500", cloud_percent=8.0)
    for safe in (near, far):
        write_safe(tmp_path / "scenes", safe)
    masks: list[Mask] = numbered_masks(tmp_path / "masks", 1)
    case.store.put_masks(masks)
    query, ranking = SceneQuery(), RankingSettings()
    outcome = search(masks, [open_source(f"local:{tmp_path / 'scenes'}")], query, ranking)
    case.store.put_scenes(outcome.scenes)
    return SearchRun(masks, query, ranking, outcome)


def days(case: Case) -> list[str]:
    """The days of the candidates, best first; the selected one is marked."""
    (candidates,) = case.store.candidates().values()
    return [f"{c.ranked.scene.sensed_at:%d}" + "*" * c.selected for c in candidates]


def test_the_selection_follows_what_was_measured_unless_a_person_chose(
    case: Case, searched: SearchRun
) -> None:
    memory = MeasurementCache(case.store, searched.masks)
    places = CloudReader(ServiceSettings(), case.workspace, case.store)
    keep_candidates(case.store, searched, {})
    assert days(case) == ["03*", "08"]
    assert not measure_candidates(memory, searched, places, {}, lambda *_: None)
    assert days(case) == ["08*", "03"]
    ((mask_id, (near, far)),) = case.store.candidates().items()
    assert near.ranked.usable
    assert not far.ranked.usable
    case.store.select(mask_id, far.ranked.scene.scene_id)
    measure_candidates(memory, searched, places, {}, lambda *_: None)
    assert days(case) == ["08", "03*"]


def test_nothing_known_is_measured_again(
    case: Case, searched: SearchRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = MeasurementCache(case.store, searched.masks)
    places = CloudReader(ServiceSettings(), case.workspace, case.store)
    measure_candidates(memory, searched, places, {}, lambda *_: None)

    def unwanted(*_: object) -> None:
        raise AssertionError("a product was opened")

    monkeypatch.setattr(CloudReader, "open", unwanted)
    known = memory.known()
    assert len(known) == 2
    keep_candidates(case.store, searched, known)
    assert not measure_candidates(memory, searched, places, known, unwanted)
    assert days(case) == ["08*", "03"]


def test_what_was_measured_before_a_cancellation_counts(case: Case, searched: SearchRun) -> None:
    memory = MeasurementCache(case.store, searched.masks)
    places = CloudReader(ServiceSettings(), case.workspace, case.store)

    def cancel(finished: int, total: int) -> None:
        if memory.known():
            raise JobCancelledError("cancelled")

    keep_candidates(case.store, searched, {})
    with pytest.raises(JobCancelledError):
        measure_candidates(memory, searched, places, {}, cancel)
    # Which of both scenes is measured first is up to the threads.
    measured_near = any("_20200203T" in scene for _, (scene,) in memory.known())
    assert days(case) == (["08*", "03"] if measured_near else ["03*", "08"])
