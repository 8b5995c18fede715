"""Making all selected pairs: planning, a pool of workers, progress, cancelling, resuming."""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from ...errors import ArchiveOrderedError, DatabaseUnusableError, DiskError, MigrateError
from ...jobs.background import Job, working
from ...jobs.pool import WorkerCrashedError
from ...logs.context import about
from ...model import Pair
from ...states import UNDER_WAY, JobState, PairState
from ...store.base import Store
from ...store.decisions import edits_of
from ...workspace import Workspace
from ..progress import clear_progress, progress_file
from ..task import PairOutcome, PairTask, found_out
from .batches import batch_size, by_scene, in_block_order
from .failures import failure_of
from .options import RunOptions
from .pair_rows import PairRows
from .prefetch import FetchedTask, FetchFailed, Prefetcher, open_fetching
from .queueing import queue_pairs
from .trust import distrust, trust, work_here
from .worker import make_pair
from .workers import Workers, open_workers

log = logging.getLogger(__name__)

KIND = "pairs"
# How often a run looks for a cancellation and beats its heart while nothing finishes, in seconds.
_TICK_S = 0.5
# How long it sleeps while there is nothing to do but wait for downloads, in seconds.
_IDLE_S = 0.1

Progress = Callable[[int, int, int], None]
# What is worked at, with the first call of its batch.
InFlight = dict[Future[PairOutcome], tuple[FetchedTask, Future[PairOutcome]]]


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended: counts of pairs, those found already made not among `made`.

    `waiting` are pairs whose products a long-term archive was asked for: run again later.
    """

    total: int
    made: int
    failed: int
    cancelled: bool
    failures: tuple[Pair, ...] = ()
    waiting: tuple[Pair, ...] = ()


def make_planned(
    store: Store,
    workspace: Workspace,
    tasks: Sequence[PairTask],
    options: RunOptions,
    progress: Progress,
) -> RunOutcome:
    """Make the pairs of the tasks that `plan` gave; the only writer of pairs meanwhile.

    Pairs that are made already are kept; those of the same masks that were made otherwise are
    superseded (`replaced` names them beforehand), and decisions about them don't count any more.
    `progress(finished, failed, total)` is called as it goes on; the job in the store counts only
    what there is to make. Ctrl-C and a cancellation in the store end it early: pairs in flight are
    dropped, finished ones stay. Raises JobRunningError when another process is at it.
    """
    with working(store, KIND, total=len(tasks)) as job:
        job.ends_as(JobState.DIED)  # until it has come to its end
        clear_progress(workspace)
        pairs = queue_pairs(store, tasks, workspace, partial=options.partial)
        missing = [task for task in tasks if pairs[task.pair_id].state != PairState.DONE]
        todo = [
            replace(task, note=progress_file(workspace, task.pair_id, job.job_id))
            for task in in_block_order(missing, job.job_id)
        ]
        job.report(0, 0, total=len(todo))
        found = len(tasks) - len(todo)
        rows = PairRows(store, pairs.values())
        run = _Run(store, workspace, job, rows, Counter(len(tasks), found, found))
        log.info("%d pairs to make, %d are there: %s.", len(todo), found, _format_options(options))
        outcome = run.run_tasks(todo, options, progress)
        waiting = len(outcome.waiting)
        log.info("%d made, %d failed, %d wait.", outcome.made, outcome.failed, waiting)
        clear_progress(workspace)
        job.ends_as(JobState.CANCELLED if outcome.cancelled else JobState.DONE)
    return outcome


def _format_options(options: RunOptions) -> str:
    """What a run makes pairs by, for the log."""
    where = options.scheduler or f"{options.workers or os.cpu_count()} workers"
    parameters = (f"{name} {value}" for name, value in asdict(options.parameters).items())
    return ", ".join((where, f"access {options.access}", *parameters))


@dataclass
class Counter:
    """How far a run is; `found` pairs were made before it, and count as finished."""

    total: int
    found: int
    finished: int = 0
    failed: int = 0
    made: int = 0
    waiting: int = 0


class _Run:
    """One run: hands out tasks, writes what comes back, listens for cancellation."""

    def __init__(
        self,
        store: Store,
        workspace: Workspace,
        job: Job,
        rows: PairRows,
        counter: Counter,
    ) -> None:
        self._store = store
        self._workspace = workspace
        self._job = job
        self._rows = rows
        self._counter = counter
        self._begun: set[str] = set()
        self._read: set[tuple[str, ...]] = set()

    def run_tasks(
        self, todo: Sequence[PairTask], options: RunOptions, progress: Progress
    ) -> RunOutcome:
        counter = self._counter
        try:
            progress(counter.finished, counter.failed, counter.total)
            cancelled = bool(todo) and not self._run_tasks(todo, options, progress)
        except KeyboardInterrupt:
            cancelled = True
        except BaseException:
            with suppress(DatabaseUnusableError):
                self._rows.write()
            raise
        if cancelled:
            self._set_open_ones(PairState.CANCELLED)
        self._write()
        pairs = self._rows.all()
        failures = tuple(pair for pair in pairs if pair.state == PairState.FAILED)
        waiting = tuple(pair for pair in pairs if pair.state == PairState.QUEUED and pair.error)
        return RunOutcome(counter.total, counter.made, counter.failed, cancelled, failures, waiting)

    def _run_tasks(self, todo: Sequence[PairTask], options: RunOptions, progress: Progress) -> bool:
        """Work through the tasks; False when cancelled, and then nothing is in flight any more."""
        here = work_here(self._workspace, todo)
        with open_workers(options, self._workspace, todo, here=here) as workers:
            finished = False
            prefetcher = Prefetcher(
                todo,
                lambda check: open_fetching(self._workspace, self._store, options, check),
                self._fetch_begins,
                options.wait_s,
            )
            try:
                finished = self._all(prefetcher, workers, progress)
            finally:
                if not finished:
                    workers.stop()
                prefetcher.stop()
        return finished

    def _fetch_begins(self, task: PairTask) -> None:
        self._begin(task)
        if task.note is not None:
            task.note.put("fetch")

    def _all(self, prefetcher: Prefetcher, workers: Workers, progress: Progress) -> bool:
        """Work through the tasks, a batch for each worker; False when cancelled."""
        in_flight: InFlight = {}
        try:
            while not self._job.cancel_requested():
                self._hand_out(prefetcher, workers, in_flight)
                for future, (ready, _) in in_flight.items():
                    if future.running():
                        self._begin(ready.task)
                if in_flight:
                    completed, _ = wait(in_flight, timeout=_TICK_S, return_when=FIRST_COMPLETED)
                elif prefetcher.exhausted:
                    self._tell(progress)
                    return True
                else:
                    completed = set()
                    time.sleep(_IDLE_S)
                for future in completed:
                    ready, _ = in_flight.pop(future)
                    ready.release()
                    self._say_begun(ready.task)
                    self._land(ready.task, future)
                self._tell(progress)
            return False
        finally:
            for ready, _ in in_flight.values():
                ready.release()

    def _hand_out(self, prefetcher: Prefetcher, workers: Workers, in_flight: InFlight) -> None:
        """Give batches out until each worker has one, and one more waits for whoever is first."""
        while len({batch for _, batch in in_flight.values()}) <= workers.width:
            remaining = self._counter.total - self._counter.finished - len(in_flight)
            taken = prefetcher.take(batch_size(remaining, workers.width))
            for failed in taken:
                if isinstance(failed, FetchFailed):
                    self._fetch_failed(failed)
            ready = [found for found in taken if isinstance(found, FetchedTask)]
            for batch in by_scene(ready):
                futures = workers.submit(make_pair, [found.task for found in batch])
                in_flight.update(
                    (future, (found, futures[0]))
                    for future, found in zip(futures, batch, strict=True)
                )
            if not ready:
                return

    def _tell(self, progress: Progress) -> None:
        counter = self._counter
        if self._rows.due:
            self._write()
        progress(counter.finished, counter.failed, counter.total)

    def _write(self) -> None:
        """Write how the pairs are and how far the run is, for whoever looks at the store."""
        self._rows.write()
        self._job.report(self._counter.finished - self._counter.found, self._counter.failed)

    def _begin(self, task: PairTask) -> None:
        """A task is worked at from now on; once it was fetched that has been said."""
        pair = self._rows[task.pair_id]
        if pair.state != PairState.RUNNING:
            self._rows.put(replace(pair, state=PairState.RUNNING, error=None, failure=None))
            self._say_begun(task)

    def _say_begun(self, task: PairTask) -> None:
        """Say in the log, once, that a task is worked at; it may have ended by now."""
        if task.pair_id not in self._begun:
            self._begun.add(task.pair_id)
            self._workspace.log(task.pair_id).unlink(missing_ok=True)
            scenes = ", ".join(scene.scene_id for scene in task.scenes)
            with about({"pair": task.pair_id}):
                log.info("The pair of %s and %s begins.", task.mask.name, scenes)

    def _fetch_failed(self, found: FetchFailed) -> None:
        """Products can't be had; those on order leave the pair waiting for another run."""
        pair = found.task.pair_id
        if found.task.note is not None:
            found.task.note.remove()
        if isinstance(found.error, ArchiveOrderedError):
            self._counter.waiting += 1
            with about({"pair": pair}):
                log.info("The pair waits: %s", found.error)
            queued = replace(self._rows[pair], state=PairState.QUEUED, error=str(found.error))
            self._rows.put(queued)
            return
        self._counter.finished += 1
        self._broke(pair, found.error)

    def _land(self, task: PairTask, future: Future[PairOutcome]) -> None:
        """Write down what became of a pair."""
        pair = task.pair_id
        self._counter.finished += 1
        try:
            outcome = future.result()
            done = replace(
                self._rows[pair],
                state=PairState.DONE,
                error=None,
                failure=None,
                **found_out(outcome),
            )
            self._rows.put(done)
            # Repairs of before its files were lost, and of while it was looked at again.
            if edits_of(self._store, pair):
                from ..edits.applying import bring_up_to_date  # makes pixels: slow to import

                self._rows.write()
                bring_up_to_date(self._store, self._workspace, pair)
        except Exception as err:  # a bug, or a broken library: this pair fails, the others go on
            if isinstance(err, WorkerCrashedError):
                distrust(self._workspace, task)
            self._broke(pair, err)
        else:
            self._counter.made += 1
            self._trust(task)
            with about({"pair": pair}):
                log.info("The pair is made: %s.", outcome.suggestion.reason)

    def _trust(self, task: PairTask) -> None:
        """Note, once in a run, that the products of a task were read."""
        scenes = tuple(scene.href for scene in task.scenes)
        if scenes not in self._read:
            self._read.add(scenes)
            trust(self._workspace, task)

    def _broke(self, pair: str, err: Exception) -> None:
        """Write down why a pair failed; what isn't a MigrateError is a bug, of us or a library."""
        with about({"pair": pair}):
            log.error("The pair failed: %s", err, exc_info=err)
        trace = self._keep_traceback(pair, err)
        if isinstance(err, DiskError):
            # Every other pair would meet it, too, after minutes of work for each.
            with suppress(DatabaseUnusableError):
                self._fail(pair, err, str(err))
                self._set_open_ones(PairState.CANCELLED)
            raise err
        if isinstance(err, MigrateError):
            self._fail(pair, err, str(err))
        else:
            message = f"An unforeseen error ({type(err).__name__}: {err}); see {trace}."
            self._fail(pair, err, message)

    def _fail(self, pair: str, err: Exception, message: str) -> None:
        self._counter.failed += 1
        failed = replace(
            self._rows[pair], state=PairState.FAILED, error=message, failure=failure_of(err)
        )
        self._rows.put(failed)

    def _keep_traceback(self, pair: str, err: Exception) -> str:
        """Keep the traceback, for whoever looks for the cause, where the disk takes it."""
        path = self._workspace.log(pair)
        with suppress(OSError):
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(traceback.format_exception(err)), encoding="utf-8")
        return self._workspace.relative(path)

    def _set_open_ones(self, state: PairState) -> None:
        """Mark what was not finished, so that nobody waits for it."""
        for pair in self._rows.all():
            if pair.state in UNDER_WAY:
                self._rows.put(replace(pair, state=state))
        self._rows.write()
