"""What drawing makes of labels, against shapely by hand; the rest keeps its exact corners."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import Point, Polygon, box
from shapely.affinity import translate

from migrate_core.errors import MaskError
from migrate_core.masks.relabel.drawing import (
    MoveCorner,
    Operation,
    Paint,
    RemoveCorner,
    drawn_areas,
    features_of,
)
from migrate_core.masks.relabel.label_areas import LabelAreas
from migrate_core.masks.vectors.polygons import union_by
from tests.support.relabel import UTM

EAST, NORTH = 431_234.5, 4_689_876.25


def at(x: float, y: float) -> Point:
    return Point(EAST + x, NORTH + y)


def rectangle(*bounds: float) -> Polygon:
    return translate(box(*bounds), EAST, NORTH)


LEFT, RIGHT = rectangle(10, 10, 40, 40), rectangle(40, 10, 70, 40)
RING = Polygon(
    rectangle(60, 60, 90, 90).exterior.coords, [rectangle(70, 70, 80, 80).exterior.coords]
)
AREAS = LabelAreas(
    np.array([LEFT, RIGHT, RING], dtype=object),
    np.array([1, 2, 1], dtype=np.uint8),
    rectangle(0, 0, 100, 100),
    rectangle(0, 50, 20, 70),
)


def drawn(*operations: Operation) -> LabelAreas:
    found = drawn_areas(AREAS, operations, UTM)
    assert shapely.is_valid(found.polygons).all()
    assert not shapely.is_empty(found.polygons).any()
    classes = shapely.union_all([*found.polygons, found.unknown])
    # Nothing lies on anything else, and all lies in the area.
    everything = float(shapely.area(found.polygons).sum() + found.unknown.area)
    assert classes.area == pytest.approx(everything, abs=1e-6)
    assert classes.difference(AREAS.area).area < 1e-6
    return found


def of(areas: LabelAreas, value: int) -> shapely.Geometry:
    return union_by(areas.values, areas.polygons).get(value, Polygon())


def differ(one: shapely.Geometry, other: shapely.Geometry) -> float:
    return float(one.symmetric_difference(other).area)


def test_what_is_painted_lies_on_top_and_grows_together_with_its_class() -> None:
    painted = rectangle(30, 20, 50, 100)
    found = drawn(Paint(1, painted))
    assert differ(of(found, 1), shapely.union_all([LEFT, RING, painted])) < 1e-6
    assert differ(of(found, 2), RIGHT.difference(painted)) < 1e-6
    assert len(found.polygons) == 3
    assert any(one is RING for one in found.polygons)


def test_erasing_leaves_background_also_of_what_was_unknown() -> None:
    erased = rectangle(5, 30, 45, 60)
    found = drawn(Paint(0, erased))
    assert differ(of(found, 1), shapely.union_all([LEFT, RING]).difference(erased)) < 1e-6
    assert differ(found.unknown, AREAS.unknown.difference(erased)) < 1e-6
    features = features_of(found)
    assert features.values.tolist().count(255) == 1
    assert features.values[0] == 255


def test_all_can_be_erased() -> None:
    found = drawn(Paint(0, AREAS.area))
    assert (len(found.polygons), len(features_of(found).values)) == (0, 0)


def test_a_polygon_that_is_cut_in_two_is_two_polygons() -> None:
    found = drawn(Paint(0, rectangle(20, 0, 25, 50)))
    assert sorted(shapely.area(found.polygons).tolist()) == [300, 450, 800, 900]


def test_what_lies_outside_of_the_area_is_cut_off() -> None:
    found = drawn(Paint(3, rectangle(90, 90, 150, 110)))
    assert differ(of(found, 3), rectangle(90, 90, 100, 100)) < 1e-6
    with pytest.raises(MaskError, match="Step 1: What is drawn lies outside"):
        drawn(Paint(3, rectangle(110, 0, 120, 10)))


def test_a_corner_that_two_polygons_share_moves_with_both() -> None:
    found = drawn(MoveCorner(at(40, 40), at(45, 50)))
    left = [(10, 10), (40, 10), (45, 50), (10, 40)]
    right = [(40, 10), (70, 10), (70, 40), (45, 50)]
    assert differ(of(found, 2), translate(Polygon(right), EAST, NORTH)) < 1e-6
    assert differ(of(found, 1), translate(Polygon(left), EAST, NORTH).union(RING)) < 1e-6


def test_a_corner_that_is_moved_over_a_neighbour_lies_on_top() -> None:
    found = drawn(MoveCorner(at(60, 60), at(50, 30)))
    moved = Polygon([at(50, 30), at(90, 60), at(90, 90), at(60, 90)])
    assert differ(of(found, 2), RIGHT.difference(moved)) < 1e-6


def test_an_edge_gets_a_corner_where_it_is_pulled() -> None:
    found = drawn(MoveCorner(at(40, 25), at(30, 25)))
    dent = Polygon([at(40, 10), at(40, 40), at(30, 25)])
    assert differ(of(found, 1), LEFT.difference(dent).union(RING)) < 1e-6
    assert differ(of(found, 2), RIGHT.union(dent)) < 1e-6


def test_a_corner_is_taken_away_and_with_the_third_the_polygon() -> None:
    once = drawn(RemoveCorner(at(10, 10)))
    assert of(once, 1).area == pytest.approx(450 + RING.area)
    twice = drawn(RemoveCorner(at(10, 10)), RemoveCorner(at(10, 40)))
    assert differ(of(twice, 1), RING) < 1e-6
    hole = drawn(RemoveCorner(at(70, 70)), RemoveCorner(at(80, 80)))
    assert of(hole, 1).area == pytest.approx(900 + 900)


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (Paint(1, Polygon([at(0, 0), at(50, 50), at(50, 0), at(0, 50)])), "crosses or touches"),
        (Paint(1, Polygon([at(0, 0), at(50, 50), at(25, 25)])), "crosses or touches"),
        (MoveCorner(at(10, 40), at(60, 20)), "would cross another one"),
        (MoveCorner(at(25, 25), at(26, 25)), "no corner or edge"),
        (RemoveCorner(at(10.01, 10)), "no corner or edge"),
    ],
)
def test_what_can_not_be_is_refused_with_the_number_of_the_step(
    operation: Operation, words: str
) -> None:
    with pytest.raises(MaskError, match=f"Step 2: .*{words}"):
        drawn(Paint(3, rectangle(0, 90, 10, 100)), operation)


def test_no_operation_changes_nothing() -> None:
    assert drawn().same_as(AREAS)
    assert not drawn(Paint(0, rectangle(10, 10, 11, 11))).same_as(AREAS)
    assert drawn(Paint(1, rectangle(10, 10, 40, 40))).same_as(AREAS)


def test_many_strokes_are_what_was_painted_last_at_each_place() -> None:
    rng = np.random.default_rng(3)
    strokes = [
        Paint(int(rng.integers(0, 4)), at(*rng.uniform(0, 100, 2)).buffer(rng.uniform(3, 20), 3))
        for _ in range(60)
    ]
    found = drawn(*strokes)
    for place in (at(x, y) for x, y in rng.uniform(0.5, 99.5, (300, 2))):
        below = [(v, p) for v, p in zip(AREAS.values, AREAS.polygons, strict=True)]
        layers = [(255, AREAS.unknown), *below, *((one.value, one.area) for one in strokes)]
        last = next((v for v, area in reversed(layers) if area.contains(place)), 0)
        here = [v for v, p in zip(found.values, found.polygons, strict=True) if p.contains(place)]
        assert (here or [255 if found.unknown.contains(place) else 0]) == [last]
