"""Where a mask lies: by itself, what lies beside it, control points, its image, or what is said."""

from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.warp import transform as warped

from migrate_core.errors import WrongUseError
from migrate_core.masks.raster.georeference import known_crs
from migrate_core.model import Mask
from tests.support.builders import NORTH, UTM31, WEST, north_up, write_raster
from tests.support.masks import NAME, PIXELS, added, good, image, problem_of, world_file

PNG = NAME.replace(".tif", ".png")
ROTATED = Affine.translation(WEST, NORTH) @ Affine.rotation(12) @ Affine.scale(3, -3)
DEGREE_M = 1e-6  # what is asked of an extent, in degrees


def corners(crs: str, transform: Affine) -> np.ndarray:
    """The corners of PIXELS in lon/lat by GDAL, in the order of a raster's outline."""
    height, width = PIXELS.shape
    points = [transform @ corner for corner in ((0, 0), (width, 0), (width, height), (0, height))]
    lon, lat = warped(crs, "EPSG:4326", *zip(*points, strict=True))
    return np.column_stack([lon, lat])


def assert_at(mask: Mask, crs: str, transform: Affine) -> None:
    """The extent has the corners that GDAL gives, each within a millionth of a degree."""
    found = shapely.get_coordinates(mask.extent)[:-1]
    expected = corners(crs, transform)
    assert found.shape == expected.shape
    for corner in expected:
        assert np.abs(found - corner).max(axis=1).min() < DEGREE_M


# by itself


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        (UTM31, ROTATED),
        (UTM31, Affine(3, 0.5, WEST, 0.2, -3, NORTH)),
        (UTM31, Affine(3, 0, WEST, 0, 3, NORTH)),
        (UTM31, Affine(-3, 0, WEST, 0, -3, NORTH)),
        (UTM31, Affine(0, 3, WEST, 3, 0, NORTH)),
        ("EPSG:4326", Affine(3e-5, 0, 2.8, 0, -3e-5, 42.3)),
        ("EPSG:4258", Affine(3e-5, 0, 2.8, 0, -3e-5, 42.3)),
        ("EPSG:27700", north_up(400_000, 300_000)),
        ("EPSG:2154", north_up(700_000, 6_200_000, 0.2)),
        ("EPSG:3857", north_up(312_000, 5_200_000)),
        ("EPSG:32733", north_up(300_000, 6_250_000)),
        ("EPSG:3413", north_up(-200_000, -2_000_000, 10)),
    ],
)
def test_the_extent_has_the_corners_that_gdal_gives(
    tmp_path: Path, crs: str, transform: Affine
) -> None:
    mask = good(write_raster(tmp_path / NAME, PIXELS, crs=crs, transform=transform))
    assert mask.georeference.crs == crs
    assert_at(mask, crs, transform)


def test_a_crs_without_code_is_kept_in_full(tmp_path: Path) -> None:
    own = CRS.from_proj4("+proj=tmerc +lon_0=3.5 +k=0.9996 +x_0=500000 +ellps=WGS84 +units=m")
    mask = good(write_raster(tmp_path / NAME, PIXELS, crs=own.to_wkt()))
    assert pyproj.CRS(str(mask.georeference.crs)).is_exact_same(pyproj.CRS(own.to_wkt()))
    assert_at(mask, own.to_wkt(), north_up())


def test_the_point_of_a_pixel_may_be_its_centre(tmp_path: Path) -> None:
    path = tmp_path / NAME
    write_raster(path, PIXELS)
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(AREA_OR_POINT="Point")
    with rasterio.open(path) as dataset:
        assert dataset.transform == north_up()
    assert_at(good(path), UTM31, north_up())


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        ("EPSG:4978", north_up()),
        ('LOCAL_CS["site grid",UNIT["metre",1]]', north_up()),
        (UTM31, Affine(1e9, 0, 0, 0, -1e9, 0)),
        (UTM31, Affine(3, 0, WEST, 3, 0, NORTH)),
    ],
    ids=["geocentric", "site grid", "far out", "without area"],
)
def test_what_is_nowhere_on_a_map_is_told(tmp_path: Path, crs: str, transform: Affine) -> None:
    path = write_raster(tmp_path / NAME, PIXELS, crs=crs, transform=transform)
    assert "CRS" in problem_of(path)
    assert added(path).extent is None


