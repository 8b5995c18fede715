"""Bands to classes: one band, one-hot, probabilities, colours, label and valid, palette, alpha."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from rasterio.enums import ColorInterp

from migrate_core.masks.options import ClassEntry
from tests.support.builders import write_raster
from tests.support.masks import NAME, PIXELS, added, good, image, labels_of, problem_of
from tests.support.properties import examples

OTHER = np.zeros_like(PIXELS)
OTHER[0] = 1
THREE = PIXELS + 2 * OTHER  # background, 1 and 2


def named(path: Path, *names: str) -> Path:
    with rasterio.open(path, "r+") as dataset:
        dataset.descriptions = names
    return path


def softmax(first: float = 0.7) -> NDArray[np.float32]:
    """Probabilities of background and class 1, of which the larger is right by PIXELS."""
    one = np.where(PIXELS, first, 1 - first)
    return np.stack([1 - one, one]).astype(np.float32)


# one band


def test_what_reaches_the_threshold_is_class_1(tmp_path: Path) -> None:
    pixels = np.where(PIXELS, 0.3, 0.29).astype(np.float32)
    pixels[0, 0] = np.nan
    path = write_raster(tmp_path / NAME, pixels)
    expected = PIXELS.copy()
    expected[0, 0] = 255
    # 0.3 isn't a binary number: the value as it is stored must count as the value as it is said.
    np.testing.assert_array_equal(labels_of(path, threshold=0.3), expected)
    assert good(path, threshold=0.3).classes.stored == {"0": 0, "1": 1}


def test_probabilities_without_threshold_are_told_of_it(tmp_path: Path) -> None:
    one = PIXELS * np.float32(0.3)
    for bands in (one, np.stack([one, one / 2])):
        assert "--threshold" in problem_of(write_raster(tmp_path / NAME, bands))


@pytest.mark.parametrize(
    ("dtype", "value", "stored"),
    [("int8", -3, 1), ("int16", -32768, 1), ("uint32", 4_000_000_000, 1), ("int32", 7, 7)],
)
def test_any_whole_number_can_be_a_class(
    tmp_path: Path, dtype: str, value: int, stored: int
) -> None:
    path = write_raster(tmp_path / NAME, (PIXELS * np.int64(value)).astype(dtype))
    assert good(path).classes.stored == {str(value): stored, "0": 0}
    np.testing.assert_array_equal(labels_of(path), PIXELS * stored)


def test_identifiers_of_64_bits_are_told_apart(tmp_path: Path) -> None:
    pixels = PIXELS.astype(np.int64) * 2**60
    pixels[0] = 2**60 + 1  # the same as a float64
    path = write_raster(tmp_path / NAME, pixels)
    np.testing.assert_array_equal(labels_of(path), THREE)


# what is valid


def test_no_data_mask_and_alpha_all_hold(tmp_path: Path) -> None:
    label = PIXELS * 3
    label[:, 28:] = 9
    alpha = np.full_like(PIXELS, 255)
    alpha[:, :4] = 0
    path = write_raster(tmp_path / NAME, np.stack([label, alpha]), nodata=9, alpha="yes")
    expected = label.copy()
    expected[:, 28:] = expected[:, :4] = 255
    np.testing.assert_array_equal(labels_of(path), expected)


@pytest.mark.parametrize("internal", [True, False])
def test_the_mask_of_a_dataset_is_what_is_valid(tmp_path: Path, internal: bool) -> None:
    valid = np.full_like(PIXELS, 255)
    valid[:3] = 0
    path = write_raster(tmp_path / NAME, PIXELS)
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=internal),
        rasterio.open(path, "r+") as dataset,
    ):
        dataset.write_mask(valid)
    assert (tmp_path / f"{NAME}.msk").exists() != internal
    np.testing.assert_array_equal(labels_of(path), np.where(valid, PIXELS, 255))


@pytest.mark.parametrize("transparent", [0, bytes([0, 255, 0])])
def test_transparent_colours_of_a_palette_are_no_data(tmp_path: Path, transparent: Any) -> None:
    picture = Image.fromarray(THREE, "P")
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    path = tmp_path / "20200120.png"
    picture.save(path, transparency=transparent)
    mask = good(path, image=image(tmp_path))
    gone = {0} if transparent == 0 else {0, 2}
    expected = np.where(np.isin(THREE, list(gone)), 255, THREE)
    np.testing.assert_array_equal(labels_of(path, image=image(tmp_path)), expected)
    assert mask.classes.colours is not None
    assert mask.classes.colours["1"] == "#ff0000"


def test_no_data_outside_the_type_is_none_and_the_images_holds(tmp_path: Path) -> None:
    """GDAL's tag can say -9 of bytes; then nothing is declared, and the image is asked."""
    path = write_raster(tmp_path / NAME, PIXELS, nodata=99)
    path.write_bytes(path.read_bytes().replace(b"99\0", b"-9\0"))
    pixels = np.stack([PIXELS + 10] * 3)
    pixels[:, 4] = 0
    source = write_raster(tmp_path / "image.tif", pixels, nodata=0)
    np.testing.assert_array_equal(
        labels_of(path, image=source), np.where(pixels[0] == 0, 255, PIXELS)
    )


