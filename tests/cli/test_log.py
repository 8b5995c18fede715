"""What commands leave in the log of their workspace; what they say themselves stays as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from migrate_core.cli import cli
from migrate_core.jobs.background import latest_job
from migrate_core.logs.reading import last_lines
from migrate_core.pairs.run.runner import KIND
from migrate_core.settings import load_settings
from migrate_core.workspace import Workspace, log_file
from tests.support.logs import lines_of, logging_to
from tests.support.pairs import Case, Safe, crash_on_m1, numbered_masks, prepare, write_safe

REPOSITORY = Path(__file__).resolve().parents[2]
# What workers log, and that they may die, is what is tested.
pytestmark = pytest.mark.workers

PATIENCE_S = 60


@pytest.fixture(autouse=True)
def _log_of_before(tmp_path: Path) -> Iterator[None]:
    """What a command configures here holds for the test only."""
    with logging_to(log_file(load_settings(tmp_path / "nothing"))):
        yield


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    (tmp_path / "scenes").mkdir()
    write_safe(tmp_path / "scenes", Safe())
    masks = numbered_masks(tmp_path / "masks", 3)
    case = prepare(tmp_path / "workspace", masks, tmp_path / "scenes")
    yield case
    case.store.engine.dispose()


def run(workspace: Workspace, *words: object) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(workspace.root), *map(str, words)])


@pytest.mark.slow
def test_a_run_logs_each_pair_with_its_steps_in_its_workers(case: Case) -> None:
    assert run(case.workspace, "pairs", "make", "--workers", 2, "--json").exit_code == 0
    job, log = latest_job(case.store, KIND), case.workspace.main_log
    assert job is not None
    of_job = last_lines(log, "job", job.job_id)
    assert len(of_job) == len(lines_of(log))
    assert "Job `pairs` begins: --workspace" in of_job[0]
    assert of_job[0].endswith("pairs make --workers 2 --json")
    assert "3 pairs to make, 0 are there: 2 workers, access auto, resampling" in of_job[1]
    assert "3 made, 0 failed, 0 wait." in of_job[-2]
    assert "Job `pairs` ended after" in of_job[-1]
    for pair in case.store.pairs():
        *steps, made = last_lines(log, "pair", pair.pair_id)
        # The owner of the run says it; a worker with a batch may have come to a step before.
        (begins,) = (line for line in steps if "begins." in line)
        steps.remove(begins)
        assert f"The pair of {pair.mask_name} and {pair.scene_ids[0]} begins." in begins
        found = [line.split("`")[1] for line in steps if "Step `" in line]
        assert found == ["fetch", "convert", "crop", "align"]
        assert "The pair is made" in made
        assert len({line.split("[")[1].split("]")[0] for line in steps} - {str(os.getpid())}) == 1


@pytest.mark.slow
def test_a_worker_that_dies_is_named_with_its_pair(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate_core.pairs.run.runner.make_pair", crash_on_m1)
    assert run(case.workspace, "pairs", "make", "--workers", 1).exit_code == 1
    (failed,) = [pair for pair in case.store.pairs() if pair.state == "failed"]
    lines = last_lines(case.workspace.main_log, "pair", failed.pair_id)
    assert any("ERROR" in line and "exit code 7" in line for line in lines)
    made = [pair for pair in case.store.pairs() if pair.state == "done"]
    assert len(made) == 2


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_its_lines(case: Case) -> None:
    environ = {**os.environ, "MIGRATE_LOG_LEVEL": "debug"}
    command = [sys.executable, "-m", "migrate_core", "--workspace", str(case.workspace.root)]
    process = subprocess.Popen(
        [*command, "pairs", "make", "--workers", "1"], cwd=REPOSITORY, env=environ
    )
    log, deadline = case.workspace.main_log, time.monotonic() + PATIENCE_S
    while not (log.is_file() and " begins." in log.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)
    job = latest_job(case.store, KIND)
    assert job is not None
    assert "Job `pairs` begins" in last_lines(log, "job", job.job_id)[0]
    assert run(case.workspace, "pairs", "make", "--workers", 1).exit_code == 0
    assert "Job `pairs` ended" in lines_of(log)[-1]


def test_a_job_names_the_command_and_what_failed_with_its_traceback(case: Case) -> None:
    empty = case.workspace.root / "empty"
    empty.mkdir()
    result = run(case.workspace, "scenes", "search", "--source", f"local:{empty}", "--days", 5)
    assert result.exit_code == 1
    job, log = latest_job(case.store, "search"), case.workspace.main_log
    assert job is not None
    lines = last_lines(log, "job", job.job_id)
    assert "Job `search` begins: " in lines[0]
    assert lines[0].endswith(f"scenes search --source local:{empty} --days 5")
    assert any("Traceback" in line for line in lines)
    assert "Job `search` failed" in lines[-1]


def test_an_error_of_a_command_is_logged_and_said_as_ever(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DHUS_PASSWORD", "the-word")
    result = run(case.workspace, "review", "decide", "the-word", "accept")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert "the-word" in result.stderr
    (line,) = lines_of(case.workspace.main_log)
    assert "ERROR" in line
    assert "the-word" not in line


def test_a_bug_is_logged_with_its_traceback(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("migrate_core.cli.pairs.listing.pair_list_texts", broken)
    assert isinstance(run(case.workspace, "pairs", "list").exception, ZeroDivisionError)
    lines = lines_of(case.workspace.main_log)
    assert "CRITICAL" in lines[0]
    assert "a bug" in lines[-1]


def test_commands_that_only_read_log_nothing(case: Case) -> None:
    for words in (("masks", "list"), ("pairs", "list", "--json"), ("status", "--json")):
        assert run(case.workspace, *words).exit_code == 0
    assert not case.workspace.main_log.exists()
    assert "Log:" not in run(case.workspace, "status").stderr


def test_status_names_the_file(case: Case) -> None:
    case.store.put_masks([replace(mask, problems={"file": "x"}) for mask in case.store.masks()])
    run(case.workspace, "pairs", "make", "--mask", "nobody")
    assert f"Log: {case.workspace.main_log}" in run(case.workspace, "status").stderr
