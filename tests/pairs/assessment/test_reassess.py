"""Assessing made pairs by other thresholds, without touching their pixels."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from migrate_core.errors import PairError
from migrate_core.model import Pair
from migrate_core.pairs.assessment.reassess import reassess, refresh_change
from migrate_core.pairs.run.options import RunOptions
from migrate_core.settings import AssessmentSettings
from tests.support.pairs import Case, Safe, numbered_masks, prepare, write_safe
from tests.support.threads import InThreads

STRICT = AssessmentSettings(reject_hidden=0.05, accept_hidden=0.0, accept_thin=0.0)
RASTERS = ("image.tif", "label.tif", "fractions.tif", "quality.tif")


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """One mask of 8 by 8 pixels, of which the upper half has 8 labelled ones in cloud shadow."""
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    classes = np.full((30, 30), 4)
    classes[:2] = 3  # rows 0 to 3 of the 10 m grid; the mask begins in row 3
    write_safe(tmp_path / "scenes", Safe(pixels={"SCL": classes}))
    return prepare(tmp_path / "workspace", numbered_masks(tmp_path, 1), tmp_path / "scenes")


def only(case: Case) -> tuple[Pair, dict[str, Any]]:
    (pair,) = case.store.pairs()
    folder = case.workspace.pair(pair.pair_id)
    return pair, json.loads((folder / "pair.json").read_text(encoding="utf-8"))


def judge_by(case: Case, thresholds: AssessmentSettings) -> tuple[Pair, dict[str, Any]]:
    case.make(RunOptions(workers=1, thresholds=thresholds))
    return only(case)


def test_other_thresholds_make_another_suggestion_and_no_other_pixels(case: Case) -> None:
    before, document = judge_by(case, AssessmentSettings())
    folder = case.workspace.pair(before.pair_id)
    written = {name: (folder / name).stat().st_mtime_ns for name in RASTERS}
    assert before.suggestion is not None
    assert before.suggestion.verdict == "unsure"
    after, again = judge_by(case, STRICT)
    assert after.suggestion is not None
    assert after.suggestion.verdict == "reject"
    assert after.pair_id == before.pair_id
    assert after.occlusion == before.occlusion
    assert {name: (folder / name).stat().st_mtime_ns for name in RASTERS} == written
    assert again["judged_by"] == {
        "reject_hidden": 0.05,
        "accept_hidden": 0.0,
        "accept_thin": 0.0,
    }
    changed = {name for name in document if document[name] != again[name]}
    assert changed == {"suggestion", "judged_by"}


def test_back_to_the_first_thresholds_the_first_suggestion_is_back(case: Case) -> None:
    first = judge_by(case, AssessmentSettings())
    judge_by(case, STRICT)
    assert judge_by(case, AssessmentSettings()) == first


def test_the_same_thresholds_leave_all_as_it_is(case: Case) -> None:
    pair, _ = judge_by(case, STRICT)
    document = case.workspace.pair(pair.pair_id) / "pair.json"
    written = document.stat().st_mtime_ns
    assert case.make(RunOptions(workers=1, thresholds=STRICT)).made == 0
    assert document.stat().st_mtime_ns == written


def test_doubts_are_told_again(case: Case) -> None:
    pair, document = judge_by(case, AssessmentSettings())
    folder = case.workspace.pair(pair.pair_id)
    doubted = {**document, "warnings": ["Edges lie 23 m apart."]}
    found = reassess(doubted, folder, AssessmentSettings(accept_hidden=0.3), empty_allowed=False)
    assert found["suggestion"]["verdict"] == "unsure"
    assert found["suggestion"]["reason"].endswith("Edges lie 23 m apart.")
    # A pair from before warnings were written down has those of its offset check.
    old = {name: value for name, value in document.items() if name != "warnings"}
    old["offset_check"] = {**document["offset_check"], "warnings": ["the item says -1000"]}
    found = reassess(old, folder, AssessmentSettings(), empty_allowed=False)
    assert "the item says -1000" in found["suggestion"]["reason"]
    # What are warnings now was called warnings by earlier versions.
    del old["offset_check"]["warnings"]
    old["offset_check"]["doubts"] = ["the item says -1000"]
    for earlier in (old, {**old, "doubts": ["The offset: the item says -1000."]}):
        found = reassess(earlier, folder, AssessmentSettings(), empty_allowed=False)
        assert "the item says -1000" in found["suggestion"]["reason"]


def test_what_was_not_known_stays_unknown(case: Case) -> None:
    pair, document = judge_by(case, AssessmentSettings())
    document["occlusion"]["all"]["cloud"] = None
    lax = AssessmentSettings(reject_hidden=1.0, accept_hidden=1.0)
    found = reassess(document, case.workspace.pair(pair.pair_id), lax, empty_allowed=False)
    assert found["suggestion"]["verdict"] == "unsure"
    assert "not known" in found["suggestion"]["reason"]


def test_a_raster_that_cannot_be_read_is_named(case: Case) -> None:
    pair, document = judge_by(case, AssessmentSettings())
    folder = case.workspace.pair(pair.pair_id)
    (folder / "quality.tif").write_bytes(b"")
    with pytest.raises(PairError, match=r"quality\.tif"):
        reassess(document, folder, STRICT, empty_allowed=False)


def test_the_pair_tells_in_which_image_the_ground_is_hidden(case: Case) -> None:
    pair, document = judge_by(case, AssessmentSettings())
    assert pair.occlusion_by_sensor is not None
    labelled = pair.occlusion_by_sensor.labelled
    assert labelled.sentinel2_only == pair.occlusion.labelled.shadow  # type: ignore[union-attr]
    assert (labelled.source_only, labelled.both) == (None, None)
    assert document["one_sided"]["labelled"]["sentinel2_only"] == labelled.sentinel2_only
    assert labelled.sentinel2_only == 4 / 32


def test_an_image_that_is_attached_later_is_looked_at_without_other_pixels(
    case: Case, tmp_path: Path
) -> None:
    before, document = judge_by(case, AssessmentSettings())
    folder = case.workspace.pair(before.pair_id)
    written = {name: (folder / name).stat().st_mtime_ns for name in RASTERS}
    (mask,) = case.store.masks()
    image = tmp_path / "image.tif"
    image.write_bytes(Path(mask.path).read_bytes())
    case.store.put_masks([replace(mask, source=replace(mask.source, path=str(image)))])
    assert case.make(RunOptions(workers=1)).made == 1
    after, again = only(case)
    assert (before.compared_with, after.compared_with) == (None, str(image))
    assert after.pair_id == before.pair_id
    assert {name: (folder / name).stat().st_mtime_ns for name in RASTERS} == written
    assert again["mask"]["image"] == str(image)
    changed = {name for name in document if document[name] != again[name]}
    assert changed - {"change", "change_found", "change_note"} == {"compared_with", "mask"}
    assert case.make(RunOptions(workers=1)).made == 0


def test_a_pair_from_before_changes_were_looked_for_gets_one(case: Case) -> None:
    pair, document = judge_by(case, AssessmentSettings())
    (mask,) = case.store.masks()
    folder = case.workspace.pair(pair.pair_id)
    found = refresh_change(
        {"mask": {"image": None}, "pair_id": pair.pair_id},
        folder,
        replace(mask, source=replace(mask.source, path=None)),
    )
    assert found["change_found"] == document["change_found"]
    assert found["change"] == document["change"]


def test_a_change_by_the_rules_of_before_is_looked_for_again_without_other_pixels(
    case: Case,
) -> None:
    before, document = judge_by(case, AssessmentSettings())
    folder = case.workspace.pair(before.pair_id)
    written = {name: (folder / name).stat().st_mtime_ns for name in RASTERS}
    # An earlier version measured the few pixels that clouds had left.
    case.store.put_pairs([replace(before, change=0.0, change_note=None, change_rules=None)])
    old = {**document, "change": 0.0, "change_found": {"value": 0.0, "method": "contrast"}}
    del old["change_note"], old["change_rules"]
    (folder / "pair.json").write_text(json.dumps(old), encoding="utf-8")
    assert case.make(RunOptions(workers=1)).made == 1
    assert only(case) == (before, document)
    assert {name: (folder / name).stat().st_mtime_ns for name in RASTERS} == written


def test_an_image_of_a_pair_that_cannot_be_read_is_named(case: Case) -> None:
    pair, document = judge_by(case, AssessmentSettings())
    (mask,) = case.store.masks()
    folder = case.workspace.pair(pair.pair_id)
    (folder / "image.tif").write_bytes(b"")
    with pytest.raises(PairError, match=r"image\.tif"):
        refresh_change(document, folder, mask)
