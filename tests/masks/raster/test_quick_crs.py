"""CRS of GeoTIFFs that state theirs alike: made once, and for each what rasterio says by itself."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rasterio
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS

from migrate_core.masks.raster import quick_crs
from migrate_core.masks.raster.opening import opened
from tests.support.builders import UTM31, labels, north_up, write_raster

PIXELS = labels("0012", "0112", "3333")
PAM = "<PAMDataset><SRS>{}</SRS></PAMDataset>"


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    quick_crs._known.crs.clear()
    yield
    quick_crs._known.crs.clear()


def crs_of(path: Path) -> Any:
    with opened(path) as dataset:
        return dataset.crs


def same_as_rasterio(path: Path) -> bool:
    with rasterio.open(path) as dataset:
        expected = dataset.crs
    found = crs_of(path)
    return bool(found == expected and (not found or found.wkt == expected.wkt))


def test_a_crs_is_made_once_for_files_with_the_same_keys(tmp_path: Path) -> None:
    first = write_raster(tmp_path / "a.tif", PIXELS)
    second = write_raster(tmp_path / "b.tif", PIXELS, transform=north_up(north=4_700_000))
    assert crs_of(second) is crs_of(first)
    assert same_as_rasterio(first)
    assert same_as_rasterio(second)


@pytest.mark.parametrize("crs", ["EPSG:32632", "EPSG:4326", "EPSG:3035", "ESRI:54009"])
@pytest.mark.parametrize("form", [{}, {"ENDIANNESS": "BIG"}, {"BIGTIFF": "YES"}])
def test_files_with_other_keys_have_their_own(
    crs: str, form: dict[str, str], tmp_path: Path
) -> None:
    write_raster(tmp_path / "a.tif", PIXELS)
    other = write_raster(
        tmp_path / "b.tif", PIXELS, crs=crs, transform=Affine(0.1, 0, 2, 0, -0.1, 42), **form
    )
    local = CRS.from_proj4("+proj=tmerc +lat_0=42 +lon_0=3 +k=1 +x_0=0 +y_0=0 +ellps=GRS80")
    own = write_raster(tmp_path / "c.tif", PIXELS, crs=local, **form)
    for path in [tmp_path / "a.tif", other, own, other, own]:
        assert same_as_rasterio(path)
    assert crs_of(other) != crs_of(own) != crs_of(tmp_path / "a.tif")


def test_what_lies_beside_a_file_counts_more_than_its_keys(tmp_path: Path) -> None:
    write_raster(tmp_path / "a.tif", PIXELS)
    beside = write_raster(tmp_path / "b.tif", PIXELS)
    (tmp_path / "b.tif.aux.xml").write_text(PAM.format("EPSG:32633"))
    assert crs_of(tmp_path / "a.tif") == CRS.from_epsg(32631)
    assert crs_of(beside) == CRS.from_epsg(32633)
    assert crs_of(write_raster(tmp_path / "c.tif", PIXELS)) == CRS.from_epsg(32631)


def test_the_crs_of_control_points_is_not_that_of_a_file_with_a_transform(tmp_path: Path) -> None:
    plain = write_raster(tmp_path / "a.tif", PIXELS)
    points = [
        GroundControlPoint(row, column, 500_000 + 3 * column, 4_690_000 - 3 * row)
        for row, column in ((0, 0), (0, 4), (3, 4), (3, 0))
    ]
    by_points = tmp_path / "b.tif"
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "width": 4, "height": 3}
    with rasterio.open(by_points, "w", **profile) as dataset:
        dataset.write(PIXELS, 1)
        dataset.gcps = points, CRS.from_string(UTM31)
    (tmp_path / "c").mkdir()
    with_world_file = tmp_path / "c" / "c.tif"
    with_world_file.write_bytes(by_points.read_bytes())
    with_world_file.with_suffix(".tfw").write_text("3\n0\n0\n-3\n500001.5\n4689998.5\n")
    for path in (plain, by_points, with_world_file, plain):
        assert same_as_rasterio(path)


def test_no_more_is_read_of_a_header_than_keys_ever_have(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", PIXELS)
    content = bytearray(path.read_bytes())
    at = content.index(struct.pack("<HH", 34737, 2)) + 4
    content[at : at + 4] = struct.pack("<I", 2**31)
    path.write_bytes(content)
    assert quick_crs._geo_keys(path) is None


@pytest.mark.parametrize("length", [0, 3, 6, 9, 20, 60])
def test_a_header_that_ends_early_states_nothing(length: int, tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", PIXELS)
    assert quick_crs._geo_keys(path) is not None
    path.write_bytes(path.read_bytes()[:length])
    assert quick_crs._geo_keys(path) is None
