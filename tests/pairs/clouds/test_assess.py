"""Clouds, shadows and cirrus of whole products, against what is true of the demo's cloud mask."""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.windows import from_bounds

from migrate_core.demo import DemoCase
from migrate_core.errors import ProductError
from migrate_core.grid import PixelGrid, Window, apply_affine, block, reproject_points
from migrate_core.pairs.clouds import Clouds, assess_clouds, detector
from migrate_core.pairs.flags import OCCLUSION_KINDS
from migrate_core.pairs.image.mosaic import Mosaic
from migrate_core.products.opening import open_product
from migrate_core.products.pixels.reading import read_scene_classification
from migrate_core.products.product import Product
from migrate_core.products.scene_classes import SCL_FLAGS, Flag
from migrate_core.store.serialize import to_json
from tests.support.pairs import Safe, write_safe

# By day: the scene's truth is in `truth/clouds_<day>*.tif`.
CLOUDY = ("20210607", "20210612", "20210617", "20240815")
CLEAR = "20210622"
TRUE_CLOUD, TRUE_SHADOW, TRUE_CIRRUS, TRUE_NO_DATA = 1, 2, 3, 255
# Shadows of clouds that stand outside of the demo's little granule can't be known. Those of cloud
# 1000 m high fall 580 m (2024: 800 m) to the north-north-west.
OUT_OF_SIGHT = 85


def product_of(demo: DemoCase, day: str, level: str = "L1C") -> Product:
    (path,) = demo.scenes.glob(f"S2?_MSI{level}_{day}*")
    return open_product(path)


def judged(product: Product, asked: str, grid: PixelGrid | None = None) -> Clouds:
    grid = grid or product.grid
    return assess_clouds([product], grid, all_of_the_first(grid), asked)


def all_of_the_first(grid: PixelGrid) -> Mosaic:
    return Mosaic(np.zeros((1, 1, 1), np.uint16), np.zeros(grid.shape, dtype=np.uint8))


def truth_of(demo: DemoCase, day: str) -> NDArray[np.uint8]:
    (path,) = demo.truth.glob(f"clouds_{day}*.tif")
    with rasterio.open(path) as dataset:
        found: NDArray[np.uint8] = dataset.read(1)
    return found


def precision_and_recall(
    found: NDArray[np.bool_], true: NDArray[np.bool_], where: NDArray[np.bool_]
) -> tuple[float, float]:
    both = float((found & true & where).sum())
    return both / (found & where).sum(), both / (true & where).sum()


@pytest.mark.parametrize("day", CLOUDY)
@pytest.mark.parametrize(
    ("asked", "least"),
    [
        # (precision, recall) of cloud, shadow and of both with cirrus. In cirrus s2cloudless sees
        # clouds, so its precision of cloud alone is that of the definition.
        ("s2cloudless", {"cloud": (0.5, 0.82), "shadow": (0.74, 0.74), "any": (0.88, 0.88)}),
        ("product", {"cloud": (0.93, 0.93), "shadow": (0.75, 0.85), "any": (0.9, 0.94)}),
    ],
)
def test_clouds_and_shadows_are_found_where_they_are(
    demo: DemoCase, day: str, asked: str, least: dict[str, tuple[float, float]]
) -> None:
    flags, truth = judged(product_of(demo, day), asked).flags, truth_of(demo, day)
    known = truth != TRUE_NO_DATA
    seen = known.copy()
    seen[-OUT_OF_SIGHT:] = False
    found = {
        "cloud": precision_and_recall(flags & Flag.CLOUD != 0, truth == TRUE_CLOUD, known),
        "shadow": precision_and_recall(flags & Flag.SHADOW != 0, truth == TRUE_SHADOW, seen),
        "any": precision_and_recall(flags != 0, truth != 0, known),
    }
    for kind, limits in least.items():
        assert all(np.array(found[kind]) >= limits), (kind, found)


@pytest.mark.parametrize("asked", ["s2cloudless", "product"])
def test_a_clear_sky_is_called_clear(demo: DemoCase, asked: str) -> None:
    clouds = judged(product_of(demo, CLEAR), asked)
    assert float((clouds.flags != 0).mean()) <= 0.001
    assert clouds.known == OCCLUSION_KINDS
    assert not (clouds.flags & Flag.SHADOW).any()


