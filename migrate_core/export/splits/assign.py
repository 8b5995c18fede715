"""Sharing groups out to splits, so that numbers of pairs and areas of classes come near the shares.

Each group is a row of weights: its share of all pairs, and of the area of each class. The deviation
of a choice is the weighted sum of squares, over splits and columns, of what a split has less what
its share would be. Groups go, the largest first, to the split that lacks most (greedy, as in
iterative stratification, Sechidis et al. 2011, doi:10.1007/978-3-642-23808-6_10); then single moves
and swaps follow as long as one lessens the deviation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FREE = -1
# The number of pairs counts as much as all classes together.
_WEIGHT_OF_COUNT = 1.0
_WEIGHT_OF_CLASSES = 1.0
# A split that should have half a pair or more gets one, where there are groups enough.
_LEAST_PAIRS = 0.5
_MOST_STEPS = 500
_MOST_GROUPS_TO_SWAP = 400
_GAIN = 1e-12


@dataclass(frozen=True, eq=False)
class GroupTable:
    """Groups of pairs: `sizes` (groups,) in pairs, `areas` (groups, classes) in pixels."""

    sizes: FloatArray
    areas: FloatArray

    @property
    def columns(self) -> FloatArray:
        """What each group has of all there is, (groups, 1 + classes), weighted."""
        present = self.areas[:, self.areas.sum(axis=0) > 0]
        counts: FloatArray = np.sqrt(_WEIGHT_OF_COUNT) * self.sizes[:, None] / self.sizes.sum()
        if not present.shape[1]:
            return counts
        weight = np.sqrt(_WEIGHT_OF_CLASSES / present.shape[1])
        columns: FloatArray = np.hstack([counts, weight * present / present.sum(axis=0)])
        return columns


def assign(
    table: GroupTable, shares: Sequence[float], fixed: IntArray, order: Sequence[int]
) -> IntArray:
    """The number of the split of each group; `fixed` has those that are given, else `FREE`.

    `shares` 0…1 add up to 1; `order` is that in which groups of one size are handed out.
    """
    state = _State(table, np.asarray(shares, dtype=np.float64), fixed)
    by_size = np.argsort(-state.magnitude[list(order)], kind="stable")
    state.hand_out([order[number] for number in by_size])
    state.improve()
    state.fill_empty(table.sizes)
    return state.split


class _State:
    """A choice under way: the split of each group, and what each split has more than its share."""

    def __init__(self, table: GroupTable, shares: FloatArray, fixed: IntArray) -> None:
        self._columns = table.columns
        self._shares = shares
        self._open = shares > 0
        self._movable = fixed == FREE
        self.split = fixed.copy()
        self._excess = -shares[:, None] * self._columns.sum(axis=0)
        for number in np.flatnonzero(~self._movable):
            self._excess[fixed[number]] += self._columns[number]

    @property
    def magnitude(self) -> FloatArray:
        """How large each group is, over all columns; rounded, so that equal ones are equal."""
        lengths: FloatArray = np.round(np.linalg.norm(self._columns, axis=1), 9)
        return lengths

    def hand_out(self, order: Sequence[int]) -> None:
        """Give each free group to the split where it lessens the deviation most."""
        for number in order:
            if self._movable[number]:
                scores = np.where(self._open, self._excess @ self._columns[number], np.inf)
                # Rounded, so that a tie isn't decided by the order of additions.
                self._put(number, int(np.argmin(np.round(scores, 12))))

    def improve(self) -> None:
        """Move and swap groups while that lessens the deviation."""
        movable = np.flatnonzero(self._movable)
        for _ in range(_MOST_STEPS):
            if not self._move_one(movable) and not self._swap_two(movable):
                return

    def fill_empty(self, sizes: FloatArray) -> None:
        """Let no split be empty that should have a pair, where another has groups to spare."""
        for name in np.flatnonzero(self._shares * sizes.sum() >= _LEAST_PAIRS):
            if np.any(self.split == name):
                continue
            counts = np.bincount(self.split, minlength=len(self._shares))
            spare = np.flatnonzero(self._movable & (counts[self.split] > 1))
            if len(spare):
                change = self._changes(spare)[:, name]
                self._put(int(spare[np.argmin(np.round(change, 12))]), int(name))

    def _put(self, number: int, name: int) -> None:
        if self.split[number] != FREE:
            self._excess[self.split[number]] -= self._columns[number]
        self.split[number] = name
        self._excess[name] += self._columns[number]

    def _changes(self, numbers: IntArray) -> FloatArray:
        """By how much the deviation changes when each group goes to each split, (n, splits)."""
        columns = self._columns[numbers]
        there = columns @ self._excess.T
        here = there[np.arange(len(numbers)), self.split[numbers]]
        change: FloatArray = 2 * ((columns**2).sum(axis=1)[:, None] + there - here[:, None])
        change[np.arange(len(numbers)), self.split[numbers]] = 0.0
        change[:, ~self._open] = np.inf
        return change

    def _move_one(self, movable: IntArray) -> bool:
        if not len(movable):
            return False
        change = np.round(self._changes(movable), 13)
        row, name = np.unravel_index(int(np.argmin(change)), change.shape)
        if change[row, name] > -_GAIN:
            return False
        self._put(int(movable[row]), int(name))
        return True

    def _swap_two(self, movable: IntArray) -> bool:
        if not 2 <= len(movable) <= _MOST_GROUPS_TO_SWAP:
            return False
        split, columns = self.split[movable], self._columns[movable]
        there = columns @ self._excess.T  # (n, splits)
        own = there[np.arange(len(movable)), split]
        # Between g in s and h in t, with d = h - g: 2 (|d|^2 + d (excess of s - excess of t)).
        squares = (columns**2).sum(axis=1)
        apart = squares[:, None] + squares[None, :] - 2 * columns @ columns.T
        crossing = there[:, split]
        change = 2 * (apart + crossing.T - own[None, :] - own[:, None] + crossing)
        change[split[:, None] == split[None, :]] = 0.0
        change = np.round(change, 13)
        one, other = np.unravel_index(int(np.argmin(change)), change.shape)
        if change[one, other] > -_GAIN:
            return False
        here, name = int(split[one]), int(split[other])
        self._put(int(movable[one]), name)
        self._put(int(movable[other]), here)
        return True
