"""Making all selected pairs: planning, a pool of workers, progress, cancelling, resuming."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice

from ..errors import MigrateError, WrongUseError
from ..jobs import Job, claim
from ..model import Mask, Pair, PairParameters, Scene
from ..pool import WorkerPool
from ..store import Candidate, Store
from ..workspace import Workspace, remove_leftovers
from .identity import pair_id
from .make import PairOutcome, PairTask, make_pair

KIND = "pairs"
# How often a run looks for a cancellation and beats its heart while nothing finishes, in seconds.
_TICK_S = 0.5

Progress = Callable[[int, int, int], None]


@dataclass(frozen=True)
class RunOptions:
    """How many workers (None: one a core), or the address of a Dask scheduler instead."""

    workers: int | None = None
    scheduler: str | None = None
    parameters: PairParameters = field(default_factory=PairParameters)


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended: counts of pairs, those found already made not among `made`."""

    total: int
    made: int
    failed: int
    cancelled: bool


def make_pairs(
    store: Store, workspace: Workspace, options: RunOptions, progress: Progress
) -> RunOutcome:
    """Make every selected match a pair that isn't one yet; the only writer of pairs meanwhile.

    `progress(finished, failed, total)` is called as it goes on. Ctrl-C and a cancellation in the
    store end it early: pairs in flight are dropped, finished ones stay.
    Raises JobRunningError when another process is at it, WrongUseError when nothing is selected.
    """
    tasks = plan(store, workspace, options.parameters)
    job = claim(store, KIND, len(tasks))
    try:
        pairs = _register(store, tasks, workspace)
        todo = [task for task in tasks if pairs[task.pair_id].state != "done"]
        run = _Run(store, workspace, job, pairs, Counter(len(tasks), len(tasks) - len(todo)))
        outcome = run.work(todo, options, progress)
    except BaseException:
        job.end("died")
        raise
    job.end("cancelled" if outcome.cancelled else "done")
    return outcome


def plan(store: Store, workspace: Workspace, parameters: PairParameters) -> list[PairTask]:
    """A task for each mask that is ready and has a selected scene."""
    scenes = store.scenes()
    candidates = store.candidates()
    tasks = []
    for mask in store.masks():
        chosen = next((c for c in candidates.get(mask.mask_id, ()) if c.selected), None)
        if mask.state == "ready" and chosen is not None:
            tasks.append(_task(mask, chosen, scenes, workspace, parameters))
    if not tasks:
        raise WrongUseError(
            "No mask has a selected scene, so there is no pair to make. Add masks (`masks add`), "
            "then search (`scenes search --source …`)."
        )
    return tasks


def _task(
    mask: Mask,
    chosen: Candidate,
    scenes: Mapping[tuple[str, str], Scene],
    workspace: Workspace,
    parameters: PairParameters,
) -> PairTask:
    ranked = chosen.ranked
    identity = pair_id(mask, ranked, parameters)
    by_id = {scene_id: scene for (scene_id, _), scene in scenes.items()}
    parts = (ranked.scene, *(by_id[scene_id] for scene_id in ranked.completed_by))
    folder = str(workspace.pair(identity))
    return PairTask(identity, mask, parts, parameters, folder, ranked.days_offset, ranked.coverage)


def _register(store: Store, tasks: Sequence[PairTask], workspace: Workspace) -> dict[str, Pair]:
    """The pairs of the tasks in the store, queued or done, and what that means for the others."""
    remove_leftovers(workspace.pairs)
    known = {pair.pair_id: pair for pair in store.pairs()}
    pairs = {task.pair_id: _current(known.get(task.pair_id), task, workspace) for task in tasks}
    masks = {task.mask.mask_id for task in tasks}
    others = [
        replace(pair, state=_left_behind(pair, masks))
        for pair in known.values()
        if pair.pair_id not in pairs
    ]
    wanted = [*others, *pairs.values()]
    store.put_pairs([pair for pair in wanted if known.get(pair.pair_id) != pair])
    return pairs


def _left_behind(pair: Pair, masks: Set[str]) -> str:
    """The state of a pair that isn't asked for: superseded by another of its mask, or given up."""
    if pair.mask_id in masks:
        return "superseded"
    return "cancelled" if pair.state in ("queued", "running") else pair.state


def _current(known: Pair | None, task: PairTask, workspace: Workspace) -> Pair:
    """A pair as it should stand before the run: done when nothing about it has to be done."""
    pair = Pair(
        task.pair_id,
        task.mask.mask_id,
        task.mask.name,
        tuple(scene.scene_id for scene in task.scenes),
        days_offset=task.days_offset,
        coverage=task.coverage,
    )
    if known is None or known.occlusion is None or known.days_offset != task.days_offset:
        return pair
    if not workspace.pair_complete(task.pair_id):
        return pair
    return replace(pair, state="done", occlusion=known.occlusion, suggestion=known.suggestion)


