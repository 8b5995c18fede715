"""The jobs of a workspace: a row for each, one running of each kind, and what they have to say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..model import utc
from ..states import JobState, Level
from .base import Store
from .tables import job_messages, jobs


@dataclass(frozen=True)
class JobRow:
    """A job as it stands in the store; `finished` items include the failed ones.

    `launched` jobs were begun by a page, and are worked at by a process that it started.
    """

    job_id: str
    kind: str
    state: JobState
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    total: int
    finished: int = 0
    failed: int = 0
    cancel_requested: bool = False
    launched: bool = False


@dataclass(frozen=True)
class Message:
    """Something that a job has to say to whoever looks at it."""

    level: Level
    text: str


# Requests and answers may be long, and jobs are looked at every second.
_COLUMNS = [column for column in jobs.c if column.name not in ("request", "answer")]
_LAUNCHED = jobs.c.request.is_not(None).label("launched")


def insert_job(store: Store, job: JobRow, died: str | None = None, request: Any = None) -> bool:
    """Add a running job, and note that the job of id `died` ended without saying so.

    `request` says, as JSON, what a process is to be started for. False, and nothing is changed,
    when another job of its kind is running.
    """
    values = {**asdict(job), "request": request}
    del values["launched"]
    try:
        with store.engine.begin() as connection:
            if died is not None:
                dead = sa.update(jobs).where(jobs.c.job_id == died)
                connection.execute(dead.values(state=JobState.DIED))
            connection.execute(sa.insert(jobs).values(values))
    except sa.exc.IntegrityError:
        return False
    return True


def update_job(store: Store, job_id: str, **values: object) -> bool:
    """Renew columns of a job; False when it has ended before."""
    running = sa.and_(jobs.c.job_id == job_id, jobs.c.state == JobState.RUNNING)
    with store.engine.begin() as connection:
        return bool(connection.execute(sa.update(jobs).where(running).values(**values)).rowcount)


def cancel_requested(store: Store, job_id: str) -> bool:
    """Whether somebody asked that a job stops."""
    return bool(_value(store, job_id, jobs.c.cancel_requested))


def request_of(store: Store, job_id: str) -> Any:
    """What a process is to do for a job; None for one that no page has begun."""
    return _value(store, job_id, jobs.c.request)


def answer_of(store: Store, job_id: str) -> Any:
    """The document that a job ended with; None when it has none."""
    return _value(store, job_id, jobs.c.answer)


def _value(store: Store, job_id: str, column: sa.Column[Any]) -> Any:
    with store.engine.connect() as connection:
        return connection.scalar(sa.select(column).where(jobs.c.job_id == job_id))


def latest_row(store: Store, kind: str) -> JobRow | None:
    """The job of `kind` that began last."""
    query = sa.select(*_COLUMNS, _LAUNCHED).where(jobs.c.kind == kind)
    with store.engine.connect() as connection:
        newest = query.order_by(jobs.c.started_at.desc()).limit(1)
        row = connection.execute(newest).mappings().first()
    if row is None:
        return None
    times = {name: utc(row[name]) for name in ("started_at", "heartbeat_at")}
    return JobRow(**{**row, **times, "state": JobState(row["state"])})


def running_kinds(store: Store) -> Sequence[str]:
    """The kinds of the jobs that are noted as running, the oldest job first."""
    running = jobs.c.state == JobState.RUNNING
    query = sa.select(jobs.c.kind).where(running).order_by(jobs.c.started_at)
    with store.engine.connect() as connection:
        return connection.scalars(query).all()


def add_messages(store: Store, job_id: str, level: Level, texts: Iterable[str]) -> None:
    """Add messages of a job, in their order."""
    rows = [{"job_id": job_id, "level": level, "text": text} for text in texts]
    if rows:
        with store.engine.begin() as connection:
            connection.execute(sa.insert(job_messages), rows)


def messages_of(store: Store, job_id: str) -> list[Message]:
    """What a job has had to say, in its order."""
    column = job_messages.c
    query = sa.select(column.level, column.text).where(column.job_id == job_id)
    with store.engine.connect() as connection:
        rows = connection.execute(query.order_by(column.position))
        return [Message(Level(row.level), row.text) for row in rows]
