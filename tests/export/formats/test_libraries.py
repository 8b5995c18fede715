"""Datasets loaded by the libraries they are made for, each in an environment of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from migrate_core.export.formats.ultralytics import stretched
from migrate_core.export.request import ChipOptions, PixelOptions
from tests.support.exports import CLASSES, Exportable, MadePair, exportable, spread_out
from tests.support.libraries import arrays, run_program

pytestmark = pytest.mark.formats
SIZE = 32


@dataclass(frozen=True)
class Loaded:
    """A workspace, what its export reports, and what a library made of the dataset."""

    made: Exportable
    samples: int
    given: Any
    arrays: dict[str, dict[str, NDArray[Any]]]

    def expected(self, sample_id: str, name: str, outside: int) -> NDArray[Any]:
        """The pixels of a pair or of a chip of it, by the pair's own files."""
        if "_r0" not in sample_id:
            return self.made.read(sample_id, name)
        pair_id, row, column = sample_id.rsplit("_", 2)
        top, left = int(row[1:]), int(column[1:])
        pixels = self.made.read(pair_id, name)[:, top : top + SIZE, left : left + SIZE]
        missing = [(0, 0)] + [(0, SIZE - side) for side in pixels.shape[1:]]
        return np.pad(pixels, missing, constant_values=outside)


def load(root: Path, forms: tuple[str, ...], program: tuple[str, str], **wanted: Any) -> Loaded:
    """Two UTM zones, and four masks of one day that overlap."""
    overlapping = [
        MadePair(east_m=400_000 + 100 * number, width=60, height=50) for number in range(4)
    ]
    made = exportable(root / "made", [*spread_out(), *overlapping])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("migrate_core.export.dataset.write_plots", lambda *_: [])
        result = made.export(root / "dataset", *forms, **wanted)
    given = run_program(*program, root / "dataset", root / "out")
    return Loaded(made, result.samples[forms[-1]], given, arrays(root / "out"))


@pytest.fixture(scope="module", params=["pairs", "chips"])
def torchgeo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    chips = ChipOptions(SIZE, SIZE // 2) if request.param == "chips" else None
    root = tmp_path_factory.mktemp("torchgeo")
    program = ("torch", "load_torchgeo.py")
    pixels = PixelOptions(label="both")
    return load(root, ("geotiff", "torchgeo"), program, chips=chips, pixels=pixels)


def test_torchgeo_has_each_sample_once_in_its_split(torchgeo: Loaded) -> None:
    given = torchgeo.given
    assert sum(map(len, given["samples"].values())) == torchgeo.samples == len(torchgeo.arrays)
    assert sum(given["intersections"].values()) == torchgeo.samples
    assert given["sampled"] == given["own"] == given["intersections"]
    assert len({zone.split("/")[1] for zone in given["intersections"]}) == 2


def test_torchgeo_has_the_pairs_own_pixels(torchgeo: Loaded) -> None:
    for sample_id, found in torchgeo.arrays.items():
        assert np.array_equal(found["image"], torchgeo.expected(sample_id, "image", 0))
        assert np.array_equal(found["mask"], torchgeo.expected(sample_id, "label", 255)[0])
        assert np.array_equal(found["fractions"], torchgeo.expected(sample_id, "fractions", 0))


def test_load_gives_torch_batches_and_a_dataset_of_torchgeo(torchgeo: Loaded) -> None:
    plain = [one for split in torchgeo.given["plain"].values() for one in split]
    assert sorted(plain) == sorted(torchgeo.made.pair_ids)
    sizes = [batch[0][0] for batch in torchgeo.given["batches"]]
    assert sum(sizes) == len(torchgeo.given["plain"]["train"])
    assert {tuple(batch[1:]) for batch in torchgeo.given["batches"]} == {
        ("torch.float32", "torch.int64")
    }


@pytest.fixture(scope="module")
def terratorch(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    root = tmp_path_factory.mktemp("terratorch")
    program = ("terratorch", "train_terratorch.py")
    return load(root, ("terratorch",), program, chips=ChipOptions(SIZE, SIZE))


def test_terratorch_trains_by_the_configuration(terratorch: Loaded) -> None:
    given = terratorch.given
    assert given["steps"] == len(given["samples"]["train"]) // 8 > 0
    assert 0 < given["loss"] < 10
    assert {tuple(shape[1:]) for shape in given["batches"].values()} == {(12, SIZE, SIZE)}


def test_terratorch_has_each_chip_once_with_the_pairs_own_pixels(terratorch: Loaded) -> None:
    names = Counter(name for split in terratorch.given["samples"].values() for name in split)
    assert len(names) == terratorch.samples == names.total()
    for sample_id, found in terratorch.arrays.items():
        image = terratorch.expected(sample_id, "image", 0)
        assert np.array_equal(found["image"], image.astype(np.float32) * 1e-4)
        assert np.array_equal(found["mask"], terratorch.expected(sample_id, "label", 255)[0])
    assert any((found["mask"] == 255).any() for found in terratorch.arrays.values())


@pytest.fixture(scope="module")
def ultralytics(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    root = tmp_path_factory.mktemp("ultralytics")
    program = ("torch", "train_ultralytics.py")
    return load(root, ("ultralytics",), program, chips=ChipOptions(SIZE, SIZE))


def test_ultralytics_trains_and_leaves_ignored_pixels_out(ultralytics: Loaded) -> None:
    given = ultralytics.given
    assert list(given["names"].values()) == list(CLASSES.values())
    labels = [ultralytics.arrays[name]["mask"] for name in given["samples"]["val"]]
    for value, name in CLASSES.items():
        share = sum(int((label == value).sum()) for label in labels)
        # It enlarges chips of 32 pixels to 64.
        assert given["pixels"][name] == 4 * share > 0


def test_ultralytics_has_each_chip_once_with_label_and_colours(ultralytics: Loaded) -> None:
    names = Counter(name for split in ultralytics.given["samples"].values() for name in split)
    assert len(names) == ultralytics.samples == names.total()
    for sample_id, found in ultralytics.arrays.items():
        assert np.array_equal(found["mask"], ultralytics.expected(sample_id, "label", 255)[0])
        bands = ("B02", "B03", "B04")
        image = ultralytics.expected(sample_id, "image", 0)[[1, 2, 3]] * 1e-4
        # OpenCV has blue first.
        assert np.array_equal(found["image"].transpose(2, 0, 1), stretched(image, bands))
