"""The database: the same promises on SQLite and, with the mark `services`, on PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import shapely
import sqlalchemy as sa
from shapely.geometry import box

from migrate_core.errors import JobRunningError, StoreError
from migrate_core.jobs.background import answer, claim, latest_job, messages, request_cancel
from migrate_core.masks.run import mask_row, mask_rows
from migrate_core.model import (
    Acquired,
    ClassTable,
    Decision,
    Georeference,
    Mask,
    Occluded,
    Occlusion,
    Pair,
    PairEdit,
    PairParameters,
    RankedScene,
    Scene,
    Shares,
    Shift,
    SourceImage,
    Suggestion,
    VectorForm,
)
from migrate_core.pairs.listing import label_occluded
from migrate_core.review.decisions import pair_list_texts
from migrate_core.review.pair_rows import pair_rows
from migrate_core.review.run import decide
from migrate_core.states import EditKind, JobState, Level, PairState
from migrate_core.store import masks as queries
from migrate_core.store.base import Store, open_store
from migrate_core.store.decisions import (
    append_edit,
    applied_edits,
    edit_logs,
    edits_of,
    renew_pair,
)
from migrate_core.store.finished_pairs import ExportKey, export_counts, pairs_without_footprint
from migrate_core.store.jobs import request_of
from migrate_core.store.lists.masks import mask_row_texts
from migrate_core.store.lists.pairs import pair_lines
from migrate_core.store.masks import MaskFilter
from migrate_core.store.pair_list import parameters_in_use
from migrate_core.store.review.pair_numbers import pair_numbers
from migrate_core.store.serialize import to_json
from migrate_core.store.tables import metadata
from migrate_core.store.tables import pairs as pairs_table
from migrate_core.workspace import Workspace
from tests.support.builders import a_mask
from tests.support.older_database import make_older
from tests.support.triage import a_pair

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LAKE = Mask(
    "lake-01",
    "lake.tif",
    "/data/lake.tif",
    sha256="01" * 32,
    georeference=Georeference(
        crs="EPSG:32631", transform=(3.0, 0.5, 500000.25, 0.5, -3.0, 4700000.0)
    ),
    width=20,
    height=10,
    extent=shapely.box(3, 42, 3.1, 42.1),
    footprint=shapely.Polygon([(3, 42), (3.1, 42), (3.1, 42.1)]),
    acquired=Acquired.parse("2020-02-02T10:15:32Z"),
    classes=ClassTable(stored={"0": 0, "255": 1}),
    source=SourceImage(path="/data/lake_image.tif"),
)
PROBLEM = Mask("bad-02", "bad.png", "/data/bad.png", problems={"georeference": "It has no CRS."})


def scene(day: int, source: str = "local:/scenes") -> Scene:
    return Scene(
        f"S2A_MSIL2A_202002{day:02}T104351_N0214_R008_T31TDG_202002{day:02}T134500",
        source,
        datetime(2020, 2, day, 10, 43, 51, tzinfo=UTC),
        "L2A",
        "31TDG",
        "02.14",
        12.5 if day % 2 else None,
        shapely.box(2, 41, 4, 43),
        f"/scenes/{day}.SAFE",
    )


def ranked(day: int, **more: object) -> RankedScene:
    terms = {"clear_sky": 0.5, "closeness": 0.75}
    found = RankedScene(scene(day), 0.98, day - 2, 0.625, terms, True)
    return replace(found, **more)  # type: ignore[arg-type]


PAIR = Pair(
    "lake-01_20200204_aa",
    "lake-01",
    "lake.tif",
    ("one", "two"),
    state="done",
    days_offset=1.0194,
    coverage=0.98,
    occlusion=Occlusion(
        Shares(0.1, 0.0, 0.0, 0.0, 0.0, 0.0), Shares(None, None, None, None, None, None)
    ),
    suggestion=Suggestion("accept", "clear"),
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    url = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    store = open_store(Workspace(tmp_path), url)
    yield store
    if url is not None:
        metadata.drop_all(store.engine)
    store.engine.dispose()


# jobs and versions


def test_what_a_job_is_asked_for_and_says_comes_back(store: Store) -> None:
    job = claim(store, "export", 0, request={"work": "export", "weights": [0.5, None]})
    job.say(Level.PROBLEM, ["b.tif: é", "a.tif: no date"])
    job.say(Level.ERROR, ["it failed"])
    job.answer({"path": "/data"})
    assert request_of(store, job.job_id) == {"work": "export", "weights": [0.5, None]}
    assert messages(store, "export", Level.PROBLEM) == ("b.tif: é", "a.tif: no date")
    assert messages(store, "export", Level.ERROR) == ("it failed",)
    assert answer(store, "export") == {"path": "/data"}
    found = latest_job(store, "export")
    assert found is not None
    assert found.launched is True
    job.end(JobState.DONE)
    claim(store, "export", 0)
    later = latest_job(store, "export")
    assert later is not None
    assert (later.launched, answer(store, "export")) == (False, None)


def test_a_database_of_the_first_version_is_brought_up_by_one_of_two(
    store: Store, tmp_path: Path
) -> None:
    claim(store, "export", 0).end(JobState.DONE)
    store.append_decision(decision("accept"))
    make_older(store.engine, "1")
    is_file = store.engine.dialect.name == "sqlite"
    url = None if is_file else store.engine.url.render_as_string(hide_password=False)
    with ThreadPoolExecutor(2) as threads:
        opened = list(threads.map(lambda _: open_store(Workspace(tmp_path), url), range(2)))
    for again in opened:
        job = latest_job(again, "export")
        assert job is not None
        assert (job.state, answer(again, "export")) == ("done", None)
        assert again.decisions() == [decision("accept")]
        again.engine.dispose()


@pytest.mark.parametrize("version", ["1", "5", "7"])
def test_an_older_database_gets_the_indexes_of_a_new_one(
    store: Store, tmp_path: Path, version: str
) -> None:
    def indexes() -> set[str]:
        tables = sa.inspect(store.engine)
        names = tables.get_table_names()
        return {str(one["name"]) for name in names for one in tables.get_indexes(name)}

    new = indexes()
    make_older(store.engine, version)
    assert not new <= indexes()
    is_file = store.engine.dialect.name == "sqlite"
    url = None if is_file else store.engine.url.render_as_string(hide_password=False)
    open_store(Workspace(tmp_path), url).engine.dispose()
    assert indexes() == new


def test_pairs_are_counted_by_whether_their_mask_has_a_footprint(store: Store) -> None:
    bare = replace(LAKE, mask_id="bare-04", name="bare.tif", path="/data/bare.tif", footprint=None)
    store.put_masks([LAKE, bare])
    named = [("a", "lake-01", "done"), ("b", "lake-01", "failed"), ("c", "bare-04", "done")]
    named += [("d", "bare-04", "done"), ("e", "gone-05", "done"), ("f", "gone-05", "failed")]
    store.put_pairs(
        [
            replace(PAIR, pair_id=pair_id, mask_id=mask_id, mask_name=mask_id, state=state)
            for pair_id, mask_id, state in named
        ]
    )
    done, failed = (
        ExportKey(state, None, None, has_footprint=True) for state in ("done", "failed")
    )
    without = {done._replace(has_footprint=False): 3, failed._replace(has_footprint=False): 1}
    assert export_counts(store) == {done: 1, failed: 1, **without}
    assert export_counts(store, {"text": "BARE"}) == {done._replace(has_footprint=False): 2}
    assert pairs_without_footprint(store) == {"c", "d", "e"}


# masks


def test_masks_come_back_as_they_were_by_name(store: Store) -> None:
    store.put_masks([LAKE, PROBLEM])
    assert store.masks() == [PROBLEM, LAKE]


def test_rows_of_masks_are_those_of_their_documents_whatever_they_are_called(store: Store) -> None:
    crs = Georeference(crs="lake-01", transform=LAKE.georeference.transform)
    odd = replace(LAKE, name='sée "1".tif', georeference=crs, acquired=None)
    store.put_masks([odd, replace(PROBLEM, name="bäd.png")])
    assert list(mask_rows(store)) == [mask_row(mask) for mask in store.masks()]
    assert 'sée \\"1\\".tif' in "".join(mask_row_texts(store))


def test_the_same_mask_again_renews_it(store: Store) -> None:
    store.put_masks([LAKE])
    changed = replace(LAKE, acquired=Acquired.parse("2020-02-03"))
    store.put_masks([changed])
    assert store.masks() == [changed]


def test_the_same_mask_under_another_path_moves(store: Store) -> None:
    store.put_masks([LAKE])
    moved = replace(LAKE, path="/elsewhere/lake.tif")
    store.put_masks([moved])
    assert store.masks() == [moved]


def test_a_file_with_other_content_replaces_the_mask_and_supersedes_its_pairs(
    store: Store,
) -> None:
    other = replace(LAKE, mask_id="sea-03", name="sea.tif", path="/data/sea.tif")
    other_pair = replace(PAIR, pair_id="sea-03_x", mask_id="sea-03")
    store.put_masks([LAKE, other])
    store.put_scenes([scene(3)])
    store.put_candidates({"lake-01": [ranked(3)], "sea-03": [ranked(3)]})
    store.put_pairs([PAIR, other_pair])
    new = replace(LAKE, mask_id="lake-99", sha256="99" * 32)
    store.put_masks([new])
    assert store.masks() == [new, other]
    gone, kept = store.pairs()
    left = replace(gone, superseded_at=None, mask_key=None)
    assert (left, kept) == (replace(PAIR, state="superseded"), other_pair)
    assert (gone.mask_key, gone.superseded_at is None) == (LAKE.path, False)
    assert list(store.candidates()) == ["sea-03"]


def test_no_masks_are_put_without_fuss(store: Store) -> None:
    store.put_masks([])
    store.put_pairs([])
    store.put_scenes([])
    store.put_candidates({})
    assert (store.masks(), store.pairs(), store.scenes()) == ([], [], {})


# scenes and candidates


def test_scenes_are_renewed_by_id_and_source(store: Store) -> None:
    store.put_scenes([scene(3), scene(3, "local:/other")])
    clear = replace(scene(3), cloud_percent=0.0)
    store.put_scenes([clear])
    assert store.scenes() == {
        (clear.scene_id, "local:/scenes"): clear,
        (clear.scene_id, "local:/other"): scene(3, "local:/other"),
    }


def selection(store: Store, mask_id: str = "lake-01") -> list[tuple[int, bool]]:
    """Day and selection of a mask's candidates, best first."""
    return [
        (candidate.ranked.scene.sensed_at.day, candidate.selected)
        for candidate in store.candidates()[mask_id]
    ]


