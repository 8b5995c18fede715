"""Splitting pairs: groups that stay together, the split of each, the buffer, and the check."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from .assign import FREE, GroupTable, assign
from .check import Between, SplitCheck
from .distances import nearer_than, nearest
from .earlier import Earlier, Splits, first_of, is_kept
from .ground import Ground, ground_of
from .groups import Groups, SplitItem, block_of
from .options import BLOCKS, COLUMN, DATE, OVERLAP, SCENE, SHARES, TEST, TRAIN, VAL, SplitOptions

_NAMES = tuple(SHARES)
# Who stays where two lie too near to each other: what trains is what there is most of.
_LAST_LEFT_OUT = (TEST, VAL, TRAIN)


@dataclass(frozen=True, eq=False)
class _Work:
    """The pairs by their ids, their footprints, and what was there before."""

    items: Sequence[SplitItem]
    ground: Ground
    options: SplitOptions
    earlier: Earlier

    def before(self, number: int) -> str | None:
        """The split that a pair had in the dataset before."""
        item = self.items[number]
        return self.earlier.split_of(item.pair_id, item.mask_id)


def split_pairs(
    items: Sequence[SplitItem],
    options: SplitOptions,
    earlier: Earlier | None = None,
    alike: Sequence[tuple[str, str]] = (),
) -> Splits:
    """The split of each pair. `alike` are near duplicates by pair id, which stay together.

    The same items and options always give the same splits, whatever their order. Where `earlier`
    pairs were split by the same options, they keep their split. A group with pairs of two splits
    of before, or of a table, goes to train before val before test: so nothing that a model has
    been trained with is ever tested with.
    """
    ordered = sorted(items, key=lambda item: item.pair_id)
    before = earlier or Earlier()
    kept = is_kept(options, before)
    ground = ground_of([item.footprint for item in ordered])
    work = _Work(ordered, ground, options, before if kept else Earlier())
    groups = _groups(work, alike)
    given = [_given(work, group) for group in groups]
    split_of = _by_number(groups, _assigned(work, groups, [one for one, _ in given]))
    out = _left_out(work, split_of) if options.buffer_km else set()
    notes = [*_notes_on_earlier(before, options, kept), *_notes_on_given(work, split_of)]
    going = {n: split for n, split in sorted(split_of.items()) if n not in out}
    return Splits(
        {ordered[n].pair_id: split for n, split in going.items()},
        tuple(ordered[n].pair_id for n in sorted(out)),
        _check(work, going, len(out), notes),
        {ordered[n].pair_id: (ordered[n].mask_id, s) for n, s in sorted(split_of.items())},
    )


def _groups(work: _Work, alike: Sequence[tuple[str, str]]) -> list[list[int]]:
    """The numbers of the pairs that stay together."""
    items, options = work.items, work.options
    groups = Groups(len(items))
    _join_overlapping(groups, work.ground, touching=options.method == OVERLAP)
    groups.join_alike([item.mask_id] for item in items)
    if options.method == BLOCKS:
        blocks = [block_of(shape, options.block_km) for shape in work.ground.different]
        groups.join_alike([blocks[which]] for which in work.ground.which)
    elif options.method == SCENE:
        groups.join_alike(item.scenes for item in items)
    elif options.method == DATE:
        groups.join_alike(item.days for item in items)
    elif options.method == COLUMN:
        groups.join_alike([item.group] if item.group is not None else () for item in items)
    number_of = {item.pair_id: number for number, item in enumerate(items)}
    for one, other in alike:
        if one in number_of and other in number_of:
            groups.join(number_of[one], number_of[other])
    return groups.all()


def _join_overlapping(groups: Groups, ground: Ground, *, touching: bool) -> None:
    """Join all that have one of the footprints that share ground."""
    found = ground.overlapping(touching=touching)
    for number in np.unique(found):
        first, *more = ground.having[number].tolist()
        for item in more:
            groups.join(first, item)
    first_with = [int(items[0]) for items in ground.having]
    for one, other in found.tolist():
        groups.join(first_with[one], first_with[other])


def _given(work: _Work, group: Sequence[int]) -> tuple[str | None, bool]:
    """The split that a table or an earlier export gives a group, and whether they said several."""
    by_table = {work.items[n].given for n in group} - {None}
    named = by_table or {work.before(n) for n in group} - {None}
    found = [name for name in named if name is not None]
    return (first_of(found) if found else None), len(found) > 1


def _assigned(
    work: _Work, groups: Sequence[Sequence[int]], given: Sequence[str | None]
) -> list[str]:
    """The split of each group."""
    if not groups:
        return []
    items, shares = work.items, work.options.shares
    classes = sorted({value for item in items for value in item.classes})
    if not work.options.balance:
        classes = []
    areas = np.array(
        [
            [sum(items[n].classes.get(value, 0) for n in group) for value in classes]
            for group in groups
        ],
        dtype=np.float64,
    ).reshape(len(groups), len(classes))
    sizes = np.array([len(group) for group in groups], dtype=np.float64)
    fixed = np.array([FREE if one is None else _NAMES.index(one) for one in given], dtype=np.int64)
    order = sorted(range(len(groups)), key=lambda g: _position(items[groups[g][0]].pair_id, work))
    found = assign(GroupTable(sizes, areas), [shares[name] for name in _NAMES], fixed, order)
    return [_NAMES[number] for number in found]


def _position(pair_id: str, work: _Work) -> str:
    """An order that has nothing to do with names, dates or locations, the same for one seed."""
    return hashlib.sha256(f"{work.options.seed} {pair_id}".encode()).hexdigest()


def _by_number(groups: Sequence[Sequence[int]], splits: Sequence[str]) -> dict[int, str]:
    return {n: split for group, split in zip(groups, splits, strict=True) for n in group}


def _left_out(work: _Work, split_of: Mapping[int, str]) -> set[int]:
    """The numbers of the pairs that are left out, so that those of other splits are far enough.

    Who was in the dataset before stays before who wasn't, then test before val before train.
    """
    near = _near_in_other_splits(work, split_of)

    def key(number: int) -> tuple[int, str]:
        return int(work.ground.which[number]), split_of[number]

    def rank(number: int) -> tuple[bool, int, str]:
        pair_id = work.items[number].pair_id
        is_new = pair_id not in work.earlier.there
        return is_new, _LAST_LEFT_OUT.index(split_of[number]), _position(pair_id, work)

    staying: set[tuple[int, str]] = set()
    out: set[int] = set()
    for number in sorted((n for n in split_of if key(n) in near), key=rank):
        if staying.intersection(near[key(number)]):
            out.add(number)
        else:
            staying.add(key(number))
    return out


def _near_in_other_splits(
    work: _Work, split_of: Mapping[int, str]
) -> dict[tuple[int, str], list[tuple[int, str]]]:
    """What lies nearer than the buffer in other splits: by number of a footprint, and split."""
    ground = work.ground
    splits_of = [{split_of[n] for n in items} for items in ground.having]
    alone = [(number, number) for number in range(len(ground.different))]
    near: dict[tuple[int, str], list[tuple[int, str]]] = defaultdict(list)
    for one, other in [*nearer_than(ground.different, work.options.buffer_km).tolist(), *alone]:
        for split, another in product(splits_of[one], splits_of[other]):
            if split != another:
                near[one, split].append((other, another))
                near[other, another].append((one, split))
    return near


# the check


def _check(
    work: _Work, going: Mapping[int, str], left_out: int, notes: Sequence[str]
) -> SplitCheck:
    members = {name: [n for n, split in going.items() if split == name] for name in _NAMES}
    there = [
        (one, other) for one, other in combinations(_NAMES, 2) if members[one] and members[other]
    ]
    return SplitCheck(
        str(work.options),
        {name: len(numbers) for name, numbers in members.items()},
        tuple(_between(work, members, one, other) for one, other in there),
        work.ground.overlapping_across(going),
        left_out,
        _class_shares(work, members),
        tuple(notes),
    )


def _between(work: _Work, members: Mapping[str, Sequence[int]], one: str, other: str) -> Between:
    ours, theirs = members[one], members[other]
    ground = work.ground
    firsts, others = ground.first_of_each(ours), ground.first_of_each(theirs)
    distance, i, j = nearest(ground.shapes_of(firsts), ground.shapes_of(others))

    def shared(what: str) -> tuple[str, ...]:
        sets = [{v for n in side for v in getattr(work.items[n], what)} for side in (ours, theirs)]
        return tuple(sorted(sets[0] & sets[1]))

    pair_ids = work.items[firsts[i]].pair_id, work.items[others[j]].pair_id
    return Between(one, other, round(distance, 6), pair_ids, shared("scenes"), shared("days"))


def _class_shares(work: _Work, members: Mapping[str, Sequence[int]]) -> dict[str, dict[str, float]]:
    totals: Counter[int] = Counter()
    of_split: dict[str, Counter[int]] = {name: Counter() for name in _NAMES}
    for name, numbers in members.items():
        for number in numbers:
            of_split[name].update(work.items[number].classes)
    for counted in of_split.values():
        totals.update(counted)
    return {
        str(value): {name: round(of_split[name][value] / total, 6) for name in _NAMES}
        for value, total in sorted(totals.items())
        if total
    }


def _notes_on_earlier(earlier: Earlier, options: SplitOptions, kept: bool) -> list[str]:
    if earlier.options is None or kept:
        return []
    if not options.keep_earlier:
        return ["Pairs were split anew; what was there before didn't count."]
    return [
        f"Pairs were split anew, since they were split {earlier.options} before, or with other "
        "shares or another seed."
    ]


def _notes_on_given(work: _Work, split_of: Mapping[int, str]) -> list[str]:
    """How many pairs have another split than a table or an earlier export gave them, and why."""
    notes = []
    moved = sum(one is not None and one != split_of[n] for n, one in _of_table(work))
    if moved:
        notes.append(
            f"{_pairs(moved)} went to another split than the table says: they share ground "
            "with pairs of another, and train goes before val before test."
        )
    if work.items and work.options.table is not None:
        unnamed = sum(item.given is None and item.group is None for item in work.items)
        if unnamed:
            notes.append(f"The table doesn't name {_pairs(unnamed)}: split as the others allow.")
    changed = [
        n for n in split_of if (before := work.before(n)) is not None and before != split_of[n]
    ]
    if changed:
        notes.append(
            f"{_pairs(len(changed))} changed split: new pairs join them to pairs of another, and "
            "train goes before val before test."
        )
    return notes


def _of_table(work: _Work) -> list[tuple[int, str | None]]:
    return [(n, item.given) for n, item in enumerate(work.items)]


def _pairs(count: int) -> str:
    return "1 pair" if count == 1 else f"{count:,} pairs"
