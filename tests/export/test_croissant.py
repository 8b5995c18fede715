"""`croissant.json` beside every format, read with mlcroissant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlcroissant
import numpy as np
import pytest
import rasterio
import rasterio.warp

from migrate_core.export.formats.registry import FORMATS, format_named
from migrate_core.export.request import AboutDataset
from tests.support.exports import CLASSES, Exportable, exportable

# mlcroissant uses what rdflib is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ABOUT = AboutDataset("Quarries {2020}", ("Ann Lee", "Bo Ek"), "CC-BY-4.0", "Images by somebody")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    return exportable(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def exported(made: Exportable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("migrate_core.export.dataset.write_plots", lambda *_: [])
        made.export(folder, *FORMATS, about=ABOUT)
    return folder


def described(folder: Path) -> Any:
    return json.loads((folder / "croissant.json").read_text())


def records(folder: Path, name: str) -> list[dict[str, Any]]:
    dataset = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    return list(dataset.records(record_set=name))


@pytest.mark.parametrize("name", FORMATS)
def test_it_is_valid_and_has_a_record_for_each_sample(
    made: Exportable, exported: Path, name: str
) -> None:
    folder = format_named(name).folder(exported)
    issues = mlcroissant.Dataset(jsonld=str(folder / "croissant.json")).metadata.ctx.issues
    assert not issues.errors
    assert not issues.warnings
    found = records(folder, "samples")
    assert {one["samples/pair_id"].decode() for one in found} == set(made.pair_ids)
    assert {one["samples/split"].decode() for one in found} <= {"train", "val", "test"}


def test_records_lead_to_the_files_of_samples(made: Exportable, exported: Path) -> None:
    found = records(exported, "samples")
    assert len(found) == 6
    for one in found:
        with rasterio.open(exported / one["samples/labels"].decode()) as label:
            assert np.array_equal(label.read(), made.read(one["samples/pair_id"].decode(), "label"))
            assert label.crs.to_string() == one["samples/crs"].decode()
            assert label.shape == (one["samples/height"], one["samples/width"])


@pytest.mark.parametrize("name", FORMATS)
def test_patterns_of_files_find_files(exported: Path, name: str) -> None:
    folder = format_named(name).folder(exported)
    sets = [one for one in described(folder)["distribution"] if one["@type"] == "cr:FileSet"]
    assert sets
    for one in sets:
        for pattern in one["includes"]:
            assert list(folder.glob(pattern)), pattern


def test_classes_are_records(exported: Path) -> None:
    found = {one["classes/value"]: one["classes/name"] for one in records(exported, "classes")}
    assert found == dict(CLASSES)


def test_place_time_and_bands_are_those_of_the_images(exported: Path) -> None:
    document = described(exported)
    assert document["geocr:coordinateReferenceSystem"] == "EPSG:32631, EPSG:32632"
    assert document["geocr:spatialResolution"]["value"] == 10
    images = sorted((exported / "images").glob("*.tif"))
    south, west, north, east = map(float, document["spatialCoverage"]["geo"]["box"].split())
    for path in images:
        with rasterio.open(path) as image:
            left, bottom, right, top = rasterio.warp.transform_bounds(
                image.crs, "EPSG:4326", *image.bounds
            )
            assert document["geocr:bandConfiguration"]["geocr:bandNameList"] == list(
                image.descriptions
            )
        assert west - 1e-5 <= left < right <= east + 1e-5
        assert south - 1e-5 <= bottom < top <= north + 1e-5
    assert document["temporalCoverage"] == "2020-06-01T10:43:51Z/2020-06-03T10:43:51Z"


def test_terms_are_those_of_the_request(exported: Path) -> None:
    document = described(exported)
    assert [one["name"] for one in document["creator"]] == list(ABOUT.authors)
    assert document["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert ABOUT.attribution in document["description"]
    assert document["citeAs"].startswith("@misc{quarries-2020, title = {Quarries 2020}")
    assert "author = {Ann Lee and Bo Ek}" in document["citeAs"]


def test_it_goes_with_its_format(made: Exportable, tmp_path: Path, plots_undrawn: None) -> None:
    made.export(tmp_path, "geotiff", "taco")
    made.export(tmp_path, "geotiff")
    assert not (tmp_path / "taco").exists()
    assert (tmp_path / "croissant.json").exists()
