"""The product's own cloud mask on grids of any pixel size, polygons and raster."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box

from migrate_core.demo import DemoCase
from migrate_core.errors import ProductError
from migrate_core.grid import PixelGrid, Window, block
from migrate_core.products.opening import open_product
from migrate_core.products.pixels.cloud_masks import parse_cloud_polygons, read_cloud_mask
from migrate_core.products.product import CloudMask, Product
from tests.support.builders import NORTH, WEST, Safe, write_jp2, write_safe

SAFE = Safe(size=60)
KINDS = {"OPAQUE": 1, "CIRRUS": 2}


def ring(kind: str, points: list[tuple[float, float]]) -> str:
    positions = " ".join(f"{x:.0f} {y:.0f}" for x, y in points)
    return (
        f"<gml:{kind}><gml:LinearRing><gml:posList srsDimension='2'>{positions}"
        f"</gml:posList></gml:LinearRing></gml:{kind}>"
    )


def gml(*features: tuple[str, Polygon]) -> bytes:
    members = "".join(
        f"<eop:MaskFeature gml:id='{kind}.{number}'><eop:maskType>{kind}</eop:maskType>"
        f"<eop:extentOf><gml:Polygon gml:id='P{number}'>"
        + ring("exterior", list(area.exterior.coords))
        + "".join(ring("interior", list(hole.coords)) for hole in area.interiors)
        + "</gml:Polygon></eop:extentOf></eop:MaskFeature>"
        for number, (kind, area) in enumerate(features)
    )
    inside = f"<eop:maskMembers>{members}</eop:maskMembers>" if features else ""
    return (
        "<eop:Mask xmlns:eop='http://www.opengis.net/eop/2.0' "
        f"xmlns:gml='http://www.opengis.net/gml/3.2'>{inside}</eop:Mask>"
    ).encode()


def masked(*features: tuple[str, Polygon], grid: PixelGrid = SAFE.grid) -> Product:
    mask = CloudMask(polygons=lambda: gml(*features))
    return Product("X", "L1C", "02.09", grid, (), None, {}, "", cloud_mask=mask)


def expected_of(
    features: list[tuple[str, Polygon]], product: Product, grid: PixelGrid
) -> np.ndarray:
    """Pixel by pixel, by shapely; opaque before cirrus."""
    found = np.zeros(grid.shape, dtype=np.uint8)
    for row in range(grid.height):
        for column in range(grid.width):
            centre = Point(grid.transform @ (column + 0.5, row + 0.5))
            kinds = [KINDS[kind] for kind, area in features if area.contains(centre)]
            outside = not product.grid.polygon().contains(centre)
            found[row, column] = 255 if outside else min(kinds, default=0)
    return found


FEATURES = [
    ("CIRRUS", box(WEST + 60, NORTH - 420, WEST + 360, NORTH - 60)),
    (
        "OPAQUE",
        box(WEST, NORTH - 240, WEST + 240, NORTH).difference(
            box(WEST + 60, NORTH - 180, WEST + 120, NORTH - 120)
        ),
    ),
    (
        "OPAQUE",
        Polygon([(WEST + 301, NORTH - 301), (WEST + 587, NORTH - 353), (WEST + 403, NORTH - 577)]),
    ),
]


@given(
    factor=st.sampled_from([1, 2, 6]),
    window=st.builds(
        Window, st.integers(-3, 9), st.integers(-3, 9), st.integers(1, 12), st.integers(1, 12)
    ),
)
def test_polygons_count_by_pixel_centre_with_their_holes(factor: int, window: Window) -> None:
    product = masked(*FEATURES)
    grid = block(product.grid.coarser(factor), window)
    np.testing.assert_array_equal(
        read_cloud_mask(product, grid), expected_of(FEATURES, product, grid)
    )


def test_opaque_cloud_covers_cirrus_which_shows_in_its_hole() -> None:
    found = read_cloud_mask(masked(*FEATURES), SAFE.grid)
    assert found is not None
    assert (found[0, 0], found[9, 9], found[15, 9], found[30, 10]) == (1, 1, 2, 2)
    assert found[55, 5] == 0


def test_no_polygon_is_a_clear_sky() -> None:
    found = read_cloud_mask(masked(), SAFE.grid)
    np.testing.assert_array_equal(found, np.zeros(SAFE.grid.shape))


def test_without_a_mask_nothing_is_known() -> None:
    assert read_cloud_mask(replace(masked(), cloud_mask=None), SAFE.grid) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no element found"),
        (b"not xml", "syntax error"),
        (b"<html/>", "its root is 'html'"),
        (gml(("HAZE", box(0, 0, 1, 1))), "kind 'HAZE'"),
        (gml(("OPAQUE", box(0, 0, 9, 9))).replace(b"9 9", b"9 nine"), "nine"),
        (gml(("OPAQUE", box(0, 0, 9, 9))).replace(b"9 9", b"9"), "dimensions"),
        (gml(("OPAQUE", box(0, 0, 9, 9))).replace(b"9 9", b"9 nan"), "dimensions"),
        (gml(("OPAQUE", box(0, 0, 9, 9))).replace(b"exterior", b"outer"), "0 outlines"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><Mask>&a;</Mask>", "Entit"),
    ],
)
def test_garbage_is_a_clear_error(content: bytes, words: str) -> None:
    with pytest.raises(ProductError, match=f"^X: its cloud mask MSK_CLOUDS can't be read.*{words}"):
        parse_cloud_polygons(content, "X")


def test_positions_with_heights_are_read() -> None:
    flat = gml(("OPAQUE", box(0, 0, 60, 60)))
    text = flat.decode().replace("srsDimension='2'", "srsDimension='3'")
    high = text.replace("60 0 60 60 0 60 0 0 60 0", "60 0 7 60 60 7 0 60 7 0 0 7 60 0 7")
    assert high != text
    ((kind, polygon),) = parse_cloud_polygons(high.encode(), "X")
    assert (kind, polygon.bounds) == (1, (0, 0, 60, 60))


def with_raster(folder: Path, layers: np.ndarray) -> Product:
    safe = replace(SAFE, baseline="04.00", offset=-1000)
    product = write_safe(folder, safe)
    write_jp2(product / safe.granule / "QI_DATA" / "MSK_CLASSI_B00.jp2", layers, safe, "B01")
    return open_product(str(product))


def test_the_raster_says_opaque_cirrus_and_snow_at_60_m(tmp_path: Path) -> None:
    layers = np.zeros((3, 10, 10), dtype=np.uint8)
    layers[0, 0, 0] = layers[1, 0, :2] = layers[2, 0, :3] = layers[2, 9, 9] = 1
    product = with_raster(tmp_path, layers)
    coarse = read_cloud_mask(product, product.grid.coarser(6))
    expected = np.zeros((10, 10), dtype=np.uint8)
    expected[0, :3] = 1, 2, 3
    expected[9, 9] = 3
    np.testing.assert_array_equal(coarse, expected)
    np.testing.assert_array_equal(
        read_cloud_mask(product, product.grid), np.kron(expected, np.ones((6, 6)))
    )
    over = block(product.grid.coarser(2), Window(-2, 27, 4, 5))
    found = read_cloud_mask(product, over)
    assert found is not None
    assert (found[:, :2] == 255).all()
    assert (found[3:] == 255).all()
    assert (found[:3, 2:] == 0).all()


@pytest.mark.parametrize(
    "name",
    [
        "MSK_CLOUDS_B00.gml",
        "S2A_OPER_MSK_CLOUDS_SGS__20151223T125903_A002622_T31TDG_B00_MSIL1C.gml",
    ],
)
def test_polygons_are_found_under_old_and_new_names(tmp_path: Path, name: str) -> None:
    folder = write_safe(tmp_path, SAFE)
    quality = folder / SAFE.granule / "QI_DATA"
    quality.mkdir()
    (quality / name).write_bytes(gml(("CIRRUS", box(WEST, NORTH - 60, WEST + 60, NORTH))))
    (quality / "MSK_CLOUDS_B01.gml").write_bytes(gml())
    product = open_product(str(folder))
    found = read_cloud_mask(product, product.grid)
    assert found is not None
    assert found.sum() == 36 * 2


def test_a_product_without_quality_data_has_no_mask(tmp_path: Path) -> None:
    assert open_product(str(write_safe(tmp_path, SAFE))).cloud_mask is None


def test_both_forms_of_the_demos_masks_say_what_its_sky_is(demo: DemoCase) -> None:
    forms = set()
    for path in sorted(demo.scenes.iterdir()):
        product = open_product(str(path))
        assert product.cloud_mask is not None
        day = path.name[11:19]
        with rasterio.open(next(demo.truth.glob(f"clouds_{day}*.tif"))) as dataset:
            sky = dataset.read(1)
        rows, columns = np.array(sky.shape) // 6
        blocks = sky[: rows * 6, : columns * 6].reshape(rows, 6, columns, 6)
        cloud, cirrus = ((blocks == kind).mean(axis=(1, 3)) >= 0.5 for kind in (1, 3))
        mask = read_cloud_mask(product, product.grid.coarser(6))
        assert mask is not None
        np.testing.assert_array_equal(mask == 1, cloud)
        np.testing.assert_array_equal(mask == 2, cirrus & ~cloud)
        forms.add((product.cloud_mask.classes is not None, cloud.any()))
    assert forms >= {(True, True), (False, True)}


# real data


@pytest.mark.parametrize("place", ["t31u_native_10m/MSK_CLOUDS_B00.gml", "safe_zip"])
def test_real_polygons_are_those_that_gdal_reads(
    require_data: Callable[[str], Path], place: str, tmp_path: Path
) -> None:
    path = require_data(place)
    if path.is_dir():
        (path,) = path.glob("*AWSPDS.zip")
        with zipfile.ZipFile(path) as archive:
            (member,) = (name for name in archive.namelist() if name.endswith("MSK_CLOUDS_B00.gml"))
            content = archive.read(member)
    else:
        content = path.read_bytes()
    copy = tmp_path / "mask.gml"
    copy.write_bytes(content)
    oracle = geopandas.read_file(copy)
    found = parse_cloud_polygons(content, "X")
    assert [kind for kind, _ in found] == [KINDS[kind] for kind in oracle["maskType"]]
    for (_, polygon), expected in zip(found, oracle.geometry, strict=True):
        assert polygon.equals(expected)
