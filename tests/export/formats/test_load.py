"""The module beside the data, as somebody imports it who has nothing but numpy and rasterio."""

from __future__ import annotations

import csv
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import rasterio

from migrate_core.export.request import ChipOptions, PixelOptions
from tests.support.exports import CLASSES, Exportable, MadePair, exportable, spread_out

pytestmark = pytest.mark.usefixtures("plots_undrawn")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    # Two masks that overlap, of one scene, and one of the other level.
    overlapping = [MadePair(east_m=700_000), MadePair(east_m=700_100)]
    return exportable(tmp_path_factory.mktemp("made"), [*spread_out(), *overlapping])


def loader(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"load_{id(folder)}", folder / "load.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_pair_is_a_sample_with_its_own_label_in_two_zones(
    made: Exportable, tmp_path: Path
) -> None:
    made.export(tmp_path)
    data = loader(tmp_path).Dataset()
    assert sorted(data.sample_ids) == sorted(made.pair_ids)
    assert data.classes == CLASSES
    for sample in data:
        image, label = (made.read(sample["pair_id"], name) for name in ("image", "label"))
        assert sample["image"].dtype == np.float32
        assert np.array_equal(np.rint(sample["image"] * 10_000), image)
        assert np.array_equal(sample["label"], label[0])
        with rasterio.open(made.workspace.pair(sample["pair_id"]) / "label.tif") as dataset:
            assert sample["crs"] == dataset.crs.to_string()
            assert tuple(sample["transform"]) == tuple(dataset.transform)[:6]
    assert {sample["crs"] for sample in data} == {"EPSG:32631", "EPSG:32632"}


def test_splits_are_those_of_the_manifest(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path)
    with (tmp_path / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    module = loader(tmp_path)
    for split in ("train", "val", "test"):
        expected = {row["pair_id"] for row in rows if row["split"] == split}
        assert set(module.Dataset(split).sample_ids) == expected
    with pytest.raises(ValueError, match="no split 'trian'; there are"):
        module.Dataset("trian")


def test_one_line_loads_it_without_this_program(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path / "out")
    moved = shutil.move(tmp_path / "out", tmp_path / "moved")
    line = "from load import Dataset; print(len(Dataset()), sorted(Dataset('train')[0]))"
    command = [sys.executable, "-c", line]
    found = subprocess.run(command, cwd=moved, capture_output=True, text=True, check=True)
    names = ["crs", "image", "label", "pair_id", "sample_id", "split", "transform"]
    assert found.stdout.strip() == f"{len(made.pair_ids)} {names}"


def test_shares_come_when_they_are_wanted_or_were_exported_as_label(
    made: Exportable, tmp_path: Path
) -> None:
    made.export(tmp_path, pixels=PixelOptions(label="both"))
    module = loader(tmp_path)
    sample = module.Dataset()[0]
    assert np.array_equal(sample["fractions"], made.read(sample["pair_id"], "fractions"))
    assert "fractions" not in module.Dataset(fractions=False)[0]


def test_chosen_bands_come_in_their_order_as_stored(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path)
    module = loader(tmp_path)
    sample = module.Dataset(bands=("B08", "B04"), reflectance=False)[0]
    assert np.array_equal(sample["image"], made.read(sample["pair_id"], "image")[[7, 3]])
    with pytest.raises(ValueError, match="has no B10; it has B01"):
        module.Dataset(bands=("B10",))[0]


def test_bands_that_all_pairs_have_are_taken_where_levels_are_mixed(tmp_path: Path) -> None:
    pairs = [MadePair(), MadePair(east_m=600_000, level="L1C")]
    mixed = exportable(tmp_path / "made", pairs)
    mixed.export(tmp_path / "out")
    data = loader(tmp_path / "out").Dataset()
    assert "B10" not in data.bands
    assert {len(sample["image"]) for sample in data} == {12}


def test_a_label_of_another_grid_is_told(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path)
    labels = tmp_path / "labels"
    first, second = made.pair_ids[:2]
    shutil.copyfile(labels / f"{second}.tif", labels / f"{first}.tif")
    data = loader(tmp_path).Dataset()
    with pytest.raises(ValueError, match=f"{first}.tif: its image and its label don't have the"):
        data[data.sample_ids.index(first)]


def test_samples_of_several_sizes_are_padded_to_the_largest(
    made: Exportable, tmp_path: Path
) -> None:
    made.export(tmp_path, pixels=PixelOptions(label="both"))
    module = loader(tmp_path)
    samples = list(module.Dataset())
    padded = module.pad_to_largest(samples)
    assert {sample["label"].shape for sample in padded} == {(45, 70)}
    for before, after in zip(samples, padded, strict=True):
        height, width = before["label"].shape
        assert np.array_equal(after["image"][:, :height, :width], before["image"])
        assert (after["label"][height:] == 255).all()
        assert (after["label"][:, width:] == 255).all()
        assert not after["image"][:, height:].any()
        assert not after["fractions"][..., width:].any()


def test_chips_load_with_the_pixels_of_their_window(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path, "chips", chips=ChipOptions(32, 32, "shift"))
    data = loader(tmp_path / "chips").Dataset("train")
    assert len(data) > 4
    for sample in data:
        row, column = (int(part[1:]) for part in sample["sample_id"].split("_")[-2:])
        label = made.read(sample["pair_id"], "label")[0]
        assert np.array_equal(sample["label"], label[row : row + 32, column : column + 32])
