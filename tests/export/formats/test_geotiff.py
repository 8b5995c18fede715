"""The formats `geotiff` and `chips`, read back with rasterio."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from migrate_core.errors import ExportError, WrongUseError
from migrate_core.export.request import ChipOptions, PixelOptions
from tests.support.exports import CLASSES, Exportable, MadePair, exportable

pytestmark = pytest.mark.usefixtures("plots_undrawn")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    return exportable(tmp_path_factory.mktemp("made"))


def read(path: Path) -> NDArray[Any]:
    with rasterio.open(path) as dataset:
        found: NDArray[Any] = dataset.read()
        return found


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_rasters_of_pairs_have_the_pairs_own_pixels(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path)
    folders = {"image": "images", "label": "labels", "fractions": "fractions", "quality": "quality"}
    for pair_id in made.pair_ids:
        for name, folder in folders.items():
            found = read(tmp_path / folder / f"{pair_id}.tif")
            assert np.array_equal(found, made.read(pair_id, name))


def test_labels_have_colours_and_the_names_of_classes(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path)
    with rasterio.open(tmp_path / "labels" / f"{made.pair_ids[0]}.tif") as dataset:
        tags, colours = dataset.tags(1), dataset.colormap(1)
        assert dataset.nodata == 255
    assert {tags[f"class_{value}"] for value in CLASSES} == set(CLASSES.values())
    assert len({colours[value] for value in (*CLASSES, 255)}) == len(CLASSES) + 1
    named = {row["value"]: row["name"] for row in table(tmp_path / "classes.csv")}
    assert named == {str(value): name for value, name in CLASSES.items()}


def test_chosen_bands_come_in_the_order_asked_for_as_reflectance(
    made: Exportable, tmp_path: Path
) -> None:
    pixels = PixelOptions(bands=("B08", "B04"), values="float32")
    made.export(tmp_path, pixels=pixels)
    pair_id = made.pair_ids[1]
    with rasterio.open(tmp_path / "images" / f"{pair_id}.tif") as dataset:
        assert dataset.descriptions == ("B08", "B04")
        assert dataset.dtypes == ("float32", "float32")
        found = dataset.read()
    image = made.read(pair_id, "image")
    assert np.array_equal(np.rint(found * 10_000), image[[7, 3]])


def test_a_band_that_a_pair_lacks_is_named(made: Exportable, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"has no B10; it has B01"):
        made.export(tmp_path / "out", pixels=PixelOptions(bands=("B10",)))
    assert not (tmp_path / "out" / "images").exists()


def test_ignored_pixels_are_applied_kept_or_joined_by_occluded_ones(
    made: Exportable, tmp_path: Path
) -> None:
    labels = {}
    for ignore in ("applied", "kept", "occluded"):
        made.export(tmp_path / ignore, pixels=PixelOptions(ignore=ignore))
        labels[ignore] = read(tmp_path / ignore / "labels" / f"{made.pair_ids[0]}.tif")[0]
    shares, quality = (
        made.read(made.pair_ids[0], "fractions"),
        made.read(made.pair_ids[0], "quality"),
    )
    known = shares.sum(axis=0) > 0.5
    assert np.array_equal(labels["kept"][known], shares.argmax(axis=0)[known])
    assert (labels["kept"][~known] == 255).all()
    occluded = (quality[0] & 0b1111110) != 0
    assert np.array_equal(labels["occluded"] == 255, (labels["applied"] == 255) | occluded)
    assert occluded.sum() > 40


@pytest.mark.parametrize("padding", ["pad", "shift", "drop"])
def test_chips_are_windows_of_the_pair(made: Exportable, tmp_path: Path, padding: str) -> None:
    made.export(tmp_path, "chips", chips=ChipOptions(size=32, stride=32, padding=padding))
    rows = table(tmp_path / "chips" / "chips.csv")
    assert rows
    for row in rows:
        top, left = int(row["row"]), int(row["column"])
        with rasterio.open(tmp_path / "chips" / "images" / f"{row['sample_id']}.tif") as chip:
            found, transform = chip.read(), chip.transform
        assert found.shape == (12, 32, 32)
        with rasterio.open(made.workspace.pair(row["pair_id"]) / "image.tif") as pair:
            window = Window(left, top, 32, 32)
            expected = pair.read(window=window, boundless=True, fill_value=0)
            assert transform == pair.window_transform(window)
        assert np.array_equal(found, expected)
    splits: dict[str, set[str]] = {}
    for row in rows:
        splits.setdefault(row["pair_id"], set()).add(row["split"])
    assert all(len(found) == 1 for found in splits.values())


def test_padding_decides_how_many_chips_there_are(tmp_path: Path) -> None:
    made = exportable(tmp_path / "made", [MadePair(width=70, height=32)])
    counts = {}
    for padding in ("pad", "shift", "drop"):
        options = ChipOptions(size=32, stride=32, padding=padding)
        counts[padding] = made.export(tmp_path / padding, "chips", chips=options).samples["chips"]
    assert counts == {"pad": 3, "shift": 3, "drop": 2}


def test_chips_with_little_label_stay_out(tmp_path: Path) -> None:
    made = exportable(tmp_path / "made", [MadePair(width=70, height=32)])
    options = ChipOptions(size=32, stride=32, least_labelled=0.5)
    assert made.export(tmp_path / "out", "chips", chips=options).samples["chips"] == 2


def test_without_any_chip_the_error_says_what_to_change(made: Exportable, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"No chip of 512 x 512 pixels"):
        made.export(tmp_path / "out", "chips", chips=ChipOptions(512, 512, "drop"))


def test_a_stride_larger_than_the_chip_is_refused(made: Exportable, tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match=r"stride of 65 pixels doesn't fit chips of 64"):
        made.export(tmp_path / "out", "chips", chips=ChipOptions(64, 65))
