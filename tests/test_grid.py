"""`PixelGrid` and its arithmetic against rasterio, pyproj and plain numbers."""

import math

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import MultiPolygon, Polygon, box

from migrate_core.grid import (
    PixelGrid,
    Window,
    aligned_grid,
    apply_affine,
    in_crs,
    in_one_world,
    is_block_of,
    on_turn_of,
    reproject_geometry,
    reproject_points,
    split_at_antimeridian,
    window_of,
)
from tests.support.builders import NORTH, UTM31, WEST, north_up, to_lonlat

BASE_GRID = PixelGrid(UTM31, north_up(resolution=10), 10980, 10980)
ROTATED = Affine.translation(WEST, NORTH) @ Affine.rotation(12) @ Affine.scale(3, -3)
SHEARED = Affine(3, 0.5, WEST, 0, -3, NORTH)
metres = st.floats(-20_000, 130_000, allow_nan=False)
sizes = st.floats(0.01, 5_000, allow_nan=False)


@pytest.mark.parametrize(
    "transform", [north_up(), ROTATED, SHEARED], ids=["north-up", "rotated", "sheared"]
)
def test_corners_bounds_and_centres_are_those_of_rasterio(transform: Affine) -> None:
    grid = PixelGrid(UTM31, transform, 7, 5)
    expected = [
        rasterio.transform.xy(transform, row, column, offset="ul")
        for column, row in ((0, 0), (7, 0), (7, 5), (0, 5))
    ]
    assert grid.shape == (5, 7)
    np.testing.assert_allclose(shapely.get_coordinates(grid.polygon())[:4], expected, atol=1e-6)
    xs, ys = zip(*expected, strict=True)
    np.testing.assert_allclose(grid.bounds, (min(xs), min(ys), max(xs), max(ys)), atol=1e-6)
    x, y = grid.centres()
    rows, columns = np.indices((5, 7))
    true_x, true_y = rasterio.transform.xy(transform, rows.ravel(), columns.ravel())
    np.testing.assert_allclose(x.ravel(), true_x, atol=1e-6)
    np.testing.assert_allclose(y.ravel(), true_y, atol=1e-6)


@pytest.mark.parametrize("degrees", [0, 12, -45, 90])
def test_rotation_does_not_change_the_resolution(degrees: float) -> None:
    transform = Affine.rotation(degrees) @ Affine.scale(3, -3)
    assert PixelGrid(UTM31, transform, 1, 1).resolution == pytest.approx(3)


def test_a_coarser_lattice_keeps_the_origin_and_covers_the_last_pixels() -> None:
    coarse = PixelGrid(UTM31, north_up(resolution=10), 13, 6).coarser(6)
    assert coarse == PixelGrid(UTM31, north_up(resolution=60), 3, 1)


@given(metres, metres, sizes, sizes)
def test_an_aligned_grid_is_the_smallest_on_the_lattice_that_holds_the_bounds(
    x: float, y: float, width: float, height: float
) -> None:
    west, north = WEST + x, NORTH - y
    bounds = (west, north - height, west + width, north)
    grid = aligned_grid(BASE_GRID, bounds)
    steps = np.array([(grid.transform.c - WEST) / 10, (grid.transform.f - NORTH) / 10])
    np.testing.assert_array_equal(steps, np.round(steps))
    assert (grid.crs, grid.transform.a, grid.transform.e) == (UTM31, 10, -10)
    slack = 10 * 2e-6
    assert box(*grid.bounds).buffer(slack).covers(box(*bounds))
    # Without its outermost columns and rows the bounds would not fit any more.
    left, bottom, right, top = grid.bounds
    if grid.width > 1:
        assert left + 10 > bounds[0] - slack
        assert right - 10 < bounds[2] + slack
    if grid.height > 1:
        assert top - 10 < bounds[3] + slack
        assert bottom + 10 > bounds[1] - slack


@given(st.integers(-50, 20_000), st.integers(-50, 20_000), st.integers(1, 500), st.integers(1, 500))
def test_bounds_that_lie_on_the_lattice_come_back_as_they_are(
    column: int, row: int, width: int, height: int
) -> None:
    noise = 1e-9  # metres, as PROJ leaves them after a way there and back
    west, north = WEST + 10 * column, NORTH - 10 * row
    bounds = (west - noise, north - 10 * height - noise, west + 10 * width + noise, north + noise)
    grid = aligned_grid(BASE_GRID, bounds)
    assert grid == PixelGrid(UTM31, north_up(west, north, 10), width, height)
    assert window_of(grid, BASE_GRID) == Window(column, row, width, height)


