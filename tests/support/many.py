"""A workspace of many pairs that are numbers alone, for what decides about many at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from migrate_core.model import Occluded, Pair
from migrate_core.review.run import decide, new_decision
from migrate_core.states import PairState
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace


def numbered(number: int) -> Pair:
    """A finished pair; the label of every second one is half occluded, every tenth is far off."""
    pair_id, share = f"p{number:04}", 0.5 * (number % 2)
    days = 20.0 if number % 10 == 0 else 2.0
    return Pair(
        pair_id, f"m{number}", f"{pair_id}.tif", ("S2A",), PairState.DONE, days,
        occluded=Occluded(share, share),
    )  # fmt: skip


def many_pairs(root: Path, count: int = 100) -> Store:
    """So many pairs; of a hundred 40 are neither occluded nor far off."""
    store = open_store(Workspace(root))
    store.put_pairs([numbered(number) for number in range(count)])
    return store


def say_of(store: Store, pair_ids: Iterable[str], verdict: str, who: str = "ann") -> None:
    for pair_id in pair_ids:
        decide(store, new_decision(pair_id, verdict, who))
