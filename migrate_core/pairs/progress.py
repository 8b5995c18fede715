"""Which step each pair is at while it is made: a small file a pair, written by its worker.

A worker may sit on another machine and writes no database, so it leaves a note on the shared disk.
A note counts only for the run that it names: whatever dead processes left behind misleads nobody.
"""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..workspace import Workspace

log = logging.getLogger(__name__)

# In the order a pair goes through them.
STAGES = ("fetch", "convert", "crop", "align")


@dataclass(frozen=True)
class ProgressFile:
    """Where the worker of one pair says at which step it is, and in which run (its job_id)."""

    path: str
    run: str

    def put(self, stage: str) -> None:
        """Say that `stage` begins. A disk that refuses doesn't stop the work."""
        path, text = Path(self.path), json.dumps({"run": self.run, "stage": stage})
        with contextlib.suppress(OSError):
            # In place, four times a pair: whoever finds half of a note takes it for none.
            try:
                path.write_text(text, encoding="utf-8")
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")

    def remove(self) -> None:
        """Say nothing more."""
        with contextlib.suppress(OSError):
            Path(self.path).unlink(missing_ok=True)


class ProgressReport:
    """What a worker reports of one pair: in the log, and in its note where there is one."""

    def __init__(self, note: ProgressFile | None) -> None:
        self._note = note
        self._stage: str | None = None
        self._began = time.monotonic()

    def begin(self, stage: str) -> None:
        """The pair is at `stage` now, one of STAGES."""
        self.end_stage()
        self._stage = stage
        if self._note is not None:
            self._note.put(stage)

    def end_stage(self) -> None:
        """Log how long the stage took that the pair was at."""
        now = time.monotonic()
        if self._stage is not None:
            log.info("Step `%s` took %.1f s.", self._stage, now - self._began)
        self._stage, self._began = None, now


@contextlib.contextmanager
def reporting(note: ProgressFile | None) -> Iterator[ProgressReport]:
    """A report for the time of the block; at its end the note is taken away."""
    report = ProgressReport(note)
    try:
        yield report
    finally:
        report.end_stage()
        if note is not None:
            note.remove()


def progress_file(workspace: Workspace, pair_id: str, run: str) -> ProgressFile:
    """The note of a pair in the run with this job_id."""
    return ProgressFile(str(workspace.progress_file(pair_id)), run)


def progress_of(workspace: Workspace, pair_ids: Iterable[str], run: str) -> dict[str, str]:
    """The stage of each of the pairs that a worker of this run has said one of."""
    found = {}
    for pair_id in pair_ids:
        try:
            note = json.loads(workspace.progress_file(pair_id).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(note, dict) and note.get("run") == run and note.get("stage") in STAGES:
            found[pair_id] = note["stage"]
    return found


def clear_progress(workspace: Workspace) -> None:
    """Take away all notes; for the owner of a run, before it and after it."""
    shutil.rmtree(workspace.progress, ignore_errors=True)