def put_days(store: Store, *days: int) -> None:
    store.put_scenes([scene(day) for day in days])
    store.put_candidates({"lake-01": [ranked(day) for day in days]})


def test_candidates_come_back_in_order_with_the_best_selected(store: Store) -> None:
    put_days(store, 5, 3, 4)
    assert selection(store) == [(5, True), (3, False), (4, False)]
    found = store.candidates()["lake-01"][0].ranked
    assert found == ranked(5)
    halves = ranked(6, completed_by=("other half",), cloud_over_mask_percent=3.5)
    store.put_scenes([scene(6)])
    store.put_candidates({"lake-01": [halves]})
    assert store.candidates()["lake-01"][0].ranked == halves


def test_a_person_selects_one_and_later_searches_keep_it(store: Store) -> None:
    put_days(store, 5, 3, 4)
    assert store.select("lake-01", scene(3).scene_id)
    assert selection(store) == [(5, False), (3, True), (4, False)]
    put_days(store, 7, 5, 4, 3)
    assert selection(store) == [(7, False), (5, False), (4, False), (3, True)]


def test_a_selection_that_is_found_no_more_gives_way_to_the_best(store: Store) -> None:
    put_days(store, 5, 3)
    store.select("lake-01", scene(3).scene_id)
    put_days(store, 7, 5)
    assert selection(store) == [(7, True), (5, False)]


