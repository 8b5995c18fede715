"""What pair.json says in sentences, of one pair and of many."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from migrate_core.errors import PairError
from migrate_core.model import PairParameters
from migrate_core.pairs.assessment.notes import notes_on, notes_on_many
from migrate_core.pairs.files import read_document
from migrate_core.pairs.make import make_pair
from tests.pairs.test_make import scene_of, task
from tests.support.pairs import Safe, placed, registered, write_mask, write_safe


def counted(mask_id: str, small: int, objects: int, name: str | None = None) -> dict[str, Any]:
    one = {"stored": 1, "name": name, "objects": objects, "under_50_m2": small}
    return {"mask": {"mask_id": mask_id}, "objects": {"classes": [one], "sentences": []}}


def test_a_made_pair_tells_of_small_objects_and_of_what_the_rim_took(tmp_path: Path) -> None:
    labels = np.zeros((20, 20), np.uint8)
    labels[5, 5] = labels[12:16, 12:16] = 1
    mask = registered(write_mask(tmp_path / "m.tif", labels, placed(20, 20, 5)))
    scene = scene_of(write_safe(tmp_path, Safe()), Safe())
    wanted = task(tmp_path, mask, [scene])
    wanted = replace(wanted, parameters=PairParameters(ignore_rim_m=30))
    suggestion = make_pair(wanted).suggestion
    took = "The boundary buffer of 30 m took 100.0 % of the labelled pixels."
    assert suggestion.verdict == "unsure"
    assert "were set to ignore" in suggestion.reason
    assert took in suggestion.reason
    first, second, *_ = notes_on(read_document(Path(wanted.folder)))
    assert first.startswith("1 of 2 objects of class 1 is under 50 m2: label them as fractions")
    assert second == took


def test_an_old_document_says_nothing_and_a_broken_one_is_named(tmp_path: Path) -> None:
    document = tmp_path / "pair.json"
    document.write_text(json.dumps({"pair_id": "old", "missing_bands": [], "offsets": {}}))
    assert notes_on(read_document(tmp_path)) == ()
    document.write_text("{")
    with pytest.raises(PairError, match=r"pair\.json: the file can't be read"):
        read_document(tmp_path)


def test_missing_bands_are_named() -> None:
    (note,) = notes_on({"missing_bands": ["B01", "B05"]})
    assert note == "The product has no B01, B05: the image has fewer bands."


def test_objects_are_counted_over_all_masks_each_once() -> None:
    documents = [
        counted("a", 5, 100, "buildings"),
        counted("b", 7, 240, "buildings"),
        counted("b", 7, 240, "buildings"),
        counted("c", 0, 4),
        {"mask": {"mask_id": "old"}},
    ]
    assert notes_on_many(documents) == (
        "12 of 340 buildings are under 50 m2: label them as fractions or drop them.",
    )


def test_rims_are_told_by_their_width() -> None:
    buffer = {"ignore_rim": {"width_m": 12.0, "labelled": 0.2}}
    documents = [{**counted(name, 0, 1), **buffer} for name in "ab"] + [counted("c", 0, 1)]
    assert notes_on_many(documents) == (
        "2 of 3 pairs ignore a buffer of 12 m on both sides of class borders.",
    )
