"""SAFE products in folders and zips: which bands, where, with which offsets."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import rasterio

from migrate_core.errors import ProductError
from migrate_core.products.safe import find_safe, open_safe
from tests.builders import (
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


def test_missing_bands_are_named(tmp_path: Path) -> None:
    safe = Safe()
    folder = touched(tmp_path, safe)
    for band in ("B03", "B11"):
        (folder / safe.band_file(band)).unlink()
    with pytest.raises(ProductError, match=f"^{safe.product_id}: the bands B03, B11 are missing"):
        open_safe(folder)
    assert find_safe(folder) is not None  # its metadata can still be searched


def test_what_is_no_product_is_none_to_find_and_an_error_to_open(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    archive = tmp_path / "other.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("readme.txt", "x")
    for path in (tmp_path / "empty", archive):
        assert find_safe(path) is None
        with pytest.raises(ProductError, match="it is no SAFE product"):
            open_safe(path)


def test_a_product_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProductError, match=r"gone\.SAFE"):
        open_safe(tmp_path / "gone.SAFE")


def test_a_product_without_its_granule_is_an_error(tmp_path: Path) -> None:
    safe = Safe()
    folder = touched(tmp_path, safe)
    (folder / safe.granule / "MTD_TL.xml").unlink()
    with pytest.raises(ProductError, match=r"has no MTD_TL\.xml"):
        open_safe(folder)


def test_a_product_of_several_granules_is_an_error(tmp_path: Path) -> None:
    folder = touched(tmp_path, Safe())
    other = folder / "GRANULE" / "L2A_T31TDH_A000001_20200121T104351"
    other.mkdir()
    (other / "MTD_TL.xml").write_text("<x/>")
    with pytest.raises(ProductError, match=r"has 2 MTD_TL\.xml"):
        open_safe(folder)


def test_a_folder_without_suffix_or_of_another_name_has_the_id_of_its_metadata(
    tmp_path: Path,
) -> None:
    safe = Safe()
    folder = touched(tmp_path, safe).rename(tmp_path / "renamed")
    found = find_safe(folder)
    assert found is not None
    assert (found.product_id, found.tile) == (safe.product_id, "31TDG")


def test_a_product_without_uri_has_the_name_of_its_folder(tmp_path: Path) -> None:
    safe = Safe()
    folder = touched(tmp_path, safe)
    metadata = folder / "MTD_MSIL2A.xml"
    metadata.write_text(product_xml(safe).replace("PRODUCT_URI>", "PRODUCT_URI_2A>"))
    for found in (find_safe(folder), find_safe(zipped(folder))):
        assert found is not None
        assert (found.product_id, found.tile) == (safe.product_id, "31TDG")


def test_the_tile_of_an_old_name_is_that_of_its_granule(tmp_path: Path) -> None:
    old = "S2A_OPER_PRD_MSIL1C_PDMC_20160508T190000_R008_V20160508T104027_20160508T104027"
    safe = Safe(level="L1C", metadata={"PRODUCT_URI": f"{old}.SAFE"})
    folder = touched(tmp_path, safe)
    found = find_safe(folder)
    assert found is not None
    assert (found.product_id, found.tile) == (old, "31TDG")
    (folder / "GRANULE" / "L1C_T31TDH_A000001_20200121T104351").mkdir()
    (folder / "GRANULE" / "L1C_T31TDH_A000001_20200121T104351" / "MTD_TL.xml").touch()
    with pytest.raises(ProductError, match="it holds 2 granules"):
        find_safe(folder)


def test_a_copy_of_the_metadata_beside_them_does_no_harm(tmp_path: Path) -> None:
    folder = touched(tmp_path, Safe())
    (folder / "MTD_MSIL2A (copy).xml").write_text("<x/>")
    assert find_safe(folder) is not None


def test_metadata_of_a_strange_name_are_no_crash(tmp_path: Path) -> None:
    folder = touched(tmp_path, Safe())
    (folder / "MTD_MSIL2A.xml").rename(folder / "MTD_MSIL2A (1).xml")
    try:
        assert find_safe(folder) is None
    except ProductError as err:
        assert folder.name in str(err)  # noqa: PT017 - either way will do


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
    with pytest.raises(ProductError, match="the band B04 is missing"):
        open_safe(folder)
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


def test_the_old_layout_of_aws_is_no_safe_product(require_data: Callable[[str], Path]) -> None:
    (archive,) = require_data("safe_zip").glob("*AWSPDS.zip")
    assert find_safe(archive) is None


def test_a_real_product_with_one_band_lacks_the_other_twelve(
    require_data: Callable[[str], Path],
) -> None:
    (folder,) = require_data("safe_jp2_T31TDH").iterdir()
    found = find_safe(folder)
    assert found is not None
    assert found.tile == "31TDH"
    with pytest.raises(ProductError, match=f"the bands {', '.join(BANDS_L1C[1:])} are missing"):
        open_safe(folder)
