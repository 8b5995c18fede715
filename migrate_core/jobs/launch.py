"""Starting a process of its own for a job, and what it leaves where it can't reach the store."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files.disk import writing
from ..states import JobState
from ..store import jobs
from ..store.base import Store
from ..workspace import Workspace
from .background import busy_error, claim, now_utc, running_job

_TRACEBACK = "Traceback (most recent call last)"


def launch(
    store: Store,
    workspace: Workspace,
    kind: str,
    request: Any,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Start `python -m migrate_core job ID` as a process of its own that outlives this one.

    The job of `kind` is claimed for it, with `request` as what it is to do, as JSON. The process
    has the environment of this one, and what `environ` adds: the place for what is secret. Its
    messages are those of the job; what it can't write there goes to `logs/<kind>.log` in the
    workspace. Raises JobRunningError when a living process works at that kind, and DiskError.
    """
    running = running_job(store, kind, now_utc())
    if running is not None:
        raise busy_error(running)
    log = workspace.log(kind)
    with writing(log):
        log.parent.mkdir(exist_ok=True)
    with writing(log), log.open("wb") as file:
        # Takes up the first block of the file: there is room for an error when the disk is full.
        file.write(f"{kind}\n".encode())
        file.flush()
        job = claim(store, kind, 0, request=request)
        command = ["--workspace", str(workspace.root), "job", job.job_id]
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "migrate_core", *command],
                cwd=Path(__file__).resolve().parents[2],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=file,
                env={**os.environ, **(environ or {})},
                # Not in this process's group: Ctrl-C and the end of the app leave it alone.
                start_new_session=True,
            )
        except BaseException:
            job.give_up(JobState.FAILED)
            raise
    # Until it takes the job up, that the process is alive is known by its number.
    jobs.update_job(store, job.job_id, pid=process.pid)
    # Without somebody who waits for it, a process that ended would seem to be alive.
    threading.Thread(target=process.wait, daemon=True).start()


def crash_of(workspace: Workspace, kind: str) -> str | None:
    """The traceback that the process last started for `kind` ended with; None when it didn't."""
    _, found, trace = last_output(workspace, kind).partition(_TRACEBACK)
    return found + trace if found else None


def last_output(workspace: Workspace, kind: str) -> str:
    """What the process last started for `kind` could say to its log alone."""
    log = workspace.log(kind)
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    return text.partition("\n")[2]
