"""Pairs as jobs."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import WrongUseError
from ..job_requests import MakePairs
from ..jobs.background import working
from ..model import Problem
from ..pairs.run import make as run
from ..pairs.run.runner import RunOutcome
from ..review.set_aside import SetAside, consequence_of, set_aside_by_tasks
from ..session import Session
from ..states import Level
from .problems import say_problems


def make_pairs(session: Session, request: MakePairs, ask: Callable[[SetAside], None]) -> RunOutcome:
    """Make pairs; see `pairs.run.make`. `ask` is called where decisions would be set aside."""
    planned = run.prepare(session, request.options)
    if not request.set_aside:
        found = set_aside_by_tasks(session.store, planned.tasks)
        if found.total:
            ask(found)
    with working(session.store, "pairs") as job:
        outcome = run.make(session, planned)
        job.say(Level.RESULT, [result_of_making(outcome)])
        say_problems(job, missing_pairs(outcome))
    return outcome


def refuse_to_set_aside(found: SetAside) -> None:
    """Where nobody can be asked. Raises WrongUseError."""
    raise WrongUseError(
        f"{consequence_of(found)} Nothing was made. Add --yes to go on, or choose the parameters "
        "and scenes of before."
    )


def result_of_making(outcome: RunOutcome) -> str:
    """How many pairs were made, in a line."""
    there = outcome.total - outcome.made - outcome.failed - len(outcome.waiting)
    return (
        f"{outcome.made} pairs made, {outcome.failed} failed, {there} "
        f"{'not made' if outcome.cancelled else 'already there'}."
    )


def missing_pairs(outcome: RunOutcome) -> list[Problem]:
    """The pairs that failed or wait, each with the reason."""
    missing = (*outcome.failures, *outcome.waiting)
    return [Problem(pair.mask_name, pair.error or "") for pair in missing]


def make_unasked(session: Session, request: MakePairs) -> None:
    """Make pairs where nobody can be asked. Raises WrongUseError when decisions would go."""
    make_pairs(session, request, refuse_to_set_aside)