@pytest.mark.parametrize("day", CLOUDY)
def test_cloud_that_s2cloudless_does_not_see_is_at_least_disputed(demo: DemoCase, day: str) -> None:
    clouds, truth = judged(product_of(demo, day), "s2cloudless"), truth_of(demo, day)
    cloud = truth == TRUE_CLOUD
    assert clouds.disputed.any()
    assert not (clouds.disputed & (clouds.flags & (Flag.CLOUD | Flag.CIRRUS) != 0)).any()
    reported = clouds.disputed | (clouds.flags & (Flag.CLOUD | Flag.CIRRUS) != 0)
    assert float(reported[cloud].mean()) > 0.93
    assert float(clouds.disputed[truth == 0].mean()) < 0.01


def test_other_methods_dispute_nothing(demo: DemoCase) -> None:
    assert not judged(product_of(demo, "20210607"), "product").disputed.any()
    assert not judged(product_of(demo, "20210607", "L2A"), "scl").disputed.any()


def test_the_heights_of_clouds_are_found(demo: DemoCase) -> None:
    for day, height in (("20210617", 700), ("20240815", 1000)):
        (finding,) = judged(product_of(demo, day), "product").findings
        assert np.median(finding.cloud_heights_m) == pytest.approx(height, abs=60)


@pytest.mark.parametrize("day", ["20210607", "20240815"])
def test_cirrus_is_told_from_opaque_cloud(demo: DemoCase, day: str) -> None:
    flags, truth = judged(product_of(demo, day), "auto").flags, truth_of(demo, day)
    cirrus = truth == TRUE_CIRRUS
    found = precision_and_recall(flags & Flag.CIRRUS != 0, cirrus, truth != TRUE_NO_DATA)
    assert min(found) > 0.9
    assert float((flags[cirrus] & Flag.CLOUD != 0).mean()) < 0.35


def test_cirrus_is_seen_by_b10_without_a_mask(demo: DemoCase) -> None:
    product = replace(product_of(demo, "20240815"), cloud_mask=None)
    flags, truth = judged(product, "s2cloudless").flags, truth_of(demo, "20240815")
    precision, recall = precision_and_recall(
        flags & Flag.CIRRUS != 0, truth == TRUE_CIRRUS, truth != TRUE_NO_DATA
    )
    assert precision > 0.95
    assert recall > 0.6


def test_l2a_goes_by_its_scene_classification(demo: DemoCase) -> None:
    product = product_of(demo, "20210612", "L2A")
    clouds = judged(product, "auto")
    classes = read_scene_classification(product, product.grid)
    assert classes is not None
    np.testing.assert_array_equal(clouds.flags, SCL_FLAGS[classes])
    assert clouds.known == OCCLUSION_KINDS
    (finding,) = clouds.findings
    assert (finding.method, finding.reason, finding.sunward_m) == ("scl", None, None)


# windows


def shaded_block(demo: DemoCase, day: str) -> PixelGrid:
    """A block in shadow without a single cloud in it or next to it: its clouds are outside."""
    truth = truth_of(demo, day)
    base_grid = product_of(demo, day).grid
    for row in range(0, 500, 5):
        for column in range(0, 580, 5):
            part = truth[row : row + 16, column : column + 16]
            around = truth[max(row - 6, 0) : row + 22, max(column - 6, 0) : column + 22]
            if (part == TRUE_SHADOW).all() and not (around == TRUE_CLOUD).any():
                return block(base_grid, Window(column, row, 16, 16))
    raise AssertionError("no such place")


@pytest.mark.parametrize("asked", ["s2cloudless", "product"])
def test_a_cloud_outside_the_pair_shades_it(demo: DemoCase, asked: str) -> None:
    product = product_of(demo, "20240815")
    clouds = judged(product, asked, shaded_block(demo, "20240815"))
    assert float((clouds.flags & Flag.SHADOW != 0).mean()) > 0.8
    assert not (clouds.flags & Flag.CLOUD).all()