# beside it


@pytest.mark.parametrize(
    "name",
    [
        *(f"a_20200120.png/{suffix}" for suffix in ("pgw", "wld", "pngw", "PGW")),
        *(f"a_20200120.jpg/{suffix}" for suffix in ("jgw", "wld", "jpgw")),
        *(f"a_20200120.jpeg/{suffix}" for suffix in ("jgw", "jpegw")),
        *(f"a_20200120.tif/{suffix}" for suffix in ("tfw", "tifw", "wld")),
        "a_20200120.tiff/tfw",
    ],
)
@pytest.mark.parametrize("crs_from", ["prj", "option", "image"])
def test_a_world_file_gives_the_place(tmp_path: Path, name: str, crs_from: str) -> None:
    file, suffix = name.split("/")
    short = file.replace("jpeg", "jpg").replace("tiff", "tif")
    path = write_raster(tmp_path / short, PIXELS * 0 + 8, crs=None).rename(tmp_path / file)
    world_file(path.with_suffix(f".{suffix}"), ROTATED)
    options: dict[str, object] = {}
    if crs_from == "prj":
        wkt = CRS.from_epsg(32631).to_wkt(version="WKT1_ESRI")
        path.with_suffix(".prj").write_text(wkt)
    elif crs_from == "option":
        options["crs"] = UTM31
    else:
        options["image"] = image(tmp_path, transform=ROTATED)
    mask = good(path, **options)
    assert mask.georeference.crs == UTM31
    assert_at(mask, UTM31, ROTATED)


def test_an_aux_xml_gives_the_place(tmp_path: Path) -> None:
    path = write_raster(tmp_path / PNG, PIXELS, crs=None)
    numbers = ",".join(str(number) for number in ROTATED.to_gdal())
    path.with_name(f"{PNG}.aux.xml").write_text(
        f"<PAMDataset><SRS>EPSG:32631</SRS><GeoTransform>{numbers}</GeoTransform></PAMDataset>"
    )
    assert_at(good(path), UTM31, ROTATED)


@pytest.mark.parametrize(
    "content", ["a\nb\n", "0\n0\n0\n0\n0\n0\n", "nan\n0\n0\n-3\ninf\n5\n", "", "3\n0\n0\n"]
)
def test_a_world_file_that_says_nothing_is_none(tmp_path: Path, content: str) -> None:
    path = write_raster(tmp_path / PNG, PIXELS, crs=None)
    path.with_suffix(".pgw").write_text(content)
    problem = problem_of(path, crs=UTM31)
    assert "--image" in problem
    assert "world file" in problem


@pytest.mark.parametrize("content", [b"", b"\xff\xfe garbage", b"PROJCS[", b"x" * 200_000])
def test_a_prj_that_says_nothing_is_none(tmp_path: Path, content: bytes) -> None:
    path = write_raster(tmp_path / PNG, PIXELS, crs=None)
    world_file(path.with_suffix(".pgw"))
    path.with_suffix(".prj").write_bytes(content)
    assert "It has no CRS" in problem_of(path)
    assert good(path, crs=UTM31).georeference.crs == UTM31


def test_the_crs_that_is_said_beats_the_images_but_not_the_masks_own(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS, crs=None, transform=north_up())
    assert added(path, crs="EPSG:32630", image=image(tmp_path)).georeference.crs == "EPSG:32630"
    assert good(write_raster(path, PIXELS), crs="EPSG:32630").georeference.crs == UTM31


# control points


def with_points(path: Path, *points: tuple[int, int, float], crs: str = UTM31) -> Path:
    """PIXELS with ground control points (column, row, metres they are off to the east)."""
    write_raster(path, PIXELS, crs=None)
    with rasterio.open(path, "r+") as dataset:
        places = [(column, row, *(ROTATED @ (column, row)), off) for column, row, off in points]
        found = [GroundControlPoint(r, c, x + off, y, 0) for c, r, x, y, off in places]
        dataset.gcps = (found, CRS.from_string(crs))
    return path


