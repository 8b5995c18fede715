"""Review as jobs: attention checks and triage."""

from __future__ import annotations

from ..job_requests import AcceptAutomatically, LearnTriage, MixInChecks
from ..jobs.background import working
from ..review.checks import run as checks_run
from ..review.triage import run as triage_run
from ..session import Session
from ..states import Level


def mix_in_checks(session: Session, request: MixInChecks) -> None:
    """Make attention checks; see `review.checks.run.mix_in`."""
    checks_run.mix_in(session, request.share)


def learn_triage(session: Session, _request: LearnTriage) -> None:
    """Learn from decisions; see `review.triage.run.learn`."""
    with working(session.store, "triage") as job:
        model = triage_run.learn(session.store)
        job.say(Level.RESULT, [f"Learnt from {model.good + model.bad:,} pairs."])


def accept_automatically(session: Session, _request: AcceptAutomatically) -> None:
    """Accept what the model may; see `review.triage.run.accept_automatically`."""
    with working(session.store, "triage") as job:
        found = triage_run.accept_automatically(session.store)
        job.say(Level.PROBLEM, [found.stopped] if found.stopped else [])
        job.say(Level.RESULT, [] if found.stopped else [found.result])
