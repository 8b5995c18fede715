"""What jobs have to say and answer, jobs within jobs, and that silent work stays alive."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from migrate_core.errors import JobCancelledError, JobRunningError, WrongUseError
from migrate_core.jobs import background as jobs
from migrate_core.jobs.background import (
    answer,
    claim,
    holding,
    latest_job,
    messages,
    now_utc,
    request_cancel,
    running_job,
    take_up,
    working,
)
from migrate_core.states import JobState, Level
from migrate_core.store.base import Store, open_store
from migrate_core.store.jobs import request_of
from migrate_core.workspace import Workspace

PATIENCE_S = 60


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(Workspace(tmp_path))


def state(store: Store, kind: str = "work") -> str:
    job = latest_job(store, kind)
    assert job is not None
    return job.state


def test_what_was_said_can_be_limited_to_errors(store: Store) -> None:
    assert messages(store, "work", Level.ERROR) == ()
    with working(store, "work") as job:
        job.say(Level.PROBLEM, ["a.tif: no date", "b.tif: no date"])
        job.say(Level.ERROR, ["disk full"])
    assert messages(store, "work", Level.PROBLEM, Level.ERROR) == (
        "a.tif: no date",
        "b.tif: no date",
        "disk full",
    )
    assert messages(store, "work", Level.ERROR) == ("disk full",)
    with working(store, "work"):
        pass
    assert messages(store, "work", Level.ERROR) == ()


def test_a_job_ends_with_its_answer_and_without_one_there_is_none(store: Store) -> None:
    assert answer(store, "work") is None
    with working(store, "work") as job:
        job.answer({"path": "here"})
    assert answer(store, "work") == {"path": "here"}
    with working(store, "work"):
        pass
    assert answer(store, "work") is None


def test_an_error_that_can_be_mended_is_said_and_others_fail_the_job(store: Store) -> None:
    with pytest.raises(WrongUseError), working(store, "work"):
        raise WrongUseError("name a folder")
    assert (state(store), messages(store, "work", Level.ERROR)) == ("failed", ("name a folder",))
    with pytest.raises(ZeroDivisionError), working(store, "work"):
        raise ZeroDivisionError
    assert (state(store), messages(store, "work", Level.ERROR)) == ("failed", ())
    with pytest.raises(JobCancelledError), working(store, "work"):
        raise JobCancelledError("enough")
    assert (state(store), messages(store, "work", Level.ERROR)) == ("cancelled", ())


def test_a_cancel_stops_what_is_left_and_is_no_stop_when_nothing_is(store: Store) -> None:
    for finished, total, ends_as in ((1, 3, "cancelled"), (0, 0, "cancelled"), (3, 3, "done")):
        with suppress(JobCancelledError), working(store, "work") as job:
            assert request_cancel(store, "work", now_utc())
            job.advance(finished, total)
        assert state(store) == ends_as


def test_work_within_work_of_its_kind_is_a_part_of_that_job(store: Store) -> None:
    with working(store, "work") as job:
        with working(store, "work") as part:
            assert part is job
            part.ends_as(JobState.CANCELLED)
        assert state(store) == "running"
        with working(store, "other") as other:
            assert other.job_id != job.job_id
        with working(store, "work") as part:
            assert part is job
    assert (state(store), state(store, "other")) == ("cancelled", "done")


def test_a_job_is_there_for_all_before_its_process_takes_it_up(store: Store) -> None:
    claimed = claim(store, "work", 0, request={"work": "nothing"})
    waiting = running_job(store, "work", jobs.now_utc())
    assert waiting is not None
    assert (waiting.job_id, waiting.launched) == (claimed.job_id, True)
    assert request_of(store, claimed.job_id) == {"work": "nothing"}
    with pytest.raises(JobRunningError):
        claim(store, "work", 0)
    with holding(take_up(store, "work", claimed.job_id)) as job:
        assert job.job_id == claimed.job_id
    assert state(store) == "done"
    with pytest.raises(JobRunningError, match="has ended"):
        take_up(store, "work", claimed.job_id)


def test_work_that_says_nothing_for_long_stays_alive(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_BEAT_S", 0.01)
    hours = iter(datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(10_000))
    with working(store, "work", lambda: next(hours)) as job:
        begun = latest_job(store, "work")
        deadline = time.monotonic() + PATIENCE_S
        while (now := latest_job(store, "work")) == begun:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert now is not None
        assert begun is not None
        assert now.heartbeat_at > begun.heartbeat_at
    ended = latest_job(store, "work")
    assert ended is not None
    assert (ended.job_id, ended.state) == (job.job_id, "done")
    time.sleep(0.05)
    assert latest_job(store, "work") == ended
