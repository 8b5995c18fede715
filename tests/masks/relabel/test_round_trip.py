"""Labels out to a GeoPackage and back: without an edit nothing changes, with one just that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.features import rasterize

from migrate_core.masks.raster.content import read_labels
from migrate_core.model import Mask
from migrate_core.pairs.label.grid_labels import grid_labels
from tests.support import vectors
from tests.support.builders import WEST
from tests.support.masks import good
from tests.support.pairs import NORTH, placed, registered, write_mask
from tests.support.relabel import UTM, Labels, hard, opened, shares, target

# Several classes, holes in holes, pixels that meet at corners, and no data inside and at the rim.
RNG = np.random.default_rng(7)
PIXELS = np.kron(RNG.integers(0, 4, (12, 15)), np.ones((5, 4), int)).astype(np.uint8)
PIXELS[RNG.random(PIXELS.shape) < 0.05] = 2
PIXELS[20:26, 20:31] = PIXELS[:, :3] = 255
PIXELS[22, 25] = 1
DEGREE = 3 / 111_320

PLACES = {
    "north up": (UTM, placed(0, 0, 3)),
    "on the pixel lattice": (UTM, placed(0, 0, 2.5)),
    "through the centres": (UTM, placed(0.5, 0.5, 5)),
    "coarse": (UTM, placed(0.3, 0.1, 14)),
    "rotated": (UTM, placed(20, 20, 3, 12.3)),
    "rotated by 45 degrees": (UTM, placed(20, 20, 3, 45)),
    "rotated by 90 degrees": (UTM, placed(20, 20, 5, 90)),
    "mirrored": (UTM, placed(0, 20, 5) @ Affine.scale(1, -1)),
    "sheared": (UTM, placed(10, 10, 3) @ Affine.shear(8, 3)),
    "in lon/lat": (
        "EPSG:4326",
        Affine(1.3 * DEGREE, 0, 2.7917, 0, -DEGREE, 42.3605),
    ),
    "in another zone": ("EPSG:25830", None),
}


@pytest.fixture
def labels(tmp_path: Path) -> Iterator[Labels]:
    yield from opened(tmp_path)


def raster(folder: Path, pixels: np.ndarray = PIXELS, place: str = "rotated") -> Mask:
    """A mask of these pixels; one in another zone is turned there."""
    crs, transform = PLACES[place]
    if transform is None:
        (x,), (y,) = rasterio.warp.transform(UTM, crs, [WEST], [NORTH])
        transform = Affine.translation(x, y) @ Affine.rotation(-4) @ Affine.scale(3, -3)
    path = write_mask(folder / "mask_20200202.tif", pixels, transform, crs=crs, nodata=255)
    return registered(path)


@pytest.mark.parametrize("place", PLACES)
def test_nothing_changes_without_an_edit(labels: Labels, tmp_path: Path, place: str) -> None:
    mask = raster(tmp_path, place=place)
    found = labels.round_trip(mask).mask
    assert found.vector is not None
    before = shares(mask)
    assert np.ptp(before) == 1  # it lies on the target, and there are whole pixels of a class
    np.testing.assert_allclose(shares(found), before, rtol=0, atol=1e-6)
    assert (hard(found) == hard(mask)).all()
    known, version = (grid_labels(one).inside(target()) for one in (mask, found))
    assert (known == version).all()
    assert grid_labels(found).bounds(UTM) == pytest.approx(grid_labels(mask).bounds(UTM), abs=1e-6)


@pytest.mark.parametrize("place", ["north up", "rotated", "mirrored", "in lon/lat"])
def test_polygons_follow_the_edges_of_pixels(labels: Labels, tmp_path: Path, place: str) -> None:
    mask = raster(tmp_path, place=place)
    labels.put(mask)
    path = labels.out(mask)
    assert set(pyogrio.list_layers(path)[:, 0]) == {"labels", "area", "layer_styles"}
    drawn, area = (pyogrio.read_dataframe(path, layer=name) for name in ("labels", "area"))
    assert drawn.crs == area.crs == mask.georeference.crs
    assert drawn.is_valid.all()
    assert area.is_valid.all()
    # GDAL burns them back into the same pixels.
    burnt = rasterize(
        [(area.geometry.iloc[0], 0), *zip(drawn.geometry, drawn["class"].astype(int), strict=True)],
        (mask.height, mask.width),
        fill=255,
        transform=mask.grid.transform,
    )
    assert (burnt == read_labels(mask)).all()
    pixel = abs(mask.grid.transform.determinant)
    drawn_area, known = (shapely.area(one.geometry.array).sum() for one in (drawn, area))
    assert drawn_area / pixel == pytest.approx(np.isin(PIXELS, (1, 2, 3)).sum(), rel=1e-6)
    assert known / pixel == pytest.approx((PIXELS != 255).sum(), rel=1e-6)


def test_values_that_were_recoded_stay(labels: Labels, tmp_path: Path) -> None:
    pixels = np.where(PIXELS == 1, 255, 0).astype(np.uint8)
    path = write_mask(tmp_path / "black_20200202.tif", pixels, placed(20, 20, 3, 30))
    mask = registered(path)
    assert mask.classes.stored == {"0": 0, "255": 1}
    labels.put(mask)
    assert set(pyogrio.read_dataframe(labels.out(mask), layer="labels")["class"]) == {"255"}
    found = labels.round_trip(mask).mask
    assert found.classes.stored == mask.classes.stored
    np.testing.assert_allclose(shares(found), shares(mask), rtol=0, atol=1e-6)


def test_a_negative_example_goes_out_and_back(labels: Labels, tmp_path: Path) -> None:
    path = write_mask(tmp_path / "none_20200202.tif", np.zeros((9, 9), np.uint8), placed(0, 0, 3))
    mask = good(path, allow_empty=True)
    labels.put(mask)
    path = labels.out(mask)
    assert len(pyogrio.read_dataframe(path, layer="labels")) == 0
    found = labels.back(mask, path).mask
    assert (hard(found) == hard(mask)).all()
    assert found.problem is None
    (again,) = pyogrio.read_dataframe(labels.out(found), layer="area").area
    assert again == pytest.approx(27**2)


def polygons(folder: Path, crs: str, **options: object) -> Mask:
    """Classes that overlap, one with a hole, one of no class, in an area larger than they are."""
    ring = vectors.square(0, 0, 200).difference(vectors.square(50, 60, 40))
    shapes = [ring, vectors.square(150.5, 30, 130), vectors.square(60, 100, 55.5)]
    shapes += [vectors.square(220, 90, 100), shapely.affinity.rotate(vectors.square(9, 9, 30), 20)]
    kinds = ["water", "bare", "water", None, "forest"]
    frame = vectors.frame(shapes, {"kind": kinds}).to_crs(crs)
    path = vectors.write(folder / "polygons.gpkg", frame)
    first, *_ = vectors.added(path, class_field="kind", **options).masks
    assert first.problem is None
    return first


@pytest.mark.parametrize("crs", [UTM, "EPSG:4326", "EPSG:25830"])
@pytest.mark.parametrize("options", [{}, {"chip_size_m": 150.0}])
def test_polygons_stay_as_they_are_in_force(
    labels: Labels, tmp_path: Path, crs: str, options: dict[str, object]
) -> None:
    mask = polygons(tmp_path, crs, **options)
    before = shares(mask)
    assert before.max() > 0.9
    for _ in range(2):
        found = labels.round_trip(mask).mask
        np.testing.assert_allclose(shares(found), before, rtol=0, atol=1e-6)
        assert (hard(found) == hard(mask)).all()
        assert found.classes.stored == mask.classes.stored
        mask = found


def test_what_was_unknown_stays_so_until_it_is_drawn_upon(labels: Labels, tmp_path: Path) -> None:
    mask = polygons(tmp_path, UTM)
    labels.put(mask)
    area = pyogrio.read_dataframe(labels.out(mask), layer="area").set_index("state").area
    # The feature without a class is 100 m x 100 m and lies upon that of class `bare`.
    assert area["unknown"] == pytest.approx(100**2)
    new = vectors.square(300, 170, 20)

    def draw(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        frame.loc[len(frame)] = ["forest", None, shapely.MultiPolygon([new])]
        return frame

    found = labels.back(mask, labels.edited(mask, draw)).mask
    place = mask.stored_classes.index((mask.classes.stored or {})["forest"])
    more = (shares(found) - shares(mask)).sum(axis=(1, 2)) * 100
    assert more[place] == pytest.approx(400, abs=1e-3)
    assert np.delete(more, place) == pytest.approx(0, abs=1e-3)


def test_an_edited_label_is_that_of_its_geopackage(labels: Labels, tmp_path: Path) -> None:
    mask = raster(tmp_path)
    labels.put(mask)
    middle = mask.grid.transform @ (40, 25)
    new = shapely.Point(middle).buffer(31.7)

    def draw(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        frame["geometry"] = frame.geometry.difference(new)
        frame = frame[~frame.is_empty]
        frame.loc[10_000] = ["3", None, shapely.MultiPolygon([new])]
        return frame

    path = labels.edited(mask, draw)
    found = labels.back(mask, path).mask
    drawn = pyogrio.read_dataframe(path, layer="labels")
    area = pyogrio.read_dataframe(path, layer="area").union_all()
    by_class = drawn.dissolve("class").geometry.intersection(area)
    result = dict(zip(mask.stored_classes, shares(found), strict=True))
    for row, column in [(35, 30), (36, 31), (30, 33), (28, 29), (33, 27)]:
        x, y = target().transform @ (column, row)
        pixel = shapely.box(x, y - 10, x + 10, y)
        expected = {int(k): one.intersection(pixel).area / 100 for k, one in by_class.items()}
        known = area.intersection(pixel).area / 100
        expected[0] = known - sum(expected.values())
        for value, share in expected.items():
            assert result[value][row, column] == pytest.approx(share, abs=1e-6)
    changed = result[3].sum() - shares(mask)[3].sum()
    assert changed > 1


def test_a_style_gives_each_class_its_colour(labels: Labels, tmp_path: Path) -> None:
    mask = raster(tmp_path)
    named = replace(mask.classes, colours={"2": "#102030"}, names={"2": "mine & spoil"})
    mask = replace(mask, classes=named)
    labels.put(mask)
    style = pyogrio.read_dataframe(labels.out(mask), layer="layer_styles").iloc[0]
    assert (style["f_table_name"], bool(style["useAsDefault"])) == ("labels", True)
    assert 'k="color" v="16,32,48,140"' in style["styleQML"]
    assert 'label="2 mine &amp; spoil"' in style["styleQML"]
