"""The step after the page that is open: a stage that can be begun, or what it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrate_core.review.overview import Overview
from migrate_core.states import DecisionState, MaskState, PairState
from migrate_core.text import _

STAGES = ("masks", "scenes", "pairs", "review", "export")
TITLES = {
    "masks": "Add masks",
    "scenes": "Search for scenes",
    "pairs": "Make pairs",
    "review": "Review pairs",
    "export": "Export the dataset",
}
# The kind of job that does the work of a stage, and what it is called while it runs.
_JOBS = {"masks": "masks", "scenes": "search", "pairs": "pairs"}
_DEMO = "demo"
_NEEDS = {
    "scenes": "needs a mask that is ready",
    "pairs": "needs a mask with a scene",
    "review": "needs a pair that is made",
    "export": "needs an accepted pair",
}


@dataclass(frozen=True)
class NextStep:
    """A stage to go to; one that can't be begun says what it `waits` for."""

    stage: str
    waits: str = ""


def next_step(
    stage: str | None,
    found: Overview,
    running: Mapping[str, str] | None = None,
    left_out: int = 0,
) -> NextStep | None:
    """The step after the page of `stage`, None after the last; never that page itself.

    From the home page it is the first stage with something to do; pairs that are `left_out`, since
    their scenes aren't usable, are nothing to do. `running` are the titles of jobs by kind: while
    one works for the page's own stage, the next one waits for it; so does the first stage to do
    while a job does its work, or makes the demo.
    """
    kinds = [job.kind for job in found.running]
    if stage is None:
        first = _first_to_do(found, left_out)
        doing = [kind for kind in kinds if kind in (_DEMO, _JOBS.get(first))]
        return NextStep(first, _waits_for(doing[0], running) if doing else "")
    if stage == STAGES[-1]:
        return None
    following = STAGES[STAGES.index(stage) + 1]
    kind = _JOBS.get(stage)
    if kind in kinds:
        return NextStep(following, _waits_for(kind, running))
    return NextStep(following, "" if _possible(following, found) else _(_NEEDS[following]))


def _waits_for(kind: str, running: Mapping[str, str] | None) -> str:
    return f"{_((running or {}).get(kind, 'work'))} …"


def _possible(stage: str, found: Overview) -> bool:
    """Whether there is something to begin a stage with."""
    return {
        "scenes": found.masks.get(MaskState.READY, 0),
        "pairs": found.scenes["selected"],
        "review": found.pairs.get(PairState.DONE, 0),
        "export": found.review[DecisionState.ACCEPTED],
    }[stage] > 0


def _first_to_do(found: Overview, left_out: int) -> str:
    begun = found.pairs.get(PairState.DONE, 0) + found.pairs.get(PairState.FAILED, 0)
    if found.next_stage != "pairs" or not begun or begun + left_out < found.scenes["selected"]:
        return found.next_stage
    return "review" if found.review[DecisionState.UNDECIDED] else "export"
