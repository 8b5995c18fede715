"""Scenes as jobs: searches, and connections to sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..job_requests import RankScenes, SearchScenes, TrySources
from ..jobs.background import working
from ..model import Problem
from ..scenes import run
from ..scenes.access.connection import Connection, try_connection
from ..scenes.rank import rank_again
from ..scenes.search.effect import RankingEffect
from ..session import Session
from ..states import Level
from ..store.serialize import to_json
from .problems import say_problems


def search_scenes(session: Session, request: SearchScenes) -> tuple[Problem, ...]:
    """Search; see `scenes.run.search`."""
    with working(session.store, "search") as job:
        try:
            problems = run.search(
                session, request.parameters, refresh=request.refresh, only=request.only
            )
        except run.SearchFailedError as err:
            say_problems(job, err.problems)
            raise
        say_problems(job, problems)
    return problems


def rank_scenes(session: Session, request: RankScenes) -> RankingEffect:
    """Put the candidates that are there in order anew; see `scenes.rank.rank_again`."""
    with working(session.store, "search") as job:
        effect = rank_again(session, request.ranking)
        job.say(Level.RESULT, [effect.done])
    return effect


def try_sources(session: Session, request: TrySources) -> list[Connection]:
    """Try whether sources answer, and take the credentials that are set."""
    services = session.settings.services
    return [try_connection(spec, services) for spec in dict.fromkeys(request.specs)]


def connections_document(found: Sequence[Connection]) -> list[dict[str, Any]]:
    """What `scenes test-source --json` prints."""
    return [
        {"source": one.spec, "steps": to_json(one.steps), "problem": one.problem} for one in found
    ]


def answer_connections(session: Session, request: TrySources) -> None:
    """Try sources, and leave what was found as the answer of the job."""
    with working(session.store, "connection") as job:
        job.answer(connections_document(try_sources(session, request)))
