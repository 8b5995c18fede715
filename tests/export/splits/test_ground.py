"""Footprints that share ground: as a look at all pairs says, and equal ones are compared once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
import shapely
from shapely import Polygon, box
from shapely.affinity import rotate, translate
from shapely.geometry.base import BaseGeometry

from migrate_core.export.selection.similar.duplicates import Likeness, alike
from migrate_core.export.splits.distances import distance_km
from migrate_core.export.splits.ground import Ground, ground_of
from migrate_core.export.splits.groups import SplitItem
from migrate_core.export.splits.options import SplitOptions
from migrate_core.export.splits.split import split_pairs

NAMES = ("train", "val", "test")


def fields(seed: int, different: int = 60, count: int = 240) -> list[BaseGeometry]:
    """Turned rectangles and edges that touch or overlap by a sliver; most come several times."""
    rng = np.random.default_rng(seed)
    found: list[BaseGeometry] = []
    for x, y, turn in rng.uniform((0, 0, 0), (0.2, 0.2, 90), (different, 3)):
        found.append(rotate(box(x, y, x + 0.02, y + 0.015), turn))
    found += [box(1, 1, 1.01, 1.01), box(1.01, 1, 1.02, 1.01), box(1.02 - 1e-6, 1, 1.03, 1.01)]
    found += [box(2, 2, 2.01, 2 + 2e-6)]  # too thin to share ground with itself
    return [found[n] for n in rng.integers(0, len(found), count)]


def overlap(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Whether two footprints share more than an edge that is off by a metre."""
    shared = one.intersection(other)
    return shared.length > 0 and 2 * shared.area / shared.length > 1e-5


def couples(ground: Ground, *, touching: bool = False) -> set[tuple[int, int]]:
    """The items that share ground, by the footprints that do."""
    return {
        (min(i, j), max(i, j))
        for one, other in ground.overlapping(touching=touching).tolist()
        for i in ground.having[one].tolist()
        for j in ground.having[other].tolist()
        if i != j
    }


@pytest.mark.parametrize("seed", range(3))
def test_footprints_share_ground_as_each_compared_with_each_does(seed: int) -> None:
    shapes = fields(seed)
    numbered = list(combinations(range(len(shapes)), 2))
    ground = ground_of(shapes)
    assert couples(ground) == {(i, j) for i, j in numbered if overlap(shapes[i], shapes[j])}
    assert couples(ground, touching=True) == {
        (i, j) for i, j in numbered if shapes[i].intersects(shapes[j])
    }
    kinds = {n: NAMES[n % 3] for n in range(len(shapes)) if n % 7}
    across = sum(
        i in kinds and j in kinds and kinds[i] != kinds[j] and overlap(shapes[i], shapes[j])
        for i, j in numbered
    )
    assert across > 100
    assert ground.overlapping_across(kinds) == across


@pytest.mark.parametrize("buffer_km", [0.0, 1.5])
def test_splits_of_a_time_series_are_those_of_each_compared_with_each(buffer_km: float) -> None:
    shapes = [shapely.transform(shape, lambda c: c * 4) for shape in fields(5, 50, 110)]
    items = [SplitItem(f"p{n:03}", f"mask {n}", shape) for n, shape in enumerate(shapes)]
    found = split_pairs(items, SplitOptions("blocks", block_km=2, buffer_km=buffer_km))
    assert all(found.check.pairs.values())
    assert bool(found.left_out) == bool(buffer_km)
    split_of = {pair_id: split for pair_id, (_, split) in found.members.items()}
    left_out = set(found.left_out)
    with_staying: set[str] = set()
    for one, other in combinations(items, 2):
        split, another = split_of[one.pair_id], split_of[other.pair_id]
        if split == another:
            continue
        assert not overlap(one.footprint, other.footprint)
        if buffer_km and distance_km(one.footprint, other.footprint) < buffer_km:
            out = {one.pair_id, other.pair_id} & left_out
            assert out
            if len(out) == 1:
                with_staying |= out
    # Nobody is left out but for somebody who stays.
    assert with_staying == left_out


def test_pairs_named_as_the_nearest_are_the_first_with_their_footprint() -> None:
    grounds = [box(n, 0, n + 0.1, 0.1) for n in (0.0, 0.2, 0.5, 3.0)]
    items = [SplitItem(f"p{n:02}", f"m{n}", grounds[n % 4]) for n in range(40)]
    found = split_pairs(items, SplitOptions("overlap"))
    firsts = {f"p{n:02}" for n in range(4)}
    assert found.check.between
    assert all(set(between.nearest) <= firsts for between in found.check.between)


# near duplicates


def alike_by_all(
    shapes: Sequence[BaseGeometry], scenes: Sequence[frozenset[str]]
) -> dict[tuple[str, str], float]:
    """The share of the ground in common, by ids, of each compared with each."""
    found = {}
    for i, j in combinations(range(len(shapes)), 2):
        common = shapes[i].intersection(shapes[j]).area
        share = common / (shapes[i].area + shapes[j].area - common)
        if share >= 0.8 and scenes[i] & scenes[j] and overlap(shapes[i], shapes[j]):
            found[f"p{i:03}", f"p{j:03}"] = share
    return found


@pytest.mark.parametrize("seed", range(2))
def test_ground_is_in_common_as_each_compared_with_each_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    steps = rng.choice([0, 0, 0.0005, 0.001], 300)
    moved = [
        translate(shape, step, step)
        for shape, step in zip(fields(seed, 40, 300), steps, strict=True)
    ]
    scenes = [frozenset({f"scene {n % 11}", f"day {n % 5}"}) for n in range(len(moved))]
    found = alike([f"p{n:03}" for n in range(len(moved))], moved, scenes, {})
    wanted = alike_by_all(moved, scenes)
    assert len(wanted) > 100
    assert list(found) == sorted(wanted)
    assert found == {key: Likeness(pytest.approx(share)) for key, share in wanted.items()}


# how much is compared


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many geometries each call intersects."""
    sizes: list[int] = []
    intersection = shapely.intersection

    def counted(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        sizes.append(np.size(ones))
        return np.asarray(intersection(ones, others))

    monkeypatch.setattr(shapely, "intersection", counted)
    return sizes


@pytest.mark.parametrize("count", [8, 80, 800])
def test_dates_of_four_grounds_take_comparisons_of_four_geometries(
    count: int, compared: list[int]
) -> None:
    grounds = [box(n, 0, n + 0.5, 0.5) for n in range(4)]
    # Each is read anew, as it is from the store.
    shapes = [shapely.from_wkb(grounds[n % 4].wkb) for n in range(count)]
    items = [SplitItem(f"p{n:03}", f"mask {n}", shape) for n, shape in enumerate(shapes)]
    split_pairs(items, SplitOptions(method="blocks", buffer_km=1))
    assert 0 < sum(compared) <= 12
    compared.clear()
    days = [frozenset({f"day {n}"}) for n in range(count)]
    assert alike([one.pair_id for one in items], shapes, days, {}) == {}
    assert 0 < sum(compared) <= 8


def test_a_hole_makes_another_footprint() -> None:
    plain = box(0, 0, 1, 1)
    holed = Polygon(plain.exterior.coords, [box(0.4, 0.4, 0.6, 0.6).exterior.coords])
    ground = ground_of([plain, holed, box(0, 0, 1, 1)])
    assert ground.which.tolist() == [0, 1, 0]
    assert [items.tolist() for items in ground.having] == [[0, 2], [1]]
