"""Training, validation and test do not share ground."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from shapely import box
from shapely.geometry.base import BaseGeometry

from migrate_core.export.splits.by_location import split_by_location


def apart(count: int) -> dict[str, BaseGeometry]:
    """Footprints that do not touch."""
    return {f"pair{number:03}": box(2 * number, 0, 2 * number + 1, 1) for number in range(count)}


def test_twenty_places_are_split_as_seventy_to_fifteen_to_fifteen() -> None:
    assert Counter(split_by_location(apart(20)).values()) == {"train": 14, "val": 3, "test": 3}


def test_a_single_pair_is_for_training() -> None:
    assert split_by_location(apart(1)) == {"pair000": "train"}


def test_pairs_of_one_place_stay_together() -> None:
    footprints = {f"day{number}": box(0, 0, 1, 1) for number in range(10)}
    assert len(set(split_by_location(footprints).values())) == 1


def test_a_chain_of_overlaps_stays_together() -> None:
    chain = {f"link{number}": box(number, 0, number + 1.5, 1) for number in range(6)}
    found = split_by_location({**chain, **apart_north(10)})
    assert len({found[name] for name in chain}) == 1
    assert set(found.values()) == {"train", "val", "test"}


def apart_north(count: int) -> dict[str, BaseGeometry]:
    return {f"north{number}": box(2 * number, 50, 2 * number + 1, 51) for number in range(count)}


def test_the_order_of_pairs_does_not_matter() -> None:
    footprints = apart(15)
    turned = dict(reversed(footprints.items()))
    assert split_by_location(turned) == split_by_location(footprints)


def test_other_shares_are_followed() -> None:
    found = split_by_location(apart(10), {"train": 0.5, "test": 0.5})
    assert Counter(found.values()) == {"train": 5, "test": 5}


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 6)),
        min_size=1,
        max_size=25,
    )
)
def test_pairs_that_overlap_are_never_in_different_splits(
    squares: list[tuple[int, int, int]],
) -> None:
    footprints = {
        f"p{number}": box(x, y, x + size, y + size) for number, (x, y, size) in enumerate(squares)
    }
    found = split_by_location(footprints)
    assert found.keys() == footprints.keys()
    for one, other in combinations(footprints, 2):
        if footprints[one].intersection(footprints[other]).area > 0:
            assert found[one] == found[other]
