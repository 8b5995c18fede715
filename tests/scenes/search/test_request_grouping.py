"""Requests for many masks: few, complete, and without the world between them."""

from __future__ import annotations

import random
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from migrate_core.scenes.search.request_grouping import SearchArea, everything, grouped

FIRST = date(2020, 1, 1)


def areas(lon: float, lat: float, day: int, days: int = 61, size: float = 0.02) -> SearchArea:
    start = FIRST + timedelta(days=day)
    return SearchArea((lon, lat, lon + size, lat + size), start, start + timedelta(days=days - 1))


def contains(whole: SearchArea, part: SearchArea) -> bool:
    (w, s, e, n), (pw, ps, pe, pn) = whole.bounds, part.bounds
    inside = w <= pw and s <= ps and e >= pe and n >= pn
    return inside and whole.first_day <= part.first_day and whole.last_day >= part.last_day


places = st.builds(
    areas,
    st.floats(-179, 178),
    st.floats(-60, 70),
    st.integers(0, 2000),
    st.integers(1, 90),
    st.floats(0.001, 0.5),
)


@given(st.lists(places, max_size=30), st.randoms(use_true_random=False))
def test_everything_sought_is_in_one_of_the_requests_whatever_the_order(
    items: list[SearchArea], chance: random.Random
) -> None:
    found = grouped(items)
    assert len(found) <= len(items)
    assert all(any(contains(whole, item) for whole in found) for item in items)
    shuffled = items[:]
    chance.shuffle(shuffled)
    assert grouped(shuffled) == found


def test_a_thousand_masks_of_one_region_and_season_are_a_handful_of_requests() -> None:
    chance = random.Random(1)
    masks = [
        areas(chance.uniform(1, 4), chance.uniform(41, 43), chance.randrange(180))
        for _ in range(1000)
    ]
    assert len(grouped(masks)) <= 6


def test_a_thousand_masks_in_ten_regions_over_years_stay_far_below_a_thousand() -> None:
    chance = random.Random(2)
    regions = [(chance.uniform(-170, 170), chance.uniform(-50, 60)) for _ in range(10)]
    masks = []
    for number in range(1000):
        lon, lat = regions[number % 10]
        masks.append(areas(lon + chance.random(), lat + chance.random(), chance.randrange(4 * 365)))
    found = grouped(masks)
    assert len(found) <= 60
    assert all(one.bounds[2] - one.bounds[0] < 4 for one in found)


def test_spain_and_peru_are_two_requests_not_the_ocean_between_them() -> None:
    spain, peru = areas(3, 42, 0), areas(-75, -10, 0)
    assert grouped([spain, peru]) == [peru, spain]


def test_one_place_in_two_years_is_two_requests() -> None:
    assert len(grouped([areas(3, 42, 0), areas(3, 42, 900)])) == 2


def test_neighbours_across_the_edge_of_a_cell_share_a_request() -> None:
    assert len(grouped([areas(2.97, 42.5, 0), areas(3.01, 42.5, 0)])) == 1


def test_what_reads_everything_anyway_is_asked_for_all_at_once() -> None:
    parts = [areas(3, 42, 0), areas(-75, -10, 900)]
    whole = everything(parts)
    assert all(contains(whole, part) for part in parts)
    assert whole.bounds == (-75, -10, 3.02, 42.02)
