"""Reading windows of a product: the pixels rasterio gives, offsets applied, nothing shifted."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from migrate_core.errors import ProductError
from migrate_core.grid import PixelGrid, Window, block
from migrate_core.products.jp2.header import Georeference
from migrate_core.products.jp2.shared_tiles import ENOUGH, expecting
from migrate_core.products.opening import open_product
from migrate_core.products.pixels import georeference, reading
from migrate_core.products.pixels.reading import apply_offset, grid_of, read_scene_classification
from migrate_core.products.pixels.resampling import upsample
from migrate_core.products.product import BandFile, Product
from migrate_core.products.remembered import Remembered
from tests.support.bands import read_bands
from tests.support.builders import (
    BANDS_L2A,
    RESOLUTION,
    UTM31,
    Safe,
    north_up,
    ramp,
    scene_classes,
    write_jp2,
    write_raster,
    write_safe,
    write_stac,
    zipped,
)
from tests.support.jp2 import JP2_OPTIONS
from tests.support.properties import examples

SAFE = Safe(baseline="04.00", offset=-1000)
TEN_METRES = tuple(band for band in BANDS_L2A if RESOLUTION[band] == 10)
windows = st.builds(
    Window, st.integers(-9, 30), st.integers(-9, 30), st.integers(1, 20), st.integers(1, 20)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_safe(tmp_path_factory.mktemp("safe"), SAFE)


@pytest.fixture(scope="module")
def product(folder: Path) -> Product:
    return open_product(str(folder))


def clip(pixels: np.ndarray, window: Window) -> np.ndarray:
    """A window of an array, 0 where it reaches over the edge, by plain indexing."""
    size, margin = len(pixels), 60
    padded = np.zeros((size + 2 * margin, size + 2 * margin), dtype=pixels.dtype)
    padded[margin : margin + size, margin : margin + size] = pixels
    row, column = window.row + margin, window.column + margin
    return padded[row : row + window.height, column : column + window.width]


@settings(max_examples=examples(15))
@given(window=windows)
def test_10_m_bands_are_the_products_pixels_after_the_offset(
    product: Product, window: Window
) -> None:
    found = read_bands(product, block(product.grid, window), "bilinear")
    assert found.shape == (12, window.height, window.width)
    assert found.dtype == np.uint16
    for band in TEN_METRES:
        expected = clip(ramp(band, 24, 24), window).astype(int)
        expected = np.where(expected == 0, 0, expected - 1000)
        np.testing.assert_array_equal(found[BANDS_L2A.index(band)], expected)


@settings(max_examples=examples(15))
@given(window=windows, method=st.sampled_from(["nearest", "bilinear", "cubic"]))
def test_a_window_shows_what_the_whole_shows(product: Product, window: Window, method: str) -> None:
    whole = read_bands(product, product.grid, method)
    found = read_bands(product, block(product.grid, window), method)
    for one, part in zip(whole, found, strict=True):
        expected = clip(one, window)
        np.testing.assert_array_equal(part == 0, expected == 0)
        # Halves may be rounded either way.
        np.testing.assert_allclose(part.astype(int), expected.astype(int), atol=1)


@pytest.mark.parametrize(("windows", "threads"), [(1, reading._LOCAL_THREADS), (ENOUGH, 1)])
def test_windows_that_are_cut_from_kept_tiles_are_read_without_threads(
    product: Product, monkeypatch: pytest.MonkeyPatch, windows: int, threads: int
) -> None:
    asked: list[int] = []
    each = reading.each

    def counted(read: Callable[[int], Any], items: Iterable[int], most: int) -> list[Any]:
        asked.append(most)
        return each(read, items, most)

    grid = block(product.grid, Window(6, 6, 12, 12))
    before = reading.read_native_bands(product, {"B02": grid, "B03": grid})
    monkeypatch.setattr(reading, "each", counted)
    with expecting(windows):
        found = reading.read_native_bands(product, {"B02": grid, "B03": grid})
    assert asked == [threads]
    assert all(np.array_equal(found[name], before[name]) for name in ("B02", "B03"))


@pytest.mark.parametrize("band", ["B05", "B09"])
def test_coarser_bands_lie_under_the_10_m_pixels_they_cover(product: Product, band: str) -> None:
    factor = RESOLUTION[band] // 10
    found = read_bands(product, product.grid, "nearest")[BANDS_L2A.index(band)]
    native = ramp(band, 24 // factor, 24 // factor) - 1000
    np.testing.assert_array_equal(found, np.kron(native, np.ones((factor, factor))))


def test_the_offset_comes_before_the_resampling(product: Product) -> None:
    found = read_bands(product, product.grid, "bilinear")[BANDS_L2A.index("B11")]
    native = (ramp("B11", 12, 12) - 1000).astype(np.uint16)
    expected = upsample(native, product.grid.coarser(2), product.grid, "bilinear")
    np.testing.assert_array_equal(found, expected)


def test_no_data_stays_no_data_and_dark_pixels_stay_data(tmp_path: Path) -> None:
    def pixels(band: str, height: int, width: int) -> np.ndarray:
        values = np.full((height, width), 900, dtype=np.uint16)  # below the offset
        values[:, : width // 2] = 0
        values[-1, -1] = 65535
        return values

    folder = write_safe(tmp_path, replace(SAFE, pixels=pixels))
    product = open_product(str(folder))
    for band in read_bands(product, product.grid, "bilinear"):
        assert np.unique(band).tolist() == [0, 1, 65535]
        assert (band[:, :12] == 0).all()
        assert (band[:, 12:] > 0).all()


def test_a_zip_and_cogs_give_the_same_pixels_as_the_folder(
    tmp_path: Path, folder: Path, product: Product
) -> None:
    expected = read_bands(product, product.grid, "bilinear")
    copy = Path(shutil.copytree(folder, tmp_path / folder.name))
    item = write_stac(tmp_path, SAFE, **{"earthsearch:boa_offset_applied": False})
    for place in (zipped(copy), item):
        other = open_product(str(place))
        np.testing.assert_array_equal(read_bands(other, product.grid, "bilinear"), expected)
        classes = read_scene_classification(other, product.grid)
        np.testing.assert_array_equal(classes, read_scene_classification(product, product.grid))


@settings(max_examples=examples(10))
@given(window=windows)
def test_scene_classes_are_never_mixed_nor_offset(product: Product, window: Window) -> None:
    found = read_scene_classification(product, block(product.grid, window))
    assert found is not None
    assert found.dtype == np.uint8
    native = np.kron(scene_classes(12, 12), np.ones((2, 2), dtype=np.uint8))
    np.testing.assert_array_equal(found, clip(native, window))


def test_a_product_without_scene_classification_has_none(product: Product) -> None:
    bare = replace(product, scene_classification=None)
    assert read_scene_classification(bare, product.grid) is None


@given(
    hnp.arrays(
        np.uint16,
        (3, 4),
        elements=st.one_of(st.integers(0, 65535), st.sampled_from([0, 1, 999, 1000, 1001, 65535])),
    ),
    st.integers(-2000, 2000),
)
def test_the_offset_rule_pixel_by_pixel(pixels: np.ndarray, offset: int) -> None:
    def rule(number: int) -> int:
        if number in (0, 65535):
            return number
        return min(max(number + offset, 1), 65534)

    expected = [[rule(int(number)) for number in row] for row in pixels]
    found = apply_offset(pixels, offset)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.uint16


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_the_lattice_of_a_band_is_its_own(folder: Path, tmp_path: Path) -> None:
    path = folder / SAFE.band_file("B05")
    band = BandFile("B05", str(path), 20, "JP2OpenJPEG")
    assert grid_of(band) == PixelGrid(UTM31, north_up(resolution=20), 12, 12)
    bare = write_raster(tmp_path / "B02.tif", np.zeros((2, 2), np.uint16), crs=None)
    with pytest.raises(ProductError, match=r"B02\.tif: it has no CRS"):
        grid_of(BandFile("B02", str(bare), 10, "GTiff"))


# bands that can't be trusted


def changed(folder: Path, tmp_path: Path, band: str) -> tuple[Path, Path]:
    """A copy of the product and the path of one of its bands."""
    copy = Path(shutil.copytree(folder, tmp_path / folder.name))
    return copy, copy / SAFE.band_file(band)


def read_all(folder: Path) -> np.ndarray:
    product = open_product(str(folder))
    return read_bands(product, product.grid, "bilinear")


@pytest.mark.parametrize("band", ["B02", "B05"])
def test_a_band_that_lies_elsewhere_is_refused(folder: Path, tmp_path: Path, band: str) -> None:
    copy, path = changed(folder, tmp_path, band)
    pixels = 240 // RESOLUTION[band]
    write_jp2(path, ramp(band, pixels, pixels), replace(SAFE, west=SAFE.west + 10), band)
    with pytest.raises(ProductError, match=f"{SAFE.product_id}: band {band} lies at"):
        read_all(copy)


def test_of_bands_whose_files_begin_alike_gdal_reads_one(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_checked", Remembered(9))
    monkeypatch.setattr(georeference, "_checked", Remembered(9))
    inner, heads = georeference.read_georeference, []

    def counting(head: bytes, driver: str) -> Georeference:
        heads.append(head)
        return inner(head, driver)

    monkeypatch.setattr(georeference, "read_georeference", counting)
    read_bands(product, product.grid, "nearest")
    resolutions = {band.resolution_m for band in product.bands}
    assert len(heads) == len(set(heads)) == len(resolutions) == 3


def test_a_band_in_another_zone_is_refused(folder: Path, tmp_path: Path) -> None:
    copy, path = changed(folder, tmp_path, "B02")
    write_jp2(path, ramp("B02", 24, 24), replace(SAFE, epsg=32630), "B02")
    with pytest.raises(ProductError, match=r"band B02 lies at .* EPSG:32630"):
        read_all(copy)


def test_a_band_of_another_size_is_refused(folder: Path, tmp_path: Path) -> None:
    copy, path = changed(folder, tmp_path, "B02")
    write_jp2(path, ramp("B02", 12, 12), SAFE, "B02")
    with pytest.raises(ProductError, match=r"band B02 .* 12 x 12 pixels"):
        read_all(copy)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_band_of_another_size_is_refused_even_without_georeference(
    folder: Path, tmp_path: Path
) -> None:
    copy, path = changed(folder, tmp_path, "B02")
    write_raster(path, ramp("B02", 12, 12), crs=None, **JP2_OPTIONS)
    with pytest.raises(ProductError, match="B02"):
        read_all(copy)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_band_without_georeference_is_believed_to_lie_where_the_metadata_say(
    folder: Path, tmp_path: Path
) -> None:
    copy, path = changed(folder, tmp_path, "B02")
    write_raster(path, ramp("B02", 24, 24), crs=None, **JP2_OPTIONS)
    np.testing.assert_array_equal(read_all(copy), read_all(folder))


def test_a_band_cut_short_is_a_product_error(folder: Path, tmp_path: Path) -> None:
    copy, path = changed(folder, tmp_path, "B02")
    for content in (b"", b"no jp2", path.read_bytes()[:120]):
        path.write_bytes(content)
        with pytest.raises(ProductError, match="band B02 can't be read"):
            read_all(copy)


def test_a_vrt_in_disguise_is_not_opened(folder: Path, tmp_path: Path) -> None:
    copy, path = changed(folder, tmp_path, "B02")
    real = path.rename(tmp_path / "real.jp2")
    path.write_text(
        '<VRTDataset rasterXSize="24" rasterYSize="24"><SRS>EPSG:32631</SRS>'
        "<GeoTransform>482820, 10, 0, 4690320, 0, -10</GeoTransform>"
        f'<VRTRasterBand dataType="UInt16" band="1"><SimpleSource><SourceFilename>{real}'
        "</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    with rasterio.open(path) as dataset:  # by sniffing it would be
        np.testing.assert_array_equal(dataset.read(1), ramp("B02", 24, 24))
    with pytest.raises(ProductError, match="band B02 can't be read"):
        read_all(copy)


def test_a_sidecar_file_can_not_change_what_a_band_says(folder: Path, tmp_path: Path) -> None:
    copy, path = changed(folder, tmp_path, "B02")
    path.with_name(f"{path.name}.aux.xml").write_text(
        "<PAMDataset><SRS>EPSG:32630</SRS><GeoTransform>0, 10, 0, 0, 0, -10</GeoTransform>"
        "</PAMDataset>"
    )
    np.testing.assert_array_equal(read_all(copy), read_all(folder))


# real data


def test_safe_and_stac_of_boadella_give_the_same_pixels(
    require_data: Callable[[str], Path],
) -> None:
    boadella = require_data("boadella")
    window = Window(100, 90, 60, 50)
    compared = 0
    for archive in sorted(boadella.glob("safe/*.zip"))[::3]:
        day = archive.name.split("_")[2][:8]
        (item,) = boadella.glob(f"stac/{archive.name[:3]}_31TDG_{day}_0_L2A/*.json")
        safe, stac = open_product(str(archive)), open_product(str(item))
        assert safe.grid == stac.grid
        grid = block(safe.grid, window)
        pixels = read_bands(safe, grid, "bilinear")
        np.testing.assert_array_equal(pixels, read_bands(stac, grid, "bilinear"))
        np.testing.assert_array_equal(
            read_scene_classification(safe, grid), read_scene_classification(stac, grid)
        )
        assert pixels.any()
        compared += 1
    assert compared == 3


def test_the_offset_of_a_real_product_of_baseline_04_00_is_applied_once(
    require_data: Callable[[str], Path],
) -> None:
    (archive,) = require_data("boadella").glob("safe/*_N0400_*.zip")
    (item,) = require_data("boadella").glob("stac/S2B_31TDG_20220308_0_L2A/*.json")
    safe, stac = open_product(str(archive)), open_product(str(item))
    assert set(safe.offsets.values()) == {-1000}
    assert set(stac.offsets.values()) == {0}
    grid = block(safe.grid, Window(100, 90, 60, 50))
    pixels = read_bands(safe, grid, "bilinear")
    np.testing.assert_array_equal(pixels, read_bands(stac, grid, "bilinear"))
    with rasterio.open(safe.bands[1].location) as dataset:
        raw = dataset.read(1, window=((90, 140), (100, 160))).astype(int)
    np.testing.assert_array_equal(pixels[1], np.where(raw == 0, 0, np.maximum(raw - 1000, 1)))


def test_real_bands_that_were_decimated_are_refused(require_data: Callable[[str], Path]) -> None:
    archive = next(require_data("safe_zip").glob("S2A_MSIL1C_20201031*.zip"))
    product = open_product(str(archive))
    with pytest.raises(ProductError, match="20 x 20 pixels, but the metadata say"):
        read_bands(product, block(product.grid, Window(0, 0, 5, 5)), "bilinear")
