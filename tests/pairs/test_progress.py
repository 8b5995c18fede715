"""Stages: what workers note on a pair under way, and whom a stale note misleads (nobody)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrate_core.errors import MigrateError
from migrate_core.pairs.files import pair_complete
from migrate_core.pairs.make import PairTask, make_pair
from migrate_core.pairs.progress import (
    STAGES,
    ProgressFile,
    clear_progress,
    progress_file,
    progress_of,
)
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.run.plan import plan
from migrate_core.workspace import Workspace
from tests.support.pairs import Case, Safe, numbered_masks, prepare, write_safe


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def case(tmp_path: Path) -> Case:
    write_safe(tmp_path / "scenes", Safe())
    return prepare(
        tmp_path / "workspace", numbered_masks(tmp_path / "masks", 1), tmp_path / "scenes"
    )


@pytest.fixture
def task(case: Case) -> PairTask:
    (found,) = plan(case.store, case.workspace, RunOptions())
    return replace(found, note=progress_file(case.workspace, found.pair_id, "run"))


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stages that are noted, in their order."""
    stages: list[str] = []
    put = ProgressFile.put

    def listen(note: ProgressFile, stage: str) -> None:
        stages.append(stage)
        put(note, stage)

    monkeypatch.setattr(ProgressFile, "put", listen)
    return stages


def test_a_note_is_read_in_the_run_that_wrote_it(workspace: Workspace) -> None:
    progress_file(workspace, "p1", "run").put("convert")
    assert progress_of(workspace, ["p1", "p2"], "run") == {"p1": "convert"}
    progress_file(workspace, "p1", "run").put("crop")
    assert progress_of(workspace, ["p1"], "run") == {"p1": "crop"}


def test_a_note_of_a_dead_run_is_not_believed(workspace: Workspace) -> None:
    progress_file(workspace, "p1", "dead run").put("convert")
    assert progress_of(workspace, ["p1"], "run") == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"run": "run", "stage": "dance"}'])
def test_what_is_no_note_says_nothing(workspace: Workspace, text: str) -> None:
    workspace.progress.mkdir()
    workspace.progress_file("p1").write_text(text)
    assert progress_of(workspace, ["p1"], "run") == {}


def test_notes_are_taken_away(workspace: Workspace) -> None:
    note = progress_file(workspace, "p1", "run")
    note.put("fetch")
    note.remove()
    note.remove()
    assert progress_of(workspace, ["p1"], "run") == {}
    note.put("fetch")
    clear_progress(workspace)
    assert not workspace.progress.exists()


def test_a_pair_goes_through_all_stages_and_leaves_no_note(
    case: Case, task: PairTask, reported: list[str]
) -> None:
    make_pair(task)
    assert tuple(reported) == STAGES
    assert list(case.workspace.progress.iterdir()) == []


def test_a_pair_that_is_there_already_goes_through_none(
    task: PairTask, reported: list[str]
) -> None:
    make_pair(task)
    reported.clear()
    make_pair(task)
    assert reported == []


def test_a_pair_that_fails_leaves_no_note(case: Case, task: PairTask, reported: list[str]) -> None:
    Path(task.mask.path).unlink()
    with pytest.raises(MigrateError):
        make_pair(task)
    assert reported == ["fetch"]
    assert list(case.workspace.progress.iterdir()) == []


def test_a_disk_that_takes_no_notes_does_not_stop_the_work(case: Case, task: PairTask) -> None:
    case.workspace.progress.write_text("a file where the folder should be")
    make_pair(task)
    assert pair_complete(Path(task.folder))
