"""Reading mask files: header, values, valid area, labels; and files that are not what they say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp

from migrate_core.errors import MaskError
from migrate_core.masks.raster import layouts
from migrate_core.masks.raster.classes import class_map
from migrate_core.masks.raster.content import read_labels
from migrate_core.masks.raster.opening import file_sha256, opened, read_header
from migrate_core.model import Mask
from tests.support.builders import UTM31, content_of, labels, mask_of, north_up, write_raster

PIXELS = labels("0012", "0112", "3333")
VRT = """<VRTDataset rasterXSize="4" rasterYSize="3"><GeoTransform>0, 3, 0, 0, 0, -3</GeoTransform>
<VRTRasterBand dataType="Byte" band="1">
<SimpleSource><SourceFilename relativeToVRT="1">secret.tif</SourceFilename></SimpleSource>
</VRTRasterBand></VRTDataset>"""


def registered(path: Path) -> Mask:
    """The mask of a file as far as `read_labels` needs it."""
    classes = class_map(content_of(path).values)
    return replace(
        mask_of(path),
        sha256=file_sha256(path),
        classes=replace(mask_of(path).classes, stored=classes),
    )


@pytest.mark.parametrize(
    "transform",
    [
        north_up(),
        Affine.translation(483_000, 4_690_000) @ Affine.rotation(-7) @ Affine.scale(3, -3),
        Affine(3, 0.5, 483_000, 0, -3, 4_690_000),
    ],
    ids=["north-up", "rotated", "sheared"],
)
def test_a_header_says_what_rasterio_says(tmp_path: Path, transform: Affine) -> None:
    path = write_raster(tmp_path / "a.tif", PIXELS, transform=transform)
    header = read_header(path)
    with rasterio.open(path) as dataset:
        assert header.transform == dataset.transform
        assert header.crs == dataset.crs.to_string() == UTM31
    assert (header.width, header.height, header.bands) == (4, 3, 1)


def test_a_geographic_mask_keeps_its_degrees(tmp_path: Path) -> None:
    transform = Affine(1e-4, 0, 2.8, 0, -1e-4, 42.3)
    path = write_raster(tmp_path / "a.tif", PIXELS, crs="EPSG:4326", transform=transform)
    assert read_header(path).crs == "EPSG:4326"
    assert read_header(path).transform == transform


def test_a_crs_without_a_code_is_given_in_full(tmp_path: Path) -> None:
    own = "+proj=laea +lat_0=42 +lon_0=3 +ellps=GRS80 +units=m +no_defs"
    crs = read_header(write_raster(tmp_path / "a.tif", PIXELS, crs=own)).crs
    assert crs is not None
    assert rasterio.crs.CRS.from_string(crs) == rasterio.crs.CRS.from_string(own)


def test_a_mask_without_crs_may_still_have_a_transform(tmp_path: Path) -> None:
    nothing = read_header(write_raster(tmp_path / "a.tif", PIXELS, crs=None))
    assert (nothing.crs, nothing.transform) == (None, None)
    placed = read_header(write_raster(tmp_path / "b.tif", PIXELS, crs=None, transform=north_up()))
    assert (placed.crs, placed.transform) == (None, north_up())


@pytest.mark.parametrize(("bands", "colours"), [(3, "rgb"), (4, "rgba"), (2, "grey+alpha")])
def test_alpha_is_no_band_of_labels(tmp_path: Path, bands: int, colours: str) -> None:
    path = write_raster(tmp_path / "a.png", np.stack([PIXELS] * bands), crs=None)
    with opened(path) as dataset:
        alpha = dataset.colorinterp.count(ColorInterp.alpha)
    assert (
        read_header(path).bands == bands - alpha == {"rgb": 3, "rgba": 3, "grey+alpha": 1}[colours]
    )


def test_pixels_under_alpha_are_not_valid(tmp_path: Path) -> None:
    alpha = np.full((3, 4), 255, np.uint8)
    alpha[0] = 0
    content = content_of(write_raster(tmp_path / "a.png", np.stack([PIXELS, alpha]), crs=None))
    assert content.values == {0, 1, 2, 3}
    np.testing.assert_array_equal(content.valid, alpha > 0)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32"])
def test_values_are_found_in_any_type(tmp_path: Path, dtype: str) -> None:
    content = content_of(write_raster(tmp_path / "a.tif", PIXELS.astype(dtype)))
    assert content.values == {0, 1, 2, 3}
    assert content.valid.all()


def test_only_what_is_declared_as_no_data_is_not_valid(tmp_path: Path) -> None:
    pixels = labels("0011", "2222", "0000")
    pixels[0, 0] = 255
    undeclared = content_of(write_raster(tmp_path / "a.tif", pixels))
    assert undeclared.values == {0, 1, 2, 255}
    assert undeclared.valid.all()
    declared = content_of(write_raster(tmp_path / "b.tif", pixels, nodata=255))
    assert declared.values == {0, 1, 2}
    np.testing.assert_array_equal(declared.valid, pixels != 255)


def test_not_a_number_is_no_data_declared_or_not(tmp_path: Path) -> None:
    pixels = PIXELS.astype(np.float32)
    pixels[1, 1], pixels[2, 3] = np.nan, np.inf
    for number, nodata in enumerate((None, np.nan, -9999)):
        path = write_raster(tmp_path / f"{number}.tif", pixels, nodata=nodata)
        np.testing.assert_array_equal(content_of(path).valid, np.isfinite(pixels))
        expected = np.where(np.isfinite(pixels), PIXELS, 255)
        np.testing.assert_array_equal(read_labels(registered(path)), expected)


def test_strips_of_rows_together_are_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(1).integers(0, 9, (50, 7)).astype(np.uint8)
    path = write_raster(tmp_path / "a.tif", pixels, nodata=8)
    monkeypatch.setattr(layouts, "_STRIP_PIXELS", 22)
    assert content_of(path).values == set(range(8))
    np.testing.assert_array_equal(content_of(path).valid, pixels != 8)
    np.testing.assert_array_equal(read_labels(registered(path)), np.where(pixels == 8, 255, pixels))


def test_too_many_values_are_noticed_across_strips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_raster(tmp_path / "a.tif", np.arange(300, dtype=np.uint16).reshape(30, 10))
    monkeypatch.setattr(layouts, "_STRIP_PIXELS", 10)
    with pytest.raises(MaskError, match=r"a\.tif: it has 300 different values"):
        content_of(path)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4), "not whole numbers"),
        (np.arange(400, dtype=np.int16).reshape(20, 20), "400 or more different values"),
        (np.ones((3, 4), dtype=np.complex64), "complex numbers"),
    ],
    ids=["probabilities", "image", "complex"],
)
def test_what_can_not_be_classes_is_refused_by_file(
    tmp_path: Path, pixels: np.ndarray, message: str
) -> None:
    with pytest.raises(MaskError, match=rf"a\.tif: .*{message}"):
        content_of(write_raster(tmp_path / "a.tif", pixels))


# files that are not what they say


def test_a_vrt_in_disguise_is_not_opened(tmp_path: Path) -> None:
    write_raster(tmp_path / "secret.tif", PIXELS)
    disguised = tmp_path / "mask.tif"
    disguised.write_text(VRT)
    with rasterio.open(disguised) as dataset:  # by sniffing it would be
        assert dataset.driver == "VRT"
    for read in (read_header, content_of):
        with pytest.raises(MaskError, match=r"mask\.tif: it can't be opened as GTiff"):
            read(disguised)


@pytest.mark.parametrize("name", ["mask.vrt", "mask.jp2", "mask.shp", "mask.txt", "mask"])
def test_other_forms_are_refused_with_the_known_ones(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(VRT)
    with pytest.raises(MaskError, match=r"\.tif, \.tiff, \.png, \.jpg, \.jpeg"):
        read_header(tmp_path / name)


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg"])
def test_an_empty_file_is_named_as_such(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"mask{suffix}"
    path.touch()
    with pytest.raises(MaskError, match="the file is empty"):
        read_header(path)


def test_a_file_with_a_wrong_suffix_is_refused(tmp_path: Path) -> None:
    write_raster(tmp_path / "a.png", PIXELS, crs=None).rename(tmp_path / "a.tif")
    with pytest.raises(MaskError, match="can't be opened as GTiff"):
        read_header(tmp_path / "a.tif")


def test_a_file_that_is_not_there_is_a_mask_error(tmp_path: Path) -> None:
    with pytest.raises(MaskError, match=r"none\.tif: it can't be opened"):
        read_header(tmp_path / "none.tif")


def test_a_truncated_file_has_a_header_but_no_pixels(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 9, (200, 200)).astype(np.uint8)
    path = write_raster(tmp_path / "a.tif", pixels)
    path.write_bytes(path.read_bytes()[:20_000])
    assert read_header(path).width == 200
    with pytest.raises(MaskError, match=r"a\.tif: its pixels can't be read.*copy it again"):
        content_of(path)


@pytest.mark.parametrize("suffix", [".TIF", ".Tiff", ".PNG"])
def test_suffixes_may_be_in_capitals(tmp_path: Path, suffix: str) -> None:
    lower = write_raster(tmp_path / f"x{suffix.lower()}", PIXELS, crs=None)
    path = lower.rename(tmp_path / f"a{suffix}")
    assert read_header(path).width == 4


# labels


def test_labels_are_the_stored_values_with_255_for_no_data(tmp_path: Path) -> None:
    pixels = np.array([[0, 300, -7], [5, 255, -9999]], dtype=np.int16)
    path = write_raster(tmp_path / "a.tif", pixels, nodata=-9999)
    mask = registered(path)
    assert mask.classes.stored == {"-7": 1, "0": 0, "5": 5, "255": 2, "300": 3}
    stored = read_labels(mask)
    np.testing.assert_array_equal(stored, [[0, 3, 1], [5, 2, 255]])
    assert stored.dtype == np.uint8


def test_0_and_255_become_0_and_1(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", np.array([[0, 255], [255, 0]], dtype=np.uint8))
    np.testing.assert_array_equal(read_labels(registered(path)), [[0, 1], [1, 0]])


def test_a_mask_that_is_gone_or_changed_is_not_read(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", PIXELS)
    mask = registered(path)
    write_raster(path, 1 - PIXELS)
    with pytest.raises(MaskError, match="has changed since it was added"):
        read_labels(mask)
    path.unlink()
    with pytest.raises(MaskError, match="is gone"):
        read_labels(replace(mask))


def test_the_digest_is_that_of_sha256sum(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")  # the example of FIPS 180-2
    assert file_sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    ("name", "content", "found", "remedy"),
    [
        ("a.tif", b"", "the file is empty", "Copy it again"),
        ("a.tif", b"some text", "it is text that begins with 'some text'", "Name the file"),
        ("a.tif", b"II*\0\x08\0\0\0", "damaged, or cut off after 8 bytes", "Copy it again"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "damaged, or cut off", "Copy it again"),
        ("a.png", b"<html></html>", "it is a web page", "Name the file"),
        ("a.jpg", b"II*\0\x08\0\0\0", "it is a TIFF by its content", "the suffix of what it is"),
    ],
)
def test_a_file_that_can_not_be_opened_is_said_to_be_what_it_is(
    tmp_path: Path, name: str, content: bytes, found: str, remedy: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MaskError) as raised:
        read_header(tmp_path / name)
    text = str(raised.value)
    assert text.startswith(f"{name}: it can't be opened as ")
    assert found in text
    assert remedy in text
    assert str(tmp_path) not in text