def test_a_window_sees_what_the_whole_product_sees(demo: DemoCase) -> None:
    product = product_of(demo, "20210612")
    whole = judged(product, "product").flags
    for column, row in ((100, 100), (37, 251), (300, 150)):
        grid = block(product.grid, Window(column, row, 220, 190))
        flags = judged(product, "product", grid).flags
        same = flags == whole[row : row + 190, column : column + 220]
        assert float(same.mean()) > 0.97


def test_a_pair_outside_of_the_product_is_not_judged(demo: DemoCase) -> None:
    product = product_of(demo, "20210612")
    far = block(product.grid, Window(-5000, 0, 20, 20))
    clouds = judged(product, "product", far)
    assert clouds.known == Flag(0)
    assert not clouds.flags.any()


# what isn't known


def test_without_the_suns_place_there_are_no_shadows_and_it_is_said(demo: DemoCase) -> None:
    product = replace(product_of(demo, "20210612"), sun=None)
    clouds = judged(product, "product")
    assert clouds.known == OCCLUSION_KINDS & ~Flag.SHADOW
    assert not (clouds.flags & Flag.SHADOW).any()
    (finding,) = clouds.findings
    assert finding.known == ("cloud", "cirrus", "snow")
    assert "sun" in finding.unknown_because[0]


def test_without_the_bands_for_shadows_there_are_none_and_it_is_said(demo: DemoCase) -> None:
    product = product_of(demo, "20210612")
    product = replace(product, bands=tuple(b for b in product.bands if b.name != "B11"))
    clouds = judged(product, "auto")
    # Polygons don't tell snow, and its reflectance can't be seen without B11.
    assert clouds.known == Flag.CLOUD | Flag.CIRRUS
    (finding,) = clouds.findings
    assert finding.method == "product"
    assert "B11" in str(finding.reason)


def test_where_nothing_tells_clouds_nothing_is_known(demo: DemoCase) -> None:
    product = replace(
        product_of(demo, "20210612", "L2A"), scene_classification=None, cloud_mask=None
    )
    clouds = judged(product, "auto")
    assert clouds.known == Flag(0)
    (finding,) = clouds.findings
    assert (finding.method, finding.known) == (None, ())
    assert finding.reason


def test_a_method_the_product_does_not_allow_is_an_error(demo: DemoCase) -> None:
    with pytest.raises(ProductError, match="no scene classification"):
        judged(product_of(demo, CLEAR), "scl")


def test_the_finding_tells_all_that_the_result_depends_on(demo: DemoCase) -> None:
    (finding,) = judged(product_of(demo, "20240815"), "auto").findings
    reported = to_json(finding)
    assert (reported["asked"], reported["method"], reported["reason"]) == (
        "auto",
        "s2cloudless",
        None,
    )
    assert reported["sun"] == {"zenith_deg": 38.8, "azimuth_deg": 157.8}
    # 8000 m times tan(38.8 degrees) is more than the limit.
    assert (reported["sunward_m"], reported["margin_m"], reported["cloud_resolution_m"]) == (
        6000,
        600,
        60,
    )
    assert reported["thresholds"]["probability"] == detector.THRESHOLD


# parts of one acquisition


@pytest.fixture
def halves(demo: DemoCase, tmp_path: Path) -> list[Product]:
    """The cloudy product of the demo twice: as it is, and again under another name."""
    (path,) = demo.scenes.glob("S2?_MSIL1C_20210612*")
    copy = tmp_path / path.name.replace("T034002", "T034003")
    shutil.copytree(path, copy)
    return [open_product(path), open_product(copy)]


def test_each_pixel_is_judged_by_the_product_it_is_from(tmp_path: Path) -> None:
    cloudy = Safe(pixels={"SCL": np.full((30, 30), 9)})
    clear = replace(cloudy, pixels={"SCL": np.full((30, 30), 4)}, generated="20200202T150000")
    products = [open_product(write_safe(tmp_path, safe)) for safe in (cloudy, clear)]
    origin = np.zeros((60, 60), dtype=np.uint8)
    origin[:, 20:] = 1
    clouds = assess_clouds(
        products, products[0].grid, Mosaic(np.zeros((1, 1, 1), np.uint16), origin)
    )
    np.testing.assert_array_equal(clouds.flags == Flag.CLOUD, origin == 0)
    assert len(clouds.findings) == 2


