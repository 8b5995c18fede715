"""The same pairs on a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate_core.errors import MigrateError
from migrate_core.jobs.background import latest_job
from migrate_core.pairs.files import pair_complete
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.run.runner import KIND
from tests.support.pairs import Case, Safe, numbered_masks, open_case, prepare, write_safe

distributed = pytest.importorskip("distributed")

# Asking for this machine's address, distributed connects a socket to an address outside; nothing
# is sent there.
pytestmark = [pytest.mark.services, pytest.mark.enable_socket]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster with two workers, each a process with a single thread."""
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def case(tmp_path: Path) -> Case:
    write_safe(tmp_path / "scenes", Safe())
    masks = numbered_masks(tmp_path / "masks", 4)
    return prepare(tmp_path / "workspace", masks, tmp_path / "scenes")


def test_a_cluster_makes_the_pairs_that_this_machine_makes(
    case: Case, scheduler: str, tmp_path: Path
) -> None:
    outcome = case.make(RunOptions(scheduler=scheduler))
    assert (outcome.total, outcome.made, outcome.failed) == (4, 4, 0)
    local = open_case(tmp_path / "local")
    local.store.put_masks(case.store.masks())
    local.store.put_scenes(case.store.scenes().values())
    ranked = {
        mask_id: [one.ranked for one in found] for mask_id, found in case.store.candidates().items()
    }
    local.store.put_candidates(ranked)
    local.make()
    assert case.store.pairs() == local.store.pairs()
    assert contents(case) == contents(local)


def contents(case: Case) -> dict[str, bytes]:
    return {
        path.relative_to(case.workspace.pairs).as_posix(): path.read_bytes()
        for path in case.workspace.pairs.rglob("*.tif")
    }


def test_a_second_run_on_the_cluster_makes_nothing(case: Case, scheduler: str) -> None:
    case.make(RunOptions(scheduler=scheduler))
    assert case.make(RunOptions(scheduler=scheduler)).made == 0


def test_a_pair_that_was_lost_is_made_again_and_not_remembered(case: Case, scheduler: str) -> None:
    case.make(RunOptions(scheduler=scheduler))
    lost = next(iter(case.pair_ids().values()))
    (case.workspace.pair(lost) / "image.tif").unlink()
    assert case.make(RunOptions(scheduler=scheduler)).made == 1
    assert pair_complete(case.workspace.pair(lost))


def test_a_mask_that_is_gone_fails_only_its_own_pair(case: Case, scheduler: str) -> None:
    gone: Any = next(mask for mask in case.store.masks() if mask.name == "m2.tif")
    Path(gone.path).unlink()
    outcome = case.make(RunOptions(scheduler=scheduler))
    assert (outcome.made, outcome.failed) == (3, 1)
    (failed,) = [pair for pair in case.store.pairs() if pair.state == "failed"]
    assert failed.mask_name == "m2.tif"
    assert "is gone" in str(failed.error)


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_named(case: Case) -> None:
    with pytest.raises(MigrateError, match=r"127\.0\.0\.1:9"):
        case.make(RunOptions(scheduler="tcp://127.0.0.1:9"))
    job = latest_job(case.store, KIND)
    assert job is not None
    assert job.state == "died"
