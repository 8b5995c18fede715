"""Which footprints (lon/lat) share ground. Equal ones, as of a time series, are compared once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from ...grid import split_at_antimeridian

Shapes = NDArray[np.object_]
# Pairs of numbers (n, 2).
Couples = NDArray[np.int64]

# Shared edges that were reprojected apart differ by less than about a metre.
_SLIVER_DEGREES = 1e-5


@dataclass(frozen=True, eq=False)
class Ground:
    """The footprints of numbered items, of which many may have the same.

    `different` (d,) are the footprints, each once, valid and cut at the 180° meridian, in the order
    in which they come first. `which` (n,) says of each item which of them it has.
    """

    different: Shapes
    which: NDArray[np.int64]

    @cached_property
    def having(self) -> tuple[NDArray[np.int64], ...]:
        """The numbers of the items that have each of the different footprints, ascending."""
        order = np.argsort(self.which, kind="stable")
        counts = np.bincount(self.which, minlength=len(self.different))
        return tuple(np.split(order, np.cumsum(counts)[:-1])) if len(counts) else ()

    def overlapping(self, *, touching: bool = False) -> Couples:
        """The numbers of different footprints that share ground, as `overlapping` says.

        One that several items have comes with itself, where it is wide enough to share.
        """
        found = overlapping(self.different, touching=touching)
        shared = np.flatnonzero([len(items) > 1 for items in self.having])
        if not touching:
            shared = shared[_share_ground(self.different[shared], self.different[shared])]
        return np.vstack([found, np.column_stack([shared, shared])])

    def overlapping_across(self, kinds: Mapping[int, str]) -> int:
        """How many pairs of items of different kinds share ground; `kinds` are by item."""
        names = sorted(set(kinds.values()))
        # By footprint, how many of each kind have it.
        counts = np.zeros((len(self.different), len(names)), dtype=np.int64)
        for item, kind in kinds.items():
            counts[self.which[item], names.index(kind)] += 1
        one, other = self.overlapping().T
        across = counts[one].sum(axis=1) * counts[other].sum(axis=1)
        across -= (counts[one] * counts[other]).sum(axis=1)
        # Of one footprint, each pair was counted from both of its ends.
        across[one == other] //= 2
        return int(across.sum())

    def first_of_each(self, items: Sequence[int]) -> list[int]:
        """Of ascending items, the first that has each footprint, ascending."""
        _, first = np.unique(self.which[items], return_index=True)
        return [items[number] for number in np.sort(first)]

    def shapes_of(self, items: Sequence[int]) -> Shapes:
        """The footprint of each of some items."""
        found: Shapes = self.different[self.which[items]]
        return found


def ground_of(footprints: Sequence[BaseGeometry]) -> Ground:
    """Lon/lat footprints by item; those with the same corners in the same order are equal."""
    numbers: dict[bytes, int] = {}
    first: list[BaseGeometry] = []
    which = np.empty(len(footprints), dtype=np.int64)
    for item, footprint in enumerate(footprints):
        which[item] = numbers.setdefault(footprint.wkb, len(numbers))
        if len(numbers) > len(first):
            first.append(footprint)
    different: Shapes = np.empty(len(first), dtype=object)
    different[:] = [split_at_antimeridian(footprint) for footprint in first]
    invalid = ~shapely.is_valid(different)
    different[invalid] = shapely.make_valid(different[invalid])
    return Ground(different, which)


def overlapping(shapes: Shapes, *, touching: bool = False) -> Couples:
    """The pairs of numbers (n, 2), each ascending, whose lon/lat shapes share ground.

    With `touching` also those that share but an edge or a corner.
    """
    found: Couples = STRtree(shapes).query(shapes, predicate="intersects").T
    found = found[found[:, 0] < found[:, 1]]
    if touching or not len(found):
        return found
    wide: Couples = found[_share_ground(shapes[found[:, 0]], shapes[found[:, 1]])]
    return wide


def _share_ground(ones: Shapes, others: Shapes) -> NDArray[np.bool_]:
    shared = shapely.intersection(ones, others)
    outline = np.maximum(shapely.length(shared), 1e-300)
    wide: NDArray[np.bool_] = 2 * shapely.area(shared) / outline > _SLIVER_DEGREES
    return wide
