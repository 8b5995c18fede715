"""The whole pipeline on real pixels: the Boadella reservoir, over the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource

# The whole pipeline takes more than a few seconds.
pytestmark = [pytest.mark.slow, pytest.mark.workers]

REPOSITORY = Path(__file__).resolve().parents[2]
ATTACHED = {
    "20200202_101532_1014_water_mask.tif": "water_2020-02-02.geojson",
    "20200621_101532_103c_water_mask.tif": "water_2020-06-21.geojson",
    "20200914_101532_1014_water_mask.tif": "water_2020-09-14.geojson",
    "20210716_101532_103c_water_mask.tif": "water_2021-07-16.geojson",
}
BANDS = ("B02", "B03", "B04", "B08")


def migrate(workspace: Path, *arguments: object, status: int = 0) -> Any:
    """Run a command as a person would; its JSON document, after its exit status was checked."""
    command = [sys.executable, "-m", "migrate_core", "--workspace", workspace, *arguments]
    run = subprocess.run(
        [*map(str, command), "--json"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == status, run.stderr
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def boadella(require_data: Callable[[str], Path]) -> Path:
    return require_data("boadella")


@pytest.fixture(scope="module", params=["safe", "stac"])
def pipeline(
    request: pytest.FixtureRequest, boadella: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """Workspace, candidates by mask name, and pairs by mask name, for SAFE and for STAC."""
    workspace = tmp_path_factory.mktemp(request.param)
    masks = migrate(workspace, "masks", "add", boadella / "masks", "--image", boadella / "images")
    names = {mask["mask_id"]: mask["name"] for mask in masks}
    source = f"local:{boadella / request.param}"
    scenes = migrate(workspace, "scenes", "search", "--source", source, "--days", 15)
    pairs = migrate(workspace, "pairs", "make")
    return (
        workspace,
        {names[item["mask_id"]]: item["scenes"] for item in scenes},
        {pair["mask_name"]: pair for pair in pairs},
    )


Pipeline = tuple[Path, dict[str, Any], dict[str, Any]]


def read(workspace: Path, path: str) -> np.ndarray:
    with rasterio.open(workspace / path) as dataset:
        return dataset.read()


def test_the_clear_scene_is_chosen_over_nearer_clouded_ones(pipeline: Pipeline) -> None:
    candidates = pipeline[1]["20200120_101532_1014_water_mask.tif"]
    days = [scene["sensed_at"][:10] for scene in candidates]
    assert days[0] == "2020-01-28"
    assert {"2020-01-18", "2020-01-23"} < set(days[1:])
    assert [scene["selected"] for scene in candidates] == [True] + [False] * (len(days) - 1)


def test_labels_agree_with_the_water_that_the_image_shows(pipeline: Pipeline) -> None:
    workspace, _, pairs = pipeline
    assert len(pairs) == 5
    for pair in pairs.values():
        image, label = read(workspace, pair["image"]), read(workspace, pair["label"])[0]
        known = (label != 255) & (image[2] > 0)
        water = image[2].astype(int) > image[7]
        both, either = (known & water & (label == 1)).sum(), (known & (water | (label == 1))).sum()
        assert both / either >= 0.85, pair["mask_name"]


@pytest.mark.parametrize("name", ATTACHED)
def test_shares_equal_the_exact_overlap_with_the_polygons(
    pipeline: Pipeline, boadella: Path, name: str
) -> None:
    workspace, _, pairs = pipeline
    with rasterio.open(workspace / pairs[name]["fractions"]) as dataset:
        shares, bounds = dataset.read(), dataset.bounds
        assert dataset.descriptions == ("class 0", "class 1")
    water = gpd.read_file(boadella / "labels" / ATTACHED[name])
    raster = NumPyRasterSource(
        np.zeros(shares.shape[1:]), bounds.left, bounds.bottom, bounds.right, bounds.top
    )
    exact = np.zeros(shares.shape[1:])
    for found in exact_extract(raster, water, ["cell_id", "coverage"]):
        cells = np.asarray(found["properties"]["cell_id"], dtype=int)
        np.add.at(exact.reshape(-1), cells, found["properties"]["coverage"])
    whole = shares.sum(axis=0) > 0.999
    assert whole.sum() > 20_000
    assert np.abs(shares[1] - exact)[whole].mean() <= 0.002


def product_band(folder: Path, day: str, band: str) -> tuple[np.ndarray, rasterio.Affine]:
    """A 10 m band of the SAFE product of a day, read by GDAL out of the zip."""
    archive = next((folder / "safe").glob(f"*_{day}T*.zip"))
    member = f"GRANULE/L2A_T31TDG_A000001_{day}T104351/IMG_DATA/R10m/T31TDG_{day}T104351_{band}_10m"
    with rasterio.open(f"/vsizip/{archive}/{archive.stem}.SAFE/{member}.jp2") as dataset:
        return dataset.read(1), dataset.transform


def assert_same_pixels(
    workspace: Path, pair: dict[str, Any], folder: Path, day: str, offset: int
) -> None:
    """10 m bands are the product's own pixels after the offset rule, black outside."""
    with rasterio.open(workspace / pair["image"]) as dataset:
        image, transform, names = dataset.read(), dataset.transform, dataset.descriptions
    outside = read(workspace, pair["quality"])[0] & 1 == 1
    for band in BANDS:
        pixels, base_grid = product_band(folder, day, band)
        column, row = (round(number) for number in ~base_grid @ (transform.c, transform.f))
        height, width = image.shape[1:]
        expected = pixels[row : row + height, column : column + width].astype(int)
        if offset:
            expected = np.where(expected == 0, 0, np.maximum(expected + offset, 1))
        expected[outside] = 0
        np.testing.assert_array_equal(image[names.index(band)], expected)


