"""Plans: all masks or some, and what a partial run leaves alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrate_core.errors import WrongUseError
from migrate_core.jobs.background import latest_job
from migrate_core.model import PairParameters
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.run.plan import plan
from migrate_core.pairs.run.runner import KIND
from tests.support.pairs import Case, Safe, numbered_masks, prepare, write_safe
from tests.support.threads import InThreads

NEAR = Safe()
LATER = Safe(sensed="20200204T104351", generated="20200204T134500")


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    for safe in (NEAR, LATER):
        write_safe(tmp_path / "scenes", safe)
    masks = numbered_masks(tmp_path / "masks", 3)
    return prepare(tmp_path / "workspace", masks, tmp_path / "scenes")


def mask_ids(case: Case, *names: str) -> frozenset[str]:
    return frozenset(mask.mask_id for mask in case.store.masks() if mask.name[:-4] in names)


def planned(case: Case, options: RunOptions) -> list[str]:
    return [task.mask.name for task in plan(case.store, case.workspace, options)]


def set_state(case: Case, name: str, state: str) -> None:
    (pair,) = [pair for pair in case.store.pairs() if pair.mask_name == name]
    case.store.put_pairs([replace(pair, state=state)])


def test_only_the_masks_that_are_asked_for_are_made(case: Case) -> None:
    assert planned(case, RunOptions()) == ["m0.tif", "m1.tif", "m2.tif"]
    options = RunOptions(workers=1, masks=mask_ids(case, "m0", "m2"))
    assert planned(case, options) == ["m0.tif", "m2.tif"]
    assert case.make(options).total == 2
    assert case.states() == {"m0 20200202": "done", "m2 20200202": "done"}


@pytest.mark.parametrize("state", ["done", "failed", "cancelled", "queued", "superseded"])
def test_pairs_of_other_masks_stay_as_they_are(case: Case, state: str) -> None:
    case.make()
    set_state(case, "m1.tif", state)
    case.store.select(next(iter(mask_ids(case, "m1"))), LATER.name)
    before = [pair for pair in case.store.pairs() if pair.mask_name == "m1.tif"]
    case.make(RunOptions(workers=1, masks=mask_ids(case, "m0")))
    assert [pair for pair in case.store.pairs() if pair.mask_name == "m1.tif"] == before


def test_what_a_dead_run_had_begun_with_another_mask_waits(case: Case) -> None:
    case.make()
    set_state(case, "m1.tif", "running")
    case.make(RunOptions(workers=1, masks=mask_ids(case, "m0")))
    assert case.states()["m1 20200202"] == "queued"


def test_another_scene_of_a_mask_that_is_asked_for_supersedes_its_pair(case: Case) -> None:
    case.make()
    for name in ("m0", "m1"):
        case.store.select(next(iter(mask_ids(case, name))), LATER.name)
    case.make(RunOptions(workers=1, masks=mask_ids(case, "m0")))
    states = case.states()
    assert (states["m0 20200202"], states["m0 20200204"]) == ("superseded", "done")
    assert states["m1 20200202"] == "done"
    assert "m1 20200204" not in states


def test_a_run_can_be_limited_to_states(case: Case) -> None:
    case.make()
    set_state(case, "m0.tif", "failed")
    set_state(case, "m1.tif", "queued")
    assert planned(case, RunOptions(states=frozenset({"failed"}))) == ["m0.tif"]
    both = frozenset({"failed", "queued"})
    assert planned(case, RunOptions(states=both)) == ["m0.tif", "m1.tif"]
    assert planned(case, RunOptions(states=both, masks=mask_ids(case, "m1"))) == ["m1.tif"]
    with pytest.raises(WrongUseError, match="No pair is cancelled"):
        planned(case, RunOptions(states=frozenset({"cancelled"})))


@pytest.mark.parametrize("what", ["unknown", "with a problem", "without a scene"])
def test_a_mask_that_can_not_become_a_pair_is_named(case: Case, what: str) -> None:
    mask = case.store.masks()[1]
    if what == "with a problem":
        case.store.put_masks([replace(mask, problems={"date": "It has no date."})])
    if what == "without a scene":
        case.store.put_candidates({mask.mask_id: []})
    asked_for = "nobody" if what == "unknown" else mask.mask_id
    with pytest.raises(WrongUseError, match=asked_for):
        planned(case, RunOptions(masks=frozenset({asked_for})))


def test_the_job_counts_only_what_there_is_to_make(case: Case) -> None:
    case.make(RunOptions(workers=1, masks=mask_ids(case, "m0")))
    outcome = case.make()
    assert (outcome.total, outcome.made) == (3, 2)
    job = latest_job(case.store, KIND)
    assert job is not None
    assert (job.finished, job.total) == (2, 2)


def test_a_pair_remembers_how_it_was_made(case: Case) -> None:
    case.make()
    assert {pair.parameters and pair.parameters.resampling for pair in case.store.pairs()} == {
        "bilinear"
    }


def test_every_failure_leaves_its_traceback_until_it_is_tried_again(case: Case) -> None:
    mask = case.store.masks()[1]
    content = Path(mask.path).read_bytes()
    Path(mask.path).unlink()
    outcome = case.make()
    assert [pair.mask_name for pair in outcome.failures] == ["m1.tif"]
    log = case.workspace.log(outcome.failures[0].pair_id)
    assert "Traceback" in log.read_text()
    Path(mask.path).write_bytes(content)
    assert case.make(RunOptions(workers=1, states=frozenset({"failed"}))).failures == ()
    assert not log.exists()


# offsets by hand


def test_an_offset_that_was_set_is_kept_on_demand_for_its_scene_only(case: Case) -> None:
    one = mask_ids(case, "m1")
    by_hand = RunOptions(workers=1, masks=one, parameters=PairParameters(offset=-1000))
    case.make()
    case.make(by_hand)
    assert offsets(case, RunOptions(keep_offsets=True)) == [None, -1000, None]
    assert offsets(case, RunOptions()) == [None, None, None]
    other = RunOptions(parameters=PairParameters("cubic"), keep_offsets=True)
    assert [task.parameters.resampling for task in plan(case.store, case.workspace, other)] == [
        "cubic"
    ] * 3
    assert offsets(case, other) == [None, -1000, None]
    case.store.select(next(iter(one)), LATER.name)
    assert offsets(case, RunOptions(keep_offsets=True)) == [None, None, None]


def test_going_on_with_kept_offsets_leaves_the_pair_as_it_is(case: Case) -> None:
    one = mask_ids(case, "m1")
    case.make(RunOptions(workers=1, masks=one, parameters=PairParameters(offset=0)))
    (before,) = case.store.pairs()
    case.make(RunOptions(workers=1, keep_offsets=True))
    assert before in case.store.pairs()
    assert [pair.state for pair in case.store.pairs()] == ["done"] * 3


def offsets(case: Case, options: RunOptions) -> list[int | None]:
    return [task.parameters.offset for task in plan(case.store, case.workspace, options)]


def unusable(case: Case, *names: str) -> None:
    """Call the only candidates of these masks not usable."""
    candidates = case.store.candidates()
    for mask_id in mask_ids(case, *names):
        kept = [replace(one.ranked, usable=False) for one in candidates[mask_id]]
        case.store.put_candidates({mask_id: kept})


def test_scenes_that_are_not_usable_are_left_out_on_demand(case: Case) -> None:
    unusable(case, "m0", "m1")
    left_out = RunOptions(workers=1, leave_out_unusable=True)
    assert planned(case, RunOptions()) == ["m0.tif", "m1.tif", "m2.tif"]
    assert planned(case, left_out) == ["m2.tif"]
    case.store.select(next(iter(mask_ids(case, "m0"))), NEAR.name)
    assert planned(case, left_out) == ["m0.tif", "m2.tif"], "a person has chosen it"
    case.make(RunOptions(workers=1, masks=mask_ids(case, "m1")))
    assert planned(case, left_out) == ["m0.tif", "m1.tif", "m2.tif"], "it was begun before"


def test_a_run_that_leaves_out_everything_says_so(case: Case) -> None:
    unusable(case, "m0", "m1", "m2")
    with pytest.raises(WrongUseError, match="No selected scene is usable"):
        planned(case, RunOptions(leave_out_unusable=True))
