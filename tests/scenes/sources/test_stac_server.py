"""STAC search against stac-fastapi with pgstac on PostgreSQL: a real server, exact answers.

It lives in an environment of its own (`make test-services` makes it), since it wants other
versions of what the app uses.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from shapely.geometry import box, mapping, shape

from migrate_core.scenes.sources.protocol import SceneRequest
from migrate_core.scenes.sources.stac.profiles import any_stac, cdse_stac
from migrate_core.scenes.sources.stac.source import StacSource
from migrate_core.settings import ServiceSettings
from tests.support.postgresql import (
    postgresql_cluster,
    postgresql_programs,
    why_no_postgresql,
)
from tests.support.stac_items import CDSE_NAME, cdse_item, earth_item

pytestmark = [pytest.mark.services, pytest.mark.slow]

REPOSITORY = Path(__file__).resolve().parents[3]
COUNT = 10_500
START = datetime(2020, 1, 1, tzinfo=UTC)


def python_of_the_service() -> Path | None:
    configured = os.environ.get("MIGRATE_STAC_PYTHON")
    path = Path(configured) if configured else REPOSITORY / ".venv-services" / "bin" / "python"
    return path if path.is_file() else None


def unavailable(reason: str) -> None:
    """Skip; but fail where the services must be there, since a skip would hide it."""
    if os.environ.get("MIGRATE_SERVICES_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)


@cache
def items() -> list[dict[str, Any]]:
    """10,500 items, one an hour, on places and with clouds of their own; one as CDSE writes it."""
    found = []
    for number in range(COUNT):
        west = (number * 7) % 340 - 170
        outline = box(west, 40, west + 1, 41)
        found.append(
            {
                **earth_item(),
                "id": f"S2A_31TDG_{number:06}_0_L2A",
                "geometry": mapping(outline),
                "bbox": list(outline.bounds),
                "links": [],
                "properties": {
                    "datetime": (START + timedelta(hours=number)).isoformat(),
                    "eo:cloud_cover": float(number % 101),
                },
                "assets": {"blue": {"href": "https://cogs.example/B02.tif"}},
            }
        )
    return [*found, cdse_item()]


COLLECTION = {
    "type": "Collection",
    "stac_version": "1.0.0",
    "id": "sentinel-2-l2a",
    "description": "test",
    "license": "proprietary",
    "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None] * 2]}},
    "links": [],
}


@pytest.fixture(scope="module")
def database() -> Iterator[tuple[str, int]]:
    """Host and port of a PostgreSQL server of its own."""
    if why := why_no_postgresql():
        unavailable(why)
    programs = postgresql_programs()
    assert programs is not None
    share = Path("/usr/share/postgresql") / programs.parent.name / "extension" / "postgis.control"
    if not share.is_file():
        unavailable(f"PostGIS is not installed here ({share} was not found)")
    port = free_port()
    with postgresql_cluster(port=port):
        yield "127.0.0.1", port


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def api(database: tuple[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running STAC API that holds all `items`."""
    python = python_of_the_service()
    if python is None:
        unavailable("no environment with stac-fastapi.pgstac; `make test-services` makes it")
    host, port = database
    environment = {
        "PATH": os.environ["PATH"],
        "PGHOST": host,
        "PGPORT": str(port),
        "PGUSER": "migrate",
        "PGPASSWORD": "none",
        "PGDATABASE": "postgres",
        "USE_API_HYDRATE": "false",
    }
    folder = tmp_path_factory.mktemp("pgstac")
    (folder / "collections.json").write_text(json.dumps(COLLECTION))
    (folder / "items.json").write_text("\n".join(map(json.dumps, items())))
    program = Path(str(python)).with_name("pypgstac")
    for command in (
        ["pgready"],
        ["migrate"],
        ["load", "collections", str(folder / "collections.json"), "--method", "upsert"],
        ["load", "items", str(folder / "items.json"), "--method", "insert"],
    ):
        done = subprocess.run(
            [program, *command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    served = free_port()
    command = [
        python,
        "-m",
        "uvicorn",
        "stac_fastapi.pgstac.app:create_app",
        "--factory",
        "--port",
        str(served),
    ]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{served}"
    try:
        wait_for(url, server, folder / "log")
        yield url
    finally:
        server.terminate()
        server.wait(timeout=10)


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        assert server.poll() is None, log.read_text()
        time.sleep(0.2)
    pytest.fail(f"the STAC API did not answer: {log.read_text()}")


def source(api: str) -> StacSource:
    return StacSource(any_stac(f"stac:{api}#sentinel-2-l2a"))


def expected(request: SceneRequest) -> set[str]:
    """What fits, by shapely and the calendar."""
    area = box(*request.bounds)
    limit = request.max_cloud_percent
    return {
        item["id"]
        for item in items()
        if shape(item["geometry"]).intersects(area)
        and request.first_day
        <= datetime.fromisoformat(item["properties"]["datetime"]).date()
        <= request.last_day
        and (limit is None or item["properties"]["eo:cloud_cover"] <= limit)
    }


WORLD = SceneRequest((-180, -90, 180, 90), date(2020, 1, 1), date(2025, 12, 31), "L2A")


@pytest.mark.parametrize(
    "request_",
    [
        replace(WORLD, last_day=date(2020, 1, 10)),
        replace(WORLD, bounds=(1.0, 39.0, 30.5, 40.5)),
        replace(WORLD, bounds=(1.0, 42.0, 30.5, 43.0)),
        replace(WORLD, first_day=date(2020, 3, 1), last_day=date(2020, 4, 20)),
        replace(WORLD, bounds=(-60.0, 39.0, 60.0, 40.5), max_cloud_percent=7.0),
    ],
    ids=["ten days", "a region", "nowhere", "1,224 results", "little cloud"],
)
def test_what_is_found_is_exactly_what_fits(api: str, request_: SceneRequest) -> None:
    result = source(api).search(request_)
    assert result.problems == ()
    assert {scene.scene_id for scene in result.scenes} == expected(request_)


def test_more_than_ten_thousand_results_are_all_found(api: str) -> None:
    result = source(api).search(WORLD)
    assert result.problems == ()
    assert len(result.scenes) == len(expected(WORLD)) == COUNT + 1


def test_the_copernicus_data_space_in_small(api: str) -> None:
    service = cdse_stac(ServiceSettings(cdse_stac_url=api))
    request = replace(WORLD, first_day=date(2025, 12, 1))
    (scene,) = StacSource(service).search(request).scenes
    assert (scene.scene_id, scene.tile, scene.baseline) == (CDSE_NAME, "35ULV", "05.11")
    assert scene.item is not None
    assert scene.item["assets"]["B02"]["href"].startswith("s3://eodata/")
