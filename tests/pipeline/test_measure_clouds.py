"""`scenes search --measure-clouds`: right about the truth, and cheap."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from click.testing import CliRunner

from migrate_core.cli import cli
from migrate_core.demo import DemoCase
from migrate_core.model import Scene
from migrate_core.products.stac.item import reduced
from migrate_core.scenes.access import opening
from migrate_core.scenes.access.remote import Remotes
from migrate_core.scenes.cloud_cover.measure import CloudMeasuring, Unit
from migrate_core.scenes.cloud_cover.scene_clouds import CloudReader
from migrate_core.scenes.search.ranking import Key, Measurement
from migrate_core.settings import ServiceSettings
from migrate_core.transfer.http.retry import Runtime
from tests.support.builders import a_scene, lonlat_box, north_up
from tests.support.pairs import placed, registered, write_mask
from tests.support.range_server import Answer, RangeServer, serving
from tests.support.transfer import a_cloud_reader


def migrate(workspace: Path, *words: object) -> Any:
    command = ["--workspace", str(workspace), *map(str, words), "--json"]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


# against the truth of the demo


Found = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module", params=["L2A", "L1C"])
def found(
    request: pytest.FixtureRequest, demo: DemoCase, tmp_path_factory: pytest.TempPathFactory
) -> Found:
    """The candidates of each mask of the demo by its stem, measured."""
    workspace = tmp_path_factory.mktemp(request.param)
    names = {
        m["mask_id"]: Path(m["name"]).stem for m in migrate(workspace, "masks", "add", demo.masks)
    }
    source = ("--source", f"local:{demo.scenes}", "--level", request.param)
    document = migrate(workspace, "scenes", "search", *source, "--measure-clouds")
    return {names[item["mask_id"]]: item["scenes"] for item in document}


@pytest.fixture(scope="module")
def truth(demo: DemoCase) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((demo.truth / "truth.json").read_text())["masks"]
    return content


def test_the_best_scene_by_the_truth_is_chosen_for_every_mask(
    found: Found, truth: dict[str, Any]
) -> None:
    chosen = {
        stem: next(scene["sensed_at"][:10] for scene in scenes if scene["selected"])
        for stem, scenes in found.items()
    }
    assert chosen == {stem: mask["best"][:10] for stem, mask in truth.items()}


def test_clouds_over_masks_and_labels_are_those_of_the_truth(
    found: Found, truth: dict[str, Any]
) -> None:
    worst = {"mask": 0.0, "label": 0.0}
    for stem, scenes in found.items():
        for scene in scenes:
            (true,) = (
                item
                for item in truth[stem]["scenes"]
                if item["sensed_at"][:10] == scene["sensed_at"][:10]
            )
            over, label = true["footprint"], true["label"]
            cloud = 100 * (over["cloud"] + over["cirrus"])
            worst["mask"] = max(worst["mask"], abs(scene["cloud_over_mask_percent"] - cloud))
            if true["coverage"] < 1:
                continue  # the truth of a label counts what lies in the granule only
            occluded = label["cloud"] + label["cirrus"] + label["shadow"]
            measured = 1 - scene["terms"]["clear_label"]
            worst["label"] = max(worst["label"], 100 * abs(measured - occluded))
    assert worst["mask"] < 2.5
    assert worst["label"] < 3


def test_the_row_keeps_its_keys(found: Found) -> None:
    assert {tuple(scene) for scenes in found.values() for scene in scenes} == {
        (
            "scene_id",
            "source",
            "sensed_at",
            "level",
            "tile",
            "baseline",
            "cloud_percent",
            "cloud_over_mask_percent",
            "coverage",
            "days_offset",
            "score",
            "terms",
            "selected",
        )
    }


def test_nothing_is_measured_unless_it_is_asked_for(demo: DemoCase, tmp_path: Path) -> None:
    migrate(tmp_path, "masks", "add", demo.masks)
    source = ("--source", f"local:{demo.scenes}")
    migrate(tmp_path, "scenes", "search", *source, "--measure-clouds")
    document = migrate(tmp_path, "scenes", "search", *source)
    scenes = [scene for item in document for scene in item["scenes"]]
    assert {scene["cloud_over_mask_percent"] for scene in scenes} == {None}
    assert all("clear_label" not in scene["terms"] for scene in scenes)


def test_what_was_measured_is_read_again_only_to_refresh(
    demo: DemoCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    whole = CloudReader.open

    def noted(places: CloudReader, scene: Scene) -> Any:
        opened.append(scene.scene_id)
        return whole(places, scene)

    monkeypatch.setattr(CloudReader, "open", noted)
    migrate(tmp_path, "masks", "add", demo.masks)
    search = ("scenes", "search", "--source", f"local:{demo.scenes}", "--measure-clouds")
    first = migrate(tmp_path, *search)
    assert sorted(opened) == sorted(set(opened))
    count = len(opened)
    assert count == 5
    assert migrate(tmp_path, *search) == first
    assert len(opened) == count
    assert migrate(tmp_path, *search, "--refresh") == first
    assert len(opened) == 2 * count


def test_the_table_has_a_column_for_it(demo: DemoCase, tmp_path: Path) -> None:
    migrate(tmp_path, "masks", "add", demo.masks)
    migrate(tmp_path, "scenes", "search", "--source", f"local:{demo.scenes}", "--measure-clouds")
    result = CliRunner().invoke(cli, ["--workspace", str(tmp_path), "scenes", "list"])
    for name in ("cloud in scene", "cloud over mask", "label occluded"):
        assert name in result.stdout


# real pixels


@pytest.mark.parametrize("form", ["safe", "stac"])
def test_the_clear_scene_of_boadella_is_the_right_one(
    require_data: Callable[[str], Path], tmp_path: Path, form: str
) -> None:
    """2020-01-18 is fully clouded, 2020-01-23 about half; scene-wide values are set aside."""
    data = require_data("boadella")
    migrate(tmp_path, "masks", "add", data / "masks" / "20200120_101532_1014_water_mask.tif")
    search = ("scenes", "search", "--source", f"local:{data / form}", "--days", 10)
    (item,) = migrate(tmp_path, *search, "--measure-clouds")
    over = {s["sensed_at"][:10]: s["cloud_over_mask_percent"] for s in item["scenes"]}
    assert item["scenes"][0]["sensed_at"][:10] == "2020-01-28"
    assert over["2020-01-28"] < 1
    assert 25 < over["2020-01-23"] < 75
    assert over["2020-01-18"] > 99


# what it costs


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_no_band_is_read(demo: DemoCase, tmp_path: Path, method: int) -> None:
    """A product is measured alike when there is nothing in its bands, in a zip of either kind."""
    (path,) = demo.masks.glob("*north_pit*")
    mask = registered(path, "2021-06-13")
    (product,) = demo.scenes.glob("*MSIL2A_20210612*.SAFE")
    archive = tmp_path / f"{product.stem}.zip"
    with zipfile.ZipFile(archive, "w", method) as written:
        for file in sorted(product.rglob("*.*")):
            content = b"" if re.search(r"_B\d.(_\d0m)?\.jp2$", file.name) else file.read_bytes()
            written.writestr(f"{product.name}/{file.relative_to(product)}", content)
    found = [
        measured(tmp_path, a_scene(product.stem, href=str(place), tile="33UVS"), mask)
        for place in (product, archive)
    ]
    assert found[0] is not None
    assert 25 < (found[0].cloud_over_mask_percent or 0) < 35
    assert found[1] == found[0]


def places(tmp_path: Path) -> CloudReader:
    return a_cloud_reader(ServiceSettings(), tmp_path / "workspace")


def measured(tmp_path: Path, scene: Scene, mask: Any) -> Measurement | None:
    found: dict[Key, Measurement] = {}
    CloudMeasuring(places(tmp_path), [scene]).run(
        [Unit((scene,), (mask,))], found.update, lambda *_: None
    )
    return found.get((mask.mask_id, (scene.scene_id,)))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classification of 2,745 x 2,745 pixels of noise as a COG, clouded from 600 m on."""
    folder = tmp_path_factory.mktemp("served")
    rng = np.random.default_rng(1)
    pixels = rng.choice(np.array([4, 5, 6], dtype=np.uint8), (2745, 2745))
    pixels[:, 30:60] = 9
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "crs": "EPSG:32631", "nodata": 0}
    profile |= {"height": 2745, "width": 2745, "transform": north_up(resolution=20)}
    with rasterio.open(folder / "plain.tif", "w", **profile) as dataset:
        dataset.write(pixels, 1)
    options = {"driver": "COG", "blocksize": 512, "compress": "deflate", "resampling": "nearest"}
    rasterio.shutil.copy(folder / "plain.tif", folder / "SCL.tif", **options)
    return folder


