"""Each layout that products come in: the same pixels, whatever the files are called."""

import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from migrate_core.errors import ProductError
from migrate_core.products.files.granules import find_granules
from migrate_core.products.layouts.finding import has_loose_bands, is_product_folder, layout_of
from migrate_core.products.opening import Wanted, open_product
from migrate_core.products.pixels.cloud_masks import read_cloud_mask
from migrate_core.products.pixels.reading import read_scene_classification
from migrate_core.products.product import Product
from tests.support.bands import read_bands
from tests.support.builders import BANDS_L1C, BANDS_L2A, RESOLUTION, Safe, scene_classes, write_safe
from tests.support.product_forms import OLD, flattened, neighbours, tile_id, write_aws, write_old

L2A = replace(OLD, level="L2A", baseline="02.04")


def zip_of(
    folder: Path, root: str | None = None, method: int = zipfile.ZIP_DEFLATED, name: str = "x.zip"
) -> Path:
    """The folder as a zip with its files below `root` (None: the folder's own name)."""
    archive = folder.parent / "zips" / name
    archive.parent.mkdir(exist_ok=True)
    top = f"{folder.name}/" if root is None else root
    with zipfile.ZipFile(archive, "w", method) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, f"{top}{path.relative_to(folder).as_posix()}")
    return archive


def check_pixels(product: Product, safe: Safe) -> None:
    """All bands are those of `safe` at its place, before any offset."""
    assert product.grid == safe.grid
    assert [band.name for band in product.bands] == list(
        BANDS_L2A if safe.level == "L2A" else BANDS_L1C
    )
    plain = replace(product, offsets={})
    found = read_bands(plain, product.grid, "nearest")
    for band, pixels in zip(product.bands, found, strict=True):
        size = safe.size * 10 // RESOLUTION[band.name]
        expected = safe.pixels(band.name, size, size)
        factor = RESOLUTION[band.name] // 10
        np.testing.assert_array_equal(pixels, np.kron(expected, np.ones((factor, factor))))
    classes = read_scene_classification(product, product.grid)
    if safe.level == "L1C":
        assert classes is None
    else:
        half = scene_classes(safe.size // 2, safe.size // 2)
        np.testing.assert_array_equal(classes, np.kron(half, np.ones((2, 2))))


# old long names


@pytest.mark.parametrize("level", ["L1C", "L2A"])
@pytest.mark.parametrize("packed", [False, True])
def test_an_old_product_of_one_granule_is_read(tmp_path: Path, level: str, packed: bool) -> None:
    safe = replace(OLD, level=level)
    folder = write_old(tmp_path, [safe])
    path = zip_of(folder) if packed else folder
    (found,) = find_granules(path)
    assert found.scene_id == folder.name.removesuffix(".SAFE")
    assert (found.level, found.tile, found.baseline) == (level, "31TDG", "02.02")
    assert found.sensed_at.isoformat() == "2016-05-08T10:40:27.024000+00:00"
    assert found.footprint.normalize().equals_exact(safe.lonlat().normalize(), 1e-8)
    product = open_product(str(path))
    check_pixels(product, safe)
    assert product.offset_origin.startswith("no ")
    mask = read_cloud_mask(product, product.grid)
    assert mask is not None
    assert not mask.any()


@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_each_granule_of_an_old_product_is_a_scene_of_its_own(tmp_path: Path, level: str) -> None:
    granules = neighbours(level)
    folder = write_old(tmp_path, granules)
    name = folder.name.removesuffix(".SAFE")
    found = find_granules(folder)
    assert [granule.scene_id for granule in found] == [f"{name}_T31TDG", f"{name}_T31TEG"]
    assert [granule.tile for granule in found] == ["31TDG", "31TEG"]
    for one, safe in zip(found, granules, strict=True):
        square = safe.lonlat()
        overlap = one.footprint.intersection(square).area
        assert overlap == pytest.approx(square.area, rel=1e-3)
        assert one.footprint.area == pytest.approx(square.area, rel=1e-3)
        for wanted in (Wanted(one.scene_id), Wanted(None, one.tile), Wanted("other", one.tile)):
            product = open_product(str(folder), wanted)
            assert product.product_id == one.scene_id
            check_pixels(product, safe)


def test_a_product_of_several_granules_needs_to_be_told_which(tmp_path: Path) -> None:
    folder = write_old(tmp_path, neighbours())
    for wanted in (Wanted(), Wanted("other", "32TXX")):
        with pytest.raises(ProductError, match=r"holds 2 granules \(.*_T31TDG, .*_T31TEG\)"):
            open_product(str(folder), wanted)


def test_the_granule_meant_may_be_given_by_its_folder(tmp_path: Path) -> None:
    _, other = neighbours()
    folder = write_old(tmp_path, neighbours())
    product = open_product(str(folder / "GRANULE" / tile_id(other)))
    check_pixels(product, other)
    assert product.baseline == "02.02"
    assert "no MTD_MSIL*.xml" in product.offset_origin


def test_a_granule_outside_of_a_coarse_footprint_has_its_own_square(tmp_path: Path) -> None:
    one, other = neighbours()
    folder = write_old(tmp_path, [replace(one, footprint=one.lonlat()), other])
    (metadata,) = folder.glob("*.xml")
    only = write_old(tmp_path / "one", [one])
    shutil.copy(next(only.glob("*.xml")), metadata)
    second = find_granules(folder)[1]
    assert second.footprint.area == pytest.approx(other.lonlat().area, rel=1e-3)


# AWS


@pytest.mark.parametrize("level", ["L1C", "L2A"])
@pytest.mark.parametrize("packed", ["no", "with its folder", "without"])
def test_a_tile_of_aws_is_read(tmp_path: Path, level: str, packed: str) -> None:
    safe = replace(OLD, level=level, baseline="02.06")
    path = write_aws(tmp_path, safe)
    if packed != "no":
        path = zip_of(path, None if packed == "with its folder" else "")
    (found,) = find_granules(path)
    assert found.scene_id == safe.product_id
    assert (found.level, found.tile, found.baseline) == (level, "31TDG", "02.06")
    assert found.sensed_at.isoformat().startswith("2016-05-08T10:40:27")
    assert found.cloud_percent == 12.5
    # The valid area that tileInfo.json tells is smaller than the tile.
    assert 0 < found.footprint.area < 0.8 * safe.lonlat().area
    product = open_product(str(path))
    check_pixels(product, safe)
    assert product.offset_origin.startswith("processing baseline 02.06")
    assert read_cloud_mask(product, product.grid) is not None


def test_a_tile_of_aws_without_documents_is_known_by_its_metadata(tmp_path: Path) -> None:
    safe = replace(OLD, baseline="04.00")
    (found,) = find_granules(write_aws(tmp_path, safe, documents=False))
    assert found.scene_id == tile_id(safe)
    assert (found.level, found.tile, found.baseline) == ("L1C", "31TDG", "04.00")
    assert found.footprint.area == pytest.approx(safe.lonlat().area, rel=1e-6)
    product = open_product(str(tmp_path / tile_id(safe)))
    assert set(product.offsets.values()) == {-1000}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tileInfo.json", "{"),
        ("tileInfo.json", '{"timestamp": "some day"}'),
        ("productInfo.json", '{"timestamp": 5}'),
    ],
)
def test_garbled_documents_of_aws_are_a_product_error(
    tmp_path: Path, name: str, content: str
) -> None:
    tile = write_aws(tmp_path, OLD)
    if name == "tileInfo.json":
        (tile / "productInfo.json").unlink()
    (tile / name).write_text(content)
    with pytest.raises(ProductError, match=rf"{tile.name}.*{name}"):
        find_granules(tile)


