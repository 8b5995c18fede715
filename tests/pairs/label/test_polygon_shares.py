"""Area shares of polygons against exactextract, shapely and what must hold for any polygon."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from affine import Affine
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.affinity import rotate
from shapely.geometry import mapping

from migrate_core.errors import PairError
from migrate_core.grid import PixelGrid
from migrate_core.masks.vectors.labels import LabelPolygons
from migrate_core.pairs.label.grid_labels import PolygonLabels
from migrate_core.pairs.label.polygon_shares import centres_inside, polygon_shares
from tests.support.properties import examples
from tests.support.vectors import reprojected

UTM = "EPSG:32631"
WEST, NORTH = 500_000.0, 4_700_000.0
TARGET = PixelGrid(UTM, Affine(10, 0, WEST, 0, -10, NORTH), 12, 9)
TURNED = PixelGrid(
    UTM, Affine.translation(WEST, NORTH) @ Affine.rotation(30) @ Affine.scale(10, -10), 12, 9
)
MIDDLE = shapely.Point(WEST + 60, NORTH - 45)
RING = MIDDLE.buffer(38, quad_segs=5).difference(MIDDLE.buffer(17, quad_segs=3))
SHAPES = {
    "pixel": shapely.box(WEST + 20, NORTH - 30, WEST + 30, NORTH - 20),
    "tenth of a pixel": shapely.box(WEST + 22, NORTH - 29, WEST + 24, NORTH - 24),
    "rotated rectangle": rotate(shapely.box(WEST + 12, NORTH - 70, WEST + 95, NORTH - 21), 12.5),
    "ring": RING,
    "island in a ring": RING.union(MIDDLE.buffer(9, quad_segs=2)),
    "several parts": shapely.union_all(
        [shapely.Point(WEST + 15 * n, NORTH - 9 * n).buffer(6) for n in range(9)]
    ),
    "larger than the grid": MIDDLE.buffer(500).difference(MIDDLE.buffer(31)),
    "over the left edge": shapely.box(WEST - 55, NORTH - 33.3, WEST + 17, NORTH - 11),
    "elsewhere": shapely.box(WEST + 900, NORTH, WEST + 950, NORTH + 50),
    "sliver": shapely.Polygon(
        [(WEST, NORTH - 41), (WEST + 119, NORTH - 80), (WEST + 119, NORTH - 80.01)]
    ),
}


def pixel_boxes(grid: PixelGrid) -> NDArray[np.object_]:
    row, column = np.indices(grid.shape)
    corners = [
        np.stack(grid.transform @ (column + right, row + down), axis=-1)
        for right, down in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    return shapely.polygons(np.stack(corners, axis=-2))


def shapely_share(area: Any, grid: PixelGrid) -> NDArray[np.float64]:
    boxes = pixel_boxes(grid)
    return shapely.area(shapely.intersection(boxes, area)) / shapely.area(boxes)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("grid", [TARGET, TURNED], ids=["north up", "turned"])
def test_shares_equal_the_intersection_with_each_pixel(name: str, grid: PixelGrid) -> None:
    (share,) = polygon_shares([SHAPES[name]], grid)
    np.testing.assert_allclose(share, shapely_share(SHAPES[name], grid), atol=1e-8)


@pytest.mark.parametrize("name", SHAPES)
def test_shares_equal_those_of_exactextract(name: str) -> None:
    (share,) = polygon_shares([SHAPES[name]], TARGET)
    raster = NumPyRasterSource(np.zeros(TARGET.shape), WEST, NORTH - 90, WEST + 120, NORTH)
    feature = {"type": "Feature", "geometry": mapping(SHAPES[name]), "properties": {}}
    (found,) = exact_extract(raster, feature, ["cell_id", "coverage"])
    expected = np.zeros(share.size)
    cells = np.asarray(found["properties"]["cell_id"], dtype=int)
    expected[cells] = found["properties"]["coverage"]
    # exactextract keeps its coverage in single precision.
    np.testing.assert_allclose(share.ravel(), expected, atol=1e-6)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("grid", [TARGET, TURNED], ids=["north up", "turned"])
def test_centres_inside_are_those_that_shapely_finds(name: str, grid: PixelGrid) -> None:
    # Moved a little, so that no centre lies on an edge.
    area = shapely.transform(SHAPES[name], lambda points: points + np.array([0.0137, 0.0071]))
    expected = shapely.contains_xy(area, *grid.centres())
    np.testing.assert_array_equal(centres_inside(area, grid), expected)


def test_a_centre_on_a_shared_edge_lies_in_one_of_two_neighbours() -> None:
    left = shapely.box(WEST, NORTH - 90, WEST + 55, NORTH - 45)
    right = shapely.box(WEST + 55, NORTH - 90, WEST + 120, NORTH - 45)
    above = shapely.box(WEST, NORTH - 45, WEST + 120, NORTH)
    counts = sum(centres_inside(area, TARGET).astype(int) for area in (left, right, above))
    np.testing.assert_array_equal(counts, 1)


def test_edges_by_the_hundred_thousand_are_worked_through_in_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (at_once,) = polygon_shares([SHAPES["ring"]], TARGET)
    monkeypatch.setattr("migrate_core.pairs.label.polygon_shares._CHUNK", 3)
    (in_pieces,) = polygon_shares([SHAPES["ring"]], TARGET)
    np.testing.assert_allclose(in_pieces, at_once, atol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "POLYGON ((500000 4699999.75, 500000 4699978.833548622, 499999.99999999994 "
        "4699999.999999999, 500000.125 4699999.75, 500000 4699999.75))",
        "POLYGON ((500000 4699901.75, 499999.99999999994 4699999.875, 500023.91279356065 "
        "4699999.999999999, 500000 4699999.75, 500000 4699901.75))",
    ],
)
def test_a_ring_whose_highest_corner_is_turned_by_rounding_keeps_its_area(text: str) -> None:
    area = shapely.from_wkt(text)
    (share,) = polygon_shares([area], TARGET)
    np.testing.assert_allclose(share, shapely_share(area, TARGET), atol=1e-6)


@st.composite
def polygons(draw: st.DrawFn) -> Any:
    """Any valid area of some corners near the grid: with holes and several parts."""
    # To a micrometre: below that, the intersections that serve as oracle lose whole pixels.
    coordinate = st.floats(-60, 180, allow_nan=False).map(lambda value: round(value, 6))
    corners = draw(st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=9, unique=True))
    ring = [(WEST + x, NORTH - y) for x, y in corners]
    area = shapely.make_valid(shapely.Polygon(ring))
    parts = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]
    return shapely.union_all(parts) if parts else shapely.MultiPolygon()


@settings(max_examples=examples(150), deadline=None)
@given(area=polygons())
def test_any_polygon_has_the_shares_of_its_intersections(area: Any) -> None:
    (share,) = polygon_shares([area], TARGET)
    np.testing.assert_allclose(share, shapely_share(area, TARGET), atol=1e-6)


@settings(max_examples=examples(60), deadline=None)
@given(area=polygons())
def test_no_area_is_lost_on_a_grid_that_holds_it(area: Any) -> None:
    wide = PixelGrid(UTM, TARGET.transform @ Affine.translation(-10, -10), 40, 40)
    (share,) = polygon_shares([area], wide)
    assert share.sum() * 100 == pytest.approx(area.area, abs=1e-4)


# labels of several classes


def labels(crs: str = UTM) -> LabelPolygons:
    """Two classes and something unknown in a turned area."""
    area = rotate(shapely.box(WEST + 11, NORTH - 80, WEST + 108, NORTH - 7), 7)
    one = RING.intersection(area)
    two = SHAPES["rotated rectangle"].intersection(area).difference(RING)
    unknown = area.intersection(shapely.box(WEST, NORTH - 90, WEST + 33, NORTH - 50))
    unknown = unknown.difference(one).difference(two)
    parts = (
        reprojected(part.segmentize(0.5), UTM, crs) if crs != UTM else part
        for part in (area, one, two, unknown)
    )
    area, one, two, unknown = parts
    return LabelPolygons(area, {1: one, 4: two}, unknown)


def expected_shares(drawn: LabelPolygons) -> NDArray[np.float64]:
    return np.stack(
        [shapely_share(part, TARGET) for part in (drawn.background, *drawn.classes.values())]
    )


def test_background_is_what_the_area_has_beside_classes_and_unknown() -> None:
    found = PolygonLabels(labels(), UTM).shares(TARGET, (0, 1, 4, 9))
    np.testing.assert_allclose(found[:3], expected_shares(labels()), atol=1e-6)
    assert not found[3].any()
    known = labels().area.difference(labels().unknown)
    np.testing.assert_allclose(found.sum(axis=0), shapely_share(known, TARGET), atol=1e-6)


@pytest.mark.parametrize("crs", ["EPSG:32630", "EPSG:4326", "EPSG:3857", "EPSG:2154"])
def test_labels_of_another_crs_have_the_same_shares(crs: str) -> None:
    found = PolygonLabels(labels(crs), crs)
    np.testing.assert_allclose(
        found.shares(TARGET, (0, 1, 4)), expected_shares(labels()), atol=1e-6
    )
    np.testing.assert_array_equal(
        found.inside(TARGET), shapely.contains_xy(labels().area, *TARGET.centres())
    )
    assert found.bounds(UTM) == pytest.approx(labels().area.bounds, abs=1e-4)


def test_long_edges_of_another_crs_are_curved_as_they_are() -> None:
    """An edge of 40 km in lon/lat strays 25 m from the straight line in UTM."""
    side = shapely.box(3.1, 42.3, 3.6, 42.6)
    drawn = PolygonLabels(LabelPolygons(side, {}, shapely.MultiPolygon()), "EPSG:4326")
    middle = reprojected(shapely.Point(3.35, 42.6), "EPSG:4326", UTM)
    grid = PixelGrid(UTM, Affine(10, 0, middle.x - 50, 0, -10, middle.y + 50), 10, 10)
    (found,) = drawn.shares(grid, (0,))
    fine = reprojected(side.segmentize(1e-5), "EPSG:4326", UTM)
    np.testing.assert_allclose(found, shapely_share(fine, grid), atol=1e-6)
    straight = reprojected(side, "EPSG:4326", UTM)
    assert np.abs(found - shapely_share(straight, grid)).max() > 0.9


def test_an_area_that_has_no_place_in_the_scenes_crs_is_an_error() -> None:
    nowhere = LabelPolygons(shapely.box(1e30, 1e30, 2e30, 2e30), {}, shapely.MultiPolygon())
    with pytest.raises(PairError, match="can't be brought to EPSG:32631"):
        PolygonLabels(nowhere, "EPSG:32630").bounds(UTM)
