"""Repairing pairs: files, numbers and log go together, whatever happens in between."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from migrate_core.errors import MaskError, PairError, WrongUseError
from migrate_core.model import PairParameters
from migrate_core.pairs.edits import applying
from migrate_core.pairs.edits.applying import bring_all_up_to_date, bring_up_to_date
from migrate_core.pairs.flags import labelled_pixels
from migrate_core.pairs.run.options import RunOptions
from migrate_core.review.repair import EditRequest, repair
from migrate_core.review.run import decide, new_decision
from migrate_core.settings import AssessmentSettings
from migrate_core.store.base import open_store
from migrate_core.store.decisions import edits_of
from tests.support.repairs import RASTERS, RepairCase, area, made_case
from tests.support.threads import InThreads

# The cloud of the example, and a little more: columns 0 to 24 of the product.
CLOUD = area(0, 0, 24, 60)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RepairCase:
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    return made_case(tmp_path)


def log_of(made: RepairCase) -> list[str]:
    return [str(edit.kind) for edit in edits_of(made.case.store, made.pair.pair_id)]


def test_a_pair_with_one_cloud_is_kept_without_it(made: RepairCase) -> None:
    before = made.pair
    assert before.suggestion is not None
    assert before.suggestion.verdict == "unsure"
    found = made.edit("ignore", area=CLOUD, reason="cloud")
    assert found.pair == made.pair
    assert found.pair.suggestion is not None
    assert found.pair.suggestion.verdict == "accept"
    assert found.pair.occlusion is not None
    assert found.pair.occlusion.labelled.cloud == 0
    # The scene is as clouded as before.
    assert before.occlusion is not None
    assert found.pair.occlusion.all == before.occlusion.all
    label, flags = made.read("label")[0], made.read("quality")[0]
    share = (flags[labelled_pixels(label)] & 4 > 0).mean()
    assert share == found.pair.occlusion.labelled.cloud
    document = made.document
    assert document["suggestion"]["verdict"] == "accept"
    assert document["occlusion"]["labelled"]["cloud"] == 0
    (said,) = document["edits"]
    assert (said["kind"], said["reviewer"]) == ("ignore", "ann")
    assert said["document"]["reason"] == "cloud"
    assert said["token"] == found.edits[0].token == found.pair.edits[0]


def test_undo_gives_the_same_bytes(made: RepairCase) -> None:
    before, row = made.bytes(), made.pair
    kept = made.case.workspace.as_made(row.pair_id)
    made.edit("nudge", east_m=2.5, north_m=-1.0)
    made.edit("ignore", area=CLOUD)
    assert {path.name for path in kept.iterdir()} == set(RASTERS)
    after_two = made.bytes()
    assert all(after_two[name] != before[name] for name in before)
    made.edit("undo")
    only_nudged = made.bytes()
    assert kept.is_dir()
    made.edit("undo")
    assert made.bytes() == before
    assert made.pair == row
    assert not kept.exists()
    # And again from there, as the first time.
    made.edit("nudge", east_m=2.5, north_m=-1.0)
    assert {name: made.bytes()[name] for name in RASTERS} == {
        name: only_nudged[name] for name in RASTERS
    }
    assert log_of(made) == ["nudge", "ignore", "undo", "undo", "nudge"]


def test_everybody_undoes_what_is_theirs(made: RepairCase) -> None:
    made.edit("nudge", reviewer="ann", east_m=1, north_m=1)
    made.edit("ignore", reviewer="ben", area=CLOUD)
    assert [edit.reviewer for edit in made.edit("undo", reviewer="ann").edits] == ["ben"]
    with pytest.raises(WrongUseError, match="ann has made no edit"):
        made.edit("undo", reviewer="ann")
    assert log_of(made) == ["nudge", "ignore", "undo"]


def test_the_same_token_twice_changes_nothing(made: RepairCase) -> None:
    first = made.edit("nudge", token="click", east_m=1, north_m=1)
    files = made.bytes()
    assert made.edit("nudge", token="click", east_m=1, north_m=1) == first
    assert made.bytes() == files
    assert log_of(made) == ["nudge"]
    made.edit("undo", token="back")
    assert made.edit("undo", token="back").edits == ()
    assert log_of(made) == ["nudge", "undo"]
    with pytest.raises(WrongUseError, match="another edit"):
        made.edit("undo", token="click")


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (EditRequest("nobody", "undo"), "is no pair"),
        (EditRequest("", "paint"), "'paint' is no edit"),
        (EditRequest("", "nudge", {"east_m": 1}), "north_m"),
        (EditRequest("", "ignore", {"area": {}}), "no GeoJSON"),
    ],
)
def test_what_can_not_be_asked_for_leaves_no_trace(
    made: RepairCase, request_: EditRequest, words: str
) -> None:
    before = made.bytes()
    asked = replace(request_, pair_id=request_.pair_id or made.pair.pair_id)
    with pytest.raises(WrongUseError, match=words):
        repair(made.case.store, made.case.workspace, asked)
    assert made.bytes() == before
    assert log_of(made) == []


def test_a_superseded_pair_is_not_repaired(made: RepairCase) -> None:
    store, pair = made.case.store, made.pair
    store.put_pairs([replace(pair, state="superseded")])
    with pytest.raises(WrongUseError, match="superseded"):
        repair(store, made.case.workspace, EditRequest(pair.pair_id, "undo", {}, "ann"))


def test_a_mask_that_is_gone_or_read_otherwise_can_not_be_moved(made: RepairCase) -> None:
    before = made.bytes()
    (mask,) = made.case.store.masks()
    Path(mask.path).rename(f"{mask.path}.away")
    with pytest.raises(MaskError):
        made.edit("nudge", east_m=1, north_m=1)
    Path(f"{mask.path}.away").rename(mask.path)
    other = replace(mask.classes, stored={"0": 0, "1": 2})
    made.case.store.put_masks([replace(mask, classes=other)])
    with pytest.raises(PairError, match="another way"):
        made.edit("nudge", east_m=1, north_m=1)
    assert log_of(made) == []
    assert made.bytes() == before
    # What needs no mask goes on, and shares keep the names of their classes.
    made.edit("ignore", area=CLOUD)
    with rasterio.open(made.folder / "fractions.tif") as dataset:
        assert dataset.descriptions == ("class 0", "class 1")


@pytest.mark.parametrize(
    "step", ["_put_rasters", "write_raster", "findings_again", "write_document", "renew_pair"]
)
def test_what_a_kill_left_undone_is_done_when_the_pair_is_opened(
    made: RepairCase, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    pair_id = made.pair.pair_id
    made.edit("nudge", east_m=3, north_m=0)

    class KilledError(BaseException):
        pass

    def killed(*_: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(applying, step, killed)
        with pytest.raises(KilledError):
            made.edit("ignore", token="cut off", area=CLOUD)
    assert log_of(made) == ["nudge", "ignore"]
    assert len(made.pair.edits) == 1
    again = open_store(made.case.workspace)
    bring_all_up_to_date(again, made.case.workspace)
    after, row = made.bytes(), made.pair
    assert row.edits[-1] == "cut off"
    # The same as though nothing had happened; and what is up to date isn't touched.
    bring_up_to_date(again, made.case.workspace, pair_id)
    assert made.bytes() == after
    made.edit("undo")
    made.edit("ignore", token="whole", area=CLOUD)
    assert {name: made.bytes()[name] for name in RASTERS} == {name: after[name] for name in RASTERS}
    assert replace(made.pair, edits=()) == replace(row, edits=())
    made.edit("undo")
    made.edit("undo")
    assert not made.case.workspace.as_made(pair_id).exists()


def test_a_kill_between_two_files_is_mended(
    made: RepairCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.edit("nudge", token="first", east_m=3, north_m=1)
    whole = made.bytes()
    made.edit("undo")
    before = made.bytes()
    replaced = Path.replace

    def cut_off(path: Path, target: Path) -> Path:
        if Path(target) == made.folder / "quality.tif":
            raise KeyboardInterrupt
        return replaced(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", cut_off)
        with pytest.raises(KeyboardInterrupt):
            made.edit("nudge", token="again", east_m=3, north_m=1)
    assert made.bytes()["label.tif"] == whole["label.tif"]
    assert made.bytes()["quality.tif"] == before["quality.tif"]
    bring_all_up_to_date(made.case.store, made.case.workspace)
    assert {name: made.bytes()[name] for name in RASTERS} == {name: whole[name] for name in RASTERS}
    made.edit("undo")
    assert made.bytes() == before


def test_a_kill_while_the_last_edit_is_taken_back_loses_nothing(
    made: RepairCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made.bytes()
    made.edit("nudge", east_m=3, north_m=0)
    with monkeypatch.context() as patched:
        patched.setattr(applying, "renew_pair", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            made.edit("undo")
    bring_all_up_to_date(made.case.store, made.case.workspace)
    assert made.bytes() == before
    assert made.pair.edits == ()


def test_edits_at_once_are_all_applied(made: RepairCase) -> None:
    steps = [(0.5, 0.25), (1.5, -2.0), (-0.75, 3.0), (2.0, 1.0)]
    start = threading.Barrier(len(steps))

    def nudge(step: tuple[float, float]) -> None:
        store = open_store(made.case.workspace)
        start.wait()
        document = {"east_m": step[0], "north_m": step[1]}
        request = EditRequest(made.pair.pair_id, "nudge", document, "ann")
        repair(store, made.case.workspace, request)

    with ThreadPoolExecutor(len(steps)) as pool:
        list(pool.map(nudge, steps))
    together = made.read("fractions")
    assert len(made.pair.edits) == len(made.document["edits"]) == len(steps)
    for _ in steps:
        made.edit("undo")
    made.edit("nudge", east_m=sum(e for e, _ in steps), north_m=sum(n for _, n in steps))
    np.testing.assert_array_equal(made.read("fractions"), together)


def test_a_pair_that_is_made_again_has_its_edits(made: RepairCase) -> None:
    made.edit("nudge", east_m=4, north_m=4)
    made.edit("ignore", area=CLOUD)
    before, row = made.bytes(), made.pair
    shutil.rmtree(made.folder)
    assert made.case.make(RunOptions(workers=1)).made == 1
    assert made.bytes() == before
    assert made.pair == row
    made.edit("undo")
    made.edit("undo")
    assert made.pair.edits == ()


def test_a_repaired_pair_is_assessed_again_as_it_is(made: RepairCase) -> None:
    made.edit("ignore", area=area(0, 0, 22, 60))
    before = {name: made.bytes()[name] for name in RASTERS}
    edits = made.pair.edits
    strict = AssessmentSettings(reject_hidden=0.01, accept_hidden=0.0, accept_thin=0.0)
    made.case.make(RunOptions(workers=1, thresholds=strict))
    assert made.pair.edits == edits
    assert len(made.document["edits"]) == 1
    assert made.pair.suggestion is not None
    assert made.pair.suggestion.verdict == "reject"
    assert {name: made.bytes()[name] for name in RASTERS} == before
    # A run that has nothing to do leaves the edits, too.
    assert made.case.make(RunOptions(workers=1, thresholds=strict)).made == 0
    assert made.pair.edits == edits


def test_a_pair_that_comes_back_has_its_edits(made: RepairCase) -> None:
    made.edit("nudge", east_m=4, north_m=4)
    first, before = made.pair, made.bytes()
    made.case.make(RunOptions(workers=1, parameters=PairParameters(ignore_rim_m=5.0)))
    assert made.pair.pair_id != first.pair_id
    assert made.pair.edits == ()
    made.case.make(RunOptions(workers=1))
    assert made.pair == first
    assert made.bytes() == before
    made.edit("undo")
    assert made.pair.edits == ()


def test_decisions_about_the_pair_stand(made: RepairCase) -> None:
    store, pair_id = made.case.store, made.pair.pair_id
    decide(store, new_decision(pair_id, "unsure", "ann"))
    made.edit("ignore", area=CLOUD)
    assert decide(store, new_decision(pair_id, "accept", "ann")).decision == "accepted"
    said, done = store.decisions(pair_id), edits_of(store, pair_id)
    assert said[0].decided_at <= done[0].made_at <= said[1].decided_at
