"""The layout of the format `terratorch`; test_libraries.py trains on it with TerraTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import yaml

from migrate_core.errors import WrongUseError
from migrate_core.export.request import ChipOptions, PixelOptions
from tests.support.exports import Exportable, MadePair, exportable

pytestmark = pytest.mark.usefixtures("plots_undrawn")
CHIPS = ChipOptions(32, 32)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    return exportable(tmp_path_factory.mktemp("made"))


def settings(folder: Path) -> Any:
    return yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))


def test_each_chip_is_in_one_list_and_has_both_files(made: Exportable, tmp_path: Path) -> None:
    result = made.export(tmp_path, "terratorch", chips=CHIPS)
    folder = tmp_path / "terratorch"
    lists = [path.read_text().splitlines() for path in sorted((folder / "splits").glob("*.txt"))]
    assert len(lists) == 3
    names = [name for one in lists for name in one]
    assert len(names) == len(set(names)) == result.samples["terratorch"]
    for kind in ("images", "labels"):
        assert {path.name for path in (folder / kind).iterdir()} == set(names)
    pairs = [pair for one in lists for pair in {name.rsplit("_", 2)[0] for name in one}]
    assert sorted(pairs) == sorted(made.pair_ids)


def test_the_configuration_says_what_is_stored(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path, "terratorch", chips=CHIPS)
    folder = tmp_path / "terratorch"
    given = settings(folder)
    data = given["data"]["init_args"]
    assert data["constant_scale"] == 1e-4
    assert (data["no_label_replace"], data["no_data_replace"]) == (255, 0)
    assert data["num_classes"] == given["model"]["init_args"]["model_args"]["num_classes"] == 3
    assert given["model"]["init_args"]["ignore_index"] == 255
    assert data["dataset_bands"][:4] == ["COASTAL_AEROSOL", "BLUE", "GREEN", "RED"]
    assert given["model"]["init_args"]["model_args"]["backbone_in_chans"] == 12
    for key in ("train_split", "val_split", "test_split", "train_data_root"):
        assert (folder / data[key]).exists()


def test_means_and_deviations_are_those_of_training_pixels_with_data(
    made: Exportable, tmp_path: Path
) -> None:
    made.export(tmp_path, "terratorch", chips=CHIPS)
    folder = tmp_path / "terratorch"
    pixels = []
    for name in (folder / "splits/train.txt").read_text().split():
        with rasterio.open(folder / "images" / name) as dataset:
            pixels.append(dataset.read().reshape(12, -1))
    reflectance = np.ma.masked_equal(np.hstack(pixels), 0) * 1e-4
    data = settings(folder)["data"]["init_args"]
    assert np.allclose(data["means"], reflectance.mean(axis=1), atol=1e-5)
    assert np.allclose(data["stds"], reflectance.std(axis=1), atol=1e-5)


def test_reflectance_is_scaled_by_one(made: Exportable, tmp_path: Path) -> None:
    pixels = PixelOptions(bands=("B08", "B04"), values="float32")
    made.export(tmp_path, "terratorch", chips=CHIPS, pixels=pixels)
    data = settings(tmp_path / "terratorch")["data"]["init_args"]
    assert data["constant_scale"] == 1
    assert data["dataset_bands"] == ["NIR_BROAD", "RED"]
    assert 0.1 < data["means"][0] < 0.9


def test_classes_are_counted_without_gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classes = {0: "background", 7: "quarry", 40: 'yes: "no"'}
    monkeypatch.setattr("tests.support.exports.CLASSES", classes)
    made = exportable(tmp_path / "made", [MadePair(width=32, height=32)])
    made.export(tmp_path / "out", "terratorch", chips=CHIPS)
    folder = tmp_path / "out" / "terratorch"
    (path,) = (folder / "labels").iterdir()
    with rasterio.open(path) as dataset:
        found, tags = dataset.read(1), dataset.tags(1)
    label = made.read(made.pair_ids[0], "label")[0]
    for number, value in enumerate(classes):
        assert np.array_equal(found == number, label == value)
    assert np.array_equal(found == 255, label == 255)
    assert tags["class_1"] == "quarry"
    given = settings(folder)
    assert given["data"]["init_args"]["num_classes"] == 3
    assert given["model"]["init_args"]["class_names"] == list(classes.values())
    table = (folder / "classes.csv").read_text().splitlines()
    assert table[2].startswith('1,7,"quarry"')


def test_without_a_chip_in_val_nothing_is_validated(tmp_path: Path) -> None:
    made = exportable(tmp_path / "made", [MadePair()])
    made.export(tmp_path / "out", "terratorch", chips=CHIPS)
    folder = tmp_path / "out" / "terratorch"
    assert (folder / "splits/val.txt").read_text() == ""
    assert settings(folder)["trainer"]["limit_val_batches"] == 0


@pytest.mark.parametrize("form", ["terratorch", "ultralytics"])
def test_shares_alone_are_refused_before_anything_is_written(
    made: Exportable, tmp_path: Path, form: str
) -> None:
    with pytest.raises(WrongUseError, match=r"takes no area shares\. Choose the label `hard`"):
        made.export(tmp_path / "out", form, pixels=PixelOptions(label="fractions"))
    assert not (tmp_path / "out").exists()