def test_a_point_still_gets_one_pixel() -> None:
    grid = aligned_grid(BASE_GRID, (WEST + 20, NORTH - 20, WEST + 20, NORTH - 20))
    assert (grid.width, grid.height) == (1, 1)


def test_a_hair_more_than_noise_does_add_a_row() -> None:
    grid = aligned_grid(BASE_GRID, (WEST, NORTH - 10, WEST + 10, NORTH + 0.001))
    assert (grid.width, grid.height) == (1, 2)
    assert grid.transform.f == NORTH + 10


def test_a_window_may_reach_over_the_edges_of_its_lattice() -> None:
    grid = PixelGrid(UTM31, north_up(WEST - 30, NORTH + 20, 10), 4, 9)
    assert window_of(grid, BASE_GRID) == Window(-3, -2, 4, 9)


@given(st.floats(-180, 180), st.floats(0.1, 10), st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_an_affine_maps_arrays_as_it_maps_points(
    angle: float, scale: float, x: float, y: float
) -> None:
    transform = Affine.translation(5, 7) @ Affine.rotation(angle) @ Affine.scale(scale, -scale)
    out_x, out_y = apply_affine(transform, np.array([[x]]), np.array([[y]]))
    true_x, true_y = transform @ (x, y)
    assert (out_x.shape, out_y.shape) == ((1, 1), (1, 1))
    assert out_x[0, 0] == pytest.approx(true_x, abs=1e-6)
    assert out_y[0, 0] == pytest.approx(true_y, abs=1e-6)


def test_longitude_comes_before_latitude_whatever_the_authority_says() -> None:
    x, y = reproject_points("EPSG:4326", UTM31, np.array([3.0]), np.array([42.0]))
    true_y, true_x = Transformer.from_crs("EPSG:4326", UTM31).transform(42.0, 3.0)[::-1]
    assert (x[0], y[0]) == pytest.approx((true_x, true_y))
    assert x[0] == pytest.approx(500_000)  # the central meridian of zone 31


def test_the_same_crs_leaves_points_and_geometries_untouched() -> None:
    x, y = np.array([1.5]), np.array([2.5])
    assert reproject_points(UTM31, UTM31, x, y) == (x, y)
    geometry = box(0, 0, 1, 1)
    assert reproject_geometry(geometry, UTM31, UTM31) is geometry


def test_a_reprojected_geometry_keeps_its_vertices_and_holes() -> None:
    shell = [(WEST, NORTH), (WEST + 900, NORTH), (WEST + 900, NORTH - 900), (WEST, NORTH - 900)]
    hole = [(WEST + 300, NORTH - 300), (WEST + 600, NORTH - 300), (WEST + 600, NORTH - 600)]
    lonlat = reproject_geometry(Polygon(shell, [hole]), UTM31, "EPSG:4326")
    assert shapely.get_num_coordinates(lonlat) == 5 + 4
    assert len(lonlat.interiors) == 1
    expected = [to_lonlat(UTM31, *corner) for corner in shell]
    np.testing.assert_allclose(shapely.get_coordinates(lonlat.exterior)[:4], expected, atol=1e-12)


def test_a_grid_is_a_value_that_can_be_a_key() -> None:
    grid = PixelGrid(UTM31, north_up(), 2, 3)
    assert {grid: 1}[PixelGrid(UTM31, north_up(), 2, 3)] == 1
    with pytest.raises(AttributeError):
        grid.width = 5  # type: ignore[misc]
    assert math.isclose(grid.resolution, 3)


# grids


def test_the_hemispheres_of_a_zone_count_northings_differently_on_one_lattice() -> None:
    north = PixelGrid("EPSG:32631", north_up(500_040, 660, 10), 5, 4)
    south = in_crs(north, "EPSG:32731")
    assert south is not None
    way = Transformer.from_crs("EPSG:32631", "EPSG:32731", always_xy=True)
    assert (south.transform.c, south.transform.f) == pytest.approx(way.transform(500_040, 660))
    assert (south.crs, south.shape) == ("EPSG:32731", north.shape)
    assert in_crs(south, "EPSG:32631") == north


@pytest.mark.parametrize("crs", ["EPSG:32632", "EPSG:32732", "EPSG:25831", "EPSG:4326"])
def test_a_lattice_of_another_crs_is_another(crs: str) -> None:
    assert in_crs(PixelGrid("EPSG:32631", north_up(), 5, 4), crs) is None


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (north_up(WEST + 30, NORTH - 20, 10), True),
        (north_up(WEST - 990, NORTH + 70, 10), True),  # beyond the edge
        (north_up(WEST + 30 + 1e-5, NORTH, 10), True),
        (north_up(WEST + 5, NORTH, 10), False),
        (north_up(WEST, NORTH + 0.1, 10), False),
        (north_up(WEST, NORTH, 20), False),
        (Affine(10, 0, WEST, 0, 10, NORTH), False),
    ],
)
def test_a_block_consists_of_whole_pixels(transform: Affine, expected: bool) -> None:
    assert is_block_of(PixelGrid(UTM31, transform, 7, 3), BASE_GRID) is expected
    assert not is_block_of(PixelGrid("EPSG:32632", transform, 7, 3), BASE_GRID)


