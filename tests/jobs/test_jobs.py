"""Jobs: claims, heartbeats, death and cancellation, by a clock that tests hold."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from migrate_core.errors import JobRunningError
from migrate_core.jobs.background import (
    HEARTBEAT_TIMEOUT,
    claim,
    latest_job,
    request_cancel,
    running_job,
)
from migrate_core.store.base import Store, open_store
from migrate_core.store.tables import jobs
from migrate_core.workspace import Workspace

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(Workspace(tmp_path))


def test_a_claimed_job_runs_and_says_how_far_it_is(store: Store, clock: Clock) -> None:
    job = claim(store, "pairs", 7, clock)
    clock.advance(5)
    job.report(finished=3, failed=1)
    found = running_job(store, "pairs", clock())
    assert found is not None
    assert (found.state, found.total, found.finished, found.failed) == ("running", 7, 3, 1)
    assert (found.started_at, found.heartbeat_at) == (NOON, NOON + timedelta(seconds=5))


@pytest.mark.parametrize("state", ["done", "cancelled"])
def test_an_ended_job_runs_no_more(store: Store, clock: Clock, state: str) -> None:
    claim(store, "pairs", 1, clock).end(state)
    assert running_job(store, "pairs", clock()) is None
    found = latest_job(store, "pairs")
    assert found is not None
    assert found.state == state
    assert not found.alive(clock())


def test_nothing_is_known_of_a_kind_that_never_ran(store: Store) -> None:
    assert latest_job(store, "pairs") is None
    assert running_job(store, "pairs", NOON) is None


def test_a_second_claim_is_refused_and_says_who_is_at_it(store: Store, clock: Clock) -> None:
    claim(store, "pairs", 7, clock).report(finished=2, failed=0)
    with pytest.raises(JobRunningError, match="2 of 7 finished"):
        claim(store, "pairs", 7, clock)
    found = latest_job(store, "pairs")
    assert found is not None
    assert found.state == "running"


def test_another_kind_of_work_may_run_beside_it(store: Store, clock: Clock) -> None:
    claim(store, "pairs", 1, clock)
    claim(store, "downloads", 1, clock)
    assert running_job(store, "pairs", clock()) is not None
    assert running_job(store, "downloads", clock()) is not None


def test_a_job_without_a_heartbeat_is_dead_and_its_work_can_be_claimed(
    store: Store, clock: Clock
) -> None:
    first = claim(store, "pairs", 1, clock)
    assert running_job(store, "pairs", clock.advance(HEARTBEAT_TIMEOUT.seconds - 1)) is not None
    assert running_job(store, "pairs", clock.advance(1)) is None
    second = claim(store, "pairs", 1, clock)
    assert state_of(store, first.job_id) == "died"
    assert state_of(store, second.job_id) == "running"


def state_of(store: Store, job_id: str) -> str:
    table = jobs
    with store.engine.connect() as connection:
        rows = connection.execute(table.select().where(table.c.job_id == job_id)).all()
    (row,) = rows
    return str(row.state)


def test_a_heartbeat_keeps_a_job_alive(store: Store, clock: Clock) -> None:
    job = claim(store, "pairs", 1, clock)
    for _ in range(5):
        clock.advance(HEARTBEAT_TIMEOUT.seconds - 1)
        job.report(0, 0)
    assert running_job(store, "pairs", clock()) is not None


def test_a_process_of_this_host_that_is_gone_is_dead_at_once(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with monkeypatch.context() as patch:
        patch.setattr("migrate_core.jobs.background.os.getpid", lambda: gone.pid)
        claim(store, "pairs", 1, clock)
    assert running_job(store, "pairs", clock.advance(1)) is None
    claim(store, "pairs", 1, clock)
    assert running_job(store, "pairs", clock()) is not None


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="the system has no processes to be reaped")
def test_a_process_that_ended_is_dead_even_if_nobody_has_reaped_it(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the command that a page has started and never waits for.
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    try:
        monkeypatch.setattr("migrate_core.jobs.background.os.getpid", lambda: ended.pid)
        claim(store, "pairs", 1, clock)
        assert running_job(store, "pairs", clock()) is None
    finally:
        ended.wait()


def test_a_process_of_another_host_is_judged_by_its_heartbeat_alone(
    store: Store, clock: Clock
) -> None:
    claim(store, "pairs", 1, clock)
    found = latest_job(store, "pairs")
    assert found is not None
    far = replace(found, host="elsewhere", pid=2**22 + 1)
    assert far.alive(NOON + timedelta(seconds=29))
    assert not far.alive(NOON + timedelta(seconds=30))


def test_a_cancellation_reaches_the_job(store: Store, clock: Clock) -> None:
    job = claim(store, "pairs", 1, clock)
    assert not job.cancel_requested()
    assert request_cancel(store, "pairs", clock())
    assert job.cancel_requested()
    job.end("cancelled")
    assert not claim(store, "pairs", 1, clock).cancel_requested()


def test_there_is_nothing_to_cancel_when_nothing_runs(store: Store, clock: Clock) -> None:
    assert not request_cancel(store, "pairs", clock())
    claim(store, "pairs", 1, clock)
    assert not request_cancel(store, "pairs", clock.advance(HEARTBEAT_TIMEOUT.seconds))


def interleaved(store: Store, clock: Clock, other: Callable[[], object]) -> Callable[[], datetime]:
    """A clock for `claim` during whose second look another process claims.

    The first look is for the check that nobody is at it, the second for the claim itself.
    """
    looks = 0

    def look() -> datetime:
        nonlocal looks
        looks += 1
        if looks == 2:
            other()
        return clock()

    return look


@pytest.mark.parametrize("died_before", [False, True])
def test_of_two_claims_at_the_same_moment_one_is_refused(
    store: Store, clock: Clock, died_before: bool
) -> None:
    if died_before:
        claim(store, "pairs", 1, clock)
        clock.advance(HEARTBEAT_TIMEOUT.seconds + 1)
    winners = []
    with pytest.raises(JobRunningError):
        claim(
            store,
            "pairs",
            1,
            interleaved(store, clock, lambda: winners.append(claim(store, "pairs", 1, clock))),
        )
    (winner,) = winners
    assert state_of(store, winner.job_id) == "running"
