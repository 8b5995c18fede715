"""How pairs are shared out to train, val and test: what is asked for, as plain values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from ...errors import WrongUseError

TRAIN, VAL, TEST = "train", "val", "test"
OVERLAP, BLOCKS, SCENE, DATE, COLUMN = "overlap", "blocks", "scene", "date", "column"
METHODS = (OVERLAP, BLOCKS, SCENE, DATE, COLUMN)
SHARES = {TRAIN: 0.7, VAL: 0.15, TEST: 0.15}
# Beyond it, blocks and buffers say nothing about neighbours any more.
_LARGEST_KM = 500.0


@dataclass(frozen=True)
class SplitOptions:
    """How pairs are split; under every method, pairs whose footprints overlap stay together.

    `method` is what else stays together: nothing (`overlap`), pairs of one block of `block_km`
    (`blocks`), of one scene, of one sensing day (`date`), or with one value of a `column` of the
    manifest, or of the CSV file `table`. Such a table names pairs by `pair_id`, `mask_id` or
    `mask_name`, and has a column `split` (train, val, test) or `group`, unless `column` names
    another.

    Footprints in different splits lie at least `buffer_km` from each other: pairs that don't are
    left out. `train`, `val` and `test` are the shares that are aimed at; the same `seed` gives the
    same split. `balance` also evens out the areas of the classes. `join_duplicates` keeps near
    duplicates together, wherever they lie. With `keep_earlier` pairs keep the split that they have
    in the dataset that is brought up to date.
    """

    method: str = OVERLAP
    block_km: float = 10.0
    buffer_km: float = 0.0
    column: str = ""
    table: Path | None = None
    train: float = SHARES[TRAIN]
    val: float = SHARES[VAL]
    test: float = SHARES[TEST]
    seed: int = 0
    balance: bool = True
    join_duplicates: bool = False
    keep_earlier: bool = True

    @property
    def shares(self) -> dict[str, float]:
        """The shares 0…1 by split, which add up to 1."""
        given = {TRAIN: self.train, VAL: self.val, TEST: self.test}
        total = math.fsum(given.values())
        return {name: share / total for name, share in given.items()}

    def check(self) -> None:
        """Raises WrongUseError for what can't be done."""
        if self.method not in METHODS:
            raise WrongUseError(
                f"{self.method!r} is no way to split; needed is one of {', '.join(METHODS)}."
            )
        if self.method == COLUMN and not self.column and self.table is None:
            raise WrongUseError(
                "A split by column needs the name of a column of the manifest, or a CSV file "
                "with splits or groups."
            )
        if self.method != COLUMN and (self.column or self.table is not None):
            raise WrongUseError(
                f"A column or a table is given, but pairs are split by {self.method}. Choose the "
                "method `column`, or leave it out."
            )
        self._check_numbers()

    def _check_numbers(self) -> None:
        if not 0 < self.block_km <= _LARGEST_KM:
            raise WrongUseError(
                f"Blocks of {self.block_km:g} km can't be made; needed is more than 0 and at most "
                f"{_LARGEST_KM:g}."
            )
        if not 0 <= self.buffer_km <= _LARGEST_KM:
            raise WrongUseError(
                f"A buffer of {self.buffer_km:g} km can't be kept; needed is 0 to {_LARGEST_KM:g}."
            )
        shares = (self.train, self.val, self.test)
        if not all(math.isfinite(one) and one >= 0 for one in shares) or not any(shares):
            given = ", ".join(f"{one:g}" for one in shares)
            raise WrongUseError(
                f"Splits of {given} can't be made; needed are three shares of 0 or more, such "
                "as 70,15,15."
            )

    def __str__(self) -> str:
        """In words: `by blocks of 10 km, at least 2 km apart`."""
        ways = {
            OVERLAP: "by overlap alone",
            BLOCKS: f"by blocks of {self.block_km:g} km",
            SCENE: "by scene",
            DATE: "by sensing day",
            COLUMN: f"by the column {self.column or 'split or group'}"
            + (f" of {self.table.name}" if self.table else ""),
        }
        apart = f", at least {self.buffer_km:g} km apart" if self.buffer_km else ""
        return ways[self.method] + apart
