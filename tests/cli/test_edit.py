"""`review edit`: the commands that repair a pair, and what a dataset says of it then."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import rasterio

from tests.support.masks import Answer, run
from tests.support.repairs import RepairCase, area, made_case
from tests.support.threads import InThreads


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RepairCase:
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    return made_case(tmp_path)


def edit(made: RepairCase, *words: object) -> Answer:
    """A command on the case's pair."""
    return run(made.case.workspace.root, "review", "edit", made.pair.pair_id, *words)


def test_an_area_is_ignored_by_a_file_and_undone(made: RepairCase, tmp_path: Path) -> None:
    before = made.bytes()
    path = tmp_path / "cloud.geojson"
    path.write_text(json.dumps(area(0, 0, 24, 60)), encoding="utf-8")
    words = ("--area", path, "--reason", "a cloud", "--reviewer", "ben", "--json")
    answer = edit(made, "ignore", *words)
    assert answer.status == 0
    (entry,) = answer.document["edits"]
    assert (entry["kind"], entry["reviewer"]) == ("ignore", "ben")
    assert entry["document"]["reason"] == "a cloud"
    assert answer.document["suggestion"]["verdict"] == "accept"
    assert answer.document["occlusion"]["labelled"]["cloud"] == 0
    assert made.bytes() != before
    back = edit(made, "undo", "--reviewer", "ben")
    assert "0 edits count" in back.said
    assert made.bytes() == before
    assert edit(made, "undo", "--reviewer", "ben").status == 2


def test_a_nudge_takes_negative_metres(made: RepairCase) -> None:
    answer = edit(made, "nudge", "-3.5", "-0.25", "--json")
    (entry,) = answer.document["edits"]
    assert entry["document"] == {"east_m": -3.5, "north_m": -0.25}
    assert edit(made, "nudge", "far", "0").status == 2
    assert edit(made, "nudge", "1e6", "0").status == 2
    assert len(made.pair.edits) == 1


def test_wrong_files_and_pairs_are_refused(made: RepairCase, tmp_path: Path) -> None:
    path = tmp_path / "cloud.geojson"
    path.write_text("{", encoding="utf-8")
    answer = edit(made, "ignore", "--area", path)
    assert answer.status == 1
    assert "cloud.geojson" in answer.said
    root = made.case.workspace.root
    assert run(root, "review", "edit", "nobody", "undo").status == 2


def test_a_dataset_has_the_repaired_files_and_says_so(made: RepairCase, tmp_path: Path) -> None:
    root, pair_id = made.case.workspace.root, made.pair.pair_id
    run(root, "review", "decide", pair_id, "accept")
    edit(made, "nudge", 2, 1)
    edit(made, "nudge", 1, 1)
    assert run(root, "export", tmp_path / "dataset").status == 0
    with (tmp_path / "dataset" / "manifest.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert list(row)[-5:] == [
        "edits",
        "decided_by",
        "decision_rule",
        "decided_at",
        "decision_reason",
    ]
    assert row["edits"] == "2"
    with rasterio.open(tmp_path / "dataset" / "fractions" / f"{pair_id}.tif") as dataset:
        assert (dataset.read() == made.read("fractions")).all()
    card = (tmp_path / "dataset" / "dataset_card.md").read_text(encoding="utf-8")
    assert "- 1 of 1 pair was repaired by reviewers" in card
    edit(made, "undo")
    edit(made, "undo")
    assert run(root, "export", tmp_path / "dataset").status == 0
    assert "repaired" not in (tmp_path / "dataset" / "dataset_card.md").read_text(encoding="utf-8")