@pytest.fixture
def server(served: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def quick(services: ServiceSettings) -> Remotes:
        return Remotes(services, Runtime(sleep=lambda _: None))

    monkeypatch.setattr(opening, "_remotes", lru_cache(quick))
    with serving(served) as running:
        yield running


def remote(server: RangeServer) -> Scene:
    item = {"id": "x", "assets": {"scl": {"href": f"{server.url}/SCL.tif"}}}
    return a_scene(
        source="earth-search",
        href="https://service.example/item",
        item=reduced(item),
        sensed_at=datetime(2020, 2, 2, tzinfo=UTC),
        footprint=lonlat_box(482820, 4_640_000, 537_000, 4690320),
    )


def a_square_mask(tmp_path: Path) -> Any:
    """1.2 km wide; the clouds begin in its middle."""
    pixels = np.zeros((400, 400), dtype=np.uint8)
    pixels[:, 100:200] = 1
    return registered(write_mask(tmp_path / "m.tif", pixels, placed(0, 10, 3)))


def test_of_a_service_no_more_than_the_header_and_the_blocks_under_the_mask_are_read(
    server: RangeServer, served: Path, tmp_path: Path
) -> None:
    found = measured(tmp_path, remote(server), a_square_mask(tmp_path))
    assert found == Measurement(pytest.approx(50), 0)
    whole = (served / "SCL.tif").stat().st_size
    # Twice the first 16 kB for the header, and one block of noise, the worst that can come.
    assert server.bytes_sent < 110_000
    assert server.bytes_sent < whole / 20
    assert len([asked for asked in server.asked if asked.method == "GET"]) <= 3
    assert {asked.path for asked in server.asked} == {"/SCL.tif"}


def test_a_scene_that_is_gone_costs_one_problem_and_no_waiting(
    server: RangeServer, tmp_path: Path
) -> None:
    server.rule = lambda _: Answer(404)
    assert measured(tmp_path, remote(server), a_square_mask(tmp_path)) is None
    assert len(server.asked) < 10
    gone = replace(remote(server), source="local:/x", href=str(tmp_path / "gone.SAFE"), item=None)
    assert measured(tmp_path, gone, a_square_mask(tmp_path)) is None
