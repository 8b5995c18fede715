"""Background work: who does it, how far it is, cancelling it, and a pool that survives crashes.

Knows nothing of masks. A job is claimed by one process, which beats its heart in the store; pages
and other commands read progress from there and ask for cancellation there.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..errors import DatabaseUnusableError, JobCancelledError, JobRunningError
from ..files.disk import writing
from ..logs.jobs import logged
from ..model import iso
from ..states import JobState
from ..store import jobs
from ..store.base import Store
from ..workspace import Workspace, process_alive

# A process that has not been heard of for this long is taken to be dead.
HEARTBEAT_TIMEOUT = timedelta(seconds=30)
REPORT_INTERVAL = timedelta(seconds=0.5)
_BEAT_S = 5.0
_TRACEBACK = "Traceback (most recent call last)"


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

    def __init__(self, store: Store, job_id: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._reported_at = datetime.min.replace(tzinfo=UTC)
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
        """Say how far it is, at most twice a second; raises JobCancelledError on demand."""
        now = self._clock()
        if now - self._reported_at < REPORT_INTERVAL and finished < total:
            return
        self._reported_at = now
        self._update(heartbeat_at=now, finished=finished, total=total)
        if self.cancel_requested():
            raise JobCancelledError("It was cancelled. What was finished before is kept.")

    def cancel_requested(self) -> bool:
        """Whether somebody asked, through the store, that this job stops."""
        return jobs.cancel_requested(self._store, self.job_id)

    def end(self, state: JobState) -> None:
        """Give the job up as `done`, `failed`, `cancelled` or `died`."""
        self._update(state=state, heartbeat_at=self._clock())

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


def claim(store: Store, kind: str, total: int, clock: Callable[[], datetime] = now_utc) -> Job:
    """Claim the work of `kind`; whoever died over it before is recorded as `died`.

    Raises JobRunningError when a living process is at it.
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
    if not jobs.insert_job(store, row, died):
        raise JobRunningError(f"Another process has just begun with the {kind}.")
    return Job(store, job_id, clock)


def busy_error(job: JobStatus) -> JobRunningError:
    """What to say to whoever would start again what `job` is at work at."""
    return JobRunningError(
        f"`{job.kind}` is at work already, since {iso(job.started_at)}, by process {job.pid} on "
        f"{job.host} ({job.finished} of {job.total} finished). Wait for it, or cancel it."
    )


@contextmanager
def working(store: Store, kind: str, clock: Callable[[], datetime] = now_utc) -> Iterator[Job]:
    """Claim the work of `kind` for the time of the block, and record how it ended.

    A JobCancelledError in the block ends it as `cancelled`, another error as `failed`.
    """
    job = claim(store, kind, 0, clock)
    try:
        with logged(kind, job.job_id), _beating(job):
            yield job
    except (JobCancelledError, KeyboardInterrupt):
        job.give_up(JobState.CANCELLED)
        raise
    except BaseException:
        job.give_up(JobState.FAILED)
        raise
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


# Commands this process has started, by workspace and kind: until one has claimed its job, only
# the process that started it knows of it.
_started: dict[tuple[Path, str], subprocess.Popen[bytes]] = {}


def launch(
    workspace: Workspace,
    kind: str,
    arguments: Sequence[str],
    environ: Mapping[str, str] | None = None,
) -> None:
    """Start `python -m migrate_core …` as a process of its own that outlives this one.

    It has the environment of this process, and what `environ` adds: the place for what is secret,
    since arguments are seen by everyone on the machine. What it says goes to `logs/<kind>.log` in
    the workspace, and with `--json` its document to `logs/<kind>.json`; `kind` is the job it will
    claim. Raises JobRunningError when one that was started here hasn't ended.
    """
    if starting(workspace, kind):
        raise JobRunningError(f"`{kind}` has just been started. Wait for it, or cancel it.")
    command = [sys.executable, "-m", "migrate_core", "--workspace", str(workspace.root)]
    log = workspace.log(kind)
    document = workspace.answer(kind) if "--json" in arguments else Path(os.devnull)
    with writing(log):
        log.parent.mkdir(exist_ok=True)
    with writing(log), log.open("wb") as file, document.open("wb") as answer:
        # Takes up the first block of the file: there is room for an error when the disk is full.
        file.write(f"{' '.join(arguments[:2])}\n".encode())
        file.flush()
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.DEVNULL,
            stdout=answer,
            stderr=file,
            env={**os.environ, **(environ or {})},
            # Not in this process's group: Ctrl-C and the end of the app leave it alone.
            start_new_session=True,
        )
    _started[workspace.root, kind] = process
    # Without somebody who waits for it, a process that ended would seem to be alive.
    threading.Thread(target=process.wait, daemon=True).start()


def starting(workspace: Workspace, kind: str) -> bool:
    """Whether a command that this process started is still at work, claimed or not."""
    return kind in starting_kinds(workspace)


def starting_kinds(workspace: Workspace) -> tuple[str, ...]:
    """The kinds of the commands that this process started and that are still at work."""
    return tuple(
        kind
        for (root, kind), process in list(_started.items())
        if root == workspace.root and process.poll() is None
    )


def at_work(store: Store, workspace: Workspace, now: datetime) -> bool:
    """Whether any job is worked at, or a command that this process started is still at work."""
    return bool(starting_kinds(workspace)) or bool(running_jobs(store, now))


def said(
    workspace: Workspace, kind: str, marks: tuple[str, ...] = ("Problem: ", "Error: ")
) -> tuple[str, ...]:
    """The problems and errors that the last command of `kind` named, in its words.

    `marks` are the beginnings of the lines to be given back, which are left out.
    """
    lines = _log_of(workspace, kind).splitlines()
    return tuple(line.split(": ", 1)[1] for line in lines if line.startswith(marks))


def crash_of(workspace: Workspace, kind: str) -> str | None:
    """The traceback that the last command of `kind` ended with; None when it didn't."""
    _, found, trace = _log_of(workspace, kind).partition(_TRACEBACK)
    return found + trace if found else None


def answer_of(workspace: Workspace, kind: str) -> Any:
    """The document that the last command of `kind` launched with `--json` printed, or None."""
    try:
        return json.loads(workspace.answer(kind).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _log_of(workspace: Workspace, kind: str) -> str:
    """What the last command of `kind` has said so far."""
    log = workspace.log(kind)
    return log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