# zips


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("root", ["", None, "X/", "download/2020/X.SAFE/"])
def test_zips_of_any_method_and_nesting_are_the_same_product(
    tmp_path: Path, method: int, root: str | None
) -> None:
    safe = Safe()
    archive = zip_of(write_safe(tmp_path, safe), root, method)
    product = open_product(str(archive))
    assert product.product_id == safe.product_id
    check_pixels(product, safe)


def test_a_zip_of_two_products_is_refused(tmp_path: Path) -> None:
    for sensed in ("20200121T104351", "20200126T104351"):
        write_safe(tmp_path / "both", Safe(sensed=sensed))
    with pytest.raises(ProductError, match=r"x\.zip: it holds several products"):
        find_granules(zip_of(tmp_path / "both"))


def test_a_folder_is_known_by_what_lies_directly_in_it(tmp_path: Path) -> None:
    safe = write_safe(tmp_path / "a", Safe())
    plain = safe.rename(safe.with_suffix(""))
    old = write_old(tmp_path / "b", [OLD])
    aws = write_aws(tmp_path / "c", L2A)
    flat = flattened(plain, tmp_path / "d")
    for folder in (plain, old, aws, next(plain.glob("GRANULE/*"))):
        assert is_product_folder(folder)
    assert [has_loose_bands(folder) for folder in (flat, plain, tmp_path)] == [True, False, False]
    for folder in (flat, tmp_path, tmp_path / "a"):
        assert not is_product_folder(folder)


def test_names_that_are_no_products_have_no_layout() -> None:
    assert layout_of([]) is None
    assert layout_of(["readme.txt", "B02.tif", "x/MSK_DETFOO_B02.jp2", "T31TDG_PVI.jp2"]) is None


# real data


def test_a_real_tile_of_aws_is_read_in_its_zip(require_data: Callable[[str], Path]) -> None:
    (archive,) = require_data("safe_zip").glob("*AWSPDS.zip")
    (found,) = find_granules(archive)
    assert found.scene_id == "S2B_MSIL1C_20180617T001109_N0206_R073_T55JGF_20180617T013729"
    assert (found.level, found.tile, found.baseline) == ("L1C", "55JGF", "02.06")
    assert found.cloud_percent == pytest.approx(41.2, abs=0.01)
    product = open_product(str(archive))
    assert [band.name for band in product.bands] == list(BANDS_L1C)
    assert product.sun is not None
    for band in product.bands:
        with rasterio.open(band.location) as dataset:
            assert tuple(dataset.bounds) == product.grid.bounds
            assert dataset.crs.to_string() == product.grid.crs
    mask = read_cloud_mask(product, product.grid.coarser(16))
    assert mask is not None
    assert (mask != 0).mean() == pytest.approx(0.412, abs=0.02)  # as its metadata say