def test_a_selection_by_rank_follows_the_rank(store: Store) -> None:
    put_days(store, 5, 3)
    put_days(store, 3, 5)
    assert selection(store) == [(3, True), (5, False)]


def test_only_a_candidate_can_be_selected(store: Store) -> None:
    put_days(store, 5, 3)
    assert not store.select("lake-01", scene(9).scene_id)
    assert not store.select("unknown", scene(3).scene_id)
    assert selection(store) == [(5, True), (3, False)]


def test_a_search_leaves_the_candidates_of_other_masks(store: Store) -> None:
    put_days(store, 5, 3)
    store.put_candidates({"sea-03": [ranked(3)], "empty": []})
    assert selection(store) == [(5, True), (3, False)]
    assert set(store.candidates()) == {"lake-01", "sea-03"}


# pairs


def test_pairs_are_renewed_by_their_id(store: Store) -> None:
    queued = Pair("lake-01_20200203_bb", "lake-01", "lake.tif", ("one",))
    store.put_pairs([PAIR, queued])
    failed = replace(queued, state="failed", error="it’s broken")
    store.put_pairs([failed])
    assert store.pairs() == [failed, PAIR]


# decisions


def decision(verdict: str, minute: int = 0, reviewer: str = "ann") -> Decision:
    return Decision("p", verdict, reviewer, None, NOON + timedelta(minutes=minute))


