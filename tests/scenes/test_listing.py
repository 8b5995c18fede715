"""The scenes document: the contract of `scenes search --json`."""

import json
from pathlib import Path

from migrate_core.model import RankedScene
from migrate_core.scenes.listing import scene_rows
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.builders import a_mask, a_scene


def test_every_ready_mask_has_its_candidates_best_first(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path))
    store.put_masks(
        [
            a_mask("a.tif"),
            a_mask("b.tif", problems={"date": "It has no date."}),
            a_mask("c.tif"),
        ]
    )
    items = [
        RankedScene(a_scene("S1"), 0.95, 1.5, 0.75, {"clear_sky": 0.5, "coverage": 0.95}, True),
        RankedScene(
            a_scene("S2", cloud_percent=None), 1.0, -2, 0.5, {"clear_sky": 0.5}, True, ("S3",), 7.5
        ),
    ]
    store.put_scenes(item.scene for item in items)
    store.put_candidates({"a": items, "b": items})
    document = list(scene_rows(store))
    store.engine.dispose()
    assert json.loads(json.dumps(document)) == document
    assert [entry["mask_id"] for entry in document] == ["a", "c"]
    assert document[1]["scenes"] == []
    first, second = document[0]["scenes"]
    assert first == {
        "scene_id": "S1",
        "source": "local:/scenes",
        "sensed_at": "2020-01-21T10:43:51Z",
        "level": "L2A",
        "tile": "31TDG",
        "baseline": "02.14",
        "cloud_percent": 0.0,
        "cloud_over_mask_percent": None,
        "coverage": 0.95,
        "days_offset": 1.5,
        "score": 0.75,
        "terms": {"clear_sky": 0.5, "coverage": 0.95},
        "selected": True,
    }
    assert list(second) == list(first)
    assert (second["scene_id"], second["selected"]) == ("S2", False)
    assert (second["cloud_percent"], second["cloud_over_mask_percent"]) == (None, 7.5)
