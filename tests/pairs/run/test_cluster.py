"""Workers of a Dask cluster are asked before the first pair; what one begins another finishes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import migrate_core
from migrate_core.errors import MigrateError
from migrate_core.pairs.run.cluster import open_cluster, program_digest, samples
from migrate_core.pairs.run.plan import plan
from migrate_core.pairs.run.runner import RunOptions
from tests.support.pairs import (
    Case,
    Safe,
    find_scenes,
    numbered_masks,
    open_case,
    prepare,
    write_safe,
)

distributed = pytest.importorskip("distributed")

pytestmark = [pytest.mark.services, pytest.mark.enable_socket]

REPOSITORY = Path(__file__).resolve().parents[3]
PATIENCE_S = 60


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a scheduler without workers."""
    with distributed.LocalCluster(n_workers=0, processes=True, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def case(tmp_path: Path) -> Case:
    write_safe(tmp_path / "scenes", Safe())
    masks = numbered_masks(tmp_path / "masks", 4)
    return prepare(tmp_path / "workspace", masks, tmp_path / "scenes")


@contextmanager
def worker(
    scheduler: str, folder: Path = REPOSITORY, before: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """A `dask worker` that imports from `folder`, in mounts of its own after the command `before`.

    It is there once the scheduler knows it, and gone when the scheduler knows that, too.
    """
    dask = [sys.executable, "-m", "dask", "worker", scheduler, "--no-nanny", "--nthreads", "1"]
    command = [*dask, "--no-dashboard"]
    if before:
        command = ["unshare", "-m", "sh", "-c", f'{before} && exec "$@"', "sh", *command]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    with distributed.Client(scheduler) as client:
        known = len(client.nthreads())
        process = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: len(client.nthreads()) > known)
            yield process
        finally:
            process.kill()
            process.wait()
            wait_until(lambda: len(client.nthreads()) <= known)


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def refused(case: Case, scheduler: str) -> str:
    """What a run says that doesn't begin; nothing is made, and nothing is left behind."""
    with pytest.raises(MigrateError) as caught:
        case.make(RunOptions(scheduler=scheduler))
    assert {pair.state for pair in case.store.pairs()} == {"queued"}
    assert not list(case.workspace.root.glob(".cluster-*"))
    return str(caught.value)


def test_workers_that_see_all_make_the_pairs(case: Case, scheduler: str) -> None:
    with worker(scheduler):
        outcome = case.make(RunOptions(scheduler=scheduler))
    assert (outcome.made, outcome.failed) == (4, 0)
    assert not list(case.workspace.root.glob(".cluster-*"))


def test_a_scheduler_without_workers_is_said(case: Case, scheduler: str) -> None:
    assert "has no workers" in refused(case, scheduler)


def test_a_worker_without_the_program_is_said_once(
    case: Case, scheduler: str, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with worker(scheduler), worker(scheduler, elsewhere):
        message = refused(case, scheduler)
    assert "1 of 2 workers" in message
    assert "No module named 'migrate_core'" in message
    assert message.count("tcp://") == 2  # the scheduler, and the one worker


def test_a_worker_with_another_program_is_said(case: Case, scheduler: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(REPOSITORY / "migrate_core", other / "migrate_core")
    with worker(scheduler, other):
        assert case.make(RunOptions(scheduler=scheduler)).made == 4
    module = other / "migrate_core" / "text.py"
    module.write_text(f"{module.read_text()}\n# changed\n")
    unmade = open_case(tmp_path / "second")
    masks = case.store.masks()
    unmade.store.put_masks(masks)
    find_scenes(unmade, masks, tmp_path / "scenes")
    with worker(scheduler, other):
        message = refused(unmade, scheduler)
    assert "other files of the program" in message
    assert str(other) in message
    assert migrate_core.__version__ in message


def test_a_library_that_is_missing_there_is_said(
    case: Case, scheduler: str, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "migrate_core").symlink_to(REPOSITORY / "migrate_core")
    (broken / "rasterio.py").write_text("raise ImportError('no rasterio here')")
    with worker(scheduler, broken):
        assert "no rasterio here" in refused(case, scheduler)


own_mounts = pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0,
    reason="a process can't have mounts of its own here",
)


@own_mounts
def test_a_worker_that_does_not_see_the_workspace_is_said(case: Case, scheduler: str) -> None:
    with worker(scheduler, before=f"mount -t tmpfs none {case.workspace.root}"):
        message = refused(case, scheduler)
    assert f"doesn't see the workspace at {case.workspace.root}" in message


@own_mounts
def test_a_worker_that_can_not_write_into_the_workspace_is_said(case: Case, scheduler: str) -> None:
    root = case.workspace.root
    read_only = f"mount --bind {root} {root} && mount -o remount,bind,ro {root}"
    with worker(scheduler, before=read_only):
        assert f"can't write into the workspace at {root} (Read-only" in refused(case, scheduler)


@own_mounts
@pytest.mark.parametrize("name", ["scenes", "masks"])
def test_a_worker_that_can_not_read_the_files_is_said(
    case: Case, scheduler: str, tmp_path: Path, name: str
) -> None:
    with worker(scheduler), worker(scheduler, before=f"mount -t tmpfs none {tmp_path / name}"):
        message = refused(case, scheduler)
    assert "1 of 2 workers" in message
    assert f"can't read {tmp_path / name}" in message


def test_pairs_of_a_worker_that_is_killed_are_made_by_another(
    tmp_path: Path, scheduler: str
) -> None:
    write_safe(tmp_path / "scenes", Safe(size=240))
    case = prepare(
        tmp_path / "workspace", numbered_masks(tmp_path / "masks", 24), tmp_path / "scenes"
    )
    with worker(scheduler) as first, worker(scheduler):
        killed_at: list[int] = []

        def kill_in_the_middle() -> None:
            wait_until(lambda: sum(pair.state == "done" for pair in case.store.pairs()) >= 4)
            first.send_signal(signal.SIGKILL)
            killed_at.append(sum(pair.state == "done" for pair in case.store.pairs()))

        thread = threading.Thread(target=kill_in_the_middle)
        thread.start()
        outcome = case.make(RunOptions(scheduler=scheduler))
        thread.join()
    assert first.returncode == -signal.SIGKILL
    assert killed_at[0] < 24  # it had more to do
    assert (outcome.made, outcome.failed) == (24, 0)


def test_each_folder_is_looked_at_once_and_what_is_gone_is_not(tmp_path: Path) -> None:
    for name in ("a/1", "a/2", "b/2"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    paths = [str(tmp_path / name) for name in ("a/gone", "a/1", "a/2", "b/1", "b/2", "c/1")]
    assert samples(paths) == (paths[1], paths[4])


def test_of_very_many_folders_some_are_looked_at(tmp_path: Path) -> None:
    paths = []
    for number in range(2_100):
        path = tmp_path / str(number) / "mask"
        path.parent.mkdir()
        path.write_text("")
        paths.append(str(path))
    found = samples(paths)
    assert len(found) == 700
    assert found[0] == paths[0]


def test_the_digest_is_that_of_all_source_files() -> None:
    assert program_digest() == program_digest()
    assert len(program_digest()) == 64


def test_the_check_takes_no_longer_than_a_pair(case: Case, scheduler: str) -> None:
    tasks = plan(case.store, case.workspace, RunOptions())
    with worker(scheduler), open_cluster(scheduler, case.workspace, tasks) as (_, threads):
        assert threads == 1
