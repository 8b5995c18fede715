"""The format `webdataset`, read with `webdataset`."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import webdataset

from migrate_core.export.request import ChipOptions, PixelOptions
from tests.support.arrays import digests, export_killed, pixels_equal
from tests.support.exports import CLASSES, Exportable, exportable

pytestmark = [
    pytest.mark.usefixtures("plots_undrawn"),
    # It leaves closing the files that it reads to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

SIZE = 32
CHIPS = ChipOptions(SIZE, SIZE)
# Seven chips of 12 bands with label and quality.
FEW = 7 * SIZE * SIZE * (2 * 12 + 2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    return exportable(tmp_path_factory.mktemp("made"))


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate_core.export.formats.arrays.shards.SHARD_BYTES", FEW)


def samples(to: Path, split: str) -> Iterator[dict[str, Any]]:
    urls = sorted(str(path) for path in (to / "webdataset").glob(f"{split}-*.tar"))
    return iter(webdataset.WebDataset(urls, shardshuffle=False).decode()) if urls else iter(())


def all_samples(to: Path) -> list[dict[str, Any]]:
    return [one for split in ("train", "val", "test") for one in samples(to, split)]


def about(to: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((to / "webdataset" / "dataset.json").read_text("utf-8"))
    return found


def test_each_chip_is_a_sample_with_the_pairs_own_pixels(made: Exportable, tmp_path: Path) -> None:
    exported = made.export(tmp_path, "webdataset", chips=CHIPS, pixels=PixelOptions(label="both"))
    found = all_samples(tmp_path)
    assert len({one["__key__"] for one in found}) == exported.samples["webdataset"] == 28
    for one in found:
        assert one["json"]["sample_id"] == one["__key__"]
        for name in ("image", "label", "fractions", "quality"):
            assert pixels_equal(made, one["__key__"], name, one[f"{name}.npy"], SIZE)


def test_uncut_pairs_of_several_sizes_go_out_as_they_are(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path, "webdataset")
    found = {one["__key__"]: one for one in all_samples(tmp_path)}
    assert set(found) == set(made.pair_ids)
    assert len({one["image.npy"].shape for one in found.values()}) > 2
    for pair_id, one in found.items():
        assert np.array_equal(one["image.npy"], made.read(pair_id, "image"))
        assert np.array_equal(one["label.npy"], made.read(pair_id, "label")[0])
        assert "fractions.npy" not in one


def test_chosen_bands_and_shares_alone(made: Exportable, tmp_path: Path) -> None:
    pixels = PixelOptions(bands=("B08", "B04"), values="float32", label="fractions")
    made.export(tmp_path, "webdataset", pixels=pixels)
    for one in all_samples(tmp_path):
        image = made.read(one["__key__"], "image")[[7, 3]]
        assert np.array_equal(one["image.npy"], (image * 1e-4).astype(np.float32))
        assert "label.npy" not in one
        assert np.array_equal(one["fractions.npy"], made.read(one["__key__"], "fractions"))


def test_the_table_of_contents_names_classes_no_data_and_files(
    made: Exportable, tmp_path: Path
) -> None:
    made.export(tmp_path, "webdataset", chips=CHIPS)
    found = about(tmp_path)
    named = {one["value"]: one["name"] for one in found["label"]["classes"]}
    assert named == dict(CLASSES)
    assert (found["label"]["ignore"], found["image"]["nodata"]) == (255, 0)
    for split, listed in found["splits"].items():
        counted = len(list(samples(tmp_path, split)))
        assert sum(one["samples"] for one in listed) == counted > 0


def test_the_same_samples_give_the_same_bytes(made: Exportable, tmp_path: Path) -> None:
    for name in ("one", "two"):
        made.export(tmp_path / name, "webdataset", chips=CHIPS)
    one, two = (digests(tmp_path / name / "webdataset") for name in ("one", "two"))
    assert {name: one[name] for name in one if name.endswith(".tar")} == {
        name: two[name] for name in two if name.endswith(".tar")
    }
    with tarfile.open(tmp_path / "one" / "webdataset" / "val-000000.tar") as tar:
        assert {(one.mtime, one.uid, one.gid, one.uname) for one in tar} == {(0, 0, 0, "")}


@pytest.mark.usefixtures("small_shards")
def test_a_killed_export_is_readable_and_goes_on(made: Exportable, tmp_path: Path) -> None:
    export_killed(made, tmp_path / "out", "webdataset", after=16, limit=FEW)
    assert len(all_samples(tmp_path / "out")) == 14
    again = made.export(tmp_path / "out", "webdataset", chips=CHIPS)
    assert again.rewritten == 3
    made.export(tmp_path / "once", "webdataset", chips=CHIPS)
    once, twice = (digests(tmp_path / name / "webdataset") for name in ("once", "out"))
    changed = {name for name in once if once[name] != twice.get(name)}
    assert changed <= {"dataset.json", "croissant.json"}
    assert set(once) == set(twice)
    assert about(tmp_path / "out")["splits"] == about(tmp_path / "once")["splits"]


@pytest.mark.usefixtures("small_shards")
def test_an_export_of_other_values_that_is_killed_mixes_nothing(
    made: Exportable, tmp_path: Path
) -> None:
    made.export(tmp_path / "out", "webdataset", chips=CHIPS)
    export_killed(made, tmp_path / "out", "webdataset", after=9, limit=FEW, values="float32")
    found = all_samples(tmp_path / "out")
    assert len(found) == 9
    assert {one["image.npy"].dtype.name for one in found} == {"float32"}
