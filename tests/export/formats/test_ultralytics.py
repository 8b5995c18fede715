"""The layout of the format `ultralytics`; test_libraries.py trains on it with Ultralytics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import yaml
from numpy.typing import NDArray

from migrate_core.errors import ExportError
from migrate_core.export.formats.ultralytics import stretched
from migrate_core.export.request import ChipOptions, PixelOptions
from tests.support.exports import CLASSES, Exportable, MadePair, exportable

pytestmark = [
    pytest.mark.usefixtures("plots_undrawn"),
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
]
CHIPS = ChipOptions(32, 32, "shift")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    return exportable(tmp_path_factory.mktemp("made"))


def read(path: Path) -> NDArray[Any]:
    with rasterio.open(path, driver="PNG") as dataset:
        found: NDArray[Any] = dataset.read()
        return found


def window(path: Path, pixels: NDArray[Any]) -> NDArray[Any]:
    """The part of a pair's pixels that the chip of that name has."""
    row, column = (int(part[1:]) for part in path.stem.split("_")[-2:])
    return pixels[..., row : row + 32, column : column + 32]


def pair_of(path: Path) -> str:
    return path.stem.rsplit("_", 2)[0]


def test_masks_hold_the_label_and_pictures_lie_beside_them(
    made: Exportable, tmp_path: Path
) -> None:
    result = made.export(tmp_path, "ultralytics", chips=CHIPS)
    folder = tmp_path / "ultralytics"
    masks = sorted((folder / "masks").rglob("*.png"))
    assert len(masks) == result.samples["ultralytics"]
    for path in masks:
        expected = window(path, made.read(pair_of(path), "label"))
        assert np.array_equal(read(path), expected)
        assert (folder / "images" / path.parent.name / path.name).is_file()


def test_pictures_are_true_colour_in_8_bits(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path, "ultralytics", chips=CHIPS)
    for path in (tmp_path / "ultralytics" / "images").rglob("*.png"):
        stored = window(path, made.read(pair_of(path), "image")[[3, 2, 1]]).astype(float)
        found = read(path)
        assert found.shape == (3, 32, 32)
        assert np.array_equal(found == 0, stored == 0)
        expected = np.where(stored > 0, 1 + 254 * np.minimum(stored / 3558, 1), 0)
        assert np.abs(found - expected).max() <= 0.5 + 1e-9


def test_the_stretch_keeps_no_data_apart_from_the_darkest() -> None:
    values = np.array([0, 0.0001, 0.1779, 0.3558, 1.5])
    found = stretched(np.stack([values, values]).reshape(2, 1, 5), ("B04", "B08"))
    assert found[0, 0].tolist() == [0, 1, 128, 255, 255]
    assert found[1, 0].tolist() == [0, 1, 76, 152, 255]


def test_the_settings_name_folders_and_classes(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path, "ultralytics", chips=CHIPS)
    folder = tmp_path / "ultralytics"
    given = yaml.safe_load((folder / "data.yaml").read_text(encoding="utf-8"))
    assert given["names"] == CLASSES
    assert given["masks_dir"] == "masks"
    assert "path" not in given
    for split in ("train", "val", "test"):
        assert any((folder / given[split]).iterdir())


def test_three_chosen_bands_are_the_picture(made: Exportable, tmp_path: Path) -> None:
    pixels = PixelOptions(bands=("B11", "B08", "B04"), values="float32")
    made.export(tmp_path, "ultralytics", chips=CHIPS, pixels=pixels)
    path = next((tmp_path / "ultralytics" / "images").rglob("*.png"))
    stored = window(path, made.read(pair_of(path), "image")[[10, 7, 3]])
    found = read(path).astype(int)
    order = np.argsort(stored[0].ravel())
    assert (np.diff(found[0].ravel()[order]) >= 0).all()
    assert len(np.unique(found[0])) > 50


def test_bands_without_a_picture_are_refused(made: Exportable, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"Pictures have three bands, and B08, B04 are chosen"):
        made.export(tmp_path / "out", "ultralytics", pixels=PixelOptions(bands=("B08", "B04")))


def test_a_dataset_too_small_for_splits_says_what_stands_in(tmp_path: Path) -> None:
    made = exportable(tmp_path / "made", [MadePair()])
    made.export(tmp_path / "out", "ultralytics", chips=CHIPS)
    text = (tmp_path / "out" / "ultralytics" / "data.yaml").read_text(encoding="utf-8")
    given = yaml.safe_load(text)
    assert given["val"] == given["train"]
    assert "No sample is in val" in text
