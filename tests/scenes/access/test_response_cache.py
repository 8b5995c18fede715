"""Answers that are kept: asked for once, told with their age, never in place of a failure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from shapely.geometry import box

from migrate_core.errors import JobCancelledError, SourceError
from migrate_core.model import Problem, Scene, SearchResult
from migrate_core.scenes.access.response_cache import (
    CachedSource,
    ResponseCache,
    kept,
    response_times,
)
from migrate_core.scenes.sources.protocol import SceneRequest
from migrate_core.settings import ServiceSettings

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
REQUEST = SceneRequest((2.0, 42.0, 3.0, 43.0), date(2020, 1, 1), date(2020, 1, 31), "L2A")
SCENE = Scene(
    "S2A_1",
    "service",
    datetime(2020, 1, 5, 10, 43, 51, 24000, tzinfo=UTC),
    "L2A",
    "31TDG",
    "02.14",
    3.5,
    box(2, 42, 3, 43),
    "https://service.example/items/S2A_1",
    {"assets": {"B02": {"href": "https://service.example/B02.tif"}}},
)


class Service:
    """A source that counts how often it is asked."""

    spec = "service"

    def __init__(self) -> None:
        self.is_local = False
        self.asked = 0
        self.problems: tuple[Problem, ...] = ()
        self.broken = False

    def search(self, request: SceneRequest) -> SearchResult:
        self.asked += 1
        if self.broken:
            raise SourceError("service: it doesn't answer")
        return SearchResult((SCENE,), self.problems)


@pytest.fixture
def service() -> Service:
    return Service()


def opened(
    service: Service, folder: Path, after: timedelta = timedelta(), refresh: bool = False
) -> CachedSource:
    """The source as another search, some time after noon, would open it."""
    shelf = ResponseCache(folder, refresh, clock=lambda: NOON + after)
    return CachedSource(service, ServiceSettings(), shelf)


def test_the_same_question_is_asked_once_and_the_answer_is_as_it_was(
    service: Service, tmp_path: Path
) -> None:
    first = opened(service, tmp_path)
    assert first.search(REQUEST).scenes == (SCENE,)
    again = opened(service, tmp_path, timedelta(hours=3))
    (scene,) = again.search(REQUEST).scenes
    assert (scene, scene.item) == (SCENE, SCENE.item)
    assert service.asked == 1
    assert response_times([again]) == {"service": NOON}


@pytest.mark.parametrize(
    "other",
    [
        {"bounds": (2.0, 42.0, 3.0, 43.1)},
        {"first_day": date(2020, 1, 2)},
        {"last_day": date(2020, 2, 1)},
        {"level": "L1C"},
        {"max_cloud_percent": 20.0},
    ],
)
def test_another_question_is_asked(
    service: Service, tmp_path: Path, other: dict[str, object]
) -> None:
    opened(service, tmp_path).search(REQUEST)
    opened(service, tmp_path).search(replace(REQUEST, **other))  # type: ignore[arg-type]
    assert service.asked == 2


def test_another_address_under_the_same_name_is_another_service(
    service: Service, tmp_path: Path
) -> None:
    opened(service, tmp_path).search(REQUEST)
    mirror = ServiceSettings(earth_search_url="http://127.0.0.1:1/v1")
    CachedSource(service, mirror, ResponseCache(tmp_path, clock=lambda: NOON)).search(REQUEST)
    assert service.asked == 2


@pytest.mark.parametrize(("hours", "refresh"), [(24, False), (-1, False), (1, True)])
def test_old_answers_are_asked_for_anew_and_fresh_ones_on_demand(
    service: Service, tmp_path: Path, hours: int, refresh: bool
) -> None:
    opened(service, tmp_path).search(REQUEST)
    later = timedelta(hours=hours)
    source = opened(service, tmp_path, later, refresh)
    source.search(REQUEST)
    assert service.asked == 2
    assert source.answered_at == NOON + later


def test_the_oldest_of_several_answers_counts(service: Service, tmp_path: Path) -> None:
    opened(service, tmp_path).search(REQUEST)
    source = opened(service, tmp_path, timedelta(hours=2))
    source.search(replace(REQUEST, level="L1C"))
    assert source.answered_at == NOON + timedelta(hours=2)
    source.search(REQUEST)
    assert source.answered_at == NOON


def test_what_came_with_problems_or_failed_is_not_kept(service: Service, tmp_path: Path) -> None:
    service.problems = (Problem("service, the rest", "it broke off"),)
    assert opened(service, tmp_path).search(REQUEST).problems == service.problems
    service.broken = True
    with pytest.raises(SourceError):
        opened(service, tmp_path).search(REQUEST)
    service.broken, service.problems = False, ()
    assert opened(service, tmp_path).search(REQUEST).scenes == (SCENE,)
    assert service.asked == 3


def test_a_damaged_answer_is_asked_for_again(service: Service, tmp_path: Path) -> None:
    opened(service, tmp_path).search(REQUEST)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:50])
    opened(service, tmp_path).search(REQUEST)
    assert service.asked == 2


def test_a_kept_answer_can_be_cancelled_too(service: Service, tmp_path: Path) -> None:
    opened(service, tmp_path).search(REQUEST)

    def cancel(finished: int, total: int) -> None:
        raise JobCancelledError("stop")

    with pytest.raises(JobCancelledError):
        opened(service, tmp_path).search(replace(REQUEST, progress=cancel))


def test_old_answers_are_cleared_and_young_ones_stay(service: Service, tmp_path: Path) -> None:
    opened(service, tmp_path).search(REQUEST)
    (file,) = tmp_path.iterdir()
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    for hours, left in ((23, 1), (25, 0)):
        ResponseCache(tmp_path, clock=lambda h=hours: written + timedelta(hours=h)).clear_old()  # type: ignore[misc]
        assert len(list(tmp_path.iterdir())) == left


def test_a_disk_is_read_each_time(service: Service, tmp_path: Path) -> None:
    service.is_local = True
    assert kept(service, ServiceSettings(), ResponseCache(tmp_path)) is service
