"""The jobs of a workspace: one row for each that was ever claimed, one running of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from ..model import utc
from ..states import JobState
from .base import Store
from .tables import jobs


@dataclass(frozen=True)
class JobRow:
    """A job as it stands in the store; `finished` items include the failed ones."""

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


def insert_job(store: Store, job: JobRow, died: str | None = None) -> bool:
    """Add a running job, and note that the job of id `died` ended without saying so.

    False, and nothing is changed, when another job of its kind is running.
    """
    try:
        with store.engine.begin() as connection:
            if died is not None:
                dead = sa.update(jobs).where(jobs.c.job_id == died)
                connection.execute(dead.values(state=JobState.DIED))
            connection.execute(sa.insert(jobs).values(asdict(job)))
    except sa.exc.IntegrityError:
        return False
    return True


def update_job(store: Store, job_id: str, **values: object) -> None:
    """Renew columns of a job."""
    with store.engine.begin() as connection:
        connection.execute(sa.update(jobs).where(jobs.c.job_id == job_id).values(**values))


def cancel_requested(store: Store, job_id: str) -> bool:
    """Whether somebody asked that a job stops."""
    query = sa.select(jobs.c.cancel_requested).where(jobs.c.job_id == job_id)
    with store.engine.connect() as connection:
        return bool(connection.scalar(query))


def latest_row(store: Store, kind: str) -> JobRow | None:
    """The job of `kind` that began last."""
    query = sa.select(jobs).where(jobs.c.kind == kind).order_by(jobs.c.started_at.desc())
    with store.engine.connect() as connection:
        row = connection.execute(query.limit(1)).mappings().first()
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
