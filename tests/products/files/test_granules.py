"""SAFE products in folders and zips: which granules and bands, where, with which offsets."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import rasterio

from migrate_core.errors import ProductError
from migrate_core.products.files.found import FoundGranule
from migrate_core.products.files.granules import find_granules
from migrate_core.products.offsets import TAG_IS_MISSING
from migrate_core.products.opening import open_product
from migrate_core.products.product import Product
from tests.support.builders import (
    BANDS_L1C,
    BANDS_L2A,
    RESOLUTION,
    Safe,
    labels,
    product_xml,
    write_jp2,
    write_metadata,
    write_safe,
    zipped,
)


def find_safe(path: Path) -> FoundGranule | None:
    """The only granule of the product, if there is a product."""
    found = find_granules(path)
    assert len(found) <= 1
    return found[0] if found else None


def open_safe(path: Path) -> Product:
    return open_product(str(path))


def touched(folder: Path, safe: Safe) -> Path:
    """A product whose band files are there, but empty: enough to be opened, not to be read."""
    product = write_metadata(folder, safe)
    for band in BANDS_L2A if safe.level == "L2A" else BANDS_L1C:
        path = product / safe.band_file(band)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return product


@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_a_folder_and_its_zip_are_the_same_product(tmp_path: Path, level: str) -> None:
    safe = Safe(level=level)
    folder = touched(tmp_path, safe)
    found = open_safe(folder)
    again = open_safe(zipped(folder))
    assert (found.product_id, found.level, found.baseline) == (safe.product_id, level, "02.14")
    assert found.grid == safe.grid
    for product in (found, again):
        assert product.product_id == found.product_id
        assert product.grid == found.grid
        assert [band.name for band in product.bands] == list(
            BANDS_L1C if level == "L1C" else BANDS_L2A
        )
        assert all(band.resolution_m == RESOLUTION[band.name] for band in product.bands)
        assert all(f"_{band.name}" in band.location for band in product.bands)
    assert found.scene_classification is None


def test_bands_of_level_2a_are_taken_at_their_own_resolution(tmp_path: Path) -> None:
    safe = Safe()
    folder = touched(tmp_path, safe)
    for band, resolution in (("B02", 20), ("B02", 60), ("B05", 60), ("B8A", 60), ("SCL", 60)):
        own = safe.band_file(band)
        coarse = folder / own.replace(f"{RESOLUTION.get(band, 20)}m", f"{resolution}m")
        coarse.touch()
    (folder / safe.band_file("SCL")).touch()
    (folder / safe.band_file("B02").replace("_B02_", "_TCI_")).touch()
    product = open_safe(folder)
    for band in product.bands:
        assert Path(band.location) == folder / safe.band_file(band.name)
    assert product.scene_classification is not None
    assert Path(product.scene_classification.location) == folder / safe.band_file("SCL")


@pytest.mark.parametrize(("level", "tag"), [("L1C", "RADIO_ADD_OFFSET"), ("L2A", "BOA_ADD_OFFSET")])
def test_the_metadata_decide_about_the_offset_not_the_date(
    tmp_path: Path, level: str, tag: str
) -> None:
    reprocessed = Safe(level=level, sensed="20170121T104351", baseline="05.00", offset=-1000)
    found = open_safe(touched(tmp_path / "a", reprocessed))
    assert set(found.offsets.values()) == {-1000}
    assert found.offset_origin == f"{tag} in MTD_MSI{level}.xml"
    old = open_safe(touched(tmp_path / "b", Safe(level=level, sensed="20230121T104351")))
    assert set(old.offsets.values()) == {0}
    assert f"no {tag}" in old.offset_origin
    assert set(old.offsets) == {band.name for band in old.bands}


def test_metadata_that_lack_the_offset_of_their_baseline_are_believed_with_a_doubt(
    tmp_path: Path,
) -> None:
    for baseline, warnings in (("03.01", ()), ("05.10", (TAG_IS_MISSING,)), ("99.99", ())):
        product = open_safe(touched(tmp_path / baseline, Safe(baseline=baseline)))
        assert set(product.offsets.values()) == {0}
        assert product.offset_warnings == warnings
    stated = Safe(baseline="99.99", offset=-1000)
    product = open_safe(touched(tmp_path, stated))
    assert set(product.offsets.values()) == {-1000}
    assert product.offset_warnings == ()


def test_missing_bands_are_named(tmp_path: Path) -> None:
    safe = Safe()
    folder = touched(tmp_path, safe)
    for band in ("B03", "B11"):
        (folder / safe.band_file(band)).unlink()
    product = open_safe(folder)
    assert product.missing == ("B03", "B11")
    assert {band.name for band in product.bands} == set(BANDS_L2A) - {"B03", "B11"}


def test_a_product_without_any_band_is_an_error_to_open_but_can_be_searched(tmp_path: Path) -> None:
    folder = write_metadata(tmp_path, Safe())
    assert find_safe(folder) is not None
    with pytest.raises(ProductError, match=r"no band \(…_B02\.jp2\) is in it"):
        open_safe(folder)


def test_what_is_no_product_is_none_to_find_and_an_error_to_open(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    archive = tmp_path / "other.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("readme.txt", "x")
    for path in (tmp_path / "empty", archive):
        assert find_safe(path) is None
        with pytest.raises(ProductError, match="it is no Sentinel-2 product"):
            open_safe(path)


def test_a_product_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProductError, match=r"gone\.SAFE"):
        open_safe(tmp_path / "gone.SAFE")


def test_bare_metadata_are_enough_for_a_search_but_not_to_open(tmp_path: Path) -> None:
    (tmp_path / "X.SAFE").mkdir()
    (tmp_path / "X.SAFE" / "MTD_MSIL2A.xml").write_text(product_xml(Safe()))
    found = find_safe(tmp_path / "X.SAFE")
    assert found is not None
    assert (found.scene_id, found.tile) == (Safe().product_id, "31TDG")
    with pytest.raises(ProductError, match=f"{Safe().product_id}: no band"):
        open_safe(tmp_path / "X.SAFE")


def test_a_folder_without_suffix_or_of_another_name_has_the_id_of_its_metadata(
    tmp_path: Path,
) -> None:
    safe = Safe()
    folder = touched(tmp_path, safe).rename(tmp_path / "renamed")
    found = find_safe(folder)
    assert found is not None
    assert (found.scene_id, found.tile) == (safe.product_id, "31TDG")


def test_a_product_without_uri_has_the_name_of_its_folder(tmp_path: Path) -> None:
    safe = Safe()
    folder = touched(tmp_path, safe)
    metadata = folder / "MTD_MSIL2A.xml"
    metadata.write_text(product_xml(safe).replace("PRODUCT_URI>", "PRODUCT_URI_2A>"))
    for found in (find_safe(folder), find_safe(zipped(folder))):
        assert found is not None
        assert (found.scene_id, found.tile) == (safe.product_id, "31TDG")


def test_a_copy_of_the_metadata_beside_them_does_no_harm(tmp_path: Path) -> None:
    folder = touched(tmp_path, Safe())
    (folder / "MTD_MSIL2A (copy).xml").write_text("<x/>")
    assert find_safe(folder) is not None


def test_metadata_of_a_strange_name_are_as_good_as_lost(tmp_path: Path) -> None:
    folder = touched(tmp_path, Safe())
    (folder / "MTD_MSIL2A.xml").rename(folder / "MTD_MSIL2A (1).xml")
    found = find_safe(folder)
    assert found is not None
    assert (found.metadata, found.scene_id) == (None, Safe().product_id)


def test_the_builders_products_are_products_to_gdal(tmp_path: Path) -> None:
    safe = Safe(offset=-1000, baseline="04.00")
    folder = write_safe(tmp_path, safe)
    grid = open_safe(folder).grid
    name = f"SENTINEL2_L2A:{folder / 'MTD_MSIL2A.xml'}:10m:EPSG_32631"
    with rasterio.open(name) as dataset:
        assert (dataset.transform, dataset.shape) == (grid.transform, grid.shape)
        assert dataset.crs.to_string() == grid.crs


def test_a_band_written_by_hand_is_found_beside_the_others(tmp_path: Path) -> None:
    safe = Safe(bands=tuple(band for band in BANDS_L2A if band != "B04"))
    folder = write_safe(tmp_path, safe)
    assert open_safe(folder).missing == ("B04",)
    write_jp2(folder / safe.band_file("B04"), labels("12", "34"), safe, "B04")
    assert [band.name for band in open_safe(folder).bands] == list(BANDS_L2A)


# real data


def test_grids_of_real_l1c_zips_are_those_that_rasterio_sees(
    require_data: Callable[[str], Path],
) -> None:
    archives = sorted(require_data("safe_zip").glob("S2?_MSIL1C_*.zip"))
    assert len(archives) == 3
    for archive in archives:
        product = open_safe(archive)
        assert product.product_id == archive.stem
        assert [band.name for band in product.bands] == list(BANDS_L1C)
        assert set(product.offsets.values()) == {0}
        for band in product.bands:
            # Their pixels are decimated, but their corners and CRS are those of the tile.
            with rasterio.open(band.location) as dataset:
                assert tuple(dataset.bounds) == product.grid.bounds
                assert dataset.crs.to_string() == product.grid.crs


def test_a_real_product_with_one_band_lacks_the_other_twelve(
    require_data: Callable[[str], Path],
) -> None:
    (folder,) = require_data("safe_jp2_T31TDH").iterdir()
    found = find_safe(folder)
    assert found is not None
    assert found.tile == "31TDH"
    product = open_safe(folder)
    assert [band.name for band in product.bands] == ["B01"]
    assert product.missing == BANDS_L1C[1:]
    with rasterio.open(product.bands[0].location) as dataset:
        assert dataset.transform == product.grid.coarser(6).transform
