"""Values to JSON and back: nothing is lost, nothing but JSON comes out."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box, mapping

from migrate_core.model import (
    Acquired,
    Decision,
    Georeference,
    Mask,
    Occlusion,
    Pair,
    RankedScene,
    Scene,
    Shares,
    SourceImage,
    Suggestion,
)
from migrate_core.store.serialize import from_json, to_json
from tests.support.builders import a_mask, a_scene

SHARES = Shares(0.1, 0.0, None, 1.0, 0.25, None)
DONUT = Polygon(box(0, 0, 3, 3).exterior, [box(1, 1, 2, 2).exterior])
PAIR = Pair(
    pair_id="p",
    mask_id="m",
    mask_name="m.tif",
    scene_ids=("A", "B"),
    state="done",
    days_offset=-1.5,
    coverage=0.5,
    occlusion=Occlusion(SHARES, Shares(None, None, None, None, None, None)),
    suggestion=Suggestion("reject", "12 % cloud"),
)
VALUES = {
    "mask": a_mask(source=SourceImage("/images/a.tif")),
    "mask of which nothing is known": Mask(
        "id", "a.tif", "/a.tif", problems={"file": "It can't be read."}
    ),
    "mask with a day": a_mask(acquired=Acquired.parse("2020-02-02")),
    "mask in two parts": a_mask(footprint=MultiPolygon([DONUT, box(5, 5, 6, 6)])),
    "scene": a_scene(),
    "scene of unknown cloud": a_scene(cloud_percent=None),
    "ranked scene": RankedScene(a_scene(), 0.9, 3, 0.5, {"clear_sky": 1.0}, True, ("B",), 12.5),
    "pair": PAIR,
    "queued pair": Pair("p", "m", "m.tif", ("A",)),
    "decision": Decision("p", "accept", "Ann", None, datetime(2024, 5, 1, 9, 30, tzinfo=UTC)),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    text = json.dumps(to_json(value), allow_nan=False)
    assert from_json(type(value), json.loads(text)) == value


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_every_field_goes_out_under_its_name_or_the_one_of_former_versions(value: Any) -> None:
    former = {
        "user_set": "edited",
        "occlusion_by_sensor": "one_sided",
        "thresholds": "judged_by",
    }
    names = [field.name for field in fields(value)]
    assert list(to_json(value)) == [former.get(name, name) for name in names]


def test_what_came_back_has_the_types_that_were_promised() -> None:
    mask = from_json(Mask, json.loads(json.dumps(to_json(a_mask()))))
    assert isinstance(mask.georeference.transform, tuple)
    assert isinstance(mask.extent, Polygon)
    assert isinstance(mask.acquired, Acquired)
    scene = from_json(Scene, json.loads(json.dumps(to_json(a_scene()))))
    assert scene.sensed_at.tzinfo is not None


@dataclass(frozen=True)
class Asked:
    """What is asked of a process: fields of all kinds that such values have."""

    paths: tuple[Path, ...]
    only: frozenset[str] | None
    names: re.Pattern[str] | None
    dates: Mapping[str, Acquired]
    weights: Mapping[str, float]


def test_paths_sets_patterns_and_mappings_of_values_come_back() -> None:
    asked = Asked(
        (Path("/data/masks"),),
        frozenset(["m0", "m1"]),
        re.compile(r"_(?P<year>\d{4})"),
        {"a.tif": Acquired.parse("2020-02-02"), "b.tif": Acquired.parse("2020-02-02/2020-02-09")},
        {"closeness": 0.5},
    )
    assert from_json(Asked, json.loads(json.dumps(to_json(asked)))) == asked


def test_times_and_geometries_are_written_as_others_read_them() -> None:
    document = to_json(a_scene(footprint=DONUT))
    assert document["sensed_at"] == "2020-01-21T10:43:51Z"
    assert document["footprint"] == json.loads(json.dumps(mapping(DONUT)))


def test_keys_of_mappings_become_text() -> None:
    assert to_json({1: (2, None), "a": {"b": True}}) == {"1": [2, None], "a": {"b": True}}


def test_a_field_that_was_added_later_gets_its_default() -> None:
    document = to_json(PAIR)
    del document["suggestion"]
    assert from_json(Pair, document).suggestion is None


@given(
    st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 6),
    st.floats(-180, 179),
    st.floats(-90, 89),
)
def test_coordinates_keep_every_digit(
    transform: tuple[float, ...], west: float, south: float
) -> None:
    extent = Polygon([(west, south), (west + 1, south), (west + 1, south + 1), (west, south)])
    mask = a_mask(georeference=Georeference("EPSG:32631", transform), extent=extent)
    again = from_json(Mask, json.loads(json.dumps(to_json(mask))))
    assert again.georeference.transform == transform
    assert list(again.extent.exterior.coords) == list(extent.exterior.coords)


def test_a_field_that_was_taken_out_later_is_passed_over() -> None:
    assert from_json(Pair, {**to_json(PAIR), "of_old": 1}) == PAIR


@pytest.mark.parametrize("broken", [{"scene_id": "A"}, {**to_json(a_scene()), "sensed_at": "soon"}])
def test_a_document_that_is_no_value_raises_what_readers_of_files_catch(broken: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_json(Scene, broken)


HIGH = Polygon([(0, 0, 1), (1, 0, 2), (1, 1, 3)])


@pytest.mark.parametrize(
    "geometry", [box(0, 0, 3, 3), DONUT, MultiPolygon([DONUT]), Polygon(), HIGH]
)
def test_geometries_come_back_to_the_last_digit(geometry: Any) -> None:
    found = from_json(Scene, to_json(replace(a_scene(), footprint=geometry))).footprint
    assert shapely.to_wkb(found, output_dimension=3) == shapely.to_wkb(geometry, output_dimension=3)
