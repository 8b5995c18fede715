"""Processes of their own: their jobs, their environment, and what they leave when they fail."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from migrate_core.background import perform, start
from migrate_core.errors import JobRunningError, WrongUseError
from migrate_core.job_requests import AddMasks, MakePairs, SearchScenes, TrySources
from migrate_core.jobs import launch as launching
from migrate_core.jobs.background import answer, claim, latest_job, messages, now_utc, running_job
from migrate_core.jobs.launch import crash_of, last_output, launch
from migrate_core.masks.options import AddOptions
from migrate_core.model import SceneQuery
from migrate_core.pairs.run.options import RunOptions
from migrate_core.session import Session
from migrate_core.settings import RankingSettings, load_settings
from migrate_core.states import Level
from migrate_core.store.base import Store, open_store
from migrate_core.store.jobs import request_of
from migrate_core.store.last_search import SearchParameters
from migrate_core.workspace import Workspace
from tests.support.background import read

PATIENCE_S = 60


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def store(workspace: Workspace) -> Store:
    return open_store(workspace)


def wait_for(store: Store, kind: str) -> str:
    """How the job of a kind ended."""
    deadline = time.monotonic() + PATIENCE_S
    while running_job(store, kind, now_utc()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    job = latest_job(store, kind)
    assert job is not None
    return job.state


@pytest.mark.slow
def test_a_process_answers_with_its_document_and_a_second_start_is_refused(
    store: Store, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "products").mkdir()
    spec = f"local:{tmp_path / 'products'}"
    start(store, workspace, TrySources((spec,)))
    begun = latest_job(store, "connection")
    assert begun is not None
    assert (begun.launched, begun.total) == (True, 0)
    with pytest.raises(JobRunningError, match="is at work already"):
        start(store, workspace, TrySources((spec,)))
    assert wait_for(store, "connection") == "done"
    (row,) = answer(store, "connection")
    assert row["source"] == spec
    start(store, workspace, MakePairs(RunOptions()))
    assert wait_for(store, "pairs") == "failed"
    assert answer(store, "pairs") is None
    (error,) = messages(store, "pairs", Level.ERROR)
    assert "No mask has a selected scene" in error


@pytest.mark.slow
def test_a_process_has_this_environment_and_what_is_secret_beside_it(
    store: Store, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATE_RESAMPLING", "nonsense")
    start(store, workspace, MakePairs(RunOptions()))
    # It ends before it can take the job up, and leaves its words in the log.
    wait_for(store, "pairs")
    assert "MIGRATE_RESAMPLING" in last_output(workspace, "pairs")
    start(store, workspace, MakePairs(RunOptions()), {"MIGRATE_RESAMPLING": "cubic"})
    assert wait_for(store, "pairs") == "failed"
    # The process says it once the job has ended.
    deadline = time.monotonic() + 30
    while not (output := last_output(workspace, "pairs").strip()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert output.startswith("Error: No mask has a selected scene")
    assert os.environ["MIGRATE_RESAMPLING"] == "nonsense"


def test_a_process_that_can_not_be_started_leaves_no_job_at_work(
    store: Store, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(launching.subprocess, "Popen", refuse)
    with pytest.raises(MemoryError):
        launch(store, workspace, "work", {})
    assert running_job(store, "work", now_utc()) is None


def test_what_is_asked_for_travels_whole_and_without_credentials(
    store: Store, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDSE_PASSWORD", "hidden-word")
    rows: list[Any] = []
    monkeypatch.setattr("migrate_core.background.launch", lambda *given: rows.append(given[3]))
    query, ranking = SceneQuery(3, 12.5, "L1C"), RankingSettings(7.5, 0.875, {"closeness": 1.5})
    services = load_settings(workspace.root).services
    requests = (
        SearchScenes(SearchParameters(("earth-search",), query, ranking, True), refresh=True),
        AddMasks((workspace.root,), AddOptions(nodata=(-1, 0.5)), workspace.root / "left.json"),
        MakePairs(RunOptions(masks=frozenset(["m0"]), services=services), set_aside=True),
    )
    for request in requests:
        start(store, workspace, request)
    assert [read(row) for row in rows[:2]] == list(requests[:2])
    assert read(rows[2]) == MakePairs(RunOptions(masks=frozenset(["m0"])), set_aside=True)
    assert services.cdse_password == "hidden-word"
    assert "hidden-word" not in str(rows)


def test_a_job_that_no_page_has_started_is_not_done(store: Store, workspace: Workspace) -> None:
    session = Session(load_settings(workspace.root))
    with pytest.raises(WrongUseError, match="no job that a page has started"):
        perform(session, "j0")
    job = claim(store, "masks", 0)
    assert request_of(store, job.job_id) is None
    with pytest.raises(WrongUseError):
        perform(session, job.job_id)


def log(workspace: Workspace, text: str) -> None:
    workspace.logs.mkdir(exist_ok=True)
    workspace.log("work").write_text(text, encoding="utf-8")


def test_a_traceback_is_found_behind_other_words(workspace: Workspace) -> None:
    assert crash_of(workspace, "work") is None
    log(workspace, "work\n6 pairs made.\n")
    assert crash_of(workspace, "work") is None
    log(workspace, "work\nBegun.\nTraceback (most recent call last):\n  here\nOSError: x\n")
    assert crash_of(workspace, "work") == "Traceback (most recent call last):\n  here\nOSError: x\n"
