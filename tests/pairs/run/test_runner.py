"""Runs: what is made, kept, failed, superseded, cancelled, and what a kill leaves behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from migrate_core.errors import JobRunningError, WrongUseError
from migrate_core.jobs.background import claim, latest_job, now_utc, request_cancel
from migrate_core.model import Mask, Pair, PairParameters
from migrate_core.pairs.files import pair_complete
from migrate_core.pairs.make import PairOutcome, PairTask, make_pair
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.run.runner import KIND
from tests.support.pairs import (
    RELEASE,
    STALLED,
    Case,
    Safe,
    checkered,
    crash_on_m1,
    find_scenes,
    make_pairs,
    numbered_masks,
    open_case,
    placed,
    prepare,
    registered,
    write_mask,
    write_safe,
)
from tests.support.product_forms import neighbours, write_old
from tests.support.threads import InThreads

REPOSITORY = Path(__file__).resolve().parents[3]
NEAR = Safe()
LATER = Safe(sensed="20200204T104351", generated="20200204T134500")
PATIENCE_S = 60


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two products, of the masks' day and of two days later."""
    folder = tmp_path_factory.mktemp("scenes")
    for safe in (NEAR, LATER):
        write_safe(folder, safe)
    return folder


@pytest.fixture
def masks(tmp_path: Path) -> list[Mask]:
    return numbered_masks(tmp_path / "masks", 3)


@pytest.fixture
def case(tmp_path: Path, masks: list[Mask], scenes: Path) -> Case:
    return prepare(tmp_path / "workspace", masks, scenes)


@pytest.fixture
def in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in threads of this process: starting workers takes a second each time."""
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)


def files(folder: Path) -> dict[str, int]:
    """All files below a folder with the times they were written."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


def job_state(case: Case) -> str:
    job = latest_job(case.store, KIND)
    assert job is not None
    return job.state


# what is made


@pytest.mark.usefixtures("in_threads")
def test_every_mask_with_a_selected_scene_becomes_a_pair(case: Case) -> None:
    heard: list[tuple[int, int, int]] = []
    outcome = make_pairs(
        case.store, case.workspace, RunOptions(workers=1), lambda *counts: heard.append(counts)
    )
    assert (outcome.total, outcome.made, outcome.failed, outcome.cancelled) == (3, 3, 0, False)
    assert case.states() == dict.fromkeys((f"m{n} 20200202" for n in range(3)), "done")
    assert all(pair_complete(case.workspace.pair(pair.pair_id)) for pair in case.store.pairs())
    assert all(pair.occlusion and pair.suggestion for pair in case.store.pairs())
    assert (heard[0], heard[-1]) == ((0, 0, 3), (3, 0, 3))
    job = latest_job(case.store, KIND)
    assert job is not None
    assert (job.state, job.finished, job.failed, job.total) == ("done", 3, 0, 3)


