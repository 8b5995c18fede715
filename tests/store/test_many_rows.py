"""How much is asked of a database that holds some thousand pairs: statements and rows, no times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from benchmarks.store.fill import fill, mask_id, pair_id
from benchmarks.store.measure import sidebar
from migrate_core.export.selection.choice import ALL, Choice
from migrate_core.export.selection.counts import counts_of_choice
from migrate_core.export.selection.curation import Curation
from migrate_core.export.selection.select import select
from migrate_core.masks.run import mask_row, mask_rows
from migrate_core.model import PairParameters
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.run.plan import plan
from migrate_core.review.decisions import pair_list_texts
from migrate_core.review.run import decide, new_decision
from migrate_core.scenes.listing import candidate_row, scene_rows
from migrate_core.states import MaskState
from migrate_core.store import candidates as scene_lists
from migrate_core.store import masks as mask_lists
from migrate_core.store.base import Store, open_store
from migrate_core.store.finished_pairs import export_counts, pair_centres, pair_footprints
from migrate_core.store.lists.candidates import CandidateLine
from migrate_core.store.lists.masks import light_masks
from migrate_core.store.pair_list import PageRequest, offsets_by_hand, pair_rows
from migrate_core.store.tables import metadata
from migrate_core.workspace import Workspace
from tests.support.database_counts import counted

MASKS = 2_000
# A mask with a pair, and one whose pair has failed.
MADE, FAILED = 55, 48
# So many rows at least are read where a table is read that shouldn't be.
FEW = 60


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)]
)
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """A store of many masks with candidates, pairs and decisions."""
    url = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    store = open_store(Workspace(tmp_path_factory.mktemp("many")), url)
    fill(store, MASKS)
    yield store
    if url is not None:
        metadata.drop_all(store.engine)
    store.engine.dispose()


@pytest.fixture
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("files"))


def test_pairs_before_an_export_are_counted_without_looking_up_their_masks(store: Store) -> None:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("plans are SQLite's")
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    sa.event.listen(store.engine, "before_cursor_execute", note)
    export_counts(store, {"basis": "rule"})
    sa.event.remove(store.engine, "before_cursor_execute", note)
    counts = [statement for statement in asked if "count(*)" in statement]
    assert len(counts) == 2
    with store.engine.connect() as connection:
        plans = [
            row.detail
            for statement in counts
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("rule",))
        ]
    scans = [detail for detail in plans if "SCAN" in detail or "masks" in detail]
    assert scans
    assert all("COVERING INDEX" in detail for detail in scans)


def test_the_sidebar_reads_some_numbers(store: Store) -> None:
    sidebar(store)
    with counted() as unchanged:
        sidebar(store)
    decide(store, new_decision(pair_id(MADE), "accept", "dan"))
    with counted() as changed:
        sidebar(store)
    assert unchanged.rows <= changed.rows <= FEW
    assert unchanged.statements <= changed.statements <= 12


def test_a_page_of_a_list_reads_its_rows(store: Store) -> None:
    with counted() as of_masks:
        mask_lists.list_masks(store, mask_lists.MaskFilter(), 1_000, 50)
    with counted() as of_scenes:
        scene_lists.mask_rows(store, scene_lists.MaskFilter(), 1_000, 50)
    with counted() as of_pairs:
        pair_rows(store, PageRequest(None, 1_000, 50), alive=False)
    assert (of_masks.rows, of_masks.statements) == (50, 1)
    assert (of_scenes.rows <= 200, of_scenes.statements) == (True, 4)
    assert (of_pairs.rows <= 100, of_pairs.statements) == (True, 2)


def test_a_run_of_one_mask_reads_that_mask(store: Store, workspace: Workspace) -> None:
    asked = RunOptions(masks=frozenset([mask_id(MADE)]), keep_offsets=True)
    with counted() as counts:
        (task,) = plan(store, workspace, asked)
    assert task.mask.mask_id == mask_id(MADE)
    assert counts.rows <= 20
    assert counts.statements <= 6


def test_a_run_of_failed_pairs_reads_their_masks(store: Store, workspace: Workspace) -> None:
    with counted() as counts:
        tasks = plan(store, workspace, RunOptions(states=frozenset(["failed"])))
    names = [task.mask.name for task in tasks]
    assert mask_id(FAILED) in {task.mask.mask_id for task in tasks}
    assert (len(names), names) == (MASKS // 50, sorted(names))
    # Of each the pair, the mask, three candidates, and scenes that several share.
    assert counts.rows <= 10 * len(tasks)


def test_offsets_that_persons_set_are_found_without_the_other_pairs(store: Store) -> None:
    pair = store.pair(pair_id(MADE))
    assert pair is not None
    store.put_pairs([replace(pair, parameters=PairParameters(offset=-1000))])
    with counted() as counts:
        assert offsets_by_hand(store) == {(pair.mask_id, pair.scene_ids): -1000}
    assert offsets_by_hand(store, [mask_id(FAILED)]) == {}
    store.put_pairs([pair])
    assert (counts.rows, offsets_by_hand(store)) == (1, {})


def test_masks_are_listed_by_one_statement(store: Store) -> None:
    with counted() as counts:
        rows = list(mask_rows(store))
    assert (counts.rows, counts.statements) == (MASKS, 1)
    assert rows == [mask_row(mask) for mask in store.masks()]


def test_the_table_of_masks_is_of_one_statement_without_outlines(store: Store) -> None:
    with counted() as counts:
        found = list(light_masks(store))
    assert (counts.rows, counts.statements) == (MASKS, 1)
    assert found == [replace(mask, extent=None, footprint=None) for mask in store.masks()]


def test_scenes_are_listed_some_hundred_masks_at_a_time(store: Store) -> None:
    with counted() as counts:
        rows = list(scene_rows(store))
    candidates = store.candidates()
    assert rows == [
        {
            "mask_id": mask.mask_id,
            "scenes": [
                candidate_row(CandidateLine.of(one)) for one in candidates.get(mask.mask_id, [])
            ],
        }
        for mask in store.masks()
        if mask.state == MaskState.READY
    ]
    listed = sum(len(row["scenes"]) for row in rows)
    assert listed > MASKS
    assert counts.rows <= len(rows) + listed + len(store.scenes())
    assert counts.statements <= 12


def test_pairs_are_listed_by_one_statement(store: Store, workspace: Workspace) -> None:
    with counted() as counts:
        listed = list(pair_list_texts(store, workspace))
    assert (counts.rows, counts.statements) == (len(listed), 1)


@pytest.mark.parametrize(
    ("filters", "most"),
    [
        ({}, FEW),
        ({"basis": "rule"}, FEW),
        ({"text": "SITE_0001", "basis": "person"}, FEW),
        ({"scene": "S2A_MSIL2A_20200131T104351_N0214_R008_11T15A_20200131T134500"}, FEW),
        ({"occluded": "..5"}, None),
        ({"text": "site_0001", "days": "..5", "by": "ann"}, None),
        ({"agreement": "1..", "level": "L2A"}, None),
    ],
    ids=str,
)
@pytest.mark.parametrize("choice", [Choice(), Choice(ALL, looked_at_only=True)], ids=str)
def test_what_goes_out_is_counted_without_reading_outlines(
    store: Store, workspace: Workspace, choice: Choice, filters: dict[str, str], most: int | None
) -> None:
    curation = Curation(filters)
    with counted() as counts:
        found = counts_of_choice(store, workspace, choice, curation)
    expected = select(store, workspace, choice, curation)
    assert sum(found.decisions.values()) == sum(found.basis.values()) == len(expected.going)
    assert found.left_out == Counter(expected.left_out.values())
    assert most is None or counts.rows <= most
    with counted() as again:
        counts_of_choice(store, workspace, choice, curation)
    assert again.rows <= FEW


def test_footprints_are_read_of_the_pairs_that_are_drawn(store: Store) -> None:
    wanted = [pair_id(MADE), pair_id(MADE + 1)]
    with counted() as counts:
        found = {one.pair_id: one.footprint for one in pair_footprints(store, wanted)}
    # In no order that PostgreSQL would keep.
    assert (sorted(found), counts.rows) == (wanted, 4)
    by_all: dict[str, Any] = {one.pair_id: one.footprint for one in pair_footprints(store)}
    assert found == {name: by_all[name] for name in wanted}
    centres = pair_centres(store)
    assert centres.keys() == set(store.finished_pairs())
    (ring,) = by_all[wanted[0]]["coordinates"]
    lons, lats = ([point[axis] for point in ring] for axis in (0, 1))
    middle = ((min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2)
    assert centres[wanted[0]] == pytest.approx(middle)
