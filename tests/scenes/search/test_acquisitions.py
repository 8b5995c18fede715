"""One overpass is one candidate: halves complete each other, the newest baseline goes first."""

import itertools
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from migrate_core.grid import reproject_geometry
from migrate_core.scenes.search.acquisitions import (
    Acquisition,
    SceneCoverage,
    acquisitions,
    alternatives,
)
from tests.support.builders import a_scene

FOOTPRINT = box(0, 0, 10, 10)
WHOLE = FOOTPRINT
LEFT, RIGHT = box(0, 0, 6, 10), box(5, 0, 10, 10)


def covering(scene_id: str, part: Polygon = WHOLE, **scene: Any) -> SceneCoverage:
    return SceneCoverage(a_scene(scene_id, **scene), part.intersection(FOOTPRINT), FOOTPRINT)


def one(found: Iterable[SceneCoverage]) -> Acquisition:
    (acquisition,) = acquisitions(found)
    return acquisition


def names(acquisition: Acquisition) -> list[str]:
    return [scene.scene_id for scene in (acquisition.scene, *acquisition.completed_by)]


def minutes_later(minutes: float) -> Any:
    return a_scene().sensed_at + timedelta(minutes=minutes)


def test_a_single_scene_is_an_acquisition() -> None:
    found = one([covering("A", LEFT)])
    assert (names(found), found.coverage) == (["A"], 0.6)


def test_halves_complete_each_other_the_larger_first() -> None:
    for order in itertools.permutations([covering("L", LEFT), covering("R", RIGHT)]):
        found = one(order)
        assert names(found) == ["L", "R"]
        assert found.coverage == pytest.approx(1)


def test_a_half_that_adds_nothing_is_left_out() -> None:
    found = one([covering("A"), covering("B", LEFT)])
    assert (names(found), found.coverage) == (["A"], 1)


def test_a_sliver_is_not_worth_reading() -> None:
    nearly = box(0, 0, 10, 9.995)  # 0.05 % are missing
    assert names(one([covering("A", nearly), covering("B", RIGHT)])) == ["A"]
    assert names(one([covering("A", box(0, 0, 10, 9.98)), covering("B")])) == ["B"]
    missing_2_permille = one([covering("A", box(0, 0, 10, 9.98)), covering("B", RIGHT)])
    assert names(missing_2_permille) == ["A"]  # B covers half of it: 0.1 %
    assert names(one([covering("A", box(0, 0, 10, 9.9)), covering("B", RIGHT)])) == ["A", "B"]


def test_the_newest_baseline_goes_first() -> None:
    duplicates = [
        covering("old", baseline="02.09"),
        covering("new", baseline="05.10"),
        covering("newer", baseline="05.11"),
        covering("mid", baseline="04.00"),
    ]
    for order in itertools.permutations(duplicates):
        assert names(one(order)) == ["newer"]


def test_a_newer_half_goes_before_an_older_whole_which_completes_it() -> None:
    found = one([covering("old", baseline="02.09"), covering("new", LEFT, baseline="05.00")])
    assert (names(found), found.coverage) == (["new", "old"], pytest.approx(1))


def test_what_was_reprocessed_outside_the_archive_is_no_newer_baseline() -> None:
    found = one([covering("own", baseline="99.99"), covering("official", baseline="02.07")])
    assert names(found) == ["official"]


def test_the_same_scene_at_two_services_is_one_candidate() -> None:
    # The services give the time of the datatake and that of the granule.
    here, there = covering("S2A_X"), covering("S2A_X_item", sensed_at=minutes_later(12))
    assert len(acquisitions([here, there])) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"tile": "31TDH"},
        {"level": "L1C"},
        {"sensed_at": minutes_later(100)},
        {"sensed_at": minutes_later(-24 * 60 * 5)},
    ],
    ids=["tile", "level", "neighbouring orbit", "other day"],
)
def test_another_acquisition_is_another_candidate(other: dict[str, Any]) -> None:
    assert len(acquisitions([covering("A"), covering("B", **other)])) == 2


def test_three_parts_may_be_needed() -> None:
    parts = [covering("A", box(0, 0, 5, 10)), covering("B", box(4, 0, 8, 10))]
    found = one([*parts, covering("C", box(7, 0, 10, 10))])
    assert names(found) == ["A", "C", "B"]  # of those that are left, what adds most goes first
    assert found.coverage == pytest.approx(1)


def test_nothing_found_is_no_acquisition() -> None:
    assert acquisitions([]) == []


