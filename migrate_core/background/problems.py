"""How jobs say what is wrong."""

from __future__ import annotations

from collections.abc import Iterable

from ..jobs.background import Job
from ..model import Problem, named_problem
from ..states import Level


def say_problems(job: Job, problems: Iterable[Problem]) -> None:
    """Put problems among what a job has to say."""
    job.say(Level.PROBLEM, map(named_problem, problems))
