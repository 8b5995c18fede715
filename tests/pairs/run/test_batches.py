"""Batches of one scene: their order, and what the pairs of one share in a process."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from migrate_core.jobs.background import now_utc, request_cancel
from migrate_core.model import Scene
from migrate_core.pairs import sharing
from migrate_core.pairs.make import PairOutcome, PairTask, make_pair
from migrate_core.pairs.run import workers
from migrate_core.pairs.run.batches import batch_size, by_scene, in_block_order
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.run.plan import plan
from migrate_core.pairs.run.prefetch import FetchedTask
from migrate_core.pairs.run.runner import KIND
from migrate_core.pairs.run.trust import trust, trusted
from migrate_core.products.product import Product
from migrate_core.products.tiles import tile_grid
from tests.support.pairs import (
    TILE,
    Case,
    Safe,
    checkered,
    crash_on_m1,
    numbered_masks,
    placed,
    prepare,
    registered,
    write_mask,
    write_safe,
)
from tests.support.threads import InThreads


@pytest.fixture
def case(tmp_path: Path) -> Case:
    write_safe(tmp_path / "scenes", Safe())
    masks = numbered_masks(tmp_path / "masks", 5)
    return prepare(tmp_path / "workspace", masks, tmp_path / "scenes")


def tasks_of(case: Case) -> list[PairTask]:
    return plan(case.store, case.workspace, RunOptions())


def contents(case: Case) -> dict[str, bytes]:
    """The bytes of all rasters of pairs."""
    return {
        path.relative_to(case.workspace.pairs).as_posix(): path.read_bytes()
        for path in case.workspace.pairs.rglob("*.tif")
    }


def test_tasks_come_by_scene_and_then_by_block_and_say_how_many_lie_together(
    case: Case, tmp_path: Path
) -> None:
    grid = tile_grid(TILE)
    assert grid is not None
    task, others = tasks_of(case)[0], tasks_of(case)[1:3]
    # 20 km east of the others: two blocks on.
    far = registered(write_mask(tmp_path / "far.tif", checkered(8, 4), placed(2000, 3, 10)))
    second = replace(task.scenes[0], scene_id="A scene before")
    made = in_block_order(
        [replace(task, mask=far), *others, replace(task, scenes=(second,))], "run"
    )
    assert [one.scenes[0].scene_id for one in made[:1]] == ["A scene before"]
    assert [one.mask.name for one in made[1:]] == ["m1.tif", "m2.tif", "far.tif"]
    found = [one.sharing for one in made]
    assert [one.windows for one in found if one] == [1, 2, 2, 1]
    groups = by_scene([FetchedTask(one, lambda: None) for one in made])
    assert [len(group) for group in groups] == [1, 3]


def test_batches_get_smaller_towards_the_end_so_that_all_workers_have_work() -> None:
    assert batch_size(1000, 2) == 16
    left, sizes = 100, []
    while left:
        sizes.append(batch_size(left, 2))
        left -= sizes[-1]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-4:] == [1, 1, 1, 1]


def test_a_run_opens_a_product_once_and_another_run_opens_it_again(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    open_scene = sharing.open_scene

    def counted(scene: Scene) -> Product:
        opened.append(scene.scene_id)
        return open_scene(scene)

    monkeypatch.setattr(sharing, "open_scene", counted)
    tasks = tasks_of(case)
    for run in ("first", "second"):
        for task in in_block_order(tasks, run):
            make_pair(replace(task, folder=f"{task.folder}-{run}"))
    assert len(opened) == 2
    make_pair(replace(tasks[0], folder=f"{tasks[0].folder}-alone"))
    assert len(opened) == 3


def test_pairs_are_the_same_bytes_alone_and_together(case: Case, tmp_path: Path) -> None:
    for task in tasks_of(case):
        make_pair(task)
    alone = contents(case)
    again = prepare(tmp_path / "again", case.store.masks(), tmp_path / "scenes")
    shared = [
        replace(task, sharing=task.sharing and replace(task.sharing, windows=100))
        for task in in_block_order(tasks_of(again), "run")
    ]
    for task in reversed(shared):
        make_pair(task)
    assert len(alone) == 5 * 4
    assert contents(again) == alone


@pytest.mark.workers
@pytest.mark.slow
def test_pairs_are_the_same_bytes_by_one_worker_and_by_two(case: Case, tmp_path: Path) -> None:
    assert case.make(RunOptions(workers=1)).made == 5
    again = prepare(tmp_path / "again", case.store.masks(), tmp_path / "scenes")
    assert again.make(RunOptions(workers=2)).made == 5
    assert contents(again) == contents(case)


@pytest.mark.workers
@pytest.mark.slow
def test_a_pair_that_crashes_fails_alone_and_the_rest_of_its_batch_is_made(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate_core.pairs.run.runner.make_pair", crash_on_m1)
    monkeypatch.setattr("migrate_core.pairs.run.runner.batch_size", lambda *_: 5)
    outcome = case.make(RunOptions(workers=1))
    assert (outcome.made, outcome.failed) == (4, 1)
    assert [pair.mask_name for pair in outcome.failures] == ["m1.tif"]
    # Again in a process of its own, though other pairs of the product were made.
    again = case.make(RunOptions(workers=1))
    assert (again.made, again.failed) == (0, 1)


# products that were read before


class Counted(InThreads):
    """A pool that is counted."""

    opened = 0

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        Counted.opened += 1


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch) -> type[Counted]:
    monkeypatch.setattr(workers, "WorkerPool", Counted)
    monkeypatch.setattr(Counted, "opened", 0)
    return Counted


def lose(case: Case, count: int) -> None:
    for pair in case.store.pairs()[:count]:
        (case.workspace.pair(pair.pair_id) / "image.tif").unlink()


def test_few_pairs_of_a_product_that_was_read_before_need_no_pool(
    case: Case, pools: type[Counted]
) -> None:
    assert case.make().made == 5
    before = contents(case)
    assert pools.opened == 1
    lose(case, 2)
    assert (case.make().made, pools.opened) == (2, 1)
    assert contents(case) == before
    lose(case, 3)
    assert (case.make().made, pools.opened) == (3, 2)


def test_a_product_that_was_written_anew_is_not_trusted(
    case: Case, pools: type[Counted], tmp_path: Path
) -> None:
    case.make()
    assert trusted(case.workspace, tasks_of(case))
    next((tmp_path / "scenes").rglob("*B02*.jp2")).touch()
    assert not trusted(case.workspace, tasks_of(case))
    lose(case, 1)
    assert (case.make().made, pools.opened) == (1, 2)


def test_what_lies_at_a_service_is_never_trusted(case: Case) -> None:
    task = tasks_of(case)[0]
    remote = replace(task, scenes=(replace(task.scenes[0], href="https://example.org/item"),))
    trust(case.workspace, remote)
    assert not trusted(case.workspace, [remote])


def test_a_run_that_is_cancelled_in_a_batch_begins_no_more_of_it(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def make(task: PairTask) -> PairOutcome:
        begun.append(task.mask.name)
        if len(begun) == 2:
            assert request_cancel(case.store, KIND, now_utc())
            time.sleep(2)  # until the run, which looks twice a second, has heard of it
        return make_pair(task)

    trust(case.workspace, tasks_of(case)[0])
    monkeypatch.setattr("migrate_core.pairs.run.runner.make_pair", make)
    monkeypatch.setattr("migrate_core.pairs.run.runner.work_here", lambda *_: True)
    monkeypatch.setattr("migrate_core.pairs.run.runner.batch_size", lambda *_: 5)
    outcome = case.make()
    assert outcome.cancelled
    assert begun == ["m0.tif", "m1.tif"]
    states = set(case.states().values())
    assert states == {"done", "cancelled"}
    monkeypatch.undo()
    case.make()
    assert set(case.states().values()) == {"done"}
