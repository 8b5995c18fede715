"""Where the work stands: counts for every stage, what runs, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..jobs import JobStatus, running_jobs
from ..store import Store
from ..text import format_matches
from .decisions import Standing, standings

UNDECIDED = "undecided"


@dataclass(frozen=True)
class Overview:
    """Counts by state: of masks, of masks by what the search found, of pairs, of decisions.

    `scenes` has how many masks have a scene `selected`, of how many of these it is `usable`, and
    how many are `without` any.
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
    masks, scenes = store.mask_states(), scene_counts(store)
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


def scene_counts(store: Store) -> dict[str, int]:
    """How many masks that are ready have which scene; as in `Overview.scenes`."""
    selected = store.masks_with_candidates()
    return {
        "selected": selected,
        "usable": store.masks_with_candidates(usable=True),
        "without": store.mask_states().get("ready", 0) - selected,
    }


def matches_in_words(scenes: Mapping[str, int]) -> str:
    """What `scene_counts` gives in words: `5 matched, 1 only with an unusable scene, 2 without`."""
    found = format_matches(scenes["usable"], scenes["selected"] - scenes["usable"])
    return found + f", {scenes['without']:,} without" * bool(scenes["without"])


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
