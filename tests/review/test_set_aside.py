"""Decisions that a run sets aside: counted beforehand, asked for, proposed, and brought back."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from migrate_core.cli import cli
from migrate_core.jobs.background import latest_job, now_utc
from migrate_core.model import Decision, PairParameters
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.run.runner import KIND
from migrate_core.review.decisions import review_statuses
from migrate_core.review.run import decide
from migrate_core.review.set_aside import SetAside, set_aside_by_run
from tests.support.pairs import (
    Case,
    Safe,
    checkered,
    numbered_masks,
    placed,
    prepare,
    write_mask,
    write_safe,
)
from tests.support.threads import InThreads

REPOSITORY = Path(__file__).resolve().parents[2]
NEAR = Safe()
LATER = Safe(sensed="20200204T104351", generated="20200204T134500")
NEAREST = RunOptions(workers=1, parameters=PairParameters("nearest"))


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    for safe in (NEAR, LATER):
        write_safe(folder, safe)
    return folder


@pytest.fixture
def case(tmp_path: Path, scenes: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """Pairs of m0 (accepted), m1 (rejected) and m2 (undecided)."""
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    case = prepare(tmp_path / "workspace", numbered_masks(tmp_path / "masks", 3), scenes)
    case.make()
    say(case, "m0 20200202", "accept")
    say(case, "m1 20200202", "reject")
    yield case
    case.store.engine.dispose()


def say(case: Case, pair: str, verdict: str, reviewer: str = "ann") -> None:
    decide(case.store, Decision(case.pair_ids()[pair], verdict, reviewer, None, now_utc()))


def run(case: Case, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(case.workspace.root), *words])


def make(case: Case, *words: str) -> Result:
    return run(case, "pairs", "make", "--workers", "1", *words)


def at_stake(case: Case, options: RunOptions = NEAREST) -> SetAside:
    return set_aside_by_run(case.store, case.workspace, options)


def mask_id(case: Case, name: str) -> str:
    return next(mask.mask_id for mask in case.store.masks() if mask.name == name)


def test_a_plan_knows_what_it_sets_aside(case: Case) -> None:
    assert at_stake(case) == SetAside(accepted=1, rejected=1)
    assert at_stake(case, RunOptions()) == SetAside()
    one = RunOptions(
        parameters=PairParameters("nearest"), masks=frozenset([mask_id(case, "m1.tif")])
    )
    assert at_stake(case, one) == SetAside(rejected=1)
    say(case, "m0 20200202", "reject", "bob")
    say(case, "m2 20200202", "unsure")
    assert at_stake(case) == SetAside(rejected=1, unsure=1, conflict=1)
    say(case, "m1 20200202", "undo")
    assert at_stake(case) == SetAside(unsure=1, conflict=1)
    assert str(at_stake(case)) == "2 pairs that are decided (1 unsure, 1 in conflict)"
    case.store.select(mask_id(case, "m2.tif"), LATER.name)
    assert at_stake(case, RunOptions()) == SetAside(unsure=1)


def test_where_nobody_can_answer_it_is_refused(case: Case) -> None:
    before, job = case.store.pairs(), latest_job(case.store, KIND)
    for words in ((), ("--json",)):
        result = make(case, "--resampling", "nearest", *words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "2 pairs that are decided (1 accepted, 1 rejected)" in result.stderr
        assert "--yes" in result.stderr
    assert case.store.pairs() == before
    assert latest_job(case.store, KIND) == job


def test_another_scene_is_refused_alike(case: Case) -> None:
    assert run(case, "scenes", "select", mask_id(case, "m1.tif"), LATER.name).exit_code == 0
    result = make(case)
    assert result.exit_code == 2
    assert "1 pair that is decided (1 rejected)" in result.stderr
    assert make(case, "--mask", mask_id(case, "m0.tif")).exit_code == 0


def test_with_yes_the_pairs_are_made_and_the_decisions_proposed(case: Case) -> None:
    result = make(case, "--resampling", "nearest", "--yes", "--json")
    assert result.exit_code == 0
    rows = [row for row in json.loads(result.stdout) if row["state"] == "done"]
    assert [row["decision"] for row in rows] == [None] * 3
    listed = run(case, "pairs", "list").stdout
    assert (listed.count("accepted proposed"), listed.count("rejected proposed")) == (1, 1)
    assert "not measured" in listed
    # A proposal is no decision: nothing goes out.
    exported = run(case, "export", str(case.workspace.root / "data"))
    assert exported.exit_code == 1
    assert not (case.workspace.root / "data").exists()


def test_back_with_the_old_parameters_the_old_decisions_stand(case: Case) -> None:
    before = case.store.pairs()
    assert make(case, "--resampling", "nearest", "--yes").exit_code == 0
    # The new pairs are undecided, so going back sets nothing aside.
    assert make(case).exit_code == 0
    present = [pair for pair in case.store.pairs() if pair.state == "done"]
    assert present == before
    decided = review_statuses(case.store)
    assert [decided[pair.pair_id].decision for pair in present[:2]] == ["accepted", "rejected"]


def test_what_sets_no_decision_aside_does_not_ask(case: Case) -> None:
    say(case, "m0 20200202", "undo")
    say(case, "m1 20200202", "undo")
    assert make(case, "--resampling", "nearest").exit_code == 0


def test_a_changed_file_says_which_decisions_it_sets_aside(case: Case) -> None:
    path = Path(case.store.masks()[0].path)
    write_mask(path, 1 - checkered(8, 4), placed(2, 3, 10))
    words = ("masks", "add", str(path), "--date", "2020-02-02")
    result = run(case, *words)
    assert "1 pair that is decided (1 accepted) is superseded" in result.stderr
    assert "decided" not in run(case, *words).stderr


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["n", "y"])
def test_on_a_terminal_it_asks(case: Case, answer: str) -> None:
    before = case.store.pairs()
    words = ["pairs", "make", "--workers", "1", "--resampling", "nearest"]
    keyboard, terminal = pty.openpty()
    os.write(keyboard, f"{answer}\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "migrate_core", "--workspace", str(case.workspace.root), *words],
        cwd=REPOSITORY,
        stdin=terminal,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(keyboard)
    os.close(terminal)
    assert "2 pairs that are decided (1 accepted, 1 rejected)" in done.stderr
    assert "Go on? [y/N]" in done.stderr
    assert done.returncode == (0 if answer == "y" else 1)
    assert (case.store.pairs() == before) == (answer == "n")
