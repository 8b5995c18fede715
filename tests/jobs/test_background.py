"""Commands in the background: what they answer and say, and that silent work stays alive."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from migrate_core.errors import JobRunningError
from migrate_core.jobs import background as jobs
from migrate_core.jobs.background import (
    answer_of,
    crash_of,
    latest_job,
    launch,
    said,
    starting,
    working,
)
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace

PATIENCE_S = 60


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def store(workspace: Workspace) -> Store:
    return open_store(workspace)


def log(workspace: Workspace, text: str) -> None:
    workspace.logs.mkdir(exist_ok=True)
    workspace.log("work").write_text(text, encoding="utf-8")


def wait_for(workspace: Workspace, kind: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while starting(workspace, kind):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_a_command_answers_with_its_document_and_a_second_start_is_refused(
    workspace: Workspace,
) -> None:
    launch(workspace, "work", ["pairs", "list", "--json"])
    with pytest.raises(JobRunningError, match="just been started"):
        launch(workspace, "work", ["pairs", "list", "--json"])
    wait_for(workspace, "work")
    assert answer_of(workspace, "work") == []
    launch(workspace, "work", ["pairs", "make", "--json"])
    wait_for(workspace, "work")
    assert answer_of(workspace, "work") is None
    assert ["No mask has a selected scene" in words for words in said(workspace, "work")] == [True]


@pytest.mark.slow
def test_a_command_has_this_environment_and_what_is_secret_beside_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATE_RESAMPLING", "nonsense")
    launch(workspace, "work", ["status"])
    wait_for(workspace, "work")
    assert "MIGRATE_RESAMPLING" in said(workspace, "work")[0]
    launch(workspace, "work", ["status"], {"MIGRATE_RESAMPLING": "cubic"})
    wait_for(workspace, "work")
    assert said(workspace, "work") == ()
    assert os.environ["MIGRATE_RESAMPLING"] == "nonsense"


def test_without_an_answer_there_is_none(workspace: Workspace) -> None:
    assert answer_of(workspace, "work") is None
    workspace.logs.mkdir()
    workspace.answer("work").write_text("{")
    assert answer_of(workspace, "work") is None


def test_what_was_said_can_be_limited_to_errors(workspace: Workspace) -> None:
    log(workspace, "6 pairs made.\nProblem: a.tif: no date\nError: disk full\n")
    assert said(workspace, "work") == ("a.tif: no date", "disk full")
    assert said(workspace, "work", ("Error: ",)) == ("disk full",)


def test_a_traceback_is_found_behind_other_words(workspace: Workspace) -> None:
    assert crash_of(workspace, "work") is None
    log(workspace, "6 pairs made.\n")
    assert crash_of(workspace, "work") is None
    log(workspace, "Begun.\nTraceback (most recent call last):\n  here\nOSError: x\n")
    assert crash_of(workspace, "work") == "Traceback (most recent call last):\n  here\nOSError: x\n"


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