@given(
    st.lists(
        st.tuples(
            st.builds(
                lambda x, y, w, h: box(x, y, x + w, y + h),
                st.integers(0, 9),
                st.integers(0, 9),
                st.integers(1, 10),
                st.integers(1, 10),
            ),
            st.sampled_from(["02.09", "04.00", "05.11", "99.99", ""]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_together_they_cover_what_their_union_covers(parts: list[tuple[Polygon, str]]) -> None:
    found = one(
        covering(f"S{number}", part, baseline=baseline)
        for number, (part, baseline) in enumerate(parts)
    )
    union = shapely.union_all([part.intersection(FOOTPRINT) for part, _ in parts])
    assert found.coverage == pytest.approx(union.area / FOOTPRINT.area, abs=0.001 * len(parts))
    official = [b for _, b in parts if b != "99.99"]
    if official:
        assert found.scene.baseline == max(official) or max(official) == ""
    assert len(set(names(found))) == len(names(found))


def test_the_same_acquisition_elsewhere_is_the_same_product_first_then_the_newest() -> None:
    here = a_scene("A", source="cdse")
    known = [
        here,
        a_scene("A", source="local:/1"),
        a_scene("Z", source="local:/2", baseline="05.10"),
        a_scene("Y", source="local:/2", baseline="05.00"),
        a_scene("same source", source="cdse"),
        a_scene("other tile", source="local:/1", tile="31TCG"),
        a_scene("other level", source="local:/1", level="L1C"),
        a_scene("next day", source="local:/1", sensed_at=here.sensed_at + timedelta(days=1)),
    ]
    assert [scene.scene_id for scene in alternatives(here, known)] == ["A", "Z", "Y"]


# several tiles

SOUTH_WEST, SOUTH_EAST = box(0, 0, 6, 6), box(5, 0, 10, 6)
NORTH_WEST, NORTH_EAST = box(0, 5, 6, 10), box(5, 5, 10, 10)


def test_tiles_complete_each_other_where_none_covers_the_mask() -> None:
    parts = [covering("W", LEFT, tile="31TDG"), covering("E", RIGHT, tile="31TEG")]
    for order in itertools.permutations(parts):
        found = one(order)
        assert names(found) == ["W", "E"]
        assert found.coverage == pytest.approx(1)
        assert found.shares == pytest.approx((0.6, 0.4))


def test_four_tiles_meet_in_one_mask() -> None:
    corners = {
        "31TDG": SOUTH_WEST,
        "31TEG": SOUTH_EAST,
        "31TDH": NORTH_WEST,
        "31TEH": NORTH_EAST,
    }
    found = one(covering(tile, part, tile=tile) for tile, part in corners.items())
    assert names(found)[0] == "31TDG"
    assert set(names(found)) == set(corners)
    assert found.coverage == pytest.approx(1)
    assert sum(found.shares) == pytest.approx(1)


def test_of_four_tiles_only_those_that_are_needed_are_read() -> None:
    parts = [covering("W", LEFT, tile="31TDG"), covering("E", RIGHT, tile="31TEG")]
    inside = covering("X", box(1, 1, 5, 5), tile="31TDH")
    together, alone = acquisitions([*parts, inside])
    assert names(together) == ["W", "E"]
    assert (names(alone), alone.coverage) == (["X"], 0.16)


def test_a_tile_that_covers_the_mask_alone_is_not_mosaicked() -> None:
    found = acquisitions(
        [
            covering("whole", tile="31TDG"),
            covering("W", LEFT, tile="31TEG"),
            covering("E", RIGHT, tile="31TFG"),
        ]
    )
    assert sorted(map(names, found)) == [["E"], ["W"], ["whole"]]


def test_halves_of_a_tile_that_together_cover_the_mask_are_not_mosaicked_with_others() -> None:
    found = acquisitions(
        [covering("L", LEFT), covering("R", RIGHT), covering("E", RIGHT, tile="31TEG")]
    )
    assert sorted(map(names, found)) == [["E"], ["L", "R"]]


def test_tiles_that_add_nothing_to_each_other_stay_apart() -> None:
    # The swath ends within the mask: both tiles show the same part of it.
    found = acquisitions([covering("A", LEFT), covering("B", box(1, 0, 6, 10), tile="31TEG")])
    assert sorted((names(f), f.coverage) for f in found) == [(["A"], 0.6), (["B"], 0.5)]


def test_the_zone_with_the_larger_share_is_kept_and_its_tiles_go_first() -> None:
    # Two tiles of zone 31 with 35 % each, one of zone 32 with 60 %.
    parts = [
        SceneCoverage(a_scene(name, tile=tile), reprojected(part, zone), reprojected(SQUARE, zone))
        for name, tile, zone, part in (
            ("A", "31TGK", 31, strip(0, 0.35)),
            ("B", "31TGL", 31, strip(0.35, 0.7)),
            ("C", "32TKR", 32, strip(0.4, 1)),
        )
    ]
    for order in itertools.permutations(parts):
        found = one(order)
        assert names(found) == ["A", "B", "C"] or names(found) == ["B", "A", "C"]
        assert found.coverage == pytest.approx(1, abs=1e-5)
        assert found.shares[2] == pytest.approx(0.3, abs=1e-3)


def test_what_a_tile_of_another_zone_covers_is_measured_as_it_lies() -> None:
    # Halves of a square of 20 km, each written in the coordinates of its own zone.
    west, east = (strip(0, 0.5), 31, "31TGK"), (strip(0.5, 1), 32, "32TKR")
    found = one(
        SceneCoverage(a_scene(tile, tile=tile), reprojected(part, zone), reprojected(SQUARE, zone))
        for part, zone, tile in (west, east)
    )
    assert found.coverage == pytest.approx(1, abs=1e-6)
    assert len(found.completed_by) == 1


# A square of 20 km on the border of the zones 31 and 32, in coordinates of zone 31.
CORNER = (726_000.0, 4_980_000.0)
SQUARE = box(*CORNER, CORNER[0] + 20_000, CORNER[1] + 20_000)


def strip(first: float, end: float) -> Polygon:
    """The part of the square between two shares of its width."""
    x, y = CORNER
    return box(x + 20_000 * first, y, x + 20_000 * end, y + 20_000)


def reprojected(part: Polygon, zone: int) -> Polygon:
    """Carried from zone 31, with vertices every 10 m."""
    reprojected = reproject_geometry(shapely.segmentize(part, 10), "EPSG:32631", f"EPSG:326{zone}")
    assert isinstance(reprojected, Polygon)
    return reprojected


def test_a_part_of_the_same_baseline_is_preferred_to_a_newer_one() -> None:
    parts = [
        covering("W", LEFT, baseline="05.00"),
        covering("E new", RIGHT, tile="31TEG", baseline="05.11"),
        covering("E same", RIGHT, tile="31TEG", baseline="05.00"),
    ]
    assert names(one(parts)) == ["W", "E same"]
    assert names(one([*parts[:2], covering("E old", RIGHT, tile="31TEG", baseline="02.09")])) == [
        "W",
        "E new",
    ]


def test_a_part_from_the_same_source_is_preferred() -> None:
    parts = [
        covering("W", LEFT, source="cdse"),
        covering("E", RIGHT, tile="31TEG", source="local:/1"),
        covering("E here", RIGHT, tile="31TEG", source="cdse"),
    ]
    assert names(one(parts)) == ["W", "E here"]


@pytest.mark.parametrize(
    "other",
    [{"level": "L1C"}, {"sensed_at": minutes_later(100)}],
    ids=["level", "neighbouring orbit"],
)
def test_tiles_of_different_acquisitions_are_never_mixed(other: dict[str, Any]) -> None:
    parts = [covering("W", LEFT), covering("E", RIGHT, tile="31TEG", **other)]
    assert [names(found) for found in acquisitions(parts)] in ([["W"], ["E"]], [["E"], ["W"]])


def test_satellites_that_follow_each_other_closely_are_told_apart() -> None:
    parts = [
        covering(f"S2{letter}_{half}", part, sensed_at=minutes_later(minutes))
        for letter, minutes in (("A", 0), ("C", 1))
        for half, part in (("L", LEFT), ("R", RIGHT))
    ]
    for order in itertools.permutations(parts):
        assert sorted(map(names, acquisitions(order))) == [
            ["S2A_L", "S2A_R"],
            ["S2C_L", "S2C_R"],
        ]


def test_granule_times_minutes_apart_are_one_datatake() -> None:
    parts = [covering("W", LEFT), covering("E", RIGHT, tile="31TEG", sensed_at=minutes_later(4))]
    assert names(one(parts)) == ["W", "E"]


def test_the_cloud_of_a_mosaic_is_that_of_its_parts_by_area() -> None:
    clear, cloudy = covering("W", LEFT, cloud_percent=5.0), {"tile": "31TEG", "cloud_percent": 80.0}
    assert one([clear, covering("E", RIGHT, **cloudy)]).cloud_percent == pytest.approx(
        0.6 * 5 + 0.4 * 80
    )
    unknown = covering("E", RIGHT, tile="31TEG", cloud_percent=None)
    assert one([clear, unknown]).cloud_percent == 5
    assert one([covering("A", cloud_percent=None)]).cloud_percent is None
