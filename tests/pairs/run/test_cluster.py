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
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import migrate_core
from migrate_core.errors import MigrateError
from migrate_core.pairs.files import pair_complete
from migrate_core.pairs.run.cluster import program_digest, samples
from migrate_core.pairs.run.runner import RunOptions
from tests.support.browsing import free_port
from tests.support.pairs import (
    Case,
    Safe,
    numbered_masks,
    prepare,
    write_safe,
)

distributed = pytest.importorskip("distributed")

pytestmark = [pytest.mark.services, pytest.mark.enable_socket]

REPOSITORY = Path(__file__).resolve().parents[3]
PATIENCE_S = 60


@dataclass(frozen=True)
class Start:
    """How a worker is started: what it imports from, and what is mounted for it alone."""

    name: str
    folder: Path = REPOSITORY
    mount: str = ""


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
def workers(scheduler: str, *starts: Start) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes of `dask worker`, once the scheduler knows all; gone when it knows that, too."""
    with distributed.Client(scheduler) as client:
        processes = [started(scheduler, start) for start in starts]
        try:
            wait_until(lambda: len(client.nthreads()) == len(starts))
            yield processes
        finally:
            for process in processes:
                process.kill()
                process.wait()
            wait_until(lambda: not client.nthreads())


def started(scheduler: str, start: Start) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dask", "worker", scheduler, "--no-nanny", "--nthreads", "1"]
    command += ["--no-dashboard", "--name", start.name]
    if start.mount:
        command = ["unshare", "-m", "sh", "-c", f'{start.mount} && exec "$@"', "sh", *command]
    environment = {**os.environ, "PYTHONPATH": str(start.folder)}
    return subprocess.Popen(command, cwd=start.folder, env=environment, stderr=subprocess.DEVNULL)


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


def test_a_scheduler_without_workers_is_said(case: Case, scheduler: str) -> None:
    assert "has no workers" in refused(case, scheduler)


def test_workers_with_the_same_files_of_the_program_make_the_pairs(
    case: Case, scheduler: str, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(REPOSITORY / "migrate_core", copy / "migrate_core")
    with workers(scheduler, Start("same"), Start("copy", copy)):
        outcome = case.make(RunOptions(scheduler=scheduler))
    assert (outcome.made, outcome.failed) == (4, 0)
    assert not list(case.workspace.root.glob(".cluster-*"))


def test_each_reason_why_the_program_does_not_run_is_said_once(
    case: Case, scheduler: str, tmp_path: Path
) -> None:
    for name in ("without", "other", "broken"):
        (tmp_path / name).mkdir()
    shutil.copytree(REPOSITORY / "migrate_core", tmp_path / "other" / "migrate_core")
    with (tmp_path / "other" / "migrate_core" / "text.py").open("a") as file:
        file.write("\n# changed\n")
    (tmp_path / "broken" / "migrate_core").symlink_to(REPOSITORY / "migrate_core")
    (tmp_path / "broken" / "rasterio.py").write_text("raise ImportError('no rasterio here')")
    starts = (Start(name, tmp_path / name) for name in ("without", "without", "other", "broken"))
    numbered = [Start(f"{n} {start.name}", start.folder) for n, start in enumerate(starts)]
    with workers(scheduler, Start("good"), *numbered):
        message = refused(case, scheduler)
    assert "4 of 5 workers" in message
    assert message.count("No module named 'migrate_core'") == 1
    assert message.count("other files of the program") == 1
    assert f"({migrate_core.__version__} in {tmp_path / 'other' / 'migrate_core'})" in message
    assert message.count("no rasterio here") == 1
    assert message.count("tcp://") == 5  # the scheduler's, and one for each that is unable


def mounts_of_its_own() -> bool:
    tried = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(tried, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not mounts_of_its_own(), reason="no process can have mounts of its own here")
def test_each_folder_that_workers_lack_is_said(case: Case, scheduler: str, tmp_path: Path) -> None:
    root = case.workspace.root
    mounts = {
        "workspace": f"mount -t tmpfs none {root}",
        "read-only": f"mount --bind {root} {root} && mount -o remount,bind,ro {root}",
        "scenes": f"mount -t tmpfs none {tmp_path / 'scenes'}",
        "masks": f"mount -t tmpfs none {tmp_path / 'masks'}",
    }
    starts = (Start(name, mount=mount) for name, mount in mounts.items())
    with workers(scheduler, Start("good"), *starts):
        message = refused(case, scheduler)
    assert "4 of 5 workers" in message
    assert f"doesn't see the workspace at {root};" in message
    assert f"can't write into the workspace at {root} (Read-only file system)" in message
    assert f"can't read {tmp_path / 'scenes'}" in message
    assert f"can't read {tmp_path / 'masks'}" in message


def test_pairs_of_a_worker_that_is_killed_are_made_by_another(
    tmp_path: Path, scheduler: str
) -> None:
    write_safe(tmp_path / "scenes", Safe(size=120))
    masks = numbered_masks(tmp_path / "masks", 12)
    case = prepare(tmp_path / "workspace", masks, tmp_path / "scenes")
    left: list[int] = []

    def unmade() -> int:
        # By their files: the store is told of some pairs at a time.
        folders = (case.workspace.pair(pair.pair_id) for pair in case.store.pairs())
        return sum(not pair_complete(folder) for folder in folders)

    def kill_in_the_middle(process: subprocess.Popen[bytes]) -> None:
        wait_until(lambda: bool(case.store.pairs()) and unmade() <= 10)
        process.kill()
        left.append(unmade())

    with workers(scheduler, Start("first"), Start("second")) as (first, _):
        thread = threading.Thread(target=kill_in_the_middle, args=(first,))
        thread.start()
        outcome = case.make(RunOptions(scheduler=scheduler))
        thread.join()
    assert first.returncode == -signal.SIGKILL
    assert left[0] > 1  # both had more to do
    assert (outcome.made, outcome.failed) == (12, 0)


def test_the_commands_of_the_compose_file_start_a_cluster(case: Case, tmp_path: Path) -> None:
    compose = yaml.safe_load((REPOSITORY / "docs" / "compose.yaml").read_text(encoding="utf-8"))
    address = f"tcp://127.0.0.1:{free_port()}"
    instead = {
        "8786": address.rpartition(":")[2],
        "0.0.0.0": "127.0.0.1",
        "tcp://scheduler:8786": address,
        "/tmp/dask": str(tmp_path / "dask"),
    }
    processes = []
    try:
        for name in ("scheduler", "worker"):
            words = [instead.get(word, word) for word in compose["services"][name]["command"]]
            command = [sys.executable, "-m", *words]
            processes.append(subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.DEVNULL))
        with distributed.Client(address, timeout=PATIENCE_S) as client:
            wait_until(lambda: list(client.nthreads().values()) == [1])
            outcome = case.make(RunOptions(scheduler=address))
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()
    assert (outcome.made, outcome.failed) == (4, 0)


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