@pytest.mark.usefixtures("in_threads")
def test_pairs_that_change_within_half_a_second_are_written_together(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate_core.pairs.run.pair_rows._EVERY_S", 1000.0)
    written: list[list[str]] = []
    put = case.store.put_pairs

    def count(pairs: Sequence[Pair]) -> None:
        written.append([pair.state for pair in pairs])
        put(pairs)

    monkeypatch.setattr(case.store, "put_pairs", count)
    case.make()
    # What is queued, what is begun first, and the rest at the end of the run.
    assert len(written) == 3
    assert written[0] == ["queued"] * 3
    assert set(case.states().values()) == {"done"}


@pytest.mark.usefixtures("in_threads")
def test_a_second_run_makes_nothing_and_touches_nothing(case: Case) -> None:
    case.make()
    pairs, before = case.store.pairs(), files(case.workspace.pairs)
    outcome = case.make()
    assert (outcome.total, outcome.made, outcome.failed) == (3, 0, 0)
    assert case.store.pairs() == pairs
    assert files(case.workspace.pairs) == before


@pytest.mark.usefixtures("in_threads")
def test_only_what_is_missing_is_made(case: Case) -> None:
    case.make()
    before = files(case.workspace.pairs)
    lost = case.pair_ids()["m1 20200202"]
    (case.workspace.pair(lost) / "quality.tif").unlink()
    outcome = case.make()
    assert (outcome.total, outcome.made) == (3, 1)
    after = files(case.workspace.pairs)
    assert after.keys() == before.keys()
    assert {name.split("/")[0] for name in after if after[name] != before[name]} == {lost}


def test_without_a_selected_scene_there_is_nothing_to_make(tmp_path: Path) -> None:
    case = open_case(tmp_path)
    case.store.put_masks(numbered_masks(tmp_path / "masks", 1))
    with pytest.raises(WrongUseError, match="no pair to make"):
        case.make()


@pytest.mark.usefixtures("in_threads")
def test_a_mask_with_a_problem_is_left_out(case: Case, masks: list[Mask]) -> None:
    case.store.put_masks([replace(masks[1], problems={"date": "It has no date."})])
    assert case.make().total == 2
    assert "m1 20200202" not in case.states()


@pytest.mark.usefixtures("in_threads")
def test_files_of_a_pair_that_the_store_does_not_know_are_taken_up(case: Case) -> None:
    # A kill between the rename of a pair's folder and the note in the store.
    case.make()
    pairs = case.store.pairs()
    before = files(case.workspace.pairs)
    case.store.put_pairs(
        [replace(pair, state="running", occlusion=None, suggestion=None) for pair in pairs]
    )
    case.make()
    assert case.store.pairs() == pairs
    assert files(case.workspace.pairs) == before


# what fails


@pytest.fixture
def broken(tmp_path: Path, scenes: Path) -> Path:
    """The scenes, with a product of another day of which a band is cut off."""
    folder = tmp_path / "scenes"
    shutil.copytree(scenes, folder)
    safe = Safe(sensed="20210202T104351", generated="20210202T134500")
    band = write_safe(folder, safe) / safe.path_of("B05")
    band.write_bytes(band.read_bytes()[:150])
    return folder


def with_another_mask(tmp_path: Path, masks: list[Mask]) -> list[Mask]:
    other = write_mask(tmp_path / "masks" / "odd.tif", checkered(8, 4), placed(30, 30, 10))
    return [*masks, registered(other, "2021-02-02")]


@pytest.mark.usefixtures("in_threads")
def test_a_broken_product_fails_only_its_own_pair(
    tmp_path: Path, masks: list[Mask], broken: Path
) -> None:
    case = prepare(tmp_path / "workspace", with_another_mask(tmp_path, masks), broken)
    outcome = case.make()
    assert (outcome.total, outcome.made, outcome.failed) == (4, 3, 1)
    states = case.states()
    assert states.pop("odd 20210202") == "failed"
    assert set(states.values()) == {"done"}
    (failed,) = [pair for pair in case.store.pairs() if pair.state == "failed"]
    assert failed.error is not None
    assert "B05" in failed.error
    assert failed.failure == "product"
    assert not case.workspace.pair(failed.pair_id).exists()


@pytest.mark.usefixtures("in_threads")
def test_a_failed_pair_is_tried_again_and_heals(
    tmp_path: Path, masks: list[Mask], broken: Path
) -> None:
    case = prepare(tmp_path / "workspace", with_another_mask(tmp_path, masks), broken)
    case.make()
    write_safe(broken, Safe(sensed="20210202T104351", generated="20210202T134500"))
    outcome = case.make()
    assert (outcome.made, outcome.failed) == (1, 0)
    assert set(case.states().values()) == {"done"}
    assert {pair.error for pair in case.store.pairs()} == {None}


@pytest.mark.usefixtures("in_threads")
def test_an_unforeseen_error_fails_its_pair_and_leaves_a_log(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(task: PairTask) -> PairOutcome:
        if task.mask.name == "m1.tif":
            raise ZeroDivisionError("a bug")
        return make_pair(task)

    monkeypatch.setattr("migrate_core.pairs.run.runner.make_pair", make)
    outcome = case.make()
    assert (outcome.made, outcome.failed) == (2, 1)
    (failed,) = [pair for pair in case.store.pairs() if pair.state == "failed"]
    assert failed.error is not None
    assert "a bug" in failed.error
    assert failed.failure == "unforeseen"
    (log,) = case.workspace.logs.iterdir()
    assert log.name in failed.error
    assert "Traceback" in log.read_text()


@pytest.mark.workers
@pytest.mark.slow
def test_a_worker_that_dies_fails_its_own_pair_only(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate_core.pairs.run.runner.make_pair", crash_on_m1)
    outcome = case.make()
    assert (outcome.made, outcome.failed) == (2, 1)
    assert case.states() == {"m0 20200202": "done", "m1 20200202": "failed", "m2 20200202": "done"}
    (failed,) = [pair for pair in case.store.pairs() if pair.state == "failed"]
    assert failed.error is not None
    assert "exit code 7" in failed.error
    assert failed.failure == "crash"


# other selections


@pytest.mark.usefixtures("in_threads")
def test_another_scene_supersedes_a_pair_and_the_first_one_brings_it_back(case: Case) -> None:
    case.make()
    mask_id = next(mask.mask_id for mask in case.store.masks() if mask.name == "m1.tif")
    first = next(pair for pair in case.store.pairs() if pair.mask_id == mask_id)
    assert case.store.select(mask_id, LATER.name)
    assert case.make().made == 1
    states = case.states()
    assert (states["m1 20200202"], states["m1 20200204"]) == ("superseded", "done")
    assert (states["m0 20200202"], states["m2 20200202"]) == ("done", "done")
    before = files(case.workspace.pairs)
    assert case.store.select(mask_id, NEAR.name)
    assert case.make().made == 0
    states = case.states()
    assert (states["m1 20200202"], states["m1 20200204"]) == ("done", "superseded")
    assert first in case.store.pairs()
    assert files(case.workspace.pairs) == before


@pytest.mark.usefixtures("in_threads")
def test_other_parameters_make_other_pairs(case: Case) -> None:
    case.make()
    first = {pair.pair_id for pair in case.store.pairs()}
    outcome = case.make(RunOptions(workers=1, parameters=PairParameters("nearest")))
    assert outcome.made == 3
    states = {pair.pair_id: pair.state for pair in case.store.pairs()}
    assert {pair_id for pair_id, state in states.items() if state == "superseded"} == first
    assert sorted(states.values()) == ["done"] * 3 + ["superseded"] * 3


@pytest.mark.usefixtures("in_threads")
def test_a_corrected_date_changes_the_offset_but_not_the_pair(
    tmp_path: Path, case: Case, masks: list[Mask], scenes: Path
) -> None:
    case.make()
    before = {pair.pair_id for pair in case.store.pairs()}
    renamed = [registered(Path(mask.path), "2020-02-01") for mask in masks]
    case.store.put_masks(renamed)
    find_scenes(case, renamed, scenes)
    case.make()
    assert {pair.pair_id for pair in case.store.pairs()} == before
    assert {(pair.state, pair.days_offset) for pair in case.store.pairs()} == {("done", 1)}
    for pair_id in before:
        document = json.loads((case.workspace.pair(pair_id) / "pair.json").read_text())
        assert (document["mask"]["acquired"], document["days_offset"]) == ("2020-02-01", 1)


# cancelling, and others at work


@pytest.mark.usefixtures("in_threads")
def test_a_cancellation_in_the_store_ends_the_run_and_keeps_what_is_finished(case: Case) -> None:
    def progress(finished: int, failed: int, total: int) -> None:
        if finished == 1:
            assert request_cancel(case.store, KIND, now_utc())

    outcome = make_pairs(case.store, case.workspace, RunOptions(workers=1), progress)
    assert (outcome.made, outcome.cancelled) == (1, True)
    assert sorted(case.states().values()) == ["cancelled", "cancelled", "done"]
    assert job_state(case) == "cancelled"
    assert case.make().made == 2
    assert set(case.states().values()) == {"done"}


@pytest.mark.usefixtures("in_threads")
def test_ctrl_c_is_a_cancellation(case: Case) -> None:
    def progress(finished: int, failed: int, total: int) -> None:
        if finished == 1:
            raise KeyboardInterrupt

    outcome = make_pairs(case.store, case.workspace, RunOptions(workers=1), progress)
    assert (outcome.made, outcome.cancelled) == (1, True)
    assert sorted(case.states().values()) == ["cancelled", "cancelled", "done"]
    assert job_state(case) == "cancelled"


@pytest.mark.usefixtures("in_threads")
def test_ctrl_c_before_the_first_pair_is_a_cancellation_too(case: Case) -> None:
    def progress(finished: int, failed: int, total: int) -> None:
        raise KeyboardInterrupt

    try:
        outcome = make_pairs(case.store, case.workspace, RunOptions(workers=1), progress)
    except KeyboardInterrupt:
        # Let through, it would end pytest itself.
        pytest.fail("Ctrl-C came through")
    assert (outcome.made, outcome.cancelled) == (0, True)
    assert set(case.states().values()) == {"cancelled"}
    assert job_state(case) == "cancelled"


@pytest.mark.usefixtures("in_threads")
def test_a_second_run_at_the_same_time_is_refused(case: Case) -> None:
    job = claim(case.store, KIND, 3)
    with pytest.raises(JobRunningError, match=f"process {os.getpid()}"):
        case.make()
    assert case.states() == {}
    job.end("done")
    assert case.make().made == 3


@pytest.mark.usefixtures("in_threads")
def test_a_run_that_breaks_gives_the_work_up(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(case.store, "put_pairs", refuse)
        with pytest.raises(OSError, match="disk is full"):
            case.make()
    assert job_state(case) == "died"
    assert case.make().made == 3


# kills, in processes of their own

PROGRAM = """
import json, sys
from pathlib import Path
import migrate_core.pairs.run.runner as run
from tests.support.pairs import open_case, stall_in_the_middle

run.make_pair = stall_in_the_middle
case = open_case(Path(sys.argv[1]))
outcome = case.make(run.RunOptions(workers=2))
print(json.dumps([outcome.made, outcome.cancelled]))
"""


@pytest.fixture
def stalled_run(case: Case) -> Iterator[subprocess.Popen[str]]:
    """A run in a process of its own: m0 is made, another pair is half written and waits."""
    root = case.workspace.root
    run = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(root)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def ready() -> bool:
        return (root / STALLED).exists() and case.states().get("m0 20200202") == "done"

    try:
        wait_until(ready)
        yield run
    finally:
        (root / RELEASE).touch()
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.communicate()


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "nothing came of it"
        time.sleep(0.02)


def unfinished(case: Case) -> list[Path]:
    return list(case.workspace.root.glob(".unfinished*"))


@pytest.mark.workers
@pytest.mark.slow
def test_a_killed_run_is_seen_to_be_dead_and_the_next_one_goes_on(
    case: Case, stalled_run: subprocess.Popen[str]
) -> None:
    with pytest.raises(JobRunningError, match=f"process {stalled_run.pid}"):
        case.make()
    made = files(case.workspace.pair(case.pair_ids()["m0 20200202"]))
    os.killpg(stalled_run.pid, signal.SIGKILL)
    stalled_run.wait(PATIENCE_S)
    wait_until(lambda: not process_group_alive(stalled_run.pid))
    assert unfinished(case), "the kill was meant to hit a half written pair"
    assert sorted(case.states().values())[0] == "done"
    (case.workspace.root / RELEASE).touch()
    outcome = case.make()
    assert (outcome.total, outcome.made, outcome.failed) == (3, 2, 0)
    assert set(case.states().values()) == {"done"}
    assert not unfinished(case)
    assert files(case.workspace.pair(case.pair_ids()["m0 20200202"])) == made
    assert job_state(case) == "done"


def process_group_alive(group: int) -> bool:
    """Whether a process of the group still runs; those that ended but weren't reaped don't."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            return True
    return False


@pytest.mark.slow
def test_workers_do_not_outlive_a_killed_owner(
    case: Case, stalled_run: subprocess.Popen[str]
) -> None:
    stalled_run.kill()
    stalled_run.wait(PATIENCE_S)
    (case.workspace.root / RELEASE).touch()
    wait_until(lambda: not process_group_alive(stalled_run.pid))


@pytest.mark.workers
@pytest.mark.slow
@pytest.mark.parametrize("how", ["signal", "store"])
def test_a_running_process_can_be_stopped_by_ctrl_c_and_through_the_store(
    case: Case, stalled_run: subprocess.Popen[str], how: str
) -> None:
    if how == "signal":
        # Ctrl-C reaches the whole group: owner and workers.
        os.killpg(stalled_run.pid, signal.SIGINT)
    else:
        assert request_cancel(case.store, KIND, now_utc())
    out, _ = stalled_run.communicate(timeout=PATIENCE_S)
    assert stalled_run.returncode == 0
    assert json.loads(out) == [1, True]
    assert sorted(case.states().values()) == ["cancelled", "cancelled", "done"]
    assert job_state(case) == "cancelled"
    wait_until(lambda: not process_group_alive(stalled_run.pid))
    (case.workspace.root / RELEASE).touch()
    assert case.make().made == 2
    assert not unfinished(case)


@pytest.mark.usefixtures("in_threads")
def test_a_mask_finds_its_granule_of_an_old_product_of_several(tmp_path: Path) -> None:
    granules = neighbours("L2A", size=60)
    write_old(tmp_path / "scenes", granules)
    pixels = checkered(8, 4)
    masks = [
        registered(
            write_mask(tmp_path / f"{name}.tif", pixels, placed(column, 3, 10)), "2016-05-08"
        )
        for name, column in (("west", 5), ("east", 65))
    ]
    case = prepare(tmp_path / "workspace", masks, tmp_path / "scenes")
    assert case.make().made == 2
    for pair in case.store.pairs():
        one = granules[pair.mask_name == "east.tif"]
        assert pair.scene_ids[0].endswith(f"_T{one.tile}")
        with rasterio.open(case.workspace.pair(pair.pair_id) / "image.tif") as dataset:
            assert dataset.bounds.left >= one.west
            found, place = dataset.read(2), dataset.transform
        column, row = (int(number) for number in ~one.grid.transform @ (place.c, place.f))
        expected = one.pixels("B02", 60, 60)[row : row + 8, column : column + 8]
        np.testing.assert_array_equal(found, expected)
