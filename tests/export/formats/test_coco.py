"""The format `coco`, read back with pycocotools; pixels with rasterio and Pillow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask
from pycocotools.coco import COCO
from scipy import ndimage

from migrate_core.export.formats.coco.annotations import annotations_of
from migrate_core.export.request import ChipOptions, PixelOptions
from tests.support.exports import CLASSES, Exportable, exportable

# Of pycocotools itself, which gives numpy an array by an older way.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

FORMS = ("", "_polygons")
SPLITS = ("train", "val", "test")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exportable:
    return exportable(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def exported(made: Exportable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("migrate_core.export.dataset.write_plots", lambda *_: [])
        made.export(folder, "coco")
    return folder / "coco"


def opened(folder: Path, form: str = "") -> list[tuple[str, COCO]]:
    paths = [(split, folder / "annotations" / f"{split}{form}.json") for split in SPLITS]
    return [(split, COCO(str(path))) for split, path in paths if path.exists()]


def label_of(coco: COCO, image: dict[str, Any]) -> NDArray[np.uint8]:
    """The label of an image, put together from its annotations."""
    label = np.zeros((image["height"], image["width"]), np.uint8)
    for one in coco.loadAnns(coco.getAnnIds(imgIds=image["id"])):
        label[coco.annToMask(one) == 1] = 255 if one["iscrowd"] else one["category_id"]
    return label


@pytest.mark.parametrize("form", FORMS)
def test_annotations_are_the_label_again(made: Exportable, exported: Path, form: str) -> None:
    found = {}
    for _, coco in opened(exported, form):
        for image in coco.loadImgs(coco.getImgIds()):
            found[image["pair_id"]] = label_of(coco, image)
    assert set(found) == set(made.pair_ids)
    for pair_id, label in found.items():
        assert np.array_equal(label, made.read(pair_id, "label")[0])


@pytest.mark.parametrize("form", FORMS)
def test_area_and_box_are_those_of_the_mask(exported: Path, form: str) -> None:
    for _, coco in opened(exported, form):
        for one in coco.loadAnns(coco.getAnnIds()):
            found = coco.annToRLE(one)
            assert mask.area(found) == one["area"]
            assert mask.toBbox(found).tolist() == one["bbox"]


def test_instances_are_pixels_that_hang_together(made: Exportable, exported: Path) -> None:
    for _, coco in opened(exported):
        for image in coco.loadImgs(coco.getImgIds()):
            label = made.read(image["pair_id"], "label")[0]
            for value in (1, 2):
                ids = coco.getAnnIds(imgIds=image["id"], catIds=value, iscrowd=False)
                assert len(ids) == ndimage.label(label == value)[1]


def test_what_is_ignored_is_a_crowd_of_every_class(exported: Path) -> None:
    for _, coco in opened(exported):
        for image_id in coco.getImgIds():
            crowds = coco.loadAnns(coco.getAnnIds(imgIds=image_id, iscrowd=True))
            assert [one["category_id"] for one in crowds] == [1, 2]
            assert len({one["segmentation"]["counts"] for one in crowds}) == 1


def test_categories_are_the_classes_but_the_background(exported: Path) -> None:
    for _, coco in opened(exported):
        found = {one["id"]: one["name"] for one in coco.loadCats(coco.getCatIds())}
        assert found == {value: name for value, name in CLASSES.items() if value}


def test_pictures_and_geotiffs_are_there_for_every_image(made: Exportable, exported: Path) -> None:
    for split, coco in opened(exported):
        for image in coco.loadImgs(coco.getImgIds()):
            pixels = made.read(image["pair_id"], "image")
            with rasterio.open(exported / image["geotiff"]) as dataset:
                assert np.array_equal(dataset.read(), pixels)
                assert list(dataset.transform)[:6] == image["transform"]
            shades = np.asarray(Image.open(exported / "images" / split / image["file_name"]))
            natural = pixels[[3, 2, 1]].transpose(1, 2, 0)
            expected = np.clip(natural / 3000 * 255, 1, 255)
            assert np.array_equal(shades == 0, natural == 0)
            assert np.abs(shades - expected)[natural > 0].max() <= 0.5 + 1e-6


def test_a_single_band_is_a_grey_picture(
    made: Exportable, tmp_path: Path, plots_undrawn: None
) -> None:
    made.export(tmp_path, "coco", pixels=PixelOptions(bands=("B11",), values="float32"))
    (path, *_) = sorted(tmp_path.glob("coco/images/*/*.png"))
    shades = np.asarray(Image.open(path))
    assert np.ptp(shades, axis=-1).max() == 0
    expected = made.read(path.stem, "image")[10]
    assert np.array_equal(shades[..., 0] == 0, expected == 0)


def test_both_forms_have_the_same_annotations(exported: Path) -> None:
    for split, coco in opened(exported):
        polygons = json.loads((exported / "annotations" / f"{split}_polygons.json").read_text())
        assert polygons["images"] == coco.dataset["images"]
        for one, other in zip(polygons["annotations"], coco.dataset["annotations"], strict=True):
            assert one["iscrowd"] or isinstance(one["segmentation"][0], list)
            assert {**one, "segmentation": None} == {**other, "segmentation": None}


def test_chips_are_images_of_their_own(
    made: Exportable, tmp_path: Path, plots_undrawn: None
) -> None:
    dataset = made.export(tmp_path, "coco", chips=ChipOptions(32, 32))
    found = [
        image for _, coco in opened(tmp_path / "coco") for image in coco.loadImgs(coco.getImgIds())
    ]
    assert len(found) == dataset.samples["coco"] > 6
    assert {(image["width"], image["height"]) for image in found} == {(32, 32)}


@given(
    arrays.arrays(
        np.uint8,
        st.tuples(st.integers(1, 12), st.integers(1, 12)),
        elements=st.sampled_from([0, 1, 1, 1, 2, 255]),
    )
)
def test_any_label_comes_back_from_masks_and_from_polygons(label: NDArray[np.uint8]) -> None:
    height, width = label.shape
    for polygons in (False, True):
        found = np.zeros_like(label)
        for one in annotations_of(label, (0, 1, 2)):
            drawn = one["segmentation"]
            if polygons and not one["iscrowd"]:
                drawn = mask.merge(mask.frPyObjects(one["polygons"], height, width))
            inside = mask.decode(drawn) == 1
            if not polygons:
                expected = mask.encode(np.asfortranarray(inside.astype(np.uint8)))
                assert drawn["counts"] == expected["counts"].decode()
            found[inside] = 255 if one["iscrowd"] else one["category_id"]
        assert np.array_equal(found, label)
