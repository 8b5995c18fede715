"""The pairs of a run as they are now, written to the store some at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ...model import Pair
from ...store.base import Store

# How often they are written, in seconds. A commit for each change would take half as long as making
# a small pair; what a killed run hadn't written, the next one finds in the folders of the pairs.
_EVERY_S = 0.5


class PairRows:
    """Keeps the pairs of a run, by pair_id, and remembers those that the store has otherwise."""

    def __init__(self, store: Store, pairs: Iterable[Pair]) -> None:
        self._store = store
        self._pairs = {pair.pair_id: pair for pair in pairs}
        self._changed: set[str] = set()
        self._written_at = float("-inf")

    def __getitem__(self, pair_id: str) -> Pair:
        return self._pairs[pair_id]

    def all(self) -> list[Pair]:
        """Every pair of the run."""
        return list(self._pairs.values())

    def put(self, pair: Pair) -> None:
        """Take over a pair as it is from now on, to be written soon."""
        self._pairs[pair.pair_id] = pair
        self._changed.add(pair.pair_id)

    @property
    def due(self) -> bool:
        """Whether there is something to write, and the last time was a while ago."""
        return bool(self._changed) and time.monotonic() - self._written_at >= _EVERY_S

    def write(self) -> None:
        """Write what has changed, in one commit."""
        self._store.put_pairs([self._pairs[pair_id] for pair_id in sorted(self._changed)])
        self._changed.clear()
        self._written_at = time.monotonic()
