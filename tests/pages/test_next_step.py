"""The step that the frame names next."""

from dataclasses import replace

import pytest

from migrate_core.jobs.background import JobStatus, now_utc
from migrate_core.review.overview import Overview
from migrate_core.states import DecisionState, JobState
from pages.shared.frame import RUNNING
from pages.shared.next_step import next_step

UNDECIDED, ACCEPTED = DecisionState.UNDECIDED, DecisionState.ACCEPTED
FIVE_OF_SIX = Overview(
    masks={"ready": 6},
    scenes={"selected": 6, "usable": 5, "without": 0},
    pairs={"done": 5},
    review={UNDECIDED: 5, ACCEPTED: 0},
    running=(),
    next_stage="pairs",
)


@pytest.mark.parametrize(
    ("pairs", "undecided", "left_out", "expected"),
    [
        (5, 5, 1, "review"),
        (5, 0, 1, "export"),
        (5, 5, 0, "pairs"),
        (4, 4, 1, "pairs"),
        # With nothing made the page Pairs asks what to do with them.
        (0, 0, 6, "pairs"),
    ],
)
def test_from_home_pairs_that_are_left_out_are_no_step(
    pairs: int, undecided: int, left_out: int, expected: str
) -> None:
    review = {UNDECIDED: undecided, ACCEPTED: pairs - undecided}
    found = replace(FIVE_OF_SIX, pairs={"done": pairs}, review=review)
    step = next_step(None, found, left_out=left_out)
    assert step is not None
    assert (step.stage, step.waits) == (expected, "")


def test_from_a_page_it_is_the_next_page() -> None:
    step = next_step("pairs", FIVE_OF_SIX)
    assert step is not None
    assert step.stage == "review"


@pytest.mark.parametrize(
    ("kind", "todo", "waits"),
    [
        ("demo", "masks", "Making the demo …"),
        ("search", "scenes", "Searching for scenes …"),
        ("export", "scenes", ""),
    ],
)
def test_from_home_the_first_step_waits_for_the_job_that_does_its_work(
    kind: str, todo: str, waits: str
) -> None:
    now = now_utc()
    job = JobStatus("job", kind, JobState.RUNNING, "here", 1, now, now, 0)
    step = next_step(None, replace(FIVE_OF_SIX, next_stage=todo, running=(job,)), RUNNING)
    assert step is not None
    assert (step.stage, step.waits) == (todo, waits)