@pytest.mark.parametrize("how", ["nodata", "alpha", "mask"])
def test_what_is_missing_in_the_image_is_ignored(tmp_path: Path, how: str) -> None:
    valid = np.ones_like(PIXELS)
    valid[:, :5] = 0
    bands = [np.where(valid, 50, 0).astype(np.uint8)] * 3
    options: dict[str, Any] = {"nodata": 0} if how == "nodata" else {}
    if how == "alpha":
        bands.append(valid * 255)
        options = {"photometric": "rgb", "alpha": "yes"}
    source = write_raster(tmp_path / "image.tif", np.stack(bands), **options)
    if how == "mask":
        with rasterio.open(source, "r+") as dataset:
            dataset.write_mask(valid * 255)
    path = write_raster(tmp_path / "20200120.png", PIXELS, crs=None)
    expected = np.where(valid, PIXELS, 255)
    np.testing.assert_array_equal(labels_of(path, image=source), expected)
    # A mask that says itself what is valid is used.
    own = write_raster(tmp_path / "20200121.tif", PIXELS, nodata=77)
    np.testing.assert_array_equal(labels_of(own, image=source), PIXELS)


# grey, alpha, lossy


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_grey_may_be_saved_in_colour_and_with_alpha(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "20200120.png"
    picture = Image.fromarray(PIXELS).convert(mode)
    valid = np.full_like(PIXELS, 255)
    if "A" in mode:
        valid[0] = 0
        picture.putalpha(Image.fromarray(valid))
    picture.save(path)
    expected = np.where(valid, PIXELS, 255)
    np.testing.assert_array_equal(labels_of(path, image=image(tmp_path)), expected)


def test_a_png_of_single_bits_has_the_classes_0_and_1(tmp_path: Path) -> None:
    path = tmp_path / "20200120.png"
    Image.fromarray(PIXELS * 255).convert("1").save(path)
    np.testing.assert_array_equal(labels_of(path, image=image(tmp_path)), PIXELS)


def test_a_png_of_16_bits_has_large_values(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "20200120.png", PIXELS.astype(np.uint16) * 1000, crs=None)
    assert good(path, image=image(tmp_path)).classes.stored == {"0": 0, "1000": 1}


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_jpeg_needs_a_threshold_where_it_is_blurred(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "20200120.jpg"
    Image.fromarray(PIXELS * 255).convert(mode).save(path, quality=85)
    problem = problem_of(path, image=image(tmp_path))
    assert "JPEG" in problem
    assert "--threshold" in problem
    labels = labels_of(path, image=image(tmp_path), threshold=128)
    np.testing.assert_array_equal(labels, PIXELS)


def test_a_jpeg_whose_values_came_through_needs_none(tmp_path: Path) -> None:
    pixels = np.kron(np.array([[0, 255], [255, 0]]), np.ones((8, 8))).astype(np.uint8)
    path = tmp_path / "20200120.jpg"
    Image.fromarray(pixels).save(path, quality=95)
    source = write_raster(tmp_path / "image.tif", pixels)
    assert good(path, image=source).classes.stored == {"0": 0, "255": 1}


# one-hot


@pytest.mark.parametrize("on", [1, 255])
def test_one_hot_bands_are_classes_from_1_where_some_pixel_is_in_none(
    tmp_path: Path, on: int
) -> None:
    path = write_raster(tmp_path / NAME, np.stack([PIXELS, OTHER]) * np.uint8(on))
    np.testing.assert_array_equal(labels_of(path), THREE)


def test_one_hot_bands_are_classes_from_0_where_each_pixel_is_in_one(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, np.stack([THREE == 0, PIXELS, OTHER]).astype(np.uint8))
    np.testing.assert_array_equal(labels_of(path), THREE)


def test_names_say_which_one_hot_band_is_background(tmp_path: Path) -> None:
    bands = np.stack([THREE == 0, PIXELS, OTHER]).astype(np.uint8)
    path = named(write_raster(tmp_path / NAME, bands), "Background", "mine", "water")
    assert good(path).classes.names == {"0": "Background", "1": "mine", "2": "water"}
    np.testing.assert_array_equal(labels_of(path), THREE)
    path = named(write_raster(tmp_path / f"b{NAME}", bands), "forest", "mine", "water")
    assert good(path).classes.names == {"1": "forest", "2": "mine", "3": "water"}
    np.testing.assert_array_equal(labels_of(path), THREE + 1)


def test_no_data_0_leaves_the_other_one_hot_bands_in(tmp_path: Path) -> None:
    known = np.ones_like(PIXELS)
    known[:, :3] = 0
    bands = np.stack([(THREE == 0) & known, PIXELS & known, OTHER & known])
    path = write_raster(tmp_path / NAME, bands, nodata=0)
    np.testing.assert_array_equal(labels_of(path), np.where(known, THREE, 255))


def test_several_classes_at_once_are_no_one_hot(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, np.stack([PIXELS, PIXELS, OTHER]))
    assert "no classes" in problem_of(path)


def test_names_that_are_no_utf8_are_none(tmp_path: Path) -> None:
    path = named(write_raster(tmp_path / NAME, np.stack([PIXELS, OTHER])), "wwwww", "water")
    path.write_bytes(path.read_bytes().replace(b"wwwww", b"w\xe9\xffww"))
    np.testing.assert_array_equal(labels_of(path), THREE)


# label and valid


@pytest.mark.parametrize("label", [PIXELS, PIXELS * 3, THREE])
@pytest.mark.parametrize("on", [1, 255])
def test_a_second_band_that_is_0_says_nothing_is_known(
    tmp_path: Path, label: NDArray[np.uint8], on: int
) -> None:
    valid = np.full_like(PIXELS, on)
    valid[:, 25:] = 0
    path = write_raster(tmp_path / NAME, np.stack([label, valid]))
    np.testing.assert_array_equal(labels_of(path), np.where(valid, label, 255))


def test_label_and_valid_of_nothing_but_background_is_empty(tmp_path: Path) -> None:
    valid = np.full_like(PIXELS, 255)
    valid[0] = 0
    path = write_raster(tmp_path / NAME, np.stack([PIXELS * 0, valid]))
    mask = good(path, allow_empty=True)
    assert mask.classes.stored == {"0": 0}
    assert mask.classes.pixels == {"0": 19 * 30}


def test_a_band_named_valid_is_one_whatever_it_holds(tmp_path: Path) -> None:
    path = named(write_raster(tmp_path / NAME, np.stack([PIXELS, PIXELS])), "label", "valid")
    np.testing.assert_array_equal(labels_of(path), np.where(PIXELS, 1, 255))


# probabilities


def test_the_likeliest_class_counts(tmp_path: Path) -> None:
    np.testing.assert_array_equal(labels_of(write_raster(tmp_path / NAME, softmax())), PIXELS)


def test_a_threshold_is_for_what_there_may_be(tmp_path: Path) -> None:
    """Class 1 of 0.4 beside background of 0.6 is class 1 for whoever says 0.3."""
    bands = np.stack([np.where(PIXELS, 0.6, 0.9), np.where(PIXELS, 0.4, 0.1)])
    path = write_raster(tmp_path / NAME, bands.astype(np.float32))
    np.testing.assert_array_equal(labels_of(path, threshold=0.3), PIXELS)
    assert "empty" in problem_of(path, threshold=0.5)


@pytest.mark.parametrize("nodata", [None, np.nan])
def test_probabilities_that_are_no_numbers_are_no_data(
    tmp_path: Path, nodata: float | None
) -> None:
    bands = softmax()
    bands[:, 0] = np.nan
    path = write_raster(tmp_path / NAME, bands, nodata=nodata)
    expected = PIXELS.copy()
    expected[0] = 255
    np.testing.assert_array_equal(labels_of(path), expected)


# colours


def test_colours_need_a_table_that_has_all_of_them(tmp_path: Path) -> None:
    table = np.array([[0, 0, 0], [200, 10, 10], [10, 10, 200]], np.uint8)
    path = write_raster(tmp_path / "20200120.png", np.moveaxis(table[THREE], -1, 0), crs=None)
    source = image(tmp_path)
    assert "--classes" in problem_of(path, image=source)
    entries = [ClassEntry(0, None, "#000000"), ClassEntry(1, "mine", "#c80a0a")]
    assert "#0a0ac8" in problem_of(path, image=source, classes=tuple(entries))
    complete = (*entries, ClassEntry(5, "water", "#0a0ac8"))
    mask = good(path, image=source, classes=complete)
    assert mask.classes.names == {"1": "mine", "5": "water"}
    labels = labels_of(path, image=source, classes=complete)
    np.testing.assert_array_equal(labels, np.where(THREE == 2, 5, THREE))


@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    classes=st.integers(2, 5),
    seed=st.integers(0, 1000),
    complete=st.booleans(),
    on=st.sampled_from([1, 255]),
)
def test_one_hot_is_the_inverse_of_encoding(
    tmp_path: Path, classes: int, seed: int, complete: bool, on: int
) -> None:
    expected = np.random.default_rng(seed).integers(0, classes + 1, (12, 9))
    expected.flat[: classes + 1] = np.arange(classes + 1)
    first = 0 if complete else 1
    bands = np.stack([expected == value for value in range(first, classes + 1)]) * np.uint8(on)
    path = write_raster(tmp_path / NAME, bands)
    np.testing.assert_array_equal(labels_of(path), expected)


def test_alpha_may_be_the_first_band(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, np.stack([np.full_like(PIXELS, 255), THREE]))
    with rasterio.open(path, "r+") as dataset:
        dataset.colorinterp = (ColorInterp.alpha, ColorInterp.gray)
    np.testing.assert_array_equal(labels_of(path), THREE)


def test_an_image_is_no_mask_and_its_place_is_known(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(1, 255, (3, 20, 30)).astype(np.uint8)
    mask = added(write_raster(tmp_path / NAME, noise))
    assert "3 bands" in str(mask.problem)
    assert mask.extent is not None
    assert mask.classes.stored is None