@dataclass
class Counter:
    """How far a run is."""

    total: int
    finished: int = 0
    failed: int = 0
    made: int = 0


class _Run:
    """One run: hands out tasks, writes what comes back, listens for cancellation."""

    def __init__(
        self,
        store: Store,
        workspace: Workspace,
        job: Job,
        pairs: dict[str, Pair],
        counter: Counter,
    ) -> None:
        self._store = store
        self._workspace = workspace
        self._job = job
        self._pairs = pairs
        self._counter = counter

    def work(self, todo: Sequence[PairTask], options: RunOptions, progress: Progress) -> RunOutcome:
        counter = self._counter
        progress(counter.finished, counter.failed, counter.total)
        cancelled = False
        if todo:
            with _executor(options, len(todo)) as (executor, width):
                try:
                    cancelled = not self._all(todo, executor, width, progress)
                except KeyboardInterrupt:
                    cancelled = True
                if cancelled:
                    executor.shutdown(wait=False, cancel_futures=True)
                    self._set_open_ones("cancelled")
        return RunOutcome(counter.total, counter.made, counter.failed, cancelled)

    def _all(
        self, todo: Sequence[PairTask], executor: Executor, width: int, progress: Progress
    ) -> bool:
        """Work through the tasks, `width` at a time; False when cancelled."""
        waiting = iter(todo)
        flying: dict[Future[PairOutcome], str] = {}
        while True:
            if self._job.cancel_requested():
                return False
            for task in islice(waiting, width - len(flying)):
                self._put(replace(self._pairs[task.pair_id], state="running"))
                flying[executor.submit(make_pair, task)] = task.pair_id
            if not flying:
                return True
            landed, _ = wait(flying, timeout=_TICK_S, return_when=FIRST_COMPLETED)
            for future in landed:
                self._land(flying.pop(future), future)
            counter = self._counter
            self._job.report(counter.finished, counter.failed)
            progress(counter.finished, counter.failed, counter.total)

    def _land(self, pair: str, future: Future[PairOutcome]) -> None:
        """Write down what became of a pair."""
        self._counter.finished += 1
        try:
            outcome = future.result()
        except MigrateError as err:
            self._fail(pair, str(err))
        except Exception as err:  # a bug, or a broken library: this pair fails, the others go on
            log = self._log(pair, err)
            self._fail(pair, f"An unforeseen error ({type(err).__name__}: {err}); see {log}.")
        else:
            self._counter.made += 1
            done = replace(
                self._pairs[pair],
                state="done",
                occlusion=outcome.occlusion,
                suggestion=outcome.suggestion,
                error=None,
            )
            self._put(done)

    def _fail(self, pair: str, message: str) -> None:
        self._counter.failed += 1
        self._put(replace(self._pairs[pair], state="failed", error=message))

    def _log(self, pair: str, err: Exception) -> str:
        path = self._workspace.log(pair)
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(traceback.format_exception(err)), encoding="utf-8")
        return self._workspace.relative(path)

    def _put(self, pair: Pair) -> None:
        self._pairs[pair.pair_id] = pair
        self._store.put_pairs([pair])

    def _set_open_ones(self, state: str) -> None:
        """Mark what was not finished, so that nobody waits for it."""
        open_ones = [
            replace(pair, state=state)
            for pair in self._pairs.values()
            if pair.state in ("queued", "running")
        ]
        self._store.put_pairs(open_ones)


@contextmanager
def _executor(options: RunOptions, tasks: int) -> Iterator[tuple[Executor, int]]:
    """Where tasks run, and how many at a time: worker processes here, or a Dask cluster."""
    if options.scheduler:
        with _dask(options.scheduler) as (executor, width):
            yield executor, width
        return
    width = min(options.workers or os.cpu_count() or 1, tasks)
    pool = WorkerPool(width)
    try:
        yield pool, width
    finally:
        pool.shutdown()


@contextmanager
def _dask(address: str) -> Iterator[tuple[Executor, int]]:
    """A Dask cluster as an executor; its workers must see the workspace and the scenes."""
    from distributed import Client

    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as err:
        raise MigrateError(
            f"No Dask scheduler answers at {address} ({err}). Check the address and that it runs, "
            "or leave out --scheduler."
        ) from err
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise MigrateError(f"The Dask scheduler at {address} has no workers. Start some.")
        # Results depend on files, so a task must run each time it is asked for: never cached.
        yield client.get_executor(pure=False), threads
