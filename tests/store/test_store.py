"""The database: what is put in comes out, choices and decisions survive."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from migrate_core.errors import StoreError
from migrate_core.model import Decision, Pair, RankedScene
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace
from tests.support.builders import a_mask, a_scene


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(Workspace(tmp_path))
    yield store
    store.engine.dispose()


def ranked(*scene_ids: str) -> list[RankedScene]:
    return [
        RankedScene(a_scene(scene_id), 1.0, 1.5, 0.5, {"clear_sky": 1.0}, usable=True)
        for scene_id in scene_ids
    ]


def put(store: Store, mask_id: str, *scene_ids: str) -> None:
    items = ranked(*scene_ids)
    store.put_scenes(item.scene for item in items)
    store.put_candidates({mask_id: items})


def state(store: Store, mask_id: str) -> list[tuple[str, bool, bool]]:
    return [
        (candidate.ranked.scene.scene_id, candidate.selected, candidate.chosen_by_person)
        for candidate in store.candidates().get(mask_id, [])
    ]


def test_masks_come_back_as_they_were_put_by_name(store: Store) -> None:
    second, first = a_mask("b.tif"), a_mask("a.tif")
    store.put_masks([second, first])
    assert store.masks() == [first, second]


def test_the_same_mask_again_is_renewed_and_keeps_its_candidates(store: Store) -> None:
    store.put_masks([a_mask("a.tif", problems={"date": "It has no date."})])
    put(store, "a", "A")
    mended = a_mask("a.tif")
    store.put_masks([mended])
    assert store.masks() == [mended]
    assert state(store, "a") == [("A", True, False)]


def test_a_file_with_other_content_replaces_its_mask_and_supersedes_its_pairs(
    store: Store,
) -> None:
    old = a_mask("a.tif", mask_id="a-old")
    other = a_mask("b.tif")
    store.put_masks([old, other])
    put(store, "a-old", "A")
    put(store, "b", "A")
    pairs = [Pair("p1", "a-old", "a.tif", ("A",), "done"), Pair("p2", "b", "b.tif", ("A",), "done")]
    store.put_pairs(pairs)
    new = replace(old, mask_id="a-new", sha256="1" * 64)
    store.put_masks([new])
    assert store.masks() == [new, other]
    assert set(store.candidates()) == {"b"}
    gone, kept = store.pairs()
    assert gone.superseded_at is not None
    left = replace(gone, superseded_at=None, mask_key=None)
    assert (left, kept) == (replace(pairs[0], state="superseded"), pairs[1])
    assert gone.mask_key == old.path


def test_no_masks_are_no_trouble(store: Store) -> None:
    store.put_masks([])
    store.put_scenes([])
    store.put_pairs([])
    store.put_candidates({})
    assert (store.masks(), store.scenes(), store.pairs(), store.candidates()) == ([], {}, [], {})


def test_the_same_scene_at_two_sources_is_kept_twice_and_renewed_once(store: Store) -> None:
    here, there = a_scene("A", source="local:/x"), a_scene("A", source="local:/y")
    store.put_scenes([here, there])
    renewed = replace(here, cloud_percent=77.0)
    store.put_scenes([renewed])
    assert store.scenes() == {("A", "local:/x"): renewed, ("A", "local:/y"): there}


def test_the_best_candidate_is_selected(store: Store) -> None:
    put(store, "m", "B", "A", "C")
    assert state(store, "m") == [("B", True, False), ("A", False, False), ("C", False, False)]


def test_candidates_come_back_as_they_were_ranked(store: Store) -> None:
    item = RankedScene(
        a_scene("A"), 0.75, -2, 0.25, {"clear_sky": 0.5}, False, ("B",), cloud_over_mask_percent=3.0
    )
    store.put_scenes([item.scene])
    store.put_candidates({"m": [item]})
    assert [candidate.ranked for candidate in store.candidates()["m"]] == [item]


def test_a_persons_choice_moves_the_selection(store: Store) -> None:
    put(store, "m", "A", "B")
    put(store, "other", "A", "B")
    assert store.select("m", "B")
    assert state(store, "m") == [("A", False, False), ("B", True, True)]
    assert state(store, "other") == [("A", True, False), ("B", False, False)]


@pytest.mark.parametrize(("mask_id", "scene_id"), [("m", "Z"), ("z", "A")])
def test_what_is_no_candidate_can_not_be_chosen(store: Store, mask_id: str, scene_id: str) -> None:
    put(store, "m", "A", "B")
    assert not store.select(mask_id, scene_id)
    assert state(store, "m") == [("A", True, False), ("B", False, False)]


def test_a_persons_choice_is_kept_when_the_search_runs_again(store: Store) -> None:
    put(store, "m", "A", "B")
    store.select("m", "B")
    put(store, "m", "C", "A", "B")
    assert state(store, "m") == [("C", False, False), ("A", False, False), ("B", True, True)]


def test_a_choice_that_is_not_found_any_more_gives_way_to_the_best(store: Store) -> None:
    put(store, "m", "A", "B")
    store.select("m", "B")
    put(store, "m", "C", "A")
    assert state(store, "m") == [("C", True, False), ("A", False, False)]


def test_the_programs_own_choice_gives_way_to_a_better_one(store: Store) -> None:
    put(store, "m", "A")
    put(store, "m", "B", "A")
    assert state(store, "m") == [("B", True, False), ("A", False, False)]


def test_a_search_touches_the_masks_it_was_for_only(store: Store) -> None:
    put(store, "m", "A", "B")
    store.select("m", "B")
    put(store, "other", "A")
    store.put_candidates({"other": []})
    assert set(store.candidates()) == {"m"}
    assert state(store, "m") == [("A", False, False), ("B", True, True)]


def test_pairs_are_written_over_by_their_id(store: Store) -> None:
    queued = Pair("p", "m", "m.tif", ("A",))
    done = replace(queued, state="done", days_offset=1.5)
    store.put_pairs([queued])
    store.put_pairs([done])
    assert store.pairs() == [done]


def test_decisions_are_appended_and_come_back_in_utc(store: Store) -> None:
    first = Decision("p", "accept", "Ann", None, datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC))
    second = Decision("p", "undo", "Ann", "slip", datetime(2023, 1, 1, tzinfo=UTC))
    for decision in (first, second, first):
        store.append_decision(decision)
    assert store.decisions() == [first, second, first]
    assert all(d.decided_at.tzinfo is not None for d in store.decisions())


def test_the_same_token_counts_once(store: Store) -> None:
    decision = Decision("p", "accept", "Ann", None, datetime(2024, 1, 2, tzinfo=UTC))
    store.append_decision(decision, token="click-1")
    store.append_decision(replace(decision, verdict="reject"), token="click-1")
    store.append_decision(decision, token="click-2")
    assert store.decisions() == [decision, decision]


def test_a_workspace_opened_again_has_everything(tmp_path: Path) -> None:
    first = open_store(Workspace(tmp_path))
    first.put_masks([a_mask()])
    first.engine.dispose()
    second = open_store(Workspace(tmp_path))
    assert second.masks() == [a_mask()]
    second.engine.dispose()


def test_sqlite_lets_pages_read_while_a_run_writes(store: Store, tmp_path: Path) -> None:
    reader = open_store(Workspace(tmp_path))
    with store.engine.begin() as connection:
        assert connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"
        connection.execute(sa.text("DELETE FROM masks"))
        assert reader.masks() == []
    reader.engine.dispose()


def test_a_workspace_of_another_version_is_refused(store: Store, tmp_path: Path) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE facts SET value = '999' WHERE name = 'schema'"))
    with pytest.raises(StoreError, match="schema 999"):
        open_store(Workspace(tmp_path))


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.database.write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match=r"migrate\.db"):
        open_store(workspace)


@pytest.mark.parametrize("url", ["nonsense", "oracle+nothing://user:secret@host/db"])
def test_an_address_that_can_not_be_used_is_refused_without_its_password(
    tmp_path: Path, url: str
) -> None:
    with pytest.raises(StoreError, match="DATABASE_URL") as caught:
        open_store(Workspace(tmp_path), url)
    assert "secret" not in str(caught.value)
