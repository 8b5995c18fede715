"""A pool of spawned worker processes that survives the crash of any of them.

`concurrent.futures.ProcessPoolExecutor` breaks as a whole when one worker dies and doesn't say
over which call; GDAL drivers do crash on damaged files, so here a thread owns each worker: it
knows what the worker was doing, fails just that call, and starts another worker.
"""

from __future__ import annotations

import logging
import multiprocessing
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from importlib.machinery import ModuleSpec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ..errors import MigrateError
from ..logs.context import about
from ..logs.setup import log_context
from .many_objects import many_new_objects
from .start import leave_boto3_out

log = logging.getLogger(__name__)

# While a worker is started, `__main__` goes by another name: one thread at a time.
_STARTING = threading.Lock()


class WorkerCrashedError(MigrateError):
    """A worker process died in the middle of a call."""


class WorkerOverdueError(WorkerCrashedError):
    """A call took longer than calls of its pool may, and its process was ended."""


class WorkerPool(Executor):
    """`workers` processes, spawned since neither GDAL nor threads survive a fork.

    A call that takes longer than `limit_s` seconds is ended, and its worker with it.
    """

    def __init__(self, workers: int, limit_s: float | None = None) -> None:
        self._stopping = self._closed = False
        self._batches: queue.SimpleQueue[list[tuple[Future[Any], Any]] | None] = queue.SimpleQueue()
        self._workers = [_Worker(limit_s) for _ in range(workers)]
        self._threads = [
            threading.Thread(target=self._serve, args=(worker,), daemon=True)
            for worker in self._workers
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `fn(*args, **kwargs)` in a worker; all of it must be picklable.

        What it logs goes to the log of this process, about the same job and pair.
        """
        (future,) = self._put([(log_context(), fn, args, kwargs)])
        return future

    def submit_batch(self, fn: Callable[[Any], Any], items: Iterable[Any]) -> list[Future[Any]]:
        """Run `fn(item)` for each item, one after the other, all in the same worker.

        What the process keeps of one call is there for the next. Each call has an answer of its
        own: one that crashes fails alone, and the worker that takes its place does the rest.
        """
        return self._put([(log_context(), fn, (item,), {}) for item in items])

    def _put(self, calls: list[Any]) -> list[Future[Any]]:
        if self._closed:
            raise RuntimeError("the pool was shut down")
        batch: list[tuple[Future[Any], Any]] = [(Future(), call) for call in calls]
        self._batches.put(batch)
        return [future for future, _ in batch]

    def _serve(self, worker: _Worker) -> None:
        """One worker's thread: hand over a call, wait for its answer, take the next."""
        while (batch := self._batches.get()) is not None:
            for future, call in batch:
                if self._stopping or not future.set_running_or_notify_cancel():
                    future.cancel()
                    continue
                self._answer(worker, future, call)

    def _answer(self, worker: _Worker, future: Future[Any], call: Any) -> None:
        """Let a worker do a call, and write down what came of it."""
        try:
            succeeded, answer = worker.run(call)
        except (EOFError, OSError):
            error = _crashed(worker.exit_code())
            with about(call[0].ids):
                log.warning("%s", error)
            future.set_exception(error)
        except Exception as err:  # overdue, or the call can't be sent
            future.set_exception(err)
        else:
            if succeeded:
                future.set_result(answer)
            else:
                future.set_exception(answer)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the workers finish what was submitted, or with `cancel_futures` stop them now."""
        self._closed = True
        self._stopping |= cancel_futures
        for _ in self._threads:
            self._batches.put(None)
        if cancel_futures:
            for worker in self._workers:
                worker.stop()
        if wait:
            for thread in self._threads:
                thread.join()
            for worker in self._workers:
                worker.stop()


class _Worker:
    """One process and the pipe to it; started at the first call and after a crash."""

    def __init__(self, limit_s: float | None = None) -> None:
        self._limit_s = limit_s
        self._process: Any = None
        self._pipe: Connection | None = None

    def run(self, call: Any) -> tuple[bool, Any]:
        """(True, result) or (False, exception) of a call; EOFError when the process died.

        Raises WorkerOverdueError when there is no answer within the time limit.
        """
        if self._process is None or not self._process.is_alive():
            self._start()
        assert self._pipe is not None  # for the type checker: _start sets it
        self._pipe.send(call)
        if not self._pipe.poll(self._limit_s):
            self.stop()
            raise WorkerOverdueError(f"It took longer than {self._limit_s:g} s and was stopped.")
        answer: tuple[bool, Any] = self._pipe.recv()
        return answer

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_run_worker, args=(theirs,), daemon=True)
        with _main_left_alone():
            self._process.start()
        theirs.close()

    def exit_code(self) -> int | None:
        """What the process ended with; a negative number is the signal that killed it."""
        self._process.join(timeout=5)
        code: int | None = self._process.exitcode
        return code

    def stop(self) -> None:
        """End the process at once; whatever it was writing is only under a temporary name."""
        if self._process is not None and self._process.is_alive():
            self._process.kill()
            self._process.join(timeout=5)


@contextmanager
def _main_left_alone() -> Iterator[None]:
    """For the time of the block, spawned processes don't import the main module of this one.

    They would run a script that has no `if __name__ == "__main__"` again, which fails, and need
    nothing of it: calls are functions of packages. `multiprocessing.spawn` passes over a main
    module that goes by the name of a package's `__main__`.
    """
    main = sys.modules["__main__"]
    with _STARTING:
        spec = main.__spec__
        main.__spec__ = ModuleSpec(f"{__package__}.__main__", None)
        try:
            yield
        finally:
            main.__spec__ = spec


def _crashed(code: int | None) -> WorkerCrashedError:
    how = signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"
    return WorkerCrashedError(
        f"The process that worked on it died ({how}). The product may be damaged, or memory may "
        "have run out: try it alone with --workers 1."
    )


def _run_worker(pipe: Connection) -> None:
    """The worker's life: calls in, answers out, until the owner closes the pipe or dies."""
    # Ctrl-C reaches the whole process group; the owner decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _be_killed_first()
    leave_boto3_out()
    while True:
        try:
            with many_new_objects():  # the first call imports what it is made of
                context, function, args, kwargs = pipe.recv()
        except EOFError:
            return
        try:
            with context.applied():
                answer: tuple[bool, Any] = (True, function(*args, **kwargs))
        except Exception as err:  # whatever it is, it belongs to the caller
            # The traceback itself can't be sent, its text can.
            err.add_note(traceback.format_exc())
            answer = (False, err)
        try:
            pipe.send_bytes(_portable(answer))
        except OSError:  # the owner is gone
            return


def _be_killed_first() -> None:
    """Where memory runs out, Linux is to kill the worker that took it, not the owner.

    <https://docs.kernel.org/filesystems/proc.html>, oom_score_adj: 1000 is the first to go.
    """
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _portable(answer: tuple[bool, Any]) -> bytes:
    """The answer as a pickle; what can't be sent, or is an error that can't be read back, in words.

    An error with arguments of its own often can't, a result always could: its thread says so then.
    """
    try:
        pickled = pickle.dumps(answer)
        if not answer[0]:
            pickle.loads(pickled)
    except Exception:  # pickling runs code of whatever class it meets
        notes = getattr(answer[1], "__notes__", [])
        text = "\n".join([f"the answer can't be sent: {answer[1]!r}", *notes])
        return pickle.dumps((False, RuntimeError(text)))
    return pickled
