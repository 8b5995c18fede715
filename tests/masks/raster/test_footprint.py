"""Extent and footprint: where a mask lies, to the pixel, in lon/lat and in another CRS."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyproj import Geod, Transformer
from shapely.geometry import MultiPoint, MultiPolygon, Polygon, box

from migrate_core.grid import PixelGrid, reproject_geometry
from migrate_core.masks.raster import footprint as module
from migrate_core.masks.raster.footprint import (
    extent,
    footprint,
    pixel_size_m,
    to_crs,
    valid_bounds,
)
from migrate_core.masks.raster.opening import read_header
from migrate_core.products.product import utm_crs
from tests.support.builders import (
    NORTH,
    UTM31,
    WEST,
    area_m2,
    content_of,
    labels,
    north_up,
    to_lonlat,
)
from tests.support.properties import examples

ROTATED = Affine.translation(WEST, NORTH) @ Affine.rotation(12) @ Affine.scale(3, -3)
SHEARED = Affine(3, 0.7, WEST, 0.2, -3, NORTH)
DEGREES = Affine(3e-5, 0, 2.8, 0, -3e-5, 42.3)
GRIDS = {
    "north-up": PixelGrid(UTM31, north_up(), 20, 10),
    "rotated": PixelGrid(UTM31, ROTATED, 20, 10),
    "sheared": PixelGrid(UTM31, SHEARED, 20, 10),
    "geographic": PixelGrid("EPSG:4326", DEGREES, 20, 10),
    "south-up": PixelGrid(UTM31, Affine(3, 0, WEST, 0, 3, NORTH), 20, 10),
}
every_grid = pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
valid_arrays = hnp.arrays(bool, (10, 20)).filter(np.any)


def pixel_polygons(valid: np.ndarray, grid: PixelGrid) -> list[Polygon]:
    """One polygon for each valid pixel, in the CRS of the grid."""
    return [
        Polygon([grid.transform @ (c + i, r + j) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))])
        for r, c in np.argwhere(valid)
    ]


@every_grid
def test_the_extent_is_the_four_corners_in_lonlat(grid: PixelGrid) -> None:
    corners = [grid.transform @ corner for corner in ((0, 0), (20, 0), (20, 10), (0, 10))]
    expected = [to_lonlat(grid.crs, x, y) for x, y in corners]
    polygon = extent(grid)
    np.testing.assert_allclose(shapely.get_coordinates(polygon)[:4], expected, atol=1e-12)
    assert len(polygon.exterior.coords) == 5


def test_corners_without_a_place_on_earth_are_a_value_error() -> None:
    far = PixelGrid(UTM31, Affine(1e9, 0, 0, 0, -1e9, 0), 10, 10)
    with pytest.raises(ValueError, match="outside the area"):
        extent(far)


@every_grid
def test_a_wholly_valid_mask_has_its_extent_as_footprint(grid: PixelGrid) -> None:
    whole = footprint(np.ones(grid.shape, dtype=bool), grid)
    assert whole.symmetric_difference(extent(grid)).area < 1e-6 * whole.area


@every_grid
@settings(max_examples=examples(20))
@given(valid=valid_arrays)
def test_the_footprint_is_the_union_of_the_valid_pixels(grid: PixelGrid, valid: np.ndarray) -> None:
    expected = shapely.union_all(pixel_polygons(valid, grid))
    found = reproject_geometry(footprint(valid, grid), "EPSG:4326", grid.crs)
    assert found.is_valid
    assert found.symmetric_difference(expected).area < 1e-5 * expected.area


def test_a_hole_and_an_island_stay() -> None:
    valid = labels("11111", "10001", "10101", "10001", "11111").astype(bool)
    grid = PixelGrid(UTM31, north_up(), 5, 5)
    found = footprint(valid, grid)
    assert area_m2(found) == pytest.approx(17 * 9, rel=1e-5)
    assert not found.contains(shapely.Point(to_lonlat(UTM31, WEST + 4.5, NORTH - 4.5)))
    assert found.contains(shapely.Point(to_lonlat(UTM31, WEST + 7.5, NORTH - 7.5)))


def test_nothing_valid_is_an_empty_footprint() -> None:
    grid = PixelGrid(UTM31, north_up(), 5, 5)
    assert footprint(np.zeros((5, 5), dtype=bool), grid).is_empty


def test_edges_of_a_large_mask_follow_the_straight_line_of_its_crs() -> None:
    grid = PixelGrid("EPSG:3857", Affine(100, 0, 300_000, 0, -100, 8_000_000), 500, 1)
    line = footprint(np.ones(grid.shape, dtype=bool), grid).boundary
    middle = shapely.Point(to_lonlat("EPSG:3857", 325_000, 8_000_000))
    metre = 1 / 111_320
    assert line.distance(middle) < 0.01 * metre


def test_a_huge_mask_is_traced_coarsely_and_stays_within_its_extent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    valid = np.ones((101, 101), dtype=bool)
    valid[:40, :50] = False
    grid = PixelGrid(UTM31, north_up(), 101, 101)
    exact = footprint(valid, grid)
    monkeypatch.setattr(module, "_TRACED_PIXELS", 101 * 101 // 9 + 1)  # blocks of 3 x 3
    coarse = footprint(valid, grid)
    pixels = area_m2(coarse.symmetric_difference(exact)) / 9
    assert 0 < pixels < 4 * 101 * 3
    outside = area_m2(coarse.difference(extent(grid).buffer(1e-9))) / 9
    assert outside < 1


def test_a_ragged_outline_is_simplified_by_no_more_than_a_pixel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, columns = np.indices((100, 100))
    valid = (rows - 50) ** 2 + (columns - 50) ** 2 < 45**2
    grid = PixelGrid(UTM31, north_up(), 100, 100)
    exact = reproject_geometry(footprint(valid, grid), "EPSG:4326", UTM31)
    monkeypatch.setattr(module, "_MAX_VERTICES", 50)
    simple = reproject_geometry(footprint(valid, grid), "EPSG:4326", UTM31)
    assert shapely.get_num_coordinates(simple) < shapely.get_num_coordinates(exact)
    assert simple.is_valid
    assert shapely.hausdorff_distance(simple, exact) <= 3.001


@pytest.mark.parametrize("degrees", [0, 12, 45])
def test_pixels_of_a_metric_crs_have_their_size_whatever_the_rotation(degrees: float) -> None:
    transform = Affine.translation(WEST, NORTH) @ Affine.rotation(degrees) @ Affine.scale(0.5, -0.5)
    size = pixel_size_m(PixelGrid(UTM31, transform, 900, 900))
    assert size == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("latitude", [0, 42, -60])
def test_pixels_in_degrees_are_measured_on_the_ground(latitude: float) -> None:
    grid = PixelGrid("EPSG:4326", Affine(1e-4, 0, 2.8, 0, -1e-4, latitude), 2, 2)
    _, _, expected = Geod(ellps="WGS84").inv(2.8, latitude, 2.8001, latitude)
    assert pixel_size_m(grid) == pytest.approx(expected, rel=0.01)


def test_pixels_in_feet_are_measured_in_metres() -> None:
    grid = PixelGrid("EPSG:2225", Affine(10, 0, 6_561_666, 0, -10, 2_000_000), 100, 100)
    assert pixel_size_m(grid) == pytest.approx(3.048, rel=0.01)


@every_grid
@settings(max_examples=examples(20))
@given(valid=valid_arrays)
def test_bounds_are_those_of_all_corners_of_valid_pixels(
    grid: PixelGrid, valid: np.ndarray
) -> None:
    target = "EPSG:32630"
    corners = MultiPoint(
        shapely.get_coordinates(shapely.union_all(pixel_polygons(valid, grid)).boundary)
    )
    expected = reproject_geometry(corners, grid.crs, target).bounds
    np.testing.assert_allclose(valid_bounds(valid, grid, target), expected, atol=0.01)


def test_bounds_in_the_own_crs_are_exact() -> None:
    valid = labels("00000", "00010", "01000", "00000").astype(bool)
    grid = PixelGrid(UTM31, north_up(), 5, 4)
    assert valid_bounds(valid, grid, UTM31) == (WEST + 3, NORTH - 9, WEST + 12, NORTH - 3)


def test_bounds_take_the_bulge_of_a_long_edge_into_account() -> None:
    # A parallel of latitude is curved in UTM: its middle lies south of its ends' chord.
    grid = PixelGrid("EPSG:4326", Affine(1e-2, 0, 2, 0, -1e-2, 43), 200, 1)
    _, south, _, north = valid_bounds(np.ones(grid.shape, dtype=bool), grid, UTM31)
    to_utm = Transformer.from_crs("EPSG:4326", UTM31, always_xy=True)
    assert north == pytest.approx(max(to_utm.transform(lon, 43)[1] for lon in (2, 4)), abs=0.01)
    middle = to_utm.transform(3, 42.99)[1]
    assert to_utm.transform(2, 42.99)[1] - middle > 100
    assert south == pytest.approx(middle, abs=0.01)


def test_nothing_valid_has_no_bounds() -> None:
    with pytest.raises(ValueError, match="no valid pixel"):
        valid_bounds(np.zeros((2, 2), dtype=bool), PixelGrid(UTM31, north_up(), 2, 2), UTM31)


def test_a_geometry_in_pixels_is_carried_to_another_crs() -> None:
    grid = GRIDS["rotated"]
    reprojected = to_crs(box(2, 3, 4, 5), grid, UTM31)
    expected = Polygon([ROTATED @ c for c in ((2, 3), (4, 3), (4, 5), (2, 5))])
    assert reprojected.symmetric_difference(expected).area == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "rotation"),
    [
        ("20200621_101532_103c_water_mask.tif", 12),
        ("20210716_101532_103c_water_mask.tif", -7),
        ("20200914_101532_1014_water_mask.tif", 0),
    ],
)
def test_real_masks_have_the_area_of_their_valid_pixels(
    require_data: Callable[[str], Path], name: str, rotation: float
) -> None:
    path = require_data("boadella") / "masks" / name
    header, valid = read_header(path), content_of(path).valid
    assert header.crs is not None
    assert header.transform is not None
    grid = PixelGrid(header.crs, header.transform, header.width, header.height)
    assert abs(np.degrees(np.arctan2(grid.transform.d, grid.transform.a)) - rotation) < 0.01
    found = footprint(valid, grid)
    assert area_m2(found) == pytest.approx(valid.sum() * 9, rel=1e-3)
    if rotation == 0:  # no-data corners: the footprint is less than the extent
        assert 0.5 < found.area / extent(grid).area < 0.95


# around the world


def test_a_mask_across_the_180_degree_meridian_is_two_polygons_and_no_belt() -> None:
    grid = PixelGrid("EPSG:32601", north_up(166_000, 1_000_000, 1000), 30, 20)
    for found in (extent(grid), footprint(np.ones((20, 30), bool), grid)):
        assert found.geom_type == "MultiPolygon"
        east, west = sorted(found.geoms, key=lambda part: -part.bounds[0])
        assert 179.9 < east.bounds[0] < east.bounds[2] == 180
        assert -180 == west.bounds[0] < west.bounds[2] < -179.7
        area, _ = Geod(ellps="WGS84").geometry_area_perimeter(found)
        # UTM shrinks and stretches by up to a few thousandths at the edge of a zone.
        assert abs(area) == pytest.approx(600e6, rel=5e-3)
    assert pixel_size_m(grid) == pytest.approx(1000, rel=5e-3)


def test_a_mask_of_the_whole_world_stays_whole() -> None:
    grid = PixelGrid("EPSG:4326", Affine(1, 0, -180, 0, -1, 90), 360, 180)
    assert extent(grid).symmetric_difference(box(-180, -90, 180, 90)).area == 0
    mercator = PixelGrid("EPSG:3857", north_up(-19_000_000, 9_000_000, 100_000), 380, 180)
    assert extent(mercator).geom_type == "Polygon"


def test_a_mask_in_degrees_that_counts_on_beyond_180_is_where_it_should_be() -> None:
    counting_on = PixelGrid("EPSG:4326", Affine(1e-4, 0, 179.99, 0, -1e-4, 65), 200, 100)
    expected = MultiPolygon([box(179.99, 64.99, 180, 65), box(-180, 64.99, -179.99, 65)])
    for west in (179.99, -180.01):
        grid = PixelGrid("EPSG:4326", Affine(1e-4, 0, west, 0, -1e-4, 65), 200, 100)
        for found in (extent(grid), footprint(np.ones((100, 200), bool), grid)):
            assert found.symmetric_difference(expected).area < 1e-9
        for zone in ("EPSG:32660", "EPSG:32601"):
            np.testing.assert_allclose(
                valid_bounds(np.ones((100, 200), bool), grid, zone),
                valid_bounds(np.ones((100, 200), bool), counting_on, zone),
                atol=1e-4,
            )


def test_a_mask_that_counts_from_0_to_360_lies_in_the_western_hemisphere() -> None:
    grid = PixelGrid("EPSG:4326", Affine(1e-4, 0, 289.9, 0, -1e-4, -33), 100, 100)
    assert extent(grid).symmetric_difference(box(-70.1, -33.01, -70.09, -33)).area < 1e-12


def test_a_mask_in_web_mercator_across_the_meridian_is_cut() -> None:
    edge = 20_037_508.342789244
    grid = PixelGrid("EPSG:3857", Affine(30, 0, edge - 900, 0, -30, 9_608_371), 100, 50)
    found = extent(grid)
    assert found.geom_type == "MultiPolygon"
    west, south, east, north = valid_bounds(np.ones((50, 100), bool), grid, "EPSG:32660")
    # 3 km of the map are 1.27 km on the ground at 65 degrees.
    assert east - west == pytest.approx(3000 * np.cos(np.radians(65)), rel=0.05)
    assert north - south < 800


# the grid of a pair, against every edge of every pixel


def every_edge(valid: np.ndarray, grid: PixelGrid, crs: str) -> tuple[float, ...]:
    """Bounds of 30 points on each side of each valid pixel that isn't among valid ones."""
    padded = np.pad(valid, 1)
    around = [padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]]
    rows, columns = np.nonzero(valid & ~np.logical_and.reduce(around))
    along = np.linspace(0, 1, 30)
    none, one = np.zeros(30), np.ones(30)
    x = (columns[:, None] + np.concatenate([along, along, none, one])).ravel()
    y = (rows[:, None] + np.concatenate([none, one, along, along])).ravel()
    points = grid.transform @ (x, y)
    if crs != grid.crs:
        points = Transformer.from_crs(grid.crs, crs, always_xy=True).transform(*points)
    return points[0].min(), points[1].min(), points[0].max(), points[1].max()


