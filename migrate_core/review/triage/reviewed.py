"""The finished pairs as triage sees them: their numbers, and what the log has of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray
from ...model import Decision
from ...states import Basis, DecisionState, Verdict
from ...store.base import Store
from ..decisions import deciding, newest, review_status
from ..sampling.random_order import random_sample
from .features import FeatureTable, feature_table
from .learning import folds_of
from .model import Examples


@dataclass(frozen=True)
class PairDecisions:
    """What the log has of a pair.

    `good` is whether persons accepted it, None where no person decided; `decided_at` is when the
    last of them did. `acceptance` is the entry by which a model accepted it, if that counts still.
    `is_open` is whether nobody and nothing has decided.
    """

    good: bool | None = None
    decided_at: datetime | None = None
    acceptance: Decision | None = None
    is_open: bool = True

    @classmethod
    def of(cls, log: Sequence[Decision]) -> PairDecisions:
        """Of the entries about one pair, oldest first."""
        status = review_status(log)
        by_model = [entry for entry in newest(log).values() if entry.basis == Basis.MODEL]
        acceptance = next((one for one in by_model if one.verdict == Verdict.ACCEPT), None)
        if not status.by_person:
            return cls(None, None, acceptance, status.decision is None)
        decided_at = max(entry.decided_at for entry in deciding(log).values())
        return cls(status.decision == DecisionState.ACCEPTED, decided_at, acceptance, False)


@dataclass(frozen=True, eq=False)
class ReviewedPairs:
    """All finished pairs with their numbers, and in the same order what the log has of them."""

    table: FeatureTable
    decisions: tuple[PairDecisions, ...]

    @cached_property
    def by_persons(self) -> BoolArray:
        """Which pairs persons have decided about."""
        return np.array([pair.good is not None for pair in self.decisions], dtype=bool)

    @cached_property
    def bad(self) -> BoolArray:
        """Which pairs persons have not accepted."""
        return np.array([pair.good is False for pair in self.decisions], dtype=bool)

    @cached_property
    def sampled(self) -> BoolArray:
        """Which pairs are in the random sample."""
        ids = self.table.pair_ids
        return self.among(random_sample(dict(zip(ids, self.by_persons.tolist(), strict=True))))

    @cached_property
    def folds(self) -> NDArray[np.int64]:
        """The part that each pair belongs to."""
        return folds_of(self.table.pair_ids)

    def among(self, pair_ids: Iterable[str]) -> BoolArray:
        """Which pairs are named."""
        wanted = frozenset(pair_ids)
        return np.array([pair_id in wanted for pair_id in self.table.pair_ids], dtype=bool)

    def named(self, rows: BoolArray) -> tuple[str, ...]:
        """The ids of these pairs."""
        return tuple(self.table.pair_ids[row] for row in np.flatnonzero(rows))

    @property
    def examples(self) -> Examples:
        """What can be learnt from: the pairs that persons have decided about."""
        known = self.by_persons
        return Examples(
            self.table.scaled[known], ~self.bad[known], self.folds[known], self.sampled[known]
        )


def reviewed_pairs(store: Store) -> ReviewedPairs:
    """Read all finished pairs, and the log."""
    logs: dict[str, list[Decision]] = defaultdict(list)
    for entry in store.decisions():
        logs[entry.pair_id].append(entry)
    table = feature_table(store)
    undecided = PairDecisions()
    found = (logs.get(pair_id) for pair_id in table.pair_ids)
    return ReviewedPairs(table, tuple(PairDecisions.of(log) if log else undecided for log in found))
