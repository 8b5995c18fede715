"""Where the work stands: counts for every stage, what runs, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..jobs.background import JobStatus, running_jobs
from ..states import DecisionState, MaskState, PairState
from ..store.base import Store
from ..text import _


@dataclass(frozen=True)
class Matches:
    """Masks that are ready, by the scene selected for each of them.

    It is usable for the `matched` ones. For others there are `only_unusable` ones, or a person has
    chosen an unusable one (`by_hand`), or there is no scene at all (`without`).
    """

    matched: int
    only_unusable: int
    by_hand: int
    without: int

    def __str__(self) -> str:
        """In words: `5 matched, 1 only with an unusable scene`."""
        return ", ".join([_("{count:,} matched").format(count=self.matched), *self.others])

    @property
    def others(self) -> list[str]:
        """The masks that aren't matched, in words; what is zero is left out."""
        counts = {
            "only with an unusable scene": self.only_unusable,
            "with an unusable scene chosen by hand": self.by_hand,
            "without a scene": self.without,
        }
        return [f"{count:,} {_(text)}" for text, count in counts.items() if count]


@dataclass(frozen=True)
class Overview:
    """Counts by state: of masks, of masks by what the search found, of pairs, of decisions.

    `scenes` has how many masks have a scene `selected`, have a `usable` one, and are `without` any.
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
    ready, selected = masks.get(MaskState.READY, 0), store.masks_with_candidates()
    scenes = {
        "selected": selected,
        "usable": store.masks_with_candidates(usable=True),
        "without": ready - selected,
    }
    pairs = store.pair_states()
    review = decision_counts(store)
    return Overview(
        masks={state: masks.get(state, 0) for state in MaskState},
        scenes=scenes,
        pairs=dict(sorted(pairs.items())),
        review=review,
        running=running_jobs(store, now),
        next_stage=_next_stage(masks.get(MaskState.READY, 0), scenes, pairs, review),
    )


def matches(store: Store) -> Matches:
    """Count which masks have which scene."""
    ready = store.mask_states().get(MaskState.READY, 0)
    there = store.masks_with_candidates()
    with_usable = store.masks_with_candidates(usable=True)
    matched = store.masks_with_candidates(usable=True, selected=True)
    return Matches(matched, there - with_usable, with_usable - matched, ready - there)


def decision_counts(store: Store) -> dict[str, int]:
    """How the finished pairs stand."""
    counts = Counter[str]()
    for key, number in store.pair_counts().items():
        if key.state == PairState.DONE:
            counts[key.decision or DecisionState.UNDECIDED] += number
    return {name: counts[name] for name in DecisionState}


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
    if pairs.get(PairState.DONE, 0) + pairs.get(PairState.FAILED, 0) < scenes["selected"]:
        return "pairs"
    return "review" if review[DecisionState.UNDECIDED] else "export"