def test_10_m_bands_are_the_products_own_pixels(pipeline: Pipeline, boadella: Path) -> None:
    workspace, _, pairs = pipeline
    for pair in pairs.values():
        day = pair["scene_ids"][0].split("_")[2][:8]
        assert_same_pixels(workspace, pair, boadella, day, offset=0)


@pytest.mark.parametrize("form", ["safe", "stac"])
def test_the_offset_of_baseline_04_00_is_taken_off_once(
    boadella: Path, tmp_path: Path, form: str
) -> None:
    mask = boadella / "masks" / "20200120_101532_1014_water_mask.tif"
    migrate(tmp_path, "masks", "add", mask, "--date", "2022-03-08")
    scenes = migrate(tmp_path, "scenes", "search", "--source", f"local:{boadella / form}")
    chosen = scenes[0]["scenes"][0]
    assert (chosen["baseline"], chosen["days_offset"]) == ("04.00", 0)
    (pair,) = migrate(tmp_path, "pairs", "make")
    assert_same_pixels(tmp_path, pair, boadella, "20220308", offset=-1000)
    provenance = json.loads((tmp_path / pair["image"]).with_name("pair.json").read_text())
    expected = {"safe": -1000, "stac": 0}[form]
    assert set(provenance["scenes"][0]["offsets"].values()) == {expected}


def test_a_run_that_was_killed_goes_on_where_it_stopped(boadella: Path, tmp_path: Path) -> None:
    migrate(tmp_path, "masks", "add", boadella / "masks")
    migrate(tmp_path, "scenes", "search", "--source", f"local:{boadella / 'safe'}", "--days", 15)
    command = [sys.executable, "-m", "migrate_core", "--workspace", str(tmp_path)]
    run = subprocess.Popen(
        [*command, "pairs", "make", "--workers", "1"],
        cwd=REPOSITORY,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not list((tmp_path / "pairs").glob("2*/pair.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(run.pid, 9)
    run.wait()
    before = {pair["pair_id"]: pair["state"] for pair in migrate(tmp_path, "pairs", "list")}
    assert set(before.values()) != {"done"}
    after = migrate(tmp_path, "pairs", "make")
    assert {pair["pair_id"] for pair in after} == set(before)
    assert {pair["state"] for pair in after} == {"done"}
    assert not list((tmp_path / "pairs").glob(".unfinished*"))
    again = migrate(tmp_path, "pairs", "make")
    assert again == after
