"""Train, validation and test: pairs that show the same ground stay together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from shapely import STRtree
from shapely.geometry.base import BaseGeometry

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}


def split_by_location(
    footprints: Mapping[str, BaseGeometry], shares: Mapping[str, float] = SHARES
) -> dict[str, str]:
    """The split of each pair id; overlapping footprints always share one.

    Groups are handed out, the largest first, each to the split that lacks most of its share; the
    same pairs always give the same split.
    """
    total = len(footprints)
    missing = {name: share * total for name, share in shares.items()}
    split: dict[str, str] = {}
    for group in sorted(_groups(footprints), key=lambda ids: (-len(ids), _shuffled(ids[0]))):
        name = max(missing, key=lambda key: missing[key])
        missing[name] -= len(group)
        split.update(dict.fromkeys(group, name))
    return split


def _groups(footprints: Mapping[str, BaseGeometry]) -> list[list[str]]:
    """Pair ids whose footprints overlap, directly or over others."""
    ids = sorted(footprints)
    shapes = [footprints[pair_id] for pair_id in ids]
    parents = list(range(len(ids)))
    for one, other in STRtree(shapes).query(shapes, predicate="intersects").T:
        parents[_root(parents, int(one))] = _root(parents, int(other))
    groups: dict[int, list[str]] = {}
    for number, pair_id in enumerate(ids):
        groups.setdefault(_root(parents, number), []).append(pair_id)
    return list(groups.values())


def _root(parents: Sequence[int], number: int) -> int:
    while parents[number] != number:
        number = parents[number]
    return number


def _shuffled(pair_id: str) -> str:
    """An order that has nothing to do with names, dates or places, but is always the same."""
    return hashlib.sha256(pair_id.encode()).hexdigest()