# around the world


def test_longitudes_that_go_on_beyond_180_come_back_on_the_other_side() -> None:
    clip = split_at_antimeridian(box(179.5, 60, 181, 61))
    expected = MultiPolygon([box(179.5, 60, 180, 61), box(-180, 60, -179, 61)])
    assert clip.symmetric_difference(expected).area < 1e-9
    assert (
        split_at_antimeridian(box(-181, 60, -179.5, 61))
        .symmetric_difference(MultiPolygon([box(179, 60, 180, 61), box(-180, 60, -179.5, 61)]))
        .area
        < 1e-9
    )
    assert split_at_antimeridian(box(185, 60, 186, 61)).equals(box(-175, 60, -174, 61))
    assert split_at_antimeridian(box(0, -90, 360, 90)).equals(box(-180, -90, 180, 90))


def test_what_lies_on_one_side_is_left_alone() -> None:
    for polygon in (box(170, 1, 180, 2), box(-180, 1, -170, 2), box(-10, 1, 10, 2), Polygon()):
        assert split_at_antimeridian(polygon) is polygon
        assert in_one_world(polygon) is polygon


@pytest.mark.parametrize("touching", [180.0, -180.0])
def test_a_footprint_that_jumps_is_cut_and_one_that_is_cut_stays(touching: float) -> None:
    jumping = Polygon([(179, 60), (-179, 60), (-179, 61), (touching, 61), (179, 61)])
    expected = MultiPolygon([box(179, 60, 180, 61), box(-180, 60, -179, 61)])
    clip = in_one_world(jumping)
    assert clip.symmetric_difference(expected).area < 1e-9
    assert in_one_world(clip).symmetric_difference(expected).area < 1e-9


def test_a_footprint_that_ends_at_the_meridian_has_no_other_side() -> None:
    for west_end in (-180.0, 180.0):
        polygon = Polygon([(179, 60), (west_end, 60), (180, 61), (179, 61)])
        assert in_one_world(polygon).symmetric_difference(box(179, 60, 180, 61)).area < 1e-9


@pytest.mark.parametrize(
    ("crs", "x", "expected"),
    [
        ("EPSG:4326", -179.99, 180.01),
        ("EPSG:4326", 180.02, 180.02),
        ("EPSG:4258", -179.99, 180.01),
        ("EPSG:4807", -199.99, 200.01),  # grads from Paris
        ("EPSG:3857", -20_037_000.0, 20_038_016.685578488),
        ("EPSG:32660", -1000.0, -1000.0),
    ],
)
def test_coordinates_are_moved_by_turns_of_the_world_to_a_raster(
    crs: str, x: float, expected: float
) -> None:
    middle = {"EPSG:4807": 200.0, "EPSG:3857": 20_037_508.0, "EPSG:32660": 700_000.0}.get(
        crs, 180.0
    )
    grid = PixelGrid(crs, Affine(0.001, 0, middle - 0.05, 0, -0.001, 65), 100, 100)
    assert on_turn_of(grid, np.array([x]))[0] == pytest.approx(expected, abs=1e-6)