def test_decisions_come_back_in_the_order_they_were_made(store: Store) -> None:
    said = [
        decision("accept", 5),
        replace(decision("reject", 1), reason="a cloud"),
        decision("undo"),
    ]
    for one in said:
        store.append_decision(one)
    assert store.decisions() == said


def test_a_decision_sent_twice_counts_once(store: Store) -> None:
    store.append_decision(decision("accept"), token="click-1")
    store.append_decision(decision("reject"), token="click-1")
    store.append_decision(decision("reject"), token="click-2")
    assert [one.verdict for one in store.decisions()] == ["accept", "reject"]


def test_without_a_token_every_decision_counts(store: Store) -> None:
    for _ in range(2):
        store.append_decision(decision("accept"))
    assert len(store.decisions()) == 2


def test_repairs_come_back_and_pairs_say_which_they_have(store: Store) -> None:
    nudge = PairEdit(
        "t1", PAIR.pair_id, EditKind.NUDGE, {"east_m": 1.5, "north_m": 0.0}, "ann", NOON
    )
    store.put_pairs([PAIR, replace(PAIR, pair_id="other")])
    for edit in (nudge, replace(nudge, token="t2", kind=EditKind.UNDO, document={}), nudge):
        append_edit(store, edit)
    assert [edit.token for edit in edits_of(store, PAIR.pair_id)] == ["t1", "t2"]
    assert edit_logs(store)[PAIR.pair_id][0] == nudge
    assert applied_edits(store) == {PAIR.pair_id: ()}
    renew_pair(store, PAIR.pair_id, {"edits": ("t1",), "change": 0.25})
    assert applied_edits(store) == {PAIR.pair_id: ("t1",)}
    assert store.pair(PAIR.pair_id) == replace(PAIR, edits=("t1",), change=0.25)


def test_times_come_back_in_utc(store: Store) -> None:
    there = timezone(timedelta(hours=9))
    local = datetime(2026, 3, 1, 21, 0, 0, 123456, tzinfo=there)
    store.append_decision(replace(decision("accept"), decided_at=local))
    (found,) = store.decisions()
    assert found.decided_at == local
    assert found.decided_at.utcoffset() == timedelta(0)


