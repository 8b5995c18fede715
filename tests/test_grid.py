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
from shapely.geometry import Polygon, box

from migrate_core.grid import (
    PixelGrid,
    Window,
    aligned_grid,
    apply_affine,
    reproject_geometry,
    reproject_points,
    window_of,
)
from tests.builders import NORTH, UTM31, WEST, north_up, to_lonlat

LATTICE = PixelGrid(UTM31, north_up(resolution=10), 10980, 10980)
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
    np.testing.assert_allclose(shapely.get_coordinates(grid.outline())[:4], expected, atol=1e-6)
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
    grid = aligned_grid(LATTICE, bounds)
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
    grid = aligned_grid(LATTICE, bounds)
    assert grid == PixelGrid(UTM31, north_up(west, north, 10), width, height)
    assert window_of(grid, LATTICE) == Window(column, row, width, height)


def test_a_point_still_gets_one_pixel() -> None:
    grid = aligned_grid(LATTICE, (WEST + 20, NORTH - 20, WEST + 20, NORTH - 20))
    assert (grid.width, grid.height) == (1, 1)


def test_a_hair_more_than_noise_does_add_a_row() -> None:
    grid = aligned_grid(LATTICE, (WEST, NORTH - 10, WEST + 10, NORTH + 0.001))
    assert (grid.width, grid.height) == (1, 2)
    assert grid.transform.f == NORTH + 10


def test_a_window_may_reach_over_the_edges_of_its_lattice() -> None:
    grid = PixelGrid(UTM31, north_up(WEST - 30, NORTH + 20, 10), 4, 9)
    assert window_of(grid, LATTICE) == Window(-3, -2, 4, 9)


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
