"""STAC sources: right scenes of each service, all pages, odd items named, faults outlived."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely

from migrate_core.errors import JobCancelledError, SourceError, WrongUseError
from migrate_core.model import Scene
from migrate_core.products.stac.item import band_assets
from migrate_core.scenes.sources import open_source
from migrate_core.scenes.sources.protocol import SceneRequest
from migrate_core.scenes.sources.stac.profiles import (
    StacService,
    any_stac,
    cdse_stac,
    earth_search,
    planetary_computer,
)
from migrate_core.scenes.sources.stac.source import StacSource
from migrate_core.settings import ServiceSettings
from migrate_core.store.serialize import from_json, to_json
from migrate_core.transfer.http.retry import RetryPolicy, Runtime
from tests.support.builders import BANDS_L2A
from tests.support.range_server import Answer, Asked, RangeServer, after, one_of, serving
from tests.support.stac_items import (
    CDSE_NAME,
    CDSE_PATH,
    EARTH_NAME,
    PC_NAME,
    SmallApi,
    cdse_item,
    earth_item,
    many_items,
    planetary_item,
)

YEARS = SceneRequest((-180, -90, 180, 90), date(2020, 1, 1), date(2025, 12, 31), "L2A")
NO_WAIT = Runtime(sleep=lambda _: None)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RangeServer]:
    with serving(tmp_path_factory.mktemp("nothing")) as server:
        yield server


@pytest.fixture
def serve(running: RangeServer) -> Callable[..., SmallApi]:
    running.forget()

    def start(*items: dict[str, Any]) -> SmallApi:
        api = SmallApi(items)
        api.url = running.url
        running.rule = api
        return api

    return start


def source(api: SmallApi, service: StacService | None = None, **options: Any) -> StacSource:
    service = service or any_stac(f"stac:{api.url}/stac#sentinel-2-l2a")
    service = replace(service, url=f"{api.url}/stac")
    return StacSource(service, runtime=NO_WAIT, **options)


def only(api: SmallApi, service: StacService | None = None) -> Scene:
    result = source(api, service).search(YEARS)
    assert result.problems == ()
    (scene,) = result.scenes
    return scene


# what a scene is


def test_an_item_of_the_copernicus_data_space_becomes_a_scene(
    serve: Callable[..., SmallApi],
) -> None:
    api = serve(cdse_item())
    api.conforms = ("core",)
    scene = only(api, cdse_stac(ServiceSettings()))
    assert scene.scene_id == CDSE_NAME
    assert scene.sensed_at == datetime(2025, 12, 29, 9, 43, 21, 24000, tzinfo=UTC)
    assert (scene.source, scene.level, scene.tile) == ("cdse-stac", "L2A", "35ULV")
    assert (scene.baseline, scene.cloud_percent) == ("05.11", 87.31)
    assert scene.footprint.equals(shapely.box(24.0, 53.1, 25.7, 54.1))
    assert scene.href == f"https://stac.example/v1/items/{CDSE_NAME}"
    assets = band_assets(scene.item or {})
    assert set(assets) == {*BANDS_L2A, "SCL", "product_metadata"}
    folder = f"{CDSE_PATH}/GRANULE/L2A_T35ULV_A006000_20251229T094321/IMG_DATA"
    assert assets["B02"]["href"] == f"{folder}/R10m/T35ULV_20251229T094321_B02_10m.jp2"
    assert assets["B8A"]["href"] == f"{folder}/R20m/T35ULV_20251229T094321_B8A_20m.jp2"
    assert assets["B09"]["href"] == f"{folder}/R60m/T35ULV_20251229T094321_B09_60m.jp2"
    assert assets["SCL"]["href"] == f"{folder}/R20m/T35ULV_20251229T094321_SCL_20m.jp2"


def test_an_item_of_the_planetary_computer_becomes_a_scene(
    serve: Callable[..., SmallApi],
) -> None:
    scene = only(serve(planetary_item()), planetary_computer(ServiceSettings()))
    assert scene.scene_id == PC_NAME
    assert scene.sensed_at == datetime(2020, 1, 28, 10, 42, 51, 24000, tzinfo=UTC)
    assert (scene.source, scene.level, scene.tile) == ("planetary-computer", "L2A", "31TDG")
    assert (scene.baseline, scene.cloud_percent) == ("02.12", 0.012)
    assets = band_assets(scene.item or {})
    assert set(assets) == {*BANDS_L2A, "SCL", "product_metadata"}
    assert assets["B8A"]["href"].endswith(f"{PC_NAME}/B8A.tif")
    assert scene.item is not None
    assert scene.item["collection"] == "sentinel-2-l2a"


def test_an_item_of_earth_search_becomes_a_scene(serve: Callable[..., SmallApi]) -> None:
    scene = only(serve(earth_item()), earth_search(ServiceSettings()))
    assert scene.scene_id == EARTH_NAME
    assert scene.sensed_at == datetime(2022, 3, 8, 10, 48, 12, 345000, tzinfo=UTC)
    assert (scene.source, scene.level, scene.tile) == ("earth-search", "L2A", "31TDG")
    assert (scene.baseline, scene.cloud_percent) == ("04.00", 2.058)
    assets = band_assets(scene.item or {})
    assert set(assets) == {*BANDS_L2A, "SCL"}
    assert assets["B02"]["href"].endswith("S2B_31TDG_20220308_0_L2A/B02.tif")
    assert assets["B02"]["raster:bands"] == [{"scale": 0.0001, "offset": -0.1}]


@pytest.mark.parametrize(
    "item", [cdse_item(), planetary_item(), earth_item()], ids=["cdse", "planetary", "earth"]
)
def test_a_scene_keeps_what_reading_needs_through_the_database(
    serve: Callable[..., SmallApi], item: dict[str, Any]
) -> None:
    scene = only(serve(item))
    text = json.dumps(to_json(scene))
    assert from_json(Scene, json.loads(text)) == scene
    assert len(text) < 6000


def test_recorded_answers_of_earth_search_become_scenes(
    serve: Callable[..., SmallApi], require_data: Callable[[str], Path]
) -> None:
    answer = json.loads(require_data("responses/eodag/earth_search_search.json").read_text())
    api = serve(*answer["features"])
    found = source(api, earth_search(ServiceSettings())).search(replace(YEARS, level="L1C"))
    (scene,) = found.scenes
    assert scene.scene_id == "S2B_MSIL1C_20240206T131259_N0510_R081_T27VWK_20240206T133903"
    assert (scene.level, scene.tile, scene.baseline) == ("L1C", "27VWK", "05.10")
    assert scene.cloud_percent == pytest.approx(9.936048)
    assert band_assets(scene.item or {})["B10"]["href"].endswith("/0/B10.jp2")


# odd items


def test_odd_items_are_named_and_the_others_count(serve: Callable[..., SmallApi]) -> None:
    good = earth_item()
    odd = [
        {**earth_item(), "id": "no-geometry", "geometry": None},
        {**earth_item(), "id": "no-properties", "properties": None},
        {**earth_item(), "id": "odd-time"},
        {**earth_item(), "id": "no-assets", "assets": None},
    ]
    odd[2]["properties"] = {**good["properties"], "datetime": "yesterday"}
    odd[3]["properties"] = {**good["properties"], "s2:product_uri": None, "grid:code": "?"}
    result = source(serve(*odd, good)).search(YEARS)
    assert [scene.scene_id for scene in result.scenes] == [EARTH_NAME]
    assert {problem.item for problem in result.problems} == {item["id"] for item in odd}
    assert all("its STAC item lacks or garbles" in problem.message for problem in result.problems)


def test_a_cloud_cover_that_cannot_be_one_is_unknown(serve: Callable[..., SmallApi]) -> None:
    item = earth_item()
    item["properties"]["eo:cloud_cover"] = -1
    assert only(serve(item)).cloud_percent is None


# pages


@pytest.mark.parametrize("count", [99, 100, 101, 1234])
def test_all_pages_are_read_once(serve: Callable[..., SmallApi], count: int) -> None:
    api = serve(*many_items(count))
    result = source(api).search(YEARS)
    assert result.problems == ()
    assert len(result.scenes) == count
    assert len(api.bodies) == max(1, -(-count // 100))


@pytest.mark.slow
def test_more_than_ten_thousand_items_are_found_where_paging_ends_there(
    serve: Callable[..., SmallApi],
) -> None:
    """As search engines do: from the 10,000th result on the answer is 400."""
    api = serve(*many_items(12_345))
    api.deepest = 10_000
    result = source(api).search(YEARS)
    assert result.problems == ()
    assert len({scene.scene_id for scene in result.scenes}) == 12_345


def test_a_service_that_just_stops_is_searched_in_shorter_periods(
    serve: Callable[..., SmallApi],
) -> None:
    api = serve(*many_items(1_500))
    api.stops_at = 1_000
    result = source(api).search(YEARS)
    assert result.problems == ()
    assert len(result.scenes) == 1_500


def test_what_a_service_keeps_back_of_one_day_is_named(serve: Callable[..., SmallApi]) -> None:
    api = serve(*many_items(24))
    api.stops_at = 10
    result = source(api).search(replace(YEARS, last_day=date(2020, 1, 2)))
    (problem,) = result.problems
    assert "2020-01-01: it sent 10 of 24 items" in problem.message
    assert len(result.scenes) == 10


def test_pages_that_repeat_themselves_end(serve: Callable[..., SmallApi]) -> None:
    api = serve(*many_items(30))
    api.page, api.repeats, api.tells = 10, True, False
    result = source(api).search(replace(YEARS, last_day=date(2020, 1, 2)))
    assert any("repeat" in problem.message for problem in result.problems)
    assert len(api.bodies) < 20


# faults


def test_faults_in_passing_are_outlived(
    serve: Callable[..., SmallApi], running: RangeServer
) -> None:
    api = serve(*many_items(450))
    slept: list[float] = []
    broken = Answer(200, b'{"type": "FeatureCollection", "fea', {}, None)
    dropped = Answer(200, b"x" * 5000, {}, drop_after=100)
    running.rule = one_of(
        after(1, Answer(429, b"", {"Retry-After": "7"})),
        after(3, Answer(500)),
        after(4, broken),
        after(6, dropped),
        after(8, Answer(502)),
        api,
    )
    found = replace(source(api), runtime=Runtime(sleep=slept.append, jitter=lambda: 1.0))
    result = found.search(YEARS)
    assert result.problems == ()
    assert len(result.scenes) == 450
    assert sum(slept) == pytest.approx(7 + 1 + 2 + 1 + 1)


def test_a_service_that_stays_down_is_named(
    serve: Callable[..., SmallApi], running: RangeServer
) -> None:
    api = serve()
    running.rule = lambda _: Answer(503)
    with pytest.raises(SourceError, match=r"^stac:http.*failed 3 times.*use another source"):
        source(api, policy=RetryPolicy(attempts=3)).search(YEARS)
    assert len(running.asked) == 3


def test_what_was_found_before_a_service_went_down_is_kept(
    serve: Callable[..., SmallApi], running: RangeServer
) -> None:
    api = serve(*many_items(450))
    count = [0]

    def rule(asked: Asked) -> Answer | None:
        count[0] += 1
        return api(asked) if count[0] <= 3 else Answer(500)

    running.rule = rule
    result = source(api, policy=RetryPolicy(attempts=2)).search(YEARS)
    assert len(result.scenes) == 200
    (problem,) = result.problems
    assert "the search failed" in problem.message


def test_an_address_that_is_no_api_is_named(
    serve: Callable[..., SmallApi], running: RangeServer
) -> None:
    api = serve()
    for answer in (Answer(404), Answer(200, b"<html>"), Answer(200, b"{}"), Answer(200, b"[]")):
        running.rule = lambda _, answer=answer: answer
        with pytest.raises(SourceError, match="check the address"):
            source(api, policy=RetryPolicy(attempts=2)).search(YEARS)


def test_a_search_can_be_cancelled_between_pages_and_while_it_waits(
    serve: Callable[..., SmallApi], running: RangeServer
) -> None:
    api = serve(*many_items(1000))
    calls = [0]

    def stop(finished: int, total: int) -> None:
        calls[0] += 1
        if finished >= 300:
            raise JobCancelledError("stop")

    with pytest.raises(JobCancelledError):
        source(api).search(replace(YEARS, progress=stop))
    assert len(api.bodies) == 3

    def stop_at_once(finished: int, total: int) -> None:
        if running.asked:
            raise JobCancelledError("stop")

    running.forget()
    running.rule = lambda _: Answer(503)
    with pytest.raises(JobCancelledError):
        source(api).search(replace(YEARS, progress=stop_at_once))
    assert len(running.asked) == 1


# what is asked


def test_the_request_goes_to_the_service_as_it_is(serve: Callable[..., SmallApi]) -> None:
    api = serve()
    request = SceneRequest((2.0, 41.0, 4.0, 43.0), date(2020, 1, 5), date(2020, 2, 1), "L2A")
    source(api).search(request)
    (body,) = api.bodies
    assert body["collections"] == ["sentinel-2-l2a"]
    assert body["bbox"] == [2.0, 41.0, 4.0, 43.0]
    assert body["datetime"] == "2020-01-05T00:00:00Z/2020-02-01T23:59:59.999Z"
    assert "query" not in body


def test_a_limit_of_cloud_is_applied_by_the_service_where_it_can(
    serve: Callable[..., SmallApi],
) -> None:
    api = serve(*many_items(101))
    limited = replace(YEARS, max_cloud_percent=20.0)
    assert len(source(api).search(limited).scenes) == 21
    assert api.bodies[0]["query"] == {"eo:cloud_cover": {"lte": 20.0}}
    api.conforms = ("core", "item-search")
    assert len(source(api).search(limited).scenes) == 21
    assert "query" not in api.bodies[-1]


def test_a_level_that_a_service_does_not_have_is_said(serve: Callable[..., SmallApi]) -> None:
    with pytest.raises(SourceError, match="no L1C scenes, only L2A"):
        source(serve(), planetary_computer(ServiceSettings())).search(replace(YEARS, level="L1C"))


def test_source_arguments_name_services_and_their_addresses_are_settings() -> None:
    services = ServiceSettings(earth_search_url="http://127.0.0.1:1/v1")
    found = open_source("earth-search", services)
    assert isinstance(found, StacSource)
    assert (found.spec, found.service.url) == ("earth-search", "http://127.0.0.1:1/v1")
    for spec in ("planetary-computer", "cdse-stac", "stac:https://host/v1/#s2"):
        assert open_source(spec, services).spec == spec
    for spec in ("stac:", "stac:https://host/v1", "stac:/folder#s2", "earthsearch"):
        with pytest.raises(WrongUseError, match=r"stac:URL#COLLECTION"):
            open_source(spec, services)


def endless_pages(api: SmallApi, items: Iterator[list[dict[str, Any]]]) -> Callable[..., Any]:
    """Pages that always name a next one."""

    def rule(asked: Asked) -> Answer | None:
        if not asked.path.endswith("/search"):
            return api(asked)
        body = json.loads(asked.body)
        link = {"rel": "next", "href": f"{api.url}/stac/search", "method": "POST", "body": body}
        document = {"type": "FeatureCollection", "features": next(items), "links": [link]}
        return Answer(200, json.dumps(document).encode(), {"Content-Type": "application/json"})

    return rule


def test_pages_without_items_that_lead_on_and_on_end(
    serve: Callable[..., SmallApi], running: RangeServer
) -> None:
    api = serve()
    running.rule = endless_pages(api, itertools.repeat([]))
    one_day = replace(YEARS, last_day=YEARS.first_day)
    assert source(api).search(one_day).scenes == ()
    assert len(running.asked) < 5


def test_a_service_without_end_is_left_and_what_it_sent_counts(
    serve: Callable[..., SmallApi], running: RangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate_core.scenes.sources.stac.source.MOST_SCENES", 300)
    api = serve()
    new = ([{"id": f"odd-{page}-{n}"} for n in range(100)] for page in itertools.count())
    good = itertools.chain([many_items(3)], new)
    running.rule = endless_pages(api, good)
    result = source(api).search(YEARS)
    assert len(result.scenes) == 3
    assert any("has still more" in problem.message for problem in result.problems)
    assert len(running.asked) < 10
