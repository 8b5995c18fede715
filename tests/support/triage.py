"""A workspace whose pairs differ in their occlusion and change, and a team that decides by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from migrate_core.model import Occluded, Occlusion, Pair, Shares, Shift, Suggestion
from migrate_core.review.batches import BatchRequest, decide_batch
from migrate_core.review.sampling.random_order import random_position
from migrate_core.review.triage.learning import TriageModel
from migrate_core.review.triage.run import learn
from migrate_core.states import BatchKind, PairState, Verdict
from migrate_core.store.base import Store, open_store
from migrate_core.store.review.models import put_model
from migrate_core.store.serialize import to_json
from migrate_core.workspace import Workspace

CLEAR = Shares(cloud=0.0, shadow=0.0, cirrus=0.0, snow=None, nodata=0.0, source=None)


def a_pair(pair_id: str, cloud: float, change: float | None) -> Pair:
    """A finished pair with so much cloud over its label, and so much change in it."""
    shares = replace(CLEAR, cloud=cloud)
    return Pair(
        pair_id,
        "mask",
        "mask.tif",
        ("scene",),
        PairState.DONE,
        days_offset=-2.5,
        coverage=1.0,
        occlusion=Occlusion(shares, shares),
        occluded=Occluded(cloud, cloud),
        suggestion=Suggestion(Verdict.ACCEPT, "clear"),
        shift=Shift(3.0, -4.0, 1.5, reliable=True),
        change=change,
    )


def is_bad(pair: Pair) -> bool:
    """What persons find: a clouded or changed label is bad, and some are for no reason."""
    assert pair.occlusion is not None
    seen = (pair.occlusion.labelled.cloud or 0) + (pair.change or 0)
    return seen > 0.5 or random_position(pair.pair_id, "truth") < 0.02


def pairs_of(count: int, seed: int = 1, cloudier: float = 0.0, name: str = "p") -> list[Pair]:
    rng = np.random.default_rng(seed)
    clouds = rng.beta(1, 4, count) * (1 - cloudier) + cloudier
    changes = rng.beta(1, 4, count)
    return [
        a_pair(f"{name}{n:04}", round(float(cloud), 6), None if n % 10 == 0 else float(change))
        for n, (cloud, change) in enumerate(zip(clouds, changes, strict=True))
    ]


def a_store(folder: Path, pairs: list[Pair]) -> Store:
    store = open_store(Workspace(folder))
    store.put_pairs(pairs)
    return store


def in_random_order(pairs: list[Pair]) -> list[Pair]:
    return sorted(pairs, key=lambda pair: random_position(pair.pair_id))


def decide_about(store: Store, pairs: list[Pair], *, bad: bool | None = None) -> None:
    """What persons decide about these pairs: as they find them, or all `bad` or good."""
    found = {pair.pair_id: is_bad(pair) if bad is None else bad for pair in pairs}
    for verdict, rejected in ((Verdict.REJECT, True), (Verdict.ACCEPT, False)):
        chosen = [pair_id for pair_id, is_it in found.items() if is_it == rejected]
        decide_batch(store, BatchRequest(BatchKind.SELECTION, verdict, "ann"), chosen)


def put_learnt_model(store: Store, folder: Path) -> TriageModel:
    """A model that was learnt from other pairs, in the workspace `folder`, is in use in `store`."""
    pairs = pairs_of(160)
    other = a_store(folder, pairs)
    decide_about(other, pairs)
    model = learn(other)
    other.engine.dispose()
    put_model(store, model.version, model.made_at, to_json(model))
    return model
