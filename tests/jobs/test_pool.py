"""Worker processes: answers, exceptions, crashes, stopping."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from migrate_core.jobs.pool import WorkerCrashedError, WorkerOverdueError, WorkerPool
from tests.support.pairs import (
    DemandingError,
    complain,
    demanding_result,
    exit_now,
    kill_oneself,
    own_pid,
    product_of,
    raise_demanding,
    touch_then_sleep,
    unsendable,
)

PATIENCE_S = 60

# Each test starts processes of its own, which takes a second or two a piece.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    """One worker for the tests that leave it usable."""
    with WorkerPool(1) as pool:
        yield pool


def test_a_call_gives_what_the_function_gives(pool: WorkerPool) -> None:
    assert pool.submit(product_of, 6, b=7).result(PATIENCE_S) == 42


def test_calls_run_in_another_process_that_stays(pool: WorkerPool) -> None:
    first, second = (pool.submit(own_pid).result(PATIENCE_S) for _ in range(2))
    assert first == second != os.getpid()


def test_workers_do_without_boto3_which_takes_long_to_import(pool: WorkerPool) -> None:
    assert pool.submit(eval, "__import__('sys').modules['boto3']").result(PATIENCE_S) is None


def test_an_exception_arrives_with_the_traceback_of_the_worker(pool: WorkerPool) -> None:
    with pytest.raises(ValueError, match="not that") as caught:
        pool.submit(complain, "not that").result(PATIENCE_S)
    assert "in complain" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("function", "arguments", "how"),
    [(exit_now, (7,), "exit code 7"), (kill_oneself, (), "SIGKILL")],
)
def test_a_crash_fails_only_its_own_call(
    pool: WorkerPool, function: object, arguments: tuple[int, ...], how: str
) -> None:
    crash = pool.submit(function, *arguments)
    after = pool.submit(product_of, 2, 3)
    with pytest.raises(WorkerCrashedError, match=how):
        crash.result(PATIENCE_S)
    assert after.result(PATIENCE_S) == 6


def test_a_call_that_takes_too_long_is_ended_and_others_are_answered() -> None:
    with WorkerPool(1, limit_s=20) as pool:
        endless = pool.submit(time.sleep, 600)
        after = pool.submit(os.getpid)
        with pytest.raises(WorkerOverdueError, match="longer than 20 s"):
            endless.result(PATIENCE_S)
        assert after.result(PATIENCE_S) != os.getpid()


def test_a_call_that_cannot_be_sent_fails_and_the_worker_goes_on() -> None:
    with WorkerPool(1) as pool:
        with pytest.raises(Exception, match="pickle"):
            pool.submit(lambda: 1).result(PATIENCE_S)
        assert pool.submit(product_of, 2, 3).result(PATIENCE_S) == 6


def test_an_answer_that_cannot_be_sent_fails_its_call(pool: WorkerPool) -> None:
    with pytest.raises(RuntimeError, match="can't be sent"):
        pool.submit(unsendable).result(PATIENCE_S)
    assert pool.submit(product_of, 2, 3).result(PATIENCE_S) == 6


def test_a_result_that_cannot_be_rebuilt_fails_its_call_and_the_worker_goes_on() -> None:
    with WorkerPool(1) as pool:
        with pytest.raises(TypeError):
            pool.submit(demanding_result).result(PATIENCE_S)
        assert pool.submit(product_of, 2, 3).result(PATIENCE_S) == 6


def test_an_exception_that_cannot_be_rebuilt_fails_its_call() -> None:
    with WorkerPool(1) as pool:
        future = pool.submit(raise_demanding)
        # Whatever stands for it: an answer must come, else the owner waits forever.
        error = future.exception(PATIENCE_S)
        assert isinstance(error, (RuntimeError, DemandingError, TypeError))
        assert pool.submit(product_of, 2, 3).result(PATIENCE_S) == 6


def test_shutting_down_lets_submitted_calls_finish() -> None:
    pool = WorkerPool(1)
    futures = [pool.submit(product_of, n, n) for n in range(5)]
    pool.shutdown()
    assert [future.result(0) for future in futures] == [0, 1, 4, 9, 16]


def test_cancelling_ends_calls_at_once_and_starts_no_others(tmp_path: Path) -> None:
    pool = WorkerPool(1)
    running = pool.submit(touch_then_sleep, str(tmp_path / "first"), 60)
    waiting = [pool.submit(touch_then_sleep, str(tmp_path / f"{n}"), 60) for n in range(3)]
    deadline = time.monotonic() + PATIENCE_S
    while not (tmp_path / "first").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    began = time.monotonic()
    pool.shutdown(cancel_futures=True)
    assert time.monotonic() - began < 10
    assert isinstance(running.exception(0), WorkerCrashedError)
    for future in waiting:
        with pytest.raises(CancelledError):
            future.result(0)
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


def test_a_second_shutdown_does_not_bring_cancelled_calls_back(tmp_path: Path) -> None:
    # As a run does it: cancel without waiting, then leave the block that waits.
    pool = WorkerPool(1)
    pool.submit(touch_then_sleep, str(tmp_path / "first"), 60)
    waiting = [pool.submit(touch_then_sleep, str(tmp_path / f"{n}"), 0) for n in range(3)]
    deadline = time.monotonic() + PATIENCE_S
    while not (tmp_path / "first").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    pool.shutdown(wait=False, cancel_futures=True)
    pool.shutdown()
    assert [path.name for path in tmp_path.iterdir()] == ["first"]
    assert all(future.cancelled() for future in waiting)


def test_a_pool_that_was_shut_down_takes_no_calls() -> None:
    # As every Executor: a call that nobody will work at must not be waited for.
    pool = WorkerPool(1)
    pool.shutdown()
    with pytest.raises(RuntimeError):
        pool.submit(product_of, 1, 1)
