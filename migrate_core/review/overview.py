"""Where the work stands: counts for every stage, what runs, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..jobs import JobStatus, running_jobs
from ..store import Store
from .decisions import Standing, standings

UNDECIDED = "undecided"


@dataclass(frozen=True)
class Overview:
    """Counts by state: of masks, of masks by what the search found, of pairs, of decisions.

    `next_stage` is `masks`, `scenes`, `pairs`, `review` or `export`.
    """

    masks: Mapping[str, int]
    scenes: Mapping[str, int]
    pairs: Mapping[str, int]
    review: Mapping[str, int]
    running: tuple[JobStatus, ...]
    next_stage: str


def overview(store: Store, now: datetime) -> Overview:
    """Count everything in the store; quick for any number of masks."""
    masks = store.mask_states()
    ready, selected = masks.get("ready", 0), store.masks_with_candidates()
    scenes = {
        "selected": selected,
        "usable": store.masks_with_candidates(usable=True),
        "without": ready - selected,
    }
    pairs = store.pair_states()
    review = _review(store.finished_pairs(), standings(store))
    return Overview(
        masks={state: masks.get(state, 0) for state in ("ready", "problem")},
        scenes=scenes,
        pairs=dict(sorted(pairs.items())),
        review=review,
        running=running_jobs(store, now),
        next_stage=_next_stage(masks.get("ready", 0), scenes, pairs, review),
    )


def _review(finished: Iterable[str], decided: Mapping[str, Standing]) -> dict[str, int]:
    """How the finished pairs stand."""
    nobody = Standing(None)
    counts = Counter(decided.get(pair_id, nobody).decision or UNDECIDED for pair_id in finished)
    return {
        name: counts[name] for name in ("accepted", "rejected", "unsure", "conflict", UNDECIDED)
    }


def _next_stage(
    ready_masks: int,
    scenes: Mapping[str, int],
    pairs: Mapping[str, int],
    review: Mapping[str, int],
) -> str:
    """The first stage that still has something to do."""
    if not ready_masks:
        return "masks"
    if not scenes["selected"]:
        return "scenes"
    if pairs.get("done", 0) + pairs.get("failed", 0) < scenes["selected"]:
        return "pairs"
    return "review" if review[UNDECIDED] else "export"