def test_control_points_on_a_plane_give_the_place(tmp_path: Path) -> None:
    path = with_points(tmp_path / NAME, (0, 0, 0), (30, 0, 0), (0, 20, 0), (30, 20, 0))
    mask = good(path)
    assert mask.georeference.crs == UTM31
    assert_at(mask, UTM31, ROTATED)


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        (((0, 0, 0), (30, 0, 0), (0, 20, 0), (30, 20, 20)), "stray up to"),
        (((0, 0, 0), (30, 20, 0)), "2 ground control points don't fix a georeference"),
        (((0, 0, 0), (15, 10, 0), (30, 20, 0)), "3 ground control points don't fix a georeference"),
        (((5, 5, 0), (5, 5, 0), (5, 5, 0), (5, 5, 0)), "don't fix a georeference"),
    ],
    ids=["bent", "two", "in line", "one place"],
)
def test_control_points_that_fix_no_place_are_told(
    tmp_path: Path, points: tuple[tuple[int, int, float], ...], reason: str
) -> None:
    path = with_points(tmp_path / NAME, *points)
    assert reason in problem_of(path)
    assert good(path, image=image(tmp_path)).grid.transform == north_up()


# its image


def test_all_a_png_lacks_is_borrowed(tmp_path: Path) -> None:
    source = image(tmp_path, crs="EPSG:27700", transform=ROTATED)
    path = write_raster(tmp_path / PNG, PIXELS, crs=None)
    mask = good(path, image=source)
    assert (mask.georeference.crs, mask.georeference.origin) == ("EPSG:27700", str(source))
    assert_at(mask, "EPSG:27700", ROTATED)


def test_an_image_may_have_its_own_world_file(tmp_path: Path) -> None:
    source = write_raster(tmp_path / "image.png", np.stack([PIXELS + 9] * 3), crs=None)
    world_file(source.with_suffix(".pgw"), ROTATED)
    path = write_raster(tmp_path / PNG, PIXELS, crs=None)
    assert_at(good(path, image=source, crs=UTM31), UTM31, ROTATED)


@pytest.mark.parametrize("name", ["none.tif", "empty.tif", "text.png", "strange.jp2"])
def test_an_image_that_is_none_leaves_a_mask_its_own_place(tmp_path: Path, name: str) -> None:
    if name != "none.tif":
        (tmp_path / name).write_text("" if name == "empty.tif" else "text")
    mask = added(write_raster(tmp_path / NAME, PIXELS), image=tmp_path / name)
    assert str(mask.problem).startswith(f"{NAME}: ")
    assert name in str(mask.problem)
    assert_at(mask, UTM31, north_up())
    assert mask.classes.stored == {"0": 0, "1": 1}


def test_an_image_of_another_size_is_told_with_both_sizes(tmp_path: Path) -> None:
    source = write_raster(tmp_path / "image.tif", PIXELS[:5, :6])
    path = write_raster(tmp_path / PNG, PIXELS, crs=None)
    problem = problem_of(path, image=source)
    assert "6 x 5" in problem
    assert "30 x 20" in problem
    assert "--image" in problem


# what is said


@pytest.mark.parametrize(
    ("text", "known"),
    [("EPSG:32631", UTM31), ("32631", UTM31), (" epsg:32631 ", UTM31), ("+init=epsg:4326", "")],
)
def test_a_crs_may_be_named_in_several_ways(text: str, known: str) -> None:
    assert pyproj.CRS(known_crs(text)) == pyproj.CRS(known or "EPSG:4326") or not known


@pytest.mark.parametrize("text", ["", "EPSG:99999", "UTM 31", "EPSG:4978", "0", "\n", "EPSG:"])
def test_a_crs_that_is_none_is_told(text: str) -> None:
    with pytest.raises(WrongUseError, match="EPSG:32631"):
        known_crs(text)
