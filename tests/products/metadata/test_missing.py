"""Products that lost their metadata: what names, the granule and the rasters still tell."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from migrate_core.errors import ProductError
from migrate_core.pairs.image.offset_check import offset_check
from migrate_core.products.files.granules import find_granules
from migrate_core.products.offsets import NOTHING_SAYS
from migrate_core.products.opening import open_product
from migrate_core.products.pixels.reading import DigitalNumbers
from migrate_core.products.product import Product
from tests.support.bands import read_bands
from tests.support.builders import BANDS_L1C, BANDS_L2A, Safe, write_safe
from tests.support.product_forms import flattened, full_tile_xml

SINCE = Safe(baseline="04.00", offset=-1000)


def pixels(product: Product) -> np.ndarray:
    return read_bands(product, product.grid, "bilinear")


def lose(product: Path, *names: str) -> Path:
    for name in names:
        for path in list(product.rglob(name)):
            path.unlink()
    return product


@pytest.mark.parametrize("level", ["L1C", "L2A"])
@pytest.mark.parametrize("lost", [("MTD_MSI*.xml",), ("MTD_TL.xml",), ("*.xml",)])
@pytest.mark.parametrize("named", ["as it was", "without .SAFE"])
def test_a_named_folder_that_lost_metadata_gives_the_same_pixels(
    tmp_path: Path, level: str, lost: tuple[str, ...], named: str
) -> None:
    safe = replace(SINCE, level=level)
    folder = write_safe(tmp_path, safe)
    whole = open_product(str(folder))
    expected = pixels(whole)
    lose(folder, *lost)
    if named == "without .SAFE":
        folder = folder.rename(folder.with_suffix(""))
    (found,) = find_granules(folder)
    assert (found.scene_id, found.level, found.tile) == (safe.product_id, level, "31TDG")
    assert found.baseline == "04.00"
    assert found.sensed_at.isoformat().startswith("2020-01-21T10:43:51")
    product = open_product(str(folder))
    assert product.grid == whole.grid
    assert product.offsets == whole.offsets
    assert product.offset_warnings == ()
    assert [band.name for band in product.bands] == [band.name for band in whole.bands]
    np.testing.assert_array_equal(pixels(product), expected)


def test_without_metadata_the_footprint_is_the_whole_granule(tmp_path: Path) -> None:
    half = Safe(size=24)
    folder = write_safe(tmp_path, replace(half, footprint=half.lonlat().buffer(-1e-4)))
    lose(folder, "*.xml")
    (found,) = find_granules(folder)
    assert found.footprint.area == pytest.approx(half.lonlat().area, rel=1e-6)
    assert found.cloud_percent is None


def test_the_granules_own_metadata_tell_baseline_time_and_clouds(tmp_path: Path) -> None:
    folder = write_safe(tmp_path, SINCE)
    (folder / SINCE.granule / "MTD_TL.xml").write_text(full_tile_xml(SINCE))
    lose(folder, "MTD_MSI*.xml")
    folder = folder.rename(tmp_path / "renamed")
    (found,) = find_granules(folder)
    assert (found.level, found.tile, found.baseline) == ("L2A", "31TDG", "04.00")
    assert found.cloud_percent == 12.5
    assert found.scene_id == Path(SINCE.granule).name
    assert set(open_product(str(folder)).offsets.values()) == {-1000}


@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_bare_band_files_are_a_product_whose_offset_is_in_doubt(tmp_path: Path, level: str) -> None:
    safe = replace(SINCE, level=level)
    whole = open_product(str(write_safe(tmp_path, safe)))
    flat = flattened(tmp_path / f"{safe.product_id}.SAFE", tmp_path / "flat")
    (found,) = find_granules(flat)
    assert found.scene_id == "T31TDG_20200121T104351"
    assert (found.level, found.tile, found.baseline) == (level, "31TDG", "")
    product = open_product(str(flat))
    assert product.grid == whole.grid
    assert product.missing == ()
    assert (product.scene_classification is not None) is (level == "L2A")
    assert product.offset_warnings == (NOTHING_SAYS,)
    assert set(product.offsets.values()) == {0}
    np.testing.assert_array_equal(pixels(product), pixels(replace(whole, offsets={})))


def test_bands_of_two_dates_in_one_folder_are_two_products(tmp_path: Path) -> None:
    days = (Safe(), Safe(sensed="20200126T104351"))
    for safe in days:
        flattened(write_safe(tmp_path, safe), tmp_path / "flat")
    found = find_granules(tmp_path / "flat")
    assert [one.scene_id for one in found] == [f"T31TDG_{safe.sensed}" for safe in days]
    assert [one.sensed_at.day for one in found] == [21, 26]
    assert all(set(one.granule.bands) == set(BANDS_L2A) for one in found)


def test_a_granules_folder_by_itself_is_a_product(tmp_path: Path) -> None:
    folder = write_safe(tmp_path, replace(SINCE, level="L1C"))
    granule = folder / replace(SINCE, level="L1C").granule
    alone = Path(shutil.copytree(granule, tmp_path / granule.name))
    product = open_product(str(alone))
    assert [band.name for band in product.bands] == list(BANDS_L1C)
    assert product.grid == SINCE.grid


def dark(offset: int) -> Callable[[str, int, int], np.ndarray]:
    """Water and wood: dark in all bands, with the offset of 1000 in the numbers or without."""

    def numbers(band: str, height: int, width: int) -> np.ndarray:
        spread = np.arange(height * width).reshape(height, width) % 400
        return (60 + spread + offset).astype(np.uint16)

    return numbers


@pytest.mark.parametrize(("in_pixels", "warnings"), [(0, 0), (1000, 2)])
def test_the_pixels_decide_about_an_offset_that_nothing_tells(
    tmp_path: Path, in_pixels: int, warnings: int
) -> None:
    safe = Safe(size=60, pixels=dark(in_pixels))
    product = open_product(str(flattened(write_safe(tmp_path, safe), tmp_path / "flat")))
    numbers: DigitalNumbers = {}
    read_bands(product, product.grid, "bilinear", numbers)
    check = offset_check(product, numbers)
    assert check.in_pixels is (in_pixels != 0)
    assert len(check.warnings) == warnings


def test_an_unofficial_baseline_tells_no_offset_without_metadata(tmp_path: Path) -> None:
    folder = lose(write_safe(tmp_path, Safe(baseline="99.99")), "*.xml")
    product = open_product(str(folder))
    assert product.baseline == "99.99"
    assert product.offset_warnings == (NOTHING_SAYS,)


def test_what_can_not_be_found_out_is_named(tmp_path: Path) -> None:
    flat = flattened(write_safe(tmp_path, Safe()), tmp_path / "flat")
    for path in flat.iterdir():
        path.rename(path.with_name(path.name.replace("20200121T104351", "x")))
    with pytest.raises(ProductError, match=r"^flat: neither metadata nor names tell the time"):
        find_granules(flat)


def test_without_metadata_and_10_m_band_the_place_is_not_known(tmp_path: Path) -> None:
    folder = lose(write_safe(tmp_path, Safe(bands=("B01", "B05"))), "*.xml")
    with pytest.raises(ProductError, match="nor a 10 m band"):
        find_granules(folder)


def test_rasters_without_georeference_are_refused(tmp_path: Path) -> None:
    folder = lose(write_safe(tmp_path, Safe()), "*.xml")
    for path in folder.rglob("*.jp2"):
        with rasterio.open(path) as dataset:
            numbers = dataset.read()
        path.unlink()
        with (
            pytest.warns(rasterio.errors.NotGeoreferencedWarning),
            rasterio.open(
                path,
                "w",
                driver="JP2OpenJPEG",
                count=1,
                height=numbers.shape[1],
                width=numbers.shape[2],
                dtype=numbers.dtype,
            ) as dataset,
        ):
            dataset.write(numbers)
    with pytest.raises(ProductError, match="it has no CRS"):
        find_granules(folder)


# real data


def test_a_real_product_without_metadata_is_still_itself(
    require_data: Callable[[str], Path], tmp_path: Path
) -> None:
    archive = next((require_data("boadella") / "safe").glob("*N0400*.zip"))
    shutil.unpack_archive(archive, tmp_path)
    (folder,) = tmp_path.iterdir()
    whole = open_product(str(archive))
    product = open_product(str(lose(folder, "*.xml")))
    assert (product.product_id, product.grid) == (whole.product_id, whole.grid)
    assert product.offsets == whole.offsets
