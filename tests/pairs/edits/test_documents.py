"""What edits are asked to do: taken in several forms, refused with a remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from affine import Affine
from shapely.geometry import box, mapping, shape

from migrate_core.errors import WrongUseError
from migrate_core.grid import PixelGrid
from migrate_core.pairs.edits.documents import checked_document
from tests.support.pairs import CRS, NORTH, WEST
from tests.support.repairs import area

GRID = PixelGrid(CRS, Affine(10, 0, WEST, 0, -10, NORTH), 60, 60)
SQUARE = area(10, 10, 20, 20)


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), "crs": SQUARE["crs"]}


@pytest.mark.parametrize(
    "given", [SQUARE, {**SQUARE["geometry"], "crs": SQUARE["crs"]}, collection(SQUARE)]
)
def test_an_area_is_taken_as_geometry_feature_or_collection(given: dict[str, Any]) -> None:
    found = checked_document("ignore", {"area": given, "reason": " a  cloud\n"}, GRID)
    assert found["crs"] == CRS
    assert found["reason"] == "a cloud"
    assert shape(found["area"]).equals(shape(SQUARE["geometry"]))
    json.dumps(found)


def test_several_features_are_one_area() -> None:
    found = checked_document("ignore", {"area": collection(SQUARE, area(15, 15, 30, 18))}, GRID)
    assert found["reason"] is None
    assert shape(found["area"]).area == 100 * (100 + 45 - 15)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "no GeoJSON"),
        ("POLYGON ((0 0, 1 1, 1 0, 0 0))", "no GeoJSON"),
        ({"type": "Point", "coordinates": [WEST, NORTH], "crs": SQUARE["crs"]}, "Point"),
        ({**SQUARE, "crs": None}, "has no CRS"),
        ({**SQUARE, "crs": {"properties": {"name": "nowhere"}}}, "is no CRS"),
        (mapping(box(20, 40, 21, 41)), "doesn't touch the pair"),
        (area(100, 100, 110, 110), "doesn't touch the pair"),
        (mapping(box(WEST, NORTH, WEST + 1, NORTH + 1)), "doesn't touch the pair"),
        (collection(), "no features"),
        (collection(SQUARE, {"type": "Feature", "geometry": None}), "feature 2"),
    ],
)
def test_what_is_no_area_of_the_pair_is_refused(given: Any, words: str) -> None:
    with pytest.raises(WrongUseError, match=words):
        checked_document("ignore", {"area": given}, GRID)


@pytest.mark.parametrize("given", [None, "3", True, float("nan"), float("inf"), 201.0, -1e9])
def test_what_is_no_move_is_refused(given: Any) -> None:
    with pytest.raises(WrongUseError, match="north_m"):
        checked_document("nudge", {"east_m": 1, "north_m": given}, GRID)


def test_a_nudge_has_its_two_numbers_and_an_undo_nothing() -> None:
    given = {"east_m": 1, "north_m": -0.25, "more": "?"}
    assert checked_document("nudge", given, GRID) == {"east_m": 1.0, "north_m": -0.25}
    assert checked_document("undo", given, GRID) == {}
