"""The list of pairs: what is on it, its counts, its pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely
import sqlalchemy as sa

from migrate_core.model import Acquired, Mask, Pair, PairParameters, RankedScene, Scene
from migrate_core.store import tables
from migrate_core.store.base import Store, open_store
from migrate_core.store.pair_list import (
    PageRequest,
    pair_counts,
    pair_row_of,
    pair_rows,
    parameters_in_use,
    running_pairs,
)
from migrate_core.store.selected import products_in_use
from migrate_core.store.serialize import to_json
from migrate_core.workspace import Workspace
from tests.support.older_database import make_older

SQUARE = shapely.box(0, 0, 1, 1)
DAY = datetime(2020, 2, 2, tzinfo=UTC)


def mask(name: str, problem: str | None = None) -> Mask:
    problems = {"date": problem} if problem else {}
    day = Acquired(DAY, False)
    return Mask(name, f"{name}.tif", f"/{name}.tif", acquired=day, problems=problems)


def ranked(scene_id: str) -> RankedScene:
    href = f"/products/{scene_id}.zip" if scene_id != "far" else "https://example.org/far"
    scene = Scene(scene_id, "local:/x", DAY, "L2A", "31TDG", "02.14", 0.0, SQUARE, href)
    return RankedScene(scene, 1.0, 0, 1.0, {}, usable=True)


def pair(name: str, scene: str, state: str, resampling: str = "bilinear") -> Pair:
    return Pair(
        f"{name}_{scene}",
        name,
        f"{name}.tif",
        (scene,),
        state,
        parameters=PairParameters(resampling),
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Masks a to f with scenes s1 (selected) and s2; f has a problem, e no scene."""
    store = open_store(Workspace(tmp_path))
    store.put_masks([mask(name) for name in "abcde"] + [mask("f", "no date")])
    scenes = [ranked("s1"), ranked("s2")]
    store.put_scenes([one.scene for one in scenes])
    store.put_candidates(dict.fromkeys("abcdf", scenes))
    store.put_pairs(
        [
            pair("a", "s1", "done"),
            pair("b", "s1", "running"),
            pair("c", "s1", "superseded"),
            pair("d", "s2", "done"),
        ]
    )
    return store


def listed(store: Store, part: PageRequest | None = None, *, alive: bool = True) -> list[str]:
    rows = pair_rows(store, part or PageRequest(), alive=alive)
    return [f"{row.mask_id} {row.scene_id} {row.state}" for row in rows]


def test_pairs_and_matches_still_to_be_made_are_listed(store: Store) -> None:
    assert listed(store) == [
        "a s1 done",
        "b s1 running",
        "c s1 to make",
        "d s1 to make",
        "d s2 done",
    ]


def test_counts_are_those_of_the_rows(store: Store) -> None:
    counts = pair_counts(store, alive=True)
    assert counts == {"to make": 2, "running": 1, "done": 2, "superseded": 1}
    for state, number in counts.items():
        assert len(listed(store, PageRequest(state))) == number


def test_without_a_living_run_what_was_under_way_is_interrupted(store: Store) -> None:
    store.put_pairs([pair("c", "s1", "queued")])
    assert pair_counts(store, alive=False)["interrupted"] == 2
    assert listed(store, PageRequest("interrupted"), alive=False) == [
        "b s1 interrupted",
        "c s1 interrupted",
    ]
    assert listed(store, PageRequest("running"), alive=False) == []
    assert listed(store, PageRequest("interrupted"), alive=True) == []


def test_a_list_is_read_page_by_page(store: Store) -> None:
    everything = listed(store)
    pages = [listed(store, PageRequest(None, first, 2)) for first in (0, 2, 4, 6)]
    assert pages == [everything[:2], everything[2:4], everything[4:], []]


def test_one_row_is_found_by_pair_or_by_mask(store: Store) -> None:
    row = pair_row_of(store, "b_s1", None, alive=True)
    assert row is not None
    assert row.pair == pair("b", "s1", "running")
    row = pair_row_of(store, None, "c", alive=True)
    assert row is not None
    assert (row.state, row.pair) == ("to make", None)
    assert pair_row_of(store, "nobody", None, alive=True) is None
    assert pair_row_of(store, None, "e", alive=True) is None


def test_an_empty_workspace_has_an_empty_list(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path))
    assert pair_counts(store, alive=False) == {}
    assert listed(store) == []
    assert parameters_in_use(store) is None


def test_pairs_in_the_hands_of_workers_are_found(store: Store) -> None:
    assert running_pairs(store, 5) == [("b_s1", "b.tif")]
    assert running_pairs(store, 0) == []


def test_the_parameters_of_most_present_pairs_are_in_use(store: Store) -> None:
    assert parameters_in_use(store) == PairParameters("bilinear")
    others = PairParameters("nearest", ignore_occluded=True, register=True, ignore_rim_m=12.5)
    store.put_pairs(
        [
            replace(pair(name, "s1", "done"), parameters=replace(others, offset=offset))
            for name, offset in zip("abcd", (None, 0, -1000, None), strict=True)
        ]
    )
    assert parameters_in_use(store) == others


def test_parameters_written_before_there_were_more_of_them_are_understood(
    store: Store, tmp_path: Path
) -> None:
    old = {**to_json(pair("a", "s1", "done")), "parameters": {"resampling": "cubic"}}
    with store.engine.begin() as connection:
        connection.execute(sa.delete(tables.pairs))
        row = {"pair_id": "a", "mask_id": "a", "state": "done", "document": old}
        connection.execute(sa.insert(tables.pairs), row)
    make_older(store.engine, "5")
    assert parameters_in_use(open_store(Workspace(tmp_path))) == PairParameters("cubic")


def test_products_of_selected_scenes_on_this_machine_are_offered(store: Store) -> None:
    assert products_in_use(store, 9) == ["/products/s1.zip"]
    store.put_scenes([ranked("far").scene])
    store.put_candidates({"e": [ranked("far")]})
    assert products_in_use(store, 9) == ["/products/s1.zip"]


@pytest.mark.parametrize("alive", [False, True])
def test_a_pair_that_waits_for_an_archive_is_on_order(store: Store, alive: bool) -> None:
    waiting = replace(pair("c", "s1", "queued"), error="ordered on 2024-05-01")
    before = pair_counts(store, alive=alive)
    store.put_pairs([waiting])
    counts = pair_counts(store, alive=alive)
    assert before.get("on order", 0) == 0
    assert counts["on order"] == 1
    (row,) = pair_rows(store, PageRequest("on order"), alive=alive)
    assert (row.mask_id, row.state, row.pair) == ("c", "on order", waiting)
    store.put_pairs([replace(waiting, error=None)])
    assert "on order" not in pair_counts(store, alive=alive)
