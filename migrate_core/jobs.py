"""Background work: who does it, how far it is, cancelling it, and a pool that survives crashes.

Knows nothing of masks. A job is claimed by one process, which beats its heart in the store; pages
and other commands read progress from there and ask for cancellation there.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from .errors import JobRunningError
from .model import iso, utc
from .store import Store
from .tables import jobs
from .workspace import process_alive

# A process that has not been heard of for this long is taken to be dead.
HEARTBEAT_TIMEOUT = timedelta(seconds=30)


@dataclass(frozen=True)
class JobStatus:
    """How far a job is: `state` is `running`, `done`, `cancelled` or `died`."""

    job_id: str
    kind: str
    state: str
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    total: int
    finished: int
    failed: int
    cancel_requested: bool
    message: str

    def alive(self, now: datetime) -> bool:
        """Whether the process that claimed the job still works at it."""
        if self.state != "running":
            return False
        if self.host == socket.gethostname() and not process_alive(self.pid):
            return False
        return now - self.heartbeat_at < HEARTBEAT_TIMEOUT


class Job:
    """A claimed job: reports progress, hears of cancellation, ends in `done` or `cancelled`."""

    def __init__(self, store: Store, job_id: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self.job_id = job_id

    def report(self, finished: int, failed: int) -> None:
        """Beat the heart and say how many items are finished, failed ones among them."""
        self._update(heartbeat_at=self._clock(), finished=finished, failed=failed)

    def cancel_requested(self) -> bool:
        """Whether somebody asked, through the store, that this job stops."""
        query = sa.select(jobs.c.cancel_requested).where(jobs.c.job_id == self.job_id)
        with self._store.engine.connect() as connection:
            return bool(connection.scalar(query))

    def end(self, state: str, message: str = "") -> None:
        """Give the job up as `done`, `cancelled` or `died`, with what is to be said of it."""
        self._update(state=state, heartbeat_at=self._clock(), message=message)

    def _update(self, **values: object) -> None:
        with self._store.engine.begin() as connection:
            connection.execute(sa.update(jobs).where(jobs.c.job_id == self.job_id).values(**values))


def now_utc() -> datetime:
    """The clock of production; tests bring their own."""
    return datetime.now(UTC)


def claim(store: Store, kind: str, total: int, clock: Callable[[], datetime] = now_utc) -> Job:
    """Claim the work of `kind`; whoever died over it before is recorded as `died`.

    Raises JobRunningError when a living process is at it.
    """
    running = running_job(store, kind, clock())
    if running is not None:
        raise _busy(running)
    now, job_id = clock(), uuid.uuid4().hex
    row = {
        "job_id": job_id,
        "kind": kind,
        "state": "running",
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "started_at": now,
        "heartbeat_at": now,
        "total": total,
        "finished": 0,
        "failed": 0,
        "cancel_requested": False,
        "message": "",
    }
    try:
        with store.engine.begin() as connection:
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.kind == kind, jobs.c.state == "running")
                .values(state="died")
            )
            connection.execute(sa.insert(jobs).values(row))
    except sa.exc.IntegrityError as err:
        raise JobRunningError(f"Another process has just begun with the {kind}.") from err
    return Job(store, job_id, clock)


def _busy(job: JobStatus) -> JobRunningError:
    return JobRunningError(
        f"The {job.kind} are being worked at since {iso(job.started_at)} by process {job.pid} on "
        f"{job.host} ({job.finished} of {job.total} finished). Wait for it, or cancel it."
    )


def latest_job(store: Store, kind: str) -> JobStatus | None:
    """The job of `kind` that began last."""
    query = sa.select(jobs).where(jobs.c.kind == kind).order_by(jobs.c.started_at.desc())
    with store.engine.connect() as connection:
        row = connection.execute(query.limit(1)).mappings().first()
    if row is None:
        return None
    times = {name: utc(row[name]) for name in ("started_at", "heartbeat_at")}
    return JobStatus(**{**row, **times})


def running_job(store: Store, kind: str, now: datetime) -> JobStatus | None:
    """The job of `kind` that a living process works at."""
    job = latest_job(store, kind)
    return job if job is not None and job.alive(now) else None


def request_cancel(store: Store, kind: str, now: datetime) -> bool:
    """Ask the running job of `kind` to stop; False when there is none."""
    job = running_job(store, kind, now)
    if job is None:
        return False
    with store.engine.begin() as connection:
        connection.execute(
            sa.update(jobs).where(jobs.c.job_id == job.job_id).values(cancel_requested=True)
        )
    return True
