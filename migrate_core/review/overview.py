"""Where the work stands: counts for every stage, what runs, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..jobs import JobStatus, running_job
from ..model import Pair
from ..pairs.run import KIND
from ..store import Store
from .decisions import Standing, standings

UNDECIDED = "undecided"


@dataclass(frozen=True)
class Overview:
    """Counts by state: of masks, of masks by what the search found, of pairs, of decisions."""

    masks: Mapping[str, int]
    scenes: Mapping[str, int]
    pairs: Mapping[str, int]
    review: Mapping[str, int]
    running: JobStatus | None
    next_step: str


def overview(store: Store, now: datetime) -> Overview:
    """Count everything in the store."""
    masks = Counter(mask.state for mask in store.masks())
    ready = {mask.mask_id for mask in store.masks() if mask.state == "ready"}
    candidates = store.candidates()
    with_scenes = {mask_id for mask_id, found in candidates.items() if found} & ready
    usable = {
        mask_id
        for mask_id in with_scenes
        if any(candidate.ranked.usable for candidate in candidates[mask_id])
    }
    scenes = {
        "selected": len(with_scenes),
        "usable": len(usable),
        "without": len(ready) - len(with_scenes),
    }
    all_pairs = store.pairs()
    pairs = Counter(pair.state for pair in all_pairs)
    review = _review(all_pairs, standings(store))
    return Overview(
        masks={state: masks[state] for state in ("ready", "problem")},
        scenes=scenes,
        pairs=dict(sorted(pairs.items())),
        review=review,
        running=running_job(store, KIND, now),
        next_step=_next_step(masks, scenes, pairs, review),
    )


def _review(pairs: list[Pair], decided: Mapping[str, Standing]) -> dict[str, int]:
    """How the finished pairs stand."""
    nobody = Standing(None)
    counts = Counter(
        decided.get(pair.pair_id, nobody).decision or UNDECIDED
        for pair in pairs
        if pair.state == "done"
    )
    return {
        name: counts[name] for name in ("accepted", "rejected", "unsure", "conflict", UNDECIDED)
    }


def _next_step(
    masks: Mapping[str, int],
    scenes: Mapping[str, int],
    pairs: Mapping[str, int],
    review: Mapping[str, int],
) -> str:
    """The command that brings the work on."""
    if not masks.get("ready"):
        return "masks add PATH (or `demo` for an example)"
    if not scenes["selected"]:
        return "scenes search --source local:PATH"
    if pairs.get("done", 0) < scenes["selected"]:
        return "pairs make"
    if review[UNDECIDED]:
        return "review decide PAIR_ID accept|reject|unsure"
    return "export DEST"
