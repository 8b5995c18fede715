"""Background work: who does it, how far it is, cancelling it, and what it has to say.

Knows nothing of masks. A job is claimed by one process, which beats its heart in the store; pages
and other commands read progress and messages from there and ask for cancellation there.
"""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..errors import DatabaseUnusableError, JobCancelledError, JobRunningError, MigrateError
from ..logs.jobs import logged
from ..model import iso
from ..states import JobState, Level
from ..store import jobs
from ..store.base import Store
from ..workspace import process_alive

# A process that has not been heard of for this long is taken to be dead.
HEARTBEAT_TIMEOUT = timedelta(seconds=30)
REPORT_INTERVAL = timedelta(seconds=0.5)
_BEAT_S = 5.0


@dataclass(frozen=True)
class JobStatus(jobs.JobRow):
    """How far a job is, and whether anybody works at it."""

    def alive(self, now: datetime) -> bool:
        """Whether the process that claimed the job still works at it."""
        if self.state != JobState.RUNNING:
            return False
        if self.host == socket.gethostname() and not process_alive(self.pid):
            return False
        return now - self.heartbeat_at < HEARTBEAT_TIMEOUT


class Job:
    """A claimed job: reports progress, hears of cancellation, ends in a final state."""

    def __init__(self, store: Store, kind: str, job_id: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._reported_at = datetime.min.replace(tzinfo=UTC)
        self._ends_as: JobState | None = None
        self.kind = kind
        self.job_id = job_id

    def beat(self) -> None:
        """Say that the job is being worked at."""
        self._update(heartbeat_at=self._clock())

    def report(self, finished: int, failed: int, total: int | None = None) -> None:
        """Beat the heart and say how many items are finished, failed ones among them.

        `total` corrects the number of items that the claim named.
        """
        changed = {} if total is None else {"total": total}
        self._update(heartbeat_at=self._clock(), finished=finished, failed=failed, **changed)

    def advance(self, finished: int, total: int) -> None:
        """Say how far it is, at most twice a second; raises JobCancelledError on demand.

        A demand that comes when all is finished stops nothing, so it isn't told as a stop.
        """
        now = self._clock()
        if now - self._reported_at < REPORT_INTERVAL and finished < total:
            return
        self._reported_at = now
        self._update(heartbeat_at=now, finished=finished, total=total)
        all_finished = 0 < total <= finished
        if not all_finished and self.cancel_requested():
            raise JobCancelledError("It was cancelled. What was finished before is kept.")

    def cancel_requested(self) -> bool:
        """Whether somebody asked, through the store, that this job stops."""
        return jobs.cancel_requested(self._store, self.job_id)

    def say(self, level: Level, texts: Iterable[str]) -> None:
        """Leave messages for whoever looks at the job, now or after its end."""
        jobs.add_messages(self._store, self.job_id, level, texts)

    def answer(self, document: Any) -> None:
        """Leave what came of the job, as JSON."""
        self._update(answer=document)

    def ends_as(self, state: JobState) -> None:
        """Note how the job will have ended, once all that it has to say is said."""
        self._ends_as = state

    def end(self, state: JobState) -> None:
        """Give the job up as `done`, `failed`, `cancelled` or `died`, unless it `ends_as` noted."""
        self._update(state=self._ends_as or state, heartbeat_at=self._clock())

    def give_up(self, state: JobState) -> None:
        """End it because of an error, which stays the one that is reported if this fails, too.

        A job whose end can't be written is found to have died, since its process is gone.
        """
        with suppress(DatabaseUnusableError):
            self.end(state)

    def _update(self, **values: object) -> None:
        jobs.update_job(self._store, self.job_id, **values)


def now_utc() -> datetime:
    """The clock of production; tests bring their own."""
    return datetime.now(UTC)


def claim(
    store: Store,
    kind: str,
    total: int,
    clock: Callable[[], datetime] = now_utc,
    request: Any = None,
) -> Job:
    """Claim the work of `kind`; whoever died over it before is recorded as `died`.

    With a `request`, what a process is to do as JSON, it is claimed for the process that will
    `take_up` the job. Raises JobRunningError when a living process is at it.
    """
    before, looked_at = latest_job(store, kind), clock()
    if before is not None and before.alive(looked_at):
        raise busy_error(before)
    now, job_id = clock(), uuid.uuid4().hex
    row = jobs.JobRow(
        job_id=job_id,
        kind=kind,
        state=JobState.RUNNING,
        host=socket.gethostname(),
        pid=os.getpid(),
        started_at=now,
        heartbeat_at=now,
        total=total,
    )
    died = before.job_id if before and before.state == JobState.RUNNING else None
    if not jobs.insert_job(store, row, died, request):
        raise JobRunningError(f"Another process has just begun with the {kind}.")
    return Job(store, kind, job_id, clock)


def take_up(store: Store, kind: str, job_id: str, clock: Callable[[], datetime] = now_utc) -> Job:
    """The job that another process claimed for this one. Raises JobRunningError once it ended."""
    here = {"host": socket.gethostname(), "pid": os.getpid(), "heartbeat_at": clock()}
    if not jobs.update_job(store, job_id, **here):
        raise JobRunningError(f"The job {job_id} has ended; start it again.")
    return Job(store, kind, job_id, clock)


def busy_error(job: JobStatus) -> JobRunningError:
    """What to say to whoever would start again what `job` is at work at."""
    return JobRunningError(
        f"`{job.kind}` is at work already, since {iso(job.started_at)}, by process "
        f"{job.pid} on {job.host} ({job.finished} of {job.total} finished). Wait "
        "for it, or cancel it."
    )


# The job that the code running now is a part of.
_held: ContextVar[Job | None] = ContextVar("held_job", default=None)


@contextmanager
def working(
    store: Store, kind: str, clock: Callable[[], datetime] = now_utc, *, total: int = 0
) -> Iterator[Job]:
    """Claim the work of `kind` for the time of the block, and record how it ended.

    Within work of the same kind the block is a part of that job, which ends when the outer one
    does. A JobCancelledError in the block ends the job as `cancelled`, another error as `failed`;
    what a user can mend is among its messages.
    """
    held = _held.get()
    if held is not None and held.kind == kind:
        yield held
        return
    with holding(claim(store, kind, total, clock)) as job:
        yield job


@contextmanager
def holding(job: Job) -> Iterator[Job]:
    """Work at a claimed job for the time of the block, and record how it ended, as `working`."""
    token = _held.set(job)
    try:
        with logged(job.kind, job.job_id), _beating(job):
            yield job
    except (JobCancelledError, KeyboardInterrupt):
        job.give_up(JobState.CANCELLED)
        raise
    except MigrateError as err:
        with suppress(DatabaseUnusableError):
            job.say(Level.ERROR, [str(err)])
        job.give_up(JobState.FAILED)
        raise
    except BaseException:
        job.give_up(JobState.FAILED)
        raise
    finally:
        _held.reset(token)
    job.end(JobState.DONE)


@contextmanager
def _beating(job: Job) -> Iterator[None]:
    """Beats the heart of a job whose block is silent for minutes, as GDAL is over a large file."""
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(_BEAT_S):
            # A database that is busy now is asked again at the next beat.
            with suppress(DatabaseUnusableError):
                job.beat()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def latest_job(store: Store, kind: str) -> JobStatus | None:
    """The job of `kind` that began last."""
    row = jobs.latest_row(store, kind)
    return None if row is None else JobStatus(**vars(row))


def running_job(store: Store, kind: str, now: datetime) -> JobStatus | None:
    """The job of `kind` that a living process works at."""
    job = latest_job(store, kind)
    return job if job is not None and job.alive(now) else None


def running_jobs(store: Store, now: datetime) -> tuple[JobStatus, ...]:
    """All jobs that living processes work at, the oldest first."""
    found = (running_job(store, kind, now) for kind in jobs.running_kinds(store))
    return tuple(job for job in found if job is not None)


def request_cancel(store: Store, kind: str, now: datetime) -> bool:
    """Ask the running job of `kind` to stop; False when there is none."""
    job = running_job(store, kind, now)
    if job is None:
        return False
    jobs.update_job(store, job.job_id, cancel_requested=True)
    return True


def messages(store: Store, kind: str, *levels: Level) -> tuple[str, ...]:
    """What the job of `kind` that began last has had to say on these levels, in its order."""
    job = latest_job(store, kind)
    messages = [] if job is None else jobs.messages_of(store, job.job_id)
    return tuple(message.text for message in messages if message.level in levels)


def answer(store: Store, kind: str) -> Any:
    """The document that the job of `kind` that began last ended with, or None."""
    job = latest_job(store, kind)
    return None if job is None else jobs.answer_of(store, job.job_id)
