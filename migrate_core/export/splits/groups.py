"""Pairs that have to stay together: they show the same ground, or have what is asked for in common.

Overlap always joins. Under the method `overlap` footprints that only touch are joined, too; under
the others, tiles of one mosaic that share an edge and no ground can be told apart.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

_KM_PER_DEGREE = 111.32


@dataclass(frozen=True)
class SplitItem:
    """What splits need of a pair: its footprint (lon/lat), and what it may have in common.

    `scenes` are the ids of all its scenes, `days` their UTC dates as text. `classes` are numbers of
    labelled pixels by class value. `group` is a value that pairs which stay together share,
    `given` the split that a table gives it; None where nothing does.
    """

    pair_id: str
    mask_id: str
    footprint: BaseGeometry
    scenes: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    classes: Mapping[int, int] = field(default_factory=dict)
    group: str | None = None
    given: str | None = None


class Groups:
    """Numbers from 0 on that are joined with one another, directly or over others."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def join(self, one: int, other: int) -> None:
        """Put two, and all that either is joined with, together."""
        low, high = sorted((self._root(one), self._root(other)))
        self._parents[high] = low

    def join_alike(self, keys: Iterable[Iterable[Hashable]]) -> None:
        """Join the numbers that have a key in common; `keys` are those of each number in turn."""
        first: dict[Hashable, int] = {}
        for number, several in enumerate(keys):
            for key in several:
                self.join(first.setdefault(key, number), number)

    def all(self) -> list[list[int]]:
        """The groups, each ascending, by their first number."""
        found: dict[int, list[int]] = {}
        for number in range(len(self._parents)):
            found.setdefault(self._root(number), []).append(number)
        return list(found.values())

    def _root(self, number: int) -> int:
        parents = self._parents
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number


def block_of(footprint: BaseGeometry, block_km: float) -> tuple[int, int]:
    """The block that a footprint (lon/lat) belongs to by a point inside it: its row and column.

    Rows are parallels, `block_km` from each other, counted from the south pole; each is cut into
    blocks of that width at its middle, counted from the 180° meridian. So blocks are the same for
    all datasets, and stay where they are when pairs are added.
    """
    point = footprint.representative_point()
    height = block_km / _KM_PER_DEGREE
    row = math.floor((point.y + 90) / height)
    middle = math.radians(min((row + 0.5) * height - 90, 90.0))
    width = height / max(math.cos(middle), 1e-6)
    return row, math.floor((point.x + 180) / width)
