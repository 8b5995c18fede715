"""Distances of footprints: against geodesics between many points of their outlines."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import box
from shapely.affinity import rotate
from shapely.geometry.base import BaseGeometry

from migrate_core.export.splits.distances import distance_km, nearer_than, nearest
from migrate_core.grid import split_at_antimeridian
from tests.support.properties import examples

GEOD = Geod(ellps="WGS84")


def outline_points(shape: BaseGeometry, count: int = 400) -> np.ndarray:
    lines = shapely.get_parts(shapely.boundary(shape))
    return np.vstack(
        [
            shapely.get_coordinates(
                shapely.line_interpolate_point(line, np.linspace(0, 1, count), normalized=True)
            )
            for line in lines
        ]
    )


def brute_km(one: BaseGeometry, other: BaseGeometry) -> float:
    """The smallest geodesic distance between points of two outlines."""
    ours, theirs = outline_points(one), outline_points(other)
    i, j = (part.ravel() for part in np.indices((len(ours), len(theirs))))
    metres = GEOD.inv(ours[i, 0], ours[i, 1], theirs[j, 0], theirs[j, 1])[2]
    return float(np.min(metres)) / 1000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (box(2, 41, 2.02, 41.02), box(2.03, 41, 2.05, 41.02)),
        (box(5.98, 41, 5.99, 41.02), rotate(box(6.01, 41.03, 6.03, 41.05), 30)),  # two UTM zones
        (box(2, 41, 2.02, 41.02), box(12, 48, 12.1, 48.1)),
        (box(10, 78, 10.4, 78.1), box(11, 78.15, 11.3, 78.2)),
        (box(-0.01, -0.02, 0.01, -0.01), box(0, 0.01, 0.02, 0.02)),  # across the equator
        (box(2, 41, 3, 42), box(3.4, 40.5, 4.4, 41.5)),
    ],
)
def test_a_distance_is_the_geodesic_of_the_nearest_points(
    one: BaseGeometry, other: BaseGeometry
) -> None:
    assert distance_km(one, other) == pytest.approx(brute_km(one, other), rel=2e-3)
    assert distance_km(other, one) == pytest.approx(distance_km(one, other), rel=1e-4)


def test_the_180th_meridian_is_no_border() -> None:
    west, east = box(179.98, -17, 179.99, -16.99), box(-179.99, -17, -179.98, -16.99)
    expected = GEOD.inv(179.99, -17, -179.99, -17)[2] / 1000
    assert expected < 3
    assert distance_km(west, east) == pytest.approx(expected, rel=1e-4)
    across = split_at_antimeridian(box(179.995, -17, 180.005, -16.99))
    assert distance_km(across, east) == pytest.approx(
        GEOD.inv(-179.995, -17, -179.99, -17)[2] / 1000, rel=1e-4
    )
    shapes = np.array([west, across, east], dtype=object)
    assert nearer_than(shapes, 1).tolist() == [[0, 1], [1, 2]]
    assert nearer_than(shapes, 3).tolist() == [[0, 1], [0, 2], [1, 2]]


def test_touching_and_overlapping_footprints_are_not_apart() -> None:
    assert distance_km(box(0, 0, 1, 1), box(1, 0, 2, 1)) == 0
    assert distance_km(box(0, 0, 1, 1), box(0.5, 0.5, 2, 2)) == 0
    assert distance_km(box(179, 0, 180, 1), box(-180, 0, -179, 1)) == 0


spots = st.lists(
    st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.002, 0.3), st.floats(0, 90)),
    min_size=2,
    max_size=9,
)


def shapes_of(found: list[tuple[float, ...]], longitude: float, latitude: float) -> np.ndarray:
    shapes = np.empty(len(found), dtype=object)
    shapes[:] = [
        split_at_antimeridian(
            rotate(box(longitude + x, latitude + y, longitude + x + s, latitude + y + s), angle)
        )
        for x, y, s, angle in found
    ]
    return shapes


places = st.sampled_from([(2.0, 41.0), (180.0, -17.0), (6.0, 66.0), (-75.0, 0.0)])


@settings(max_examples=examples(30))
@given(spots, places, st.integers(1, 8))
def test_the_nearest_is_found_among_all(
    found: list[tuple[float, ...]], middle: tuple[float, float], cut: int
) -> None:
    shapes = shapes_of(found, *middle)
    ones, others = shapes[: min(cut, len(shapes) - 1)], shapes[min(cut, len(shapes) - 1) :]
    distance, i, j = nearest(ones, others)
    every = [[distance_km(a, b) for b in others] for a in ones]
    assert distance == pytest.approx(np.min(every), rel=1e-4, abs=1e-6)
    assert every[i][j] == pytest.approx(distance, rel=1e-4, abs=1e-6)


@settings(max_examples=examples(30))
@given(spots, places, st.sampled_from([0.3, 3.0, 40.0, 300.0]))
def test_all_that_are_nearer_than_a_limit_are_found(
    found: list[tuple[float, ...]], middle: tuple[float, float], limit_km: float
) -> None:
    shapes = shapes_of(found, *middle)
    expected = [
        [i, j]
        for i, j in combinations(range(len(shapes)), 2)
        if distance_km(shapes[i], shapes[j]) < limit_km
    ]
    assert nearer_than(shapes, limit_km).tolist() == expected