def clip(product: Product, folder: Path, window: Window) -> Product:
    """A part of a product as a product of its own, as neighbouring tiles are."""
    folder.mkdir()
    bands = []
    for band in product.bands:
        factor = band.resolution_m // 10
        part = block(
            product.grid.coarser(factor),
            Window(*(side // factor for side in dataclasses.astuple(window))),
        )
        with rasterio.open(band.location) as source:
            pixels = source.read(1, window=from_bounds(*part.bounds, source.transform))
        path = folder / f"{band.name}.tif"
        profile = {"count": 1, "dtype": "uint16", "crs": part.crs, "transform": part.transform}
        size = {"height": part.height, "width": part.width}
        with rasterio.open(path, "w", driver="GTiff", **profile, **size) as target:
            target.write(pixels, 1)
        bands.append(replace(band, location=str(path), driver="GTiff"))
    return replace(product, grid=block(product.grid, window), bands=tuple(bands))


def test_a_cloud_in_the_next_tile_shades_this_one(demo: DemoCase, tmp_path: Path) -> None:
    # The sun stands in the south: the lower tile has the clouds that shade the upper one.
    whole = product_of(demo, "20210612")
    truth = truth_of(demo, "20210612")
    row = max(
        range(120, 480, 6),
        key=lambda row: (
            (truth[row - 60 : row] == TRUE_SHADOW).sum()
            - 20 * (truth[row - 90 : row] == TRUE_CLOUD).sum()
        ),
    )
    upper = clip(whole, tmp_path / "upper", Window(0, 0, 600, row))
    lower = clip(whole, tmp_path / "lower", Window(0, row, 600, 600 - row))
    grid = block(upper.grid, Window(0, row - 60, 600, 120))
    origin = np.zeros(grid.shape, dtype=np.uint8)
    origin[60:] = 1
    found = Mosaic(np.zeros((1, 1, 1), np.uint16), origin)
    together = assess_clouds([upper, lower], grid, found, "product")
    assert len(together.findings) == 1
    alone = judged(upper, "product", grid)
    true = truth[row - 60 : row] == TRUE_SHADOW

    def recall(clouds: Clouds) -> float:
        return float((clouds.flags[:60][true] & Flag.SHADOW != 0).mean())

    assert recall(together) > 0.8
    assert recall(together) > recall(alone) + 0.3


def test_a_product_of_another_zone_is_judged_where_it_lies(demo: DemoCase) -> None:
    product = product_of(demo, "20240815")
    x, y = reproject_points(
        product.grid.crs,
        "EPSG:32632",
        np.array([product.grid.transform.c + 3000]),
        np.array([product.grid.transform.f - 3000]),
    )
    turned = PixelGrid(
        "EPSG:32632", Affine(10, 0, round(x[0], -1), 0, -10, round(y[0], -1)), 200, 200
    )
    clouds = judged(product, "product", turned)
    own = judged(product, "product").flags
    columns, rows = (
        np.floor(a).astype(int)
        for a in apply_affine(
            ~product.grid.transform,
            *reproject_points("EPSG:32632", product.grid.crs, *turned.centres()),
        )
    )
    assert float((clouds.flags == own[rows, columns]).mean()) > 0.97
    assert (clouds.flags != 0).any()


def test_parts_on_one_lattice_are_seen_together(halves: list[Product]) -> None:
    origin = np.zeros(halves[0].grid.shape, dtype=np.uint8)
    origin[:, 300:] = 1
    found = Mosaic(np.zeros((1, 1, 1), np.uint16), origin)
    together = assess_clouds(halves, halves[0].grid, found, "product")
    np.testing.assert_array_equal(together.flags, judged(halves[0], "product").flags)
    (finding,) = together.findings
    assert finding.product_ids == tuple(product.product_id for product in halves)
