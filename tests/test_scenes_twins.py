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

from migrate_core.scenes.twins import Acquisition, Covering, acquisitions, elsewhere
from tests.builders import a_scene

FOOTPRINT = box(0, 0, 10, 10)
WHOLE = FOOTPRINT
LEFT, RIGHT = box(0, 0, 6, 10), box(5, 0, 10, 10)


def covering(scene_id: str, part: Polygon = WHOLE, **scene: Any) -> Covering:
    return Covering(a_scene(scene_id, **scene), part.intersection(FOOTPRINT), FOOTPRINT)


def one(found: Iterable[Covering]) -> Acquisition:
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
    twins = [
        covering("old", baseline="02.09"),
        covering("new", baseline="05.10"),
        covering("newer", baseline="05.11"),
        covering("mid", baseline="04.00"),
    ]
    for order in itertools.permutations(twins):
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
    assert [scene.scene_id for scene in elsewhere(here, known)] == ["A", "Z", "Y"]
