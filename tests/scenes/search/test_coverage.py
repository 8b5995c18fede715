"""Masks and scenes meet in place and time first: only then outlines are projected and cut."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from shapely.geometry import MultiPolygon, box

from migrate_core.model import Mask, SceneQuery, SearchResult
from migrate_core.scenes.search import coverage
from migrate_core.scenes.search import search as searching
from migrate_core.scenes.search.coverage import Coverages
from migrate_core.scenes.search.request_grouping import SearchArea, _sweep
from migrate_core.scenes.sources.protocol import SceneRequest
from migrate_core.settings import RankingSettings
from tests.support.builders import NORTH, WEST, a_mask, a_scene, lonlat_box


@pytest.fixture
def projected(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many outlines are projected at once, each time."""
    counts: list[int] = []
    project = coverage.reproject_geometries

    def counted(geometries: Any, source: str, target: str) -> Any:
        counts.append(len(geometries))
        return project(geometries, source, target)

    monkeypatch.setattr(coverage, "reproject_geometries", counted)
    return counts


def scenes_of_days(count: int) -> list[Any]:
    first = a_scene().sensed_at
    return [a_scene(f"S{n:03}", sensed_at=first + timedelta(days=5 * n)) for n in range(count)]


def masks(count: int) -> list[Mask]:
    found = []
    for number in range(count):
        west = WEST + 10 * number
        extent = lonlat_box(west, NORTH - 300, west + 300, NORTH)
        found.append(a_mask(f"m{number}.tif", extent=extent, footprint=extent))
    return found


def test_only_outlines_that_meet_in_the_window_are_projected_and_each_once(
    projected: list[int],
) -> None:
    coverages = Coverages(masks(4), scenes_of_days(50))
    found = coverages.find(SceneQuery(10))
    # The scenes of the 21st, 26th and 31st, of which the last is eleven days off.
    assert {n: [c.scene.scene_id for c in found[n]] for n in found} == {
        n: ["S000", "S001"] for n in range(4)
    }
    assert sorted(projected) == [2, 4]
    coverages.find(SceneQuery(10))
    assert sum(projected) == 6
    coverages.find(SceneQuery(11), [2])
    assert sum(projected) == 7


def test_a_mask_within_a_scene_is_all_covered_and_one_at_its_edge_by_its_share() -> None:
    cut = lonlat_box(WEST - 3000, NORTH - 3000, WEST + 150, NORTH + 3000)
    scenes = [a_scene("whole"), a_scene("half", footprint=cut)]
    (found,) = Coverages(masks(1), scenes).find(SceneQuery(10)).values()
    assert [c.scene.scene_id for c in found] == ["whole", "half"]
    assert found[0].coverage == 1.0
    assert found[1].coverage == pytest.approx(0.5, abs=1e-6)


def test_one_outline_far_from_its_zone_is_a_problem_and_costs_the_others_nothing() -> None:
    here = lonlat_box(WEST - 3000, NORTH - 3000, WEST + 3000, NORTH + 3000)
    odd = MultiPolygon([here, box(-90, -1, -86, 1)])  # type: ignore[list-item]
    scenes = scenes_of_days(2)
    coverages = Coverages(masks(2), [scenes[0], a_scene("odd", footprint=odd), scenes[1]])
    found = coverages.find(SceneQuery(10))
    assert [c.scene.scene_id for c in found[0]] == ["S000", "S001"]
    assert [problem.item for problem in coverages.problems] == ["odd"]


def test_questions_to_services_are_not_worked_out_for_a_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    class Disk:
        spec, is_local = "local:/scenes", True

        def search(self, request: SceneRequest) -> SearchResult:
            asked.append((request.first_day, request.last_day))
            return SearchResult(tuple(scenes_of_days(2)), ())

    monkeypatch.setattr(searching, "grouped", lambda _: pytest.fail("it was worked out"))
    outcome = searching.search(masks(3), [Disk()], SceneQuery(), RankingSettings())
    assert asked == [(date.min, date.max)]
    assert all(len(ranked) == 2 for ranked in outcome.ranked.values())


@pytest.mark.parametrize("seed", range(5))
def test_areas_are_joined_as_one_by_one(seed: int) -> None:
    chance = random.Random(seed)
    areas = []
    for _ in range(150):
        west, south = chance.uniform(-10, 10), chance.uniform(-10, 10)
        day = date(2020, 1, 1) + timedelta(days=chance.randrange(200))
        size = chance.uniform(0.01, 2)
        bounds = (west, south, west + size, south + size)
        areas.append(SearchArea(bounds, day, day + timedelta(days=60)))
    expected: list[SearchArea] = []
    for area in areas:
        for number, before in enumerate(expected):
            joined = before.joined(area)
            least, most = sorted((before.cost, area.cost))
            if joined.cost <= 1.5 * most or joined.cost <= least + most:
                expected[number] = joined
                break
        else:
            expected.append(area)
    assert 1 < len(expected) < len(areas)
    assert _sweep(areas) == expected
