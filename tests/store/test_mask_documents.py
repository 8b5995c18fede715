"""Masks come back from what this version stores, and from what older ones did."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely

from migrate_core.model import (
    ClassTable,
    Georeference,
    Mask,
    RasterForm,
    SourceImage,
    VectorForm,
)
from migrate_core.states import MaskState
from migrate_core.store.mask_documents import mask_document, mask_from
from tests.support.builders import a_mask

NO_DATE = {"date": "It has no date."}
MASKS = {
    "ready": a_mask("a.tif"),
    "with a problem": a_mask("a.tif", problems=NO_DATE),
    "of an image": a_mask("a.tif", source=SourceImage("/i.tif", "planetscope", "/u.tif", "/i.tif")),
    "of bands": a_mask("a.tif", form=RasterForm("one-hot", 3, tiles=("/a.tif", "/b.tif"))),
    "of polygons": a_mask(
        "a.gpkg",
        width=None,
        height=None,
        part="field 1",
        georeference=Georeference("EPSG:32631", None, "/i.tif"),
        form=VectorForm("/features.fgb", shapely.box(0, 0, 10, 10), "2020-05"),
        classes=ClassTable({"maize": 1}, None, {"maize": "Maize"}, {"maize": "#ff0000"}),
    ),
    "of which nothing is known": Mask("id", "a.tif", "/a.tif"),
}


def document_of(mask: Mask) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(mask_document(mask)))
    return found


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_a_mask_comes_back_as_it_was_stored(mask: Mask) -> None:
    assert mask_from(document_of(mask)) == mask


def test_the_parts_of_a_mask_are_flat_in_its_document() -> None:
    found = document_of(MASKS["of polygons"])
    assert found["crs"] == "EPSG:32631"
    assert (found["transform"], found["georeference"]) == (None, "/i.tif")
    assert (found["classes"], found["class_names"]) == ({"maize": 1}, {"maize": "Maize"})
    assert found["vector"]["features"] == "/features.fgb"
    assert document_of(MASKS["ready"])["vector"] is None
    assert document_of(MASKS["of an image"])["image"] == "/i.tif"
    assert not {"source", "form"} & set(found)


@pytest.mark.parametrize("name", ["ready", "with a problem"])
def test_the_text_of_all_problems_is_made_again(name: str) -> None:
    mask = MASKS[name]
    assert document_of(mask)["problem"] == mask.problem
    if mask.problem:
        assert mask_from({**document_of(mask), "problem": "an older text"}) == mask


def test_a_problem_that_was_stored_without_a_topic_is_kept() -> None:
    old = {**document_of(MASKS["ready"]), "problem": "a.tif: It can't be read."}
    del old["problems"]
    mask = mask_from(old)
    assert (mask.state, mask.problem) == (MaskState.PROBLEM, "a.tif: It can't be read.")
