"""Training, validation and test share no ground, stay what they were, and are balanced."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import box
from shapely.geometry.base import BaseGeometry

from migrate_core.errors import WrongUseError
from migrate_core.export.splits.earlier import Earlier, Splits
from migrate_core.export.splits.groups import SplitItem
from migrate_core.export.splits.options import METHODS, SplitOptions
from migrate_core.export.splits.split import split_pairs
from tests.support.properties import examples

GEOD = Geod(ellps="WGS84")
PLAIN_METHODS = ("overlap", "blocks", "scene", "date")


def item(name: str, shape: BaseGeometry, **more: object) -> SplitItem:
    """A pair of a mask of its own."""
    return SplitItem(name, f"mask of {name}", shape, **more)  # type: ignore[arg-type]


def apart(count: int, north: float = 0) -> list[SplitItem]:
    """Pairs whose footprints do not touch."""
    return [
        item(f"pair{north:g}-{number:03}", box(2 * number, north, 2 * number + 1, north + 1))
        for number in range(count)
    ]


def earlier_of(found: Splits, options: SplitOptions) -> Earlier:
    """What the next export finds of a dataset."""
    return Earlier(
        options,
        {pair_id: split for pair_id, (_, split) in found.members.items()},
        dict(found.members.values()),
        frozenset(found.of),
    )


# small datasets, as they always were


def test_twenty_sites_are_split_as_seventy_to_fifteen_to_fifteen() -> None:
    found = split_pairs(apart(20), SplitOptions())
    assert found.check.pairs == {"train": 14, "val": 3, "test": 3}
    assert Counter(found.of.values()) == found.check.pairs


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, (1, 0, 0)), (2, (2, 0, 0)), (3, (2, 1, 0)), (4, (2, 1, 1)), (6, (4, 1, 1))],
)
def test_few_pairs_are_for_training_first(count: int, expected: Sequence[int]) -> None:
    found = split_pairs(apart(count), SplitOptions())
    assert tuple(found.check.pairs.values()) == expected


def test_pairs_of_one_site_stay_together_and_it_is_said_that_no_test_is_left() -> None:
    found = split_pairs([item(f"day{n}", box(0, 0, 1, 1)) for n in range(10)], SplitOptions())
    assert set(found.of.values()) == {"train"}
    assert "No pair is in val or test" in found.check.sentences[1]
    assert found.check.between == ()


def test_a_chain_of_overlaps_stays_together() -> None:
    chain = [item(f"link{n}", box(n, 9, n + 1.5, 10)) for n in range(6)]
    found = split_pairs([*chain, *apart(10)], SplitOptions())
    assert len({found.of[one.pair_id] for one in chain}) == 1
    assert set(found.of.values()) == {"train", "val", "test"}


def test_no_pair_at_all_is_split_into_nothing() -> None:
    found = split_pairs([], SplitOptions())
    assert (found.of, found.check.between) == ({}, ())


def test_other_shares_are_followed() -> None:
    found = split_pairs(apart(10), SplitOptions(train=1, val=0, test=1))
    assert found.check.pairs == {"train": 5, "val": 0, "test": 5}


def test_tiles_of_a_mosaic_touch_and_are_told_apart_by_blocks_only() -> None:
    side = 0.01
    tiles = [
        item(f"t{x:02}{y:02}", box(x * side, y * side, (x + 1) * side, (y + 1) * side))
        for x in range(20)
        for y in range(20)
    ]
    assert split_pairs(tiles, SplitOptions()).check.pairs == {"train": 400, "val": 0, "test": 0}
    found = split_pairs(tiles, SplitOptions("blocks", block_km=3))
    assert found.check.pairs["val"] > 30
    assert found.check.pairs["test"] > 30
    between = found.check.of("train", "test")
    assert between is not None
    assert between.nearest_km == 0


# what holds under every method: hypothesis against shapely and pyproj

squares = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.integers(0, 40),
        st.integers(1, 6),
        st.integers(0, 5),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=25,
)
methods = st.sampled_from(PLAIN_METHODS)


def of_squares(found: Iterable[tuple[int, ...]], step: float = 0.01) -> list[SplitItem]:
    """Pairs in a corner of UTM zones 31 and 32 (6° E), with scenes and days."""
    return [
        item(
            f"p{n:02}",
            box(*(5.8 + step * x, 43 + step * y, 5.8 + step * (x + s), 43 + step * (y + s))),
            scenes=(f"scene{scene}",),
            days=(f"2020-06-{day + 1:02}",),
            classes={scene % 3: 100 * s},
        )
        for n, (x, y, s, scene, day) in enumerate(found)
    ]


@settings(max_examples=examples(40))
@given(squares, methods, st.integers(0, 3))
def test_pairs_that_overlap_are_never_in_different_splits(
    found: list[tuple[int, ...]], method: str, seed: int
) -> None:
    items = of_squares(found)
    splits = split_pairs(items, SplitOptions(method, block_km=5, seed=seed))
    assert splits.of.keys() == {one.pair_id for one in items}
    assert splits.check.overlapping == 0
    for one, other in combinations(items, 2):
        if one.footprint.intersection(other.footprint).area > 1e-9:
            assert splits.of[one.pair_id] == splits.of[other.pair_id]


@settings(max_examples=examples(40))
@given(squares, methods, st.randoms(use_true_random=False))
def test_the_order_of_pairs_does_not_matter(
    found: list[tuple[int, ...]], method: str, random: object
) -> None:
    items = of_squares(found)
    turned = items.copy()
    random.shuffle(turned)  # type: ignore[attr-defined]
    options = SplitOptions(method, block_km=5, buffer_km=2)
    assert split_pairs(turned, options) == split_pairs(items, options)


@settings(max_examples=examples(40))
@given(squares, squares, methods)
def test_pairs_keep_their_split_when_others_are_added(
    first: list[tuple[int, ...]], more: list[tuple[int, ...]], method: str
) -> None:
    options = SplitOptions(method, block_km=5)
    before = split_pairs(of_squares(first), options)
    # Those that are added lie elsewhere, so that none joins two splits of before.
    added = [
        replace(
            one,
            pair_id=f"q{one.pair_id}",
            mask_id=f"q{one.mask_id}",
            footprint=shapely.transform(one.footprint, lambda points: points + 3),
            scenes=(f"q{one.scenes[0]}",),
            days=(f"q{one.days[0]}",),
        )
        for one in of_squares(more)
    ]
    after = split_pairs([*of_squares(first), *added], options, earlier_of(before, options))
    assert {pair_id: after.of[pair_id] for pair_id in before.of} == before.of


@settings(max_examples=examples(40))
@given(squares, squares, methods)
def test_nothing_leaks_when_added_pairs_join_earlier_ones(
    first: list[tuple[int, ...]], more: list[tuple[int, ...]], method: str
) -> None:
    options = SplitOptions(method, block_km=5)
    before = split_pairs(of_squares(first), options)
    added = [
        replace(one, pair_id=f"q{one.pair_id}", mask_id=f"q{one.mask_id}")
        for one in of_squares(more)
    ]
    items = [*of_squares(first), *added]
    after = split_pairs(items, options, earlier_of(before, options))
    for one, other in combinations(items, 2):
        if one.footprint.intersection(other.footprint).area > 1e-9:
            assert after.of[one.pair_id] == after.of[other.pair_id]
    # What was trained with is never tested with.
    for pair_id, split in before.of.items():
        if split == "train":
            assert after.of[pair_id] == "train"
        if split == "val":
            assert after.of[pair_id] != "test"


@settings(max_examples=examples(40))
@given(squares, methods, st.sampled_from([0.5, 2.0, 7.0]))
def test_the_buffer_holds_between_all_pairs_of_different_splits(
    found: list[tuple[int, ...]], method: str, buffer_km: float
) -> None:
    items = of_squares(found)
    splits = split_pairs(items, SplitOptions(method, block_km=5, buffer_km=buffer_km))
    assert set(splits.of) | set(splits.left_out) == {one.pair_id for one in items}
    assert splits.check.left_out == len(splits.left_out)
    going = [one for one in items if one.pair_id in splits.of]
    for one, other in combinations(going, 2):
        if splits.of[one.pair_id] != splits.of[other.pair_id]:
            assert brute_km(one.footprint, other.footprint) >= buffer_km * 0.999


@settings(max_examples=examples(40))
@given(squares, methods)
def test_the_check_says_what_a_look_at_all_pairs_says(
    found: list[tuple[int, ...]], method: str
) -> None:
    items = {one.pair_id: one for one in of_squares(found)}
    splits = split_pairs(list(items.values()), SplitOptions(method, block_km=5))
    members: dict[str, list[SplitItem]] = defaultdict(list)
    for pair_id, split in splits.of.items():
        members[split].append(items[pair_id])
    for one, other in combinations(("train", "val", "test"), 2):
        between = splits.check.of(one, other)
        if not members[one] or not members[other]:
            assert between is None
            continue
        assert between is not None
        nearest = min(
            brute_km(a.footprint, b.footprint) for a in members[one] for b in members[other]
        )
        assert between.nearest_km == pytest.approx(nearest, rel=1e-3, abs=2e-3)
        for what in ("scenes", "days"):
            sides = [{v for m in members[name] for v in getattr(m, what)} for name in (one, other)]
            assert set(getattr(between, what)) == sides[0] & sides[1]


def brute_km(one: BaseGeometry, other: BaseGeometry) -> float:
    """The geodesic distance of rectangles by many points along their outlines."""
    if one.intersects(other):
        return 0.0
    # Of rectangles along meridians and parallels, the nearest points are near those in lon/lat.
    stretched = [
        shapely.transform(shape, lambda c: c * [np.cos(np.radians(43.2)), 1])
        for shape in (one, other)
    ]
    ends = shapely.get_coordinates(shapely.shortest_line(*stretched))
    ends[:, 0] /= np.cos(np.radians(43.2))
    metres = GEOD.inv(ends[0, 0], ends[0, 1], ends[1, 0], ends[1, 1])[2]
    return float(metres) / 1000


# methods


def test_scenes_and_days_are_not_shared_where_they_are_asked_for() -> None:
    items = [
        item(f"p{n:02}", box(n, 0, n + 0.5, 1), scenes=(f"s{n % 12}",), days=(f"d{n % 9}",))
        for n in range(36)
    ]
    for method, what in (("scene", "scenes"), ("date", "days")):
        found = split_pairs(items, SplitOptions(method))
        assert all(found.check.pairs.values())
        assert all(not getattr(between, what) for between in found.check.between)
    # A pair of two scenes holds both together.
    both = item("both", box(90, 0, 91, 1), scenes=("s0", "s1"), days=("d0",))
    found = split_pairs([*items, both], SplitOptions("scene"))
    assert len({found.of[name] for name in ("p00", "p01", "p12", "p13", "both")}) == 1


def test_pairs_of_one_block_stay_together() -> None:
    rng = np.random.default_rng(3)
    items = [
        item(f"p{n:03}", box(x, y, x + 0.002, y + 0.002))
        for n, (x, y) in enumerate(rng.uniform((2, 44), (3, 45), (300, 2)))
    ]
    found = split_pairs(items, SplitOptions("blocks", block_km=20))
    by_block: dict[tuple[int, int], set[str]] = defaultdict(set)
    height = 20 / 111.32
    for one in items:
        centre = one.footprint.centroid
        row = int((centre.y + 90) // height)
        width = height / np.cos(np.radians((row + 0.5) * height - 90))
        by_block[row, int((centre.x + 180) // width)].add(found.of[one.pair_id])
    assert len(by_block) > 20
    assert all(len(splits) == 1 for splits in by_block.values())
    assert all(found.check.pairs.values())


def test_a_table_is_followed_and_train_wins_where_it_would_leak() -> None:
    items = [
        replace(one, given=split)
        for one, split in zip(apart(4), ("test", "val", "train", None), strict=True)
    ]
    items += [replace(item("twin", items[0].footprint), given="train")]
    found = split_pairs(items, SplitOptions("column", column="split"))
    assert [found.of[one.pair_id] for one in items[:3]] == ["train", "val", "train"]
    assert any("1 pair went to another split than the table" in note for note in found.check.notes)


def test_groups_of_a_column_stay_together() -> None:
    items = [replace(one, group=f"g{n % 7}") for n, one in enumerate(apart(28))]
    found = split_pairs(items, SplitOptions("column", column="region"))
    splits: dict[str, set[str]] = defaultdict(set)
    for one in items:
        splits[str(one.group)].add(found.of[one.pair_id])
    assert all(len(one) == 1 for one in splits.values())
    assert all(found.check.pairs.values())


def test_near_duplicates_stay_together_when_they_are_joined() -> None:
    items = apart(20)
    ids = [one.pair_id for one in items]
    couples = list(zip(ids[:10], ids[10:], strict=True))
    found = split_pairs(items, SplitOptions(), None, couples)
    assert all(found.of[one] == found.of[other] for one, other in couples)


# seeds, options, and what was there


def test_another_seed_gives_another_split() -> None:
    splits = {tuple(split_pairs(apart(20), SplitOptions(seed=n)).of.values()) for n in range(5)}
    assert len(splits) == 5


def test_what_is_gone_has_its_split_again_when_it_comes_back_also_as_another_pair() -> None:
    options = SplitOptions()
    items = apart(20)
    before = split_pairs(items, options)
    gone = next(one for one in items if before.of[one.pair_id] == "test")
    again = replace(gone, pair_id="made of another scene")
    after = split_pairs([*apart(30, north=5), again], options, earlier_of(before, options))
    assert after.of[again.pair_id] == "test"


def test_other_options_split_anew_and_it_is_said() -> None:
    before = split_pairs(apart(20), SplitOptions())
    options = SplitOptions("blocks", seed=7)
    after = split_pairs(apart(20), options, earlier_of(before, SplitOptions()))
    assert after.of == split_pairs(apart(20), options).of
    assert "anew, since they were split by overlap alone before" in " ".join(after.check.sentences)
    forgotten = SplitOptions(seed=0, keep_earlier=False)
    anew = split_pairs(apart(20), forgotten, earlier_of(before, SplitOptions()))
    assert "what was there before didn't count" in " ".join(anew.check.sentences)


def test_a_pair_that_joins_train_and_test_brings_all_to_train() -> None:
    options = SplitOptions()
    items = apart(20)
    before = split_pairs(items, options)
    # Neighbours of different splits, and a bridge over both.
    one, other = next(
        (a, b)
        for a, b in pairwise(items)
        if {before.of[a.pair_id], before.of[b.pair_id]} == {"train", "test"}
    )
    west = one.footprint.bounds[0]
    bridge = item("bridge", box(west + 0.5, 0, west + 2.5, 1))
    after = split_pairs([*items, bridge], options, earlier_of(before, options))
    assert {after.of[p] for p in (one.pair_id, other.pair_id, "bridge")} == {"train"}
    assert any("1 pair changed split" in note for note in after.check.notes)
    changed = [p for p in before.of if before.of[p] != after.of[p]]
    assert len(changed) == 1


def test_who_was_there_stays_when_the_buffer_has_to_leave_somebody_out() -> None:
    options = SplitOptions("blocks", block_km=5, buffer_km=1)
    rng = np.random.default_rng(1)

    def some(name: str, count: int) -> list[SplitItem]:
        return [
            item(f"{name}{n:03}", box(x, y, x + 0.003, y + 0.003))
            for n, (x, y) in enumerate(rng.uniform((2, 44), (2.5, 44.5), (count, 2)))
        ]

    items = some("a", 120)
    before = split_pairs(items, options)
    assert before.left_out
    after = split_pairs([*items, *some("b", 120)], options, earlier_of(before, options))
    kept = {pair_id for pair_id in before.of if before.of[pair_id] == after.of.get(pair_id)}
    # But for groups that a new pair joined to another split.
    assert len(kept) >= 0.95 * len(before.of)
    assert any(pair_id.startswith("b") for pair_id in after.left_out)


# class balance


def deviation(classes: Mapping[str, Mapping[int, int]], of: Mapping[str, str]) -> float:
    """How far the shares of classes are from those that are aimed at: root mean square."""
    shares = {"train": 0.7, "val": 0.15, "test": 0.15}
    totals = Counter[int]()
    by_split: dict[str, Counter[int]] = defaultdict(Counter)
    for pair_id, counts in classes.items():
        totals.update(counts)
        by_split[of[pair_id]].update(counts)
    gaps = [by_split[s][c] / totals[c] - share for c in totals for s, share in shares.items()]
    return float(np.sqrt(np.mean(np.square(gaps))))


def test_classes_are_balanced_better_than_by_shuffling() -> None:
    rng = np.random.default_rng(11)
    items = [
        replace(
            one,
            classes={
                int(value): int(rng.lognormal(6, 1.5))
                for value in rng.choice(8, rng.integers(1, 4), replace=False)
            },
        )
        for one in apart(120)
    ]
    classes = {one.pair_id: one.classes for one in items}
    ours = split_pairs(items, SplitOptions())
    uneven = deviation(classes, split_pairs(items, SplitOptions(balance=False)).of)
    labels = list(ours.of.values())
    shuffled = [
        deviation(classes, dict(zip(ours.of, rng.permutation(labels), strict=True)))
        for _ in range(200)
    ]
    balanced = deviation(classes, ours.of)
    assert balanced < 0.5 * min(shuffled)
    assert balanced < 0.2 * float(np.median(shuffled))
    assert balanced < uneven
    assert all(
        abs(n - m) <= 3 for n, m in zip(ours.check.pairs.values(), (84, 18, 18), strict=True)
    )
    # The shares of the check are those of the pixels.
    total = sum(one.classes.get(3, 0) for one in items)
    test = sum(one.classes.get(3, 0) for one in items if ours.of[one.pair_id] == "test")
    assert ours.check.class_shares["3"]["test"] == pytest.approx(test / total, abs=1e-6)


# what can't be


@pytest.mark.parametrize(
    "options",
    [
        SplitOptions("random"),
        SplitOptions("column"),
        SplitOptions("blocks", column="tile"),
        SplitOptions("blocks", block_km=0),
        SplitOptions("blocks", block_km=float("nan")),
        SplitOptions(buffer_km=-1),
        SplitOptions(train=0, val=0, test=0),
        SplitOptions(train=-1),
        SplitOptions(val=float("inf")),
    ],
)
def test_options_that_make_no_split_are_refused(options: SplitOptions) -> None:
    with pytest.raises(WrongUseError):
        options.check()


def test_all_methods_have_their_text() -> None:
    texts = {str(SplitOptions(method, column="tile", buffer_km=2)) for method in METHODS}
    assert len(texts) == len(METHODS)
    assert all(text.endswith("at least 2 km apart") for text in texts)