def test_decisions_of_many_at_once_are_all_kept(store: Store) -> None:
    def decide(reviewer: str) -> None:
        for minute in range(10):
            store.append_decision(decision("accept", minute, reviewer))

    threads = [threading.Thread(target=decide, args=(f"r{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = store.decisions()
    assert len(found) == 40
    for number in range(4):
        own = [one.decided_at for one in found if one.reviewer == f"r{number}"]
        assert own == sorted(own)


# jobs on the same database


def test_jobs_are_claimed_once_and_cancelled_on_either_database(store: Store) -> None:
    first = claim(store, "pairs", 3)
    with pytest.raises(JobRunningError):
        claim(store, "pairs", 3)
    assert request_cancel(store, "pairs", datetime.now(UTC))
    assert first.cancel_requested()
    first.end("cancelled")
    claim(store, "pairs", 4)
    found = latest_job(store, "pairs")
    assert found is not None
    assert (found.state, found.total) == ("running", 4)


# the file


def test_opening_again_finds_everything(tmp_path: Path, store: Store) -> None:
    store.put_masks([LAKE])
    store.append_decision(decision("accept"))
    url = None if store.engine.dialect.name == "sqlite" else store.engine.url
    again = open_store(Workspace(tmp_path), url and url.render_as_string(hide_password=False))
    assert (again.masks(), again.decisions()) == ([LAKE], [decision("accept")])
    again.engine.dispose()


@pytest.fixture
def _no_waiting_for_the_disk() -> None:
    """Here the database waits, as it does in earnest."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_the_database_in_the_workspace_is_in_wal_mode(workspace: Workspace) -> None:
    open_store(workspace)
    with sqlite3.connect(workspace.database) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_readers_are_not_held_up_by_a_writer(workspace: Workspace) -> None:
    store = open_store(workspace)
    store.put_masks([LAKE])
    with store.engine.begin() as writer:
        writer.execute(sa.text("UPDATE masks SET name = 'changed'"))
        reader = sqlite3.connect(workspace.database, timeout=0)
        assert reader.execute("SELECT name FROM masks").fetchall() == [("lake.tif",)]
        reader.close()


def test_decisions_are_flushed_to_the_disk(workspace: Workspace) -> None:
    store = open_store(workspace)
    with store.engine.connect() as connection:
        # 2 is FULL.
        assert connection.scalar(sa.text("PRAGMA synchronous")) == 2


def test_a_database_of_another_version_is_refused(workspace: Workspace) -> None:
    store = open_store(workspace)
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE facts SET value = '0' WHERE name = 'schema'"))
    with pytest.raises(StoreError, match="schema 0"):
        open_store(workspace)


def test_a_file_that_is_no_database_is_named(workspace: Workspace) -> None:
    workspace.database.write_bytes(b"this is not a database, whatever its name says" * 50)
    with pytest.raises(StoreError, match=r"migrate\.db"):
        open_store(workspace)


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlite:////nowhere/at/all.db", "postgresql+nodriver://u:secret@/db"]
)
def test_a_database_url_that_leads_nowhere_is_said_without_its_password(
    workspace: Workspace, url: str
) -> None:
    with pytest.raises(StoreError, match="DATABASE_URL") as caught:
        open_store(workspace, url)
    assert "secret" not in str(caught.value)


def test_a_server_that_cannot_be_reached_is_said_with_or_without_a_driver(
    workspace: Workspace,
) -> None:
    # Whether psycopg is installed here or not: either is for the user to mend.
    with pytest.raises(StoreError, match="DATABASE_URL") as caught:
        open_store(workspace, "postgresql+psycopg://u:secret@127.0.0.1:9/db")
    assert "secret" not in str(caught.value)


# masks page by page


def test_shifts_changes_and_parameters_of_pairs_are_read_on_either_database(store: Store) -> None:
    way = PairParameters(register=True, ignore_rim_m=12.5, offset=-1000)
    shifted = replace(PAIR, shift=Shift(-3.0, 4.0, 0.5, reliable=True), change=0.25, parameters=way)
    store.put_pairs([shifted, replace(PAIR, pair_id="other", parameters=PairParameters())])
    store.put_pairs([replace(shifted, pair_id="third", parameters=replace(way, offset=None))])
    rows = {row.pair_id: (row.shift_m, row.change) for row in pair_rows(store)}
    assert rows == {PAIR.pair_id: (5.0, 0.25), "third": (5.0, 0.25), "other": (None, None)}
    assert parameters_in_use(store) == replace(way, offset=None)


def test_masks_near_each_other_are_counted_by_the_database(store: Store) -> None:
    def put(name: str, west: float, **more: Any) -> None:
        centre = box(west, 40, west + 0.01, 40.01)
        store.put_masks([replace(a_mask(name, extent=centre, footprint=centre), **more)])

    for number in range(3):
        put(f"a{number}.tif", 1 + number / 1000)
    put("b.tif", 5, problems={"file": "none"}, pending=True)
    store.put_masks([a_mask("nowhere.tif", extent=None, footprint=None)])
    near, far = sorted(queries.mask_clusters(store, MaskFilter()), key=lambda c: c.centre)
    assert (near.count, near.problems, near.mask_id) == (3, 0, "a0")
    assert near.centre == pytest.approx((1.006, 40.005))
    assert (far.count, far.problems, far.mask_id) == (1, 1, "b")
    assert queries.mask_clusters(store, MaskFilter(name="no such")) == []
    assert [mask.name for mask in queries.pending_masks(store)] == ["b.tif"]
    assert queries.any_pending(store)


def test_named_classes_of_vectors_are_known_to_later_ones(store: Store) -> None:
    area = box(0, 0, 1, 1)
    for name, classes in (("a", {"maize": 1}), ("b", {"wheat": 2, "maize": 1})):
        form = VectorForm("features.fgb", area)
        mask = replace(
            a_mask(f"{name}.gpkg"),
            part=name,
            form=form,
            classes=replace(a_mask(f"{name}.gpkg").classes, stored=classes),
        )
        store.put_masks([mask])
    store.put_masks(
        [replace(a_mask("c.tif"), classes=replace(a_mask("c.tif").classes, stored={"7": 7}))]
    )
    assert queries.known_classes(store) == {"maize": 1, "wheat": 2}
    assert set(store.masks_of_file("/masks/a.gpkg")) == {"a"}
    listed = {mask.mask_id: (mask.path, mask.part) for mask in queries.listed_masks(store)}
    assert listed["a"] == ("/masks/a.gpkg", "a")
    assert listed["c"] == ("/masks/c.tif", None)


def test_numbers_of_pairs_come_out_of_their_documents(store: Store) -> None:
    stored = {"0": 0, "7": 1}
    mask = a_mask(classes=ClassTable(stored=stored, pixels={"0": 6, "7": 3}))
    store.put_masks([mask])
    pair = replace(a_pair("p1", cloud=0.25, change=None), mask_id=mask.mask_id)
    store.put_pairs([pair, a_pair("p2", cloud=0.0, change=0.5)])
    paths = [("occlusion", "labelled", "cloud"), ("occlusion", "all", "snow"), ("change",)]
    first, second = pair_numbers(store, paths)
    assert first == ("p1", (0.25, None, None), "accept", {"0": 6, "7": 3}, stored)
    assert second == ("p2", (0.0, None, 0.5), "accept", None, None)


# the list of pairs


ODD = 'é😀 "shift": null, "lake-02_20200204_aa", \\u00e9 \\'
LISTED = [
    PAIR,
    replace(
        PAIR,
        pair_id="lake-02_20200204_aa",
        mask_name="sjö.tif",
        state=PairState.FAILED,
        days_offset=-3,
        occlusion=None,
        suggestion=None,
        error=ODD,
    ),
    # Its own id stands where the ids of scenes do.
    replace(PAIR, pair_id="two", days_offset=0.1 + 0.2, change=1e-07, change_note=ODD),
    replace(
        PAIR,
        pair_id="see-ö",
        mask_id="meer",
        days_offset=None,
        suggestion=Suggestion("reject", ODD),
        shift=Shift(-1.0000000000000002, 2.5, 0.30000000000000004, reliable=False),
        change=5e-324,
        occluded=Occluded(0.25, 0.123456),
    ),
]


def listed_row(pair: Pair, decision: str | None) -> dict[str, Any]:
    """What the list has to say of a pair, by its document."""
    document = to_json(pair)
    names = ("pair_id", "mask_id", "mask_name", "scene_ids", "state", "occlusion", "days_offset")
    row = {name: document[name] for name in (*names, "suggestion", "shift", "change", "error")}
    for name in ("image", "label", "fractions", "quality"):
        made = document["occlusion"] is not None
        row[name] = f"pairs/{pair.pair_id}/{name}.tif" if made else None
    return {**row, "decision": decision}


def test_the_list_of_pairs_says_what_their_documents_say(store: Store, tmp_path: Path) -> None:
    store.put_pairs(LISTED)
    decide(store, Decision("two", "accept", "ann", None, NOON))
    expected = [
        listed_row(pair, "accepted" if pair.pair_id == "two" else None)
        for pair in sorted(LISTED, key=lambda pair: (pair.mask_id, pair.pair_id))
    ]
    texts = list(pair_list_texts(store, Workspace(tmp_path)))
    found = [json.loads(text) for text in texts]
    assert found == expected
    # Each digit is as it is stored, and people can read the letters.
    assert [repr(row["days_offset"]) for row in found] == [
        repr(row["days_offset"]) for row in expected
    ]
    assert any('"sjö.tif"' in text for text in texts)


def test_the_table_of_pairs_has_the_numbers_of_older_ones_too(store: Store) -> None:
    by_sensor = {"labelled": {"clear": 0.7}, "all": {"clear": 0.5}}
    store.put_pairs(LISTED)
    older = {"pair_id": "see-ö", "mask_id": "meer", "one_sided": by_sensor, "occlusion": {}}
    change = sa.update(pairs_table).where(pairs_table.c.pair_id == "see-ö")
    with store.engine.begin() as connection:
        lines = {line.pair_id: line for line in pair_lines(store)}
        connection.execute(change.values(document=older))
    assert label_occluded(lines["see-ö"]) == 0.123456
    assert (lines["see-ö"].verdict, lines["see-ö"].reason) == ("reject", ODD)
    assert (lines["two"].change, lines["two"].change_note) == (1e-07, ODD)
    assert (lines["lake-02_20200204_aa"].occlusion_of_label, label_occluded(lines["two"])) == (
        None,
        None,
    )
    (old,) = (line for line in pair_lines(store) if line.pair_id == "see-ö")
    assert (label_occluded(old), old.days_offset, old.verdict) == (0.3, None, None)


def test_the_list_of_pairs_is_one_statement_and_decodes_no_document(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put_pairs([replace(PAIR, pair_id=f"p{number}") for number in range(1200)])
    statements, decoded = list[str](), list[str]()
    sa.event.listen(
        store.engine, "after_cursor_execute", lambda *event: statements.append(event[2])
    )
    real = json.loads
    monkeypatch.setattr(json, "loads", lambda text: decoded.append(text) or real(text))
    assert sum(1 for _ in pair_list_texts(store, Workspace(tmp_path))) == 1200
    assert (len(statements), decoded) == (1, [])
    assert sum(1 for _ in pair_lines(store)) == 1200
    assert (len(statements), decoded) == (2, [])
