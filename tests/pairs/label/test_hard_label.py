"""From shares to hard labels, and what lies inside a footprint."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import Transformer

from migrate_core.grid import PixelGrid
from migrate_core.model import IGNORE
from migrate_core.pairs.label.hard_label import hard_label, inside_footprint

UTM = "EPSG:32631"
TARGET = PixelGrid(UTM, Affine(10, 0, 500_000, 0, -10, 4_700_000), 12, 10)


@pytest.mark.parametrize(
    ("shares", "label"),
    [
        ((1.0, 0.0, 0.0), 0),
        ((0.2, 0.3, 0.5), 9),
        ((0.4, 0.35, 0.25), 0),
        # Ties go to the lower value, also when rounding has moved them by a hair.
        ((0.5, 0.5, 0.0), 0),
        ((0.0, 0.5, 0.5), 4),
        ((0.0, 0.4999999999999, 0.5000000000001), 4),
        ((0.3, 0.35, 0.35), 4),
        ((0.3, 0.34, 0.36), 9),
        # Half of the pixel must be known, by whatever classes.
        ((0.5, 0.0, 0.0), 0),
        ((0.1, 0.2, 0.2), 4),
        ((0.0, 0.0, 0.49999999999995), 9),
        ((0.0, 0.0, 0.499), IGNORE),
        ((0.166, 0.166, 0.166), IGNORE),
        ((0.0, 0.0, 0.0), IGNORE),
    ],
)
def test_the_label_is_the_class_with_most_of_a_pixel_half_known(
    shares: tuple[float, ...], label: int
) -> None:
    found = hard_label(np.array(shares).reshape(3, 1, 1), (0, 4, 9))
    assert (found.dtype, found.shape) == (np.uint8, (1, 1))
    assert found[0, 0] == label


def test_each_pixel_is_labelled_by_its_own_shares() -> None:
    shares = np.zeros((2, 2, 3))
    shares[0] = [[1, 0.4, 0.2], [0.5, 0, 0.1]]
    shares[1] = [[0, 0.6, 0.2], [0.5, 1, 0.6]]
    expected = [[0, 254, 255], [0, 254, 254]]
    np.testing.assert_array_equal(hard_label(shares, (0, 254)), expected)


@pytest.mark.parametrize(("degrees", "size"), [(0, 10), (17, 10), (-40, 3.7), (130, 25)])
def test_inside_is_where_the_centre_of_a_pixel_lies_on_a_valid_pixel(
    degrees: float, size: float
) -> None:
    valid = np.array([[1, 1, 1, 0], [1, 0, 1, 1], [1, 1, 1, 1]], dtype=bool)
    labels = np.where(valid, 1, 255).astype(np.uint8)
    # An odd shift keeps centres off the sides of pixels, where the answer is a matter of taste.
    transform = (
        Affine.translation(500_060.3, 4_699_950.7)
        @ Affine.rotation(degrees)
        @ Affine.scale(size, -size)
        @ Affine.translation(-2, -1.5)
    )
    inside = inside_footprint(labels, PixelGrid(UTM, transform, 4, 3), TARGET)
    row, column = np.nonzero(valid)
    area = shapely.transform(
        shapely.union_all(shapely.box(column, row, column + 1, row + 1)),
        lambda p: np.column_stack(transform @ (p[:, 0], p[:, 1])),
    )
    x = 500_000 + 10 * (np.arange(12) + 0.5)
    y = 4_700_000 - 10 * (np.arange(10) + 0.5)
    expected = shapely.contains_xy(area, *np.meshgrid(x, y))
    assert 0 < expected.sum() < expected.size
    np.testing.assert_array_equal(inside, expected)


def test_nothing_is_inside_a_mask_elsewhere() -> None:
    source = PixelGrid(UTM, Affine(10, 0, 700_000, 0, -10, 4_700_000), 4, 3)
    assert not inside_footprint(np.ones((3, 4), dtype=bool), source, TARGET).any()


def test_a_mask_in_another_crs_is_inside_where_its_pixels_are() -> None:
    # 3° E is the central meridian of zone 31, where x is 500 000 m. There a thousandth of a degree
    # is 82.2 m from west to east and 111.1 m from north to south.
    _, north = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform(500_000, 4_700_000)
    source = PixelGrid("EPSG:4326", Affine(0.001, 0, 3.0, 0, -0.001, north), 1, 1)
    target = PixelGrid(UTM, Affine(10, 0, 499_900, 0, -10, 4_700_100), 20, 25)
    expected = np.zeros((25, 20), dtype=bool)
    expected[10:21, 10:18] = True
    inside = inside_footprint(np.ones((1, 1), dtype=bool), source, target)
    np.testing.assert_array_equal(inside, expected)


@pytest.mark.parametrize("west", [179.99, -180.01])
@pytest.mark.parametrize("zone", ["EPSG:32660", "EPSG:32601"])
def test_a_mask_across_the_180_degree_meridian_has_both_its_sides_inside(
    west: float, zone: str
) -> None:
    source = PixelGrid("EPSG:4326", Affine(1e-4, 0, west, 0, -1e-4, 65), 200, 100)
    x, y = Transformer.from_crs("EPSG:4326", zone, always_xy=True).transform(180, 64.995)
    target = PixelGrid(zone, Affine(10, 0, x - 300, 0, -10, y + 200), 60, 40)
    assert inside_footprint(np.zeros(source.shape, np.uint8), source, target).all()