def full(size: int) -> np.ndarray:
    return np.ones((size, size), dtype=bool)


def horseshoe(size: int) -> np.ndarray:
    """An area of which the hull bulges over its open side where edges are bent."""
    valid = full(size)
    valid[size // 10 :, size // 10 : -size // 10] = False
    return valid


PLACES = {
    "equator": (8, 0.01, "EPSG:32632"),
    "zone border": (5.9, 45, "EPSG:32631"),
    "tile of the neighbouring zone": (5.9, 45, "EPSG:32632"),
    "Norway, where zone 32 is wider": (5, 60.4, "EPSG:32632"),
    "Svalbard, where zone 33 is": (9.2, 78, "EPSG:32633"),
    "far north": (10, 82.5, "EPSG:32632"),
    "south": (150.2, -35, "EPSG:32756"),
    "far south": (-58, -79.5, "EPSG:32721"),
    "180 degrees from the west": (179.9, 66, "EPSG:32660"),
    "180 degrees from the east": (179.9, 66, "EPSG:32601"),
}
CASES = [
    pytest.param(*place, crs, id=f"{name}, {crs}")
    for name, place in PLACES.items()
    for crs in (
        "EPSG:4326",
        "EPSG:3857",
        place[2],
        *(["EPSG:3413"] if place[1] > 60 else []),
        *(["EPSG:3031"] if place[1] < -60 else []),
        *(["EPSG:2056", "EPSG:2154"] if place[1] == 45 else []),
    )
]


@pytest.mark.parametrize("shape", [full, horseshoe])
@pytest.mark.parametrize("degrees", [0, 17])
@pytest.mark.parametrize(("lon", "lat", "target", "crs"), CASES)
def test_the_bounds_of_20_km_are_right_to_a_thousandth_of_a_pixel_anywhere(
    lon: float,
    lat: float,
    target: str,
    crs: str,
    degrees: float,
    shape: Callable[[int], np.ndarray],
) -> None:
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    size = 60
    unit = 20_000 / size
    unit_x = unit_y = unit / np.cos(np.radians(lat)) if crs == "EPSG:3857" else unit
    if crs == "EPSG:4326":
        unit_x, unit_y = unit / 111_320 / np.cos(np.radians(lat)), unit / 111_320
    transform = (
        Affine.translation(x, y) @ Affine.rotation(degrees) @ Affine.scale(unit_x, -unit_y)
    ) @ Affine.shear(degrees / 3, 0)
    grid = PixelGrid(crs, transform, size, size)
    valid = shape(size)
    found = valid_bounds(valid, grid, target)
    np.testing.assert_allclose(found, every_edge(valid, grid, target), rtol=0, atol=0.01)


@pytest.mark.parametrize(
    ("tile", "crs"),
    [
        ("32VKM", "EPSG:32632"),
        ("33XVG", "EPSG:32633"),
        ("60WWV", "EPSG:32660"),
        ("01WCQ", "EPSG:32601"),
        ("21CWK", "EPSG:32721"),
        ("31NAA", "EPSG:32631"),
    ],
)
def test_the_zone_of_a_tile_is_in_its_name_also_where_zones_are_irregular(
    tile: str, crs: str
) -> None:
    assert utm_crs(tile) == crs


@given(
    width=st.integers(1, 3000),
    height=st.integers(1, 3000),
    longest=st.floats(0.5, 5000, allow_nan=False),
)
@settings(max_examples=examples(100))
def test_the_outline_of_a_full_raster_has_the_vertices_of_geos(
    width: int, height: int, longest: float
) -> None:
    pieces = math.ceil(width / longest), math.ceil(height / longest)
    expected = shapely.get_coordinates(box(0, 0, width, height).segmentize(longest))
    assert np.array_equal(module._dense_ring(width, height, *pieces), expected)


@pytest.mark.parametrize("transform", [north_up(WEST), ROTATED, SHEARED])
def test_a_full_raster_has_the_footprint_of_its_outline(transform: Affine) -> None:
    grid = PixelGrid(UTM31, transform, 256, 200)
    expected = to_crs(box(0, 0, 256, 200), grid, "EPSG:4326")
    assert shapely.to_wkb(footprint(np.ones((200, 256), dtype=bool), grid)) == expected.wkb
