"""The pipeline over services: real COGs over HTTP, doubtful offsets, another service in reserve."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner

from migrate_core.cli import cli
from tests.support.range_server import Answer, Asked, RangeServer, serving
from tests.support.stac_items import SmallApi, catalogue_api

# The whole pipeline takes more than a few seconds.
pytestmark = pytest.mark.slow

MASK = "20200120_101532_1014_water_mask.tif"
CLEAR = "S2A_MSIL2A_20200128T104351_N0214_R008_T31TDG_20200128T134500"


@pytest.fixture(scope="module")
def boadella(require_data: Callable[[str], Path]) -> Path:
    return require_data("boadella")


@pytest.fixture
def service(boadella: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[RangeServer, Any]]:
    """Earth Search in small: the catalogue's items, their assets on the same server."""
    with serving(boadella / "stac") as server:
        api = catalogue_api(boadella / "stac", server.url)
        server.rule = api
        monkeypatch.setenv("EARTH_SEARCH_URL", f"{server.url}/stac")
        yield server, api


def run(workspace: Path, *arguments: object, status: int = 0) -> Any:
    command = ["--workspace", str(workspace), *map(str, arguments), "--json"]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == status, result.stderr
    return json.loads(result.stdout)


def pair_of(workspace: Path, boadella: Path, *sources: str, make: tuple[object, ...] = ()) -> Any:
    """Search for the mask's scenes and make its pair; the pair's row, with its pair.json."""
    run(workspace, "masks", "add", boadella / "masks" / MASK)
    specs = [part for source in sources for part in ("--source", source)]
    run(workspace, "scenes", "search", *specs, "--days", 10)
    return made(workspace, *make)


def made(workspace: Path, *options: object) -> Any:
    rows = run(workspace, "pairs", "make", "--workers", 1, *options)
    (row,) = [row for row in rows if row["state"] == "done"]
    path = workspace / "pairs" / row["pair_id"] / "pair.json"
    return row, json.loads(path.read_text())


def image(workspace: Path, row: Any) -> Any:
    with rasterio.open(workspace / row["image"]) as dataset:
        return dataset.read()


def test_a_pair_over_http_equals_the_pair_from_disk(
    boadella: Path, service: tuple[RangeServer, SmallApi], tmp_path: Path
) -> None:
    server, _ = service
    near, provenance = pair_of(tmp_path / "http", boadella, "earth-search")
    far, _ = pair_of(tmp_path / "disk", boadella, f"local:{boadella / 'stac'}")
    assert near["scene_ids"] == far["scene_ids"] == [CLEAR]
    assert near["pair_id"] == far["pair_id"]
    np.testing.assert_array_equal(image(tmp_path / "http", near), image(tmp_path / "disk", far))
    (scene,) = provenance["scenes"]
    assert scene["source"] == "earth-search"
    assert scene["offsets_from"] == "earthsearch:boa_offset_applied is true: 0"
    check = {"in_pixels": False, "warnings": []}
    assert check.items() <= provenance["offset_check"].items()
    folders = {asked.path.split("/")[1] for asked in server.asked if asked.path.endswith(".tif")}
    assert folders == {"S2A_31TDG_20200128_0_L2A"}


def test_a_wrong_offset_is_doubted_and_can_be_set(
    boadella: Path, service: tuple[RangeServer, SmallApi], tmp_path: Path
) -> None:
    """The item claims a baseline with an offset, and no flag; its pixels are corrected."""
    _, api = service
    for item in api.items:
        properties = item["properties"]
        properties["earthsearch:boa_offset_applied"] = False
        properties["s2:processing_baseline"] = "05.00"
        for asset in item["assets"].values():
            asset.pop("raster:bands", None)
    row, provenance = pair_of(tmp_path, boadella, "earth-search")
    assert provenance["scenes"][0]["offsets"]["B04"] == -1000
    assert provenance["offset_check"]["in_pixels"] is False
    assert "darker" in provenance["offset_check"]["warnings"][0]
    assert row["suggestion"]["verdict"] != "accept"
    assert "offset is doubtful" in row["suggestion"]["reason"]

    mended, provenance = made(tmp_path, "--offset", 0)
    assert mended["pair_id"] != row["pair_id"]
    assert provenance["scenes"][0]["offsets"]["B04"] == 0
    assert provenance["scenes"][0]["offsets_from"] == "set by a person: 0"
    assert provenance["parameters"] == {"resampling": "bilinear", "offset": 0}
    assert "doubtful" not in mended["suggestion"]["reason"]
    truth, _ = pair_of(tmp_path / "disk", boadella, f"local:{boadella / 'stac'}")
    np.testing.assert_array_equal(image(tmp_path, mended), image(tmp_path / "disk", truth))
    # Back to what documents say: the first pair, found as it was.
    again, _ = made(tmp_path)
    assert again["pair_id"] == row["pair_id"]


def test_where_a_service_fails_the_same_acquisition_elsewhere_is_read(
    boadella: Path, service: tuple[RangeServer, SmallApi], tmp_path: Path
) -> None:
    server, api = service

    def rule(asked: Asked) -> Answer | None:
        return Answer(404) if asked.path.endswith(".tif") else api(asked)

    server.rule = rule
    row, provenance = pair_of(tmp_path, boadella, "earth-search", f"local:{boadella / 'stac'}")
    assert row["scene_ids"] == [CLEAR]
    (scene,) = provenance["scenes"]
    assert scene["pixels_from"]["source"].startswith("local:")
    assert image(tmp_path, row).max() > 0


def test_without_another_service_the_failure_is_told_and_the_pair_can_be_made_later(
    boadella: Path, service: tuple[RangeServer, SmallApi], tmp_path: Path
) -> None:
    server, api = service
    run(tmp_path, "masks", "add", boadella / "masks" / MASK)
    run(tmp_path, "scenes", "search", "--source", "earth-search", "--days", 10)
    server.rule = lambda asked: Answer(404) if asked.path.endswith(".tif") else api(asked)
    (row,) = run(tmp_path, "pairs", "make", status=1)
    assert row["state"] == "failed"
    assert "B02.tif: band B02 can't be read" in row["error"]
    server.rule = api
    made(tmp_path)
