"""Lists of masks with their candidates, a page at a time, and choices for many masks at once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from migrate_core.advice import Advice, Remedy
from migrate_core.model import RankedScene
from migrate_core.store.base import Store, open_store
from migrate_core.store.candidates import (
    ALL,
    CHOSEN_BY_PERSON,
    WITHOUT_USABLE,
    MaskFilter,
    all_advice,
    candidates_of,
    count_masks,
    index_of,
    list_counts,
    mask_row,
    mask_rows,
    put_advice,
    scenes_named,
    select_all,
    select_best,
)
from migrate_core.workspace import Workspace
from tests.support.builders import a_mask, a_scene

EVERY = MaskFilter()
HELP = Advice((Remedy(2, days=14),), 30)


def ranked(name: str, usable: bool = True) -> RankedScene:
    return RankedScene(a_scene(name), 0.95, 1.5, 0.75, {"clear_sky": 1.0}, usable)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """`a` and `d` have usable scenes, `b` only others, `c` none, `e` a problem, `f` is new."""
    store = open_store(Workspace(tmp_path))
    masks = [a_mask(f"{letter}.tif") for letter in "fdcba"]
    store.put_masks([*masks, a_mask("e.tif", problems={"date": "no date"})])
    found = {
        "a": [ranked("A"), ranked("B")],
        "b": [ranked("C", usable=False)],
        "c": [],
        "d": [ranked("A"), ranked("C", usable=False)],
    }
    store.put_scenes(item.scene for items in found.values() for item in items)
    store.put_candidates(found)
    put_advice(store, found, {"b": HELP, "c": Advice((), 30)})
    yield store
    store.engine.dispose()


def names(store: Store, wanted: MaskFilter = EVERY, first: int = 0, count: int = 50) -> str:
    return "".join(row.mask.name[0] for row in mask_rows(store, wanted, first, count))


def selected(store: Store) -> dict[str, str]:
    return {
        mask_id: candidate.ranked.scene.scene_id
        for mask_id, candidates in store.candidates().items()
        for candidate in candidates
        if candidate.selected
    }


def test_masks_without_a_usable_scene_come_first_then_by_name(store: Store) -> None:
    assert names(store) == "bcfad"


def test_pages_follow_each_other(store: Store) -> None:
    assert [names(store, first=n, count=2) for n in (0, 2, 4, 6)] == ["bc", "fa", "d", ""]
    assert [index_of(store, EVERY, mask_id) for mask_id in "bcfad"] == [0, 1, 2, 3, 4]
    assert index_of(store, EVERY, "e") is None


def test_lists_can_be_narrowed(store: Store) -> None:
    store.select("d", "C")
    assert names(store, MaskFilter(WITHOUT_USABLE)) == "bcf"
    assert names(store, MaskFilter(CHOSEN_BY_PERSON)) == "d"
    assert names(store, MaskFilter(name="A.t")) == "a"
    assert names(store, MaskFilter(name="%")) == ""
    assert count_masks(store, MaskFilter(WITHOUT_USABLE)) == 3
    assert list_counts(store) == {ALL: 5, WITHOUT_USABLE: 3, CHOSEN_BY_PERSON: 1}


def test_a_row_tells_counts_the_selected_scene_and_what_would_help(store: Store) -> None:
    with_scenes, poor, none, new = (mask_row(store, mask_id) for mask_id in "abcf")
    assert with_scenes is not None
    assert (with_scenes.candidates, with_scenes.usable, with_scenes.advice) == (2, 2, None)
    assert with_scenes.selected is not None
    assert with_scenes.selected.ranked == ranked("A")
    assert poor is not None
    assert (poor.candidates, poor.usable, poor.advice) == (1, 0, HELP)
    assert none is not None
    assert (none.selected, none.advice, none.searched) == (None, Advice((), 30), True)
    assert new is not None
    assert (new.candidates, new.searched) == (0, False)
    assert mask_row(store, "e") is None
    assert mask_row(store, "nothing") is None


def test_candidates_of_one_mask_are_as_in_the_store(store: Store) -> None:
    assert candidates_of(store, "d") == store.candidates()["d"]
    assert candidates_of(store, "c") == []


def test_scenes_are_found_by_name_as_the_source_has_them(store: Store) -> None:
    store.put_scenes([replace(a_scene("A"), source="local:/other")])
    found = scenes_named(store, ["B", "A", "unknown"], "local:/other")
    assert [(scene.scene_id, scene.source) for scene in found] == [
        ("B", "local:/scenes"),
        ("A", "local:/other"),
    ]


def test_a_later_search_replaces_the_advice_of_the_masks_it_was_for(store: Store) -> None:
    assert sorted(all_advice(store), key=str) == [Advice((), 30), HELP]
    put_advice(store, ["b"], {})
    assert all_advice(store) == [Advice((), 30)]
    put_advice(store, ["b", "c"], {"c": HELP})
    assert all_advice(store) == [HELP]


def test_a_mask_that_is_replaced_takes_its_advice_along(store: Store) -> None:
    store.put_masks([a_mask("b.tif", mask_id="b-new")])
    assert all_advice(store) == [Advice((), 30)]


def test_the_best_for_all_takes_back_choices_by_hand(store: Store) -> None:
    store.select("a", "B")
    store.select("d", "A")  # the best, but chosen by hand
    assert select_best(store) == 1
    assert selected(store) == {"a": "A", "b": "C", "d": "A"}
    assert count_masks(store, MaskFilter(CHOSEN_BY_PERSON)) == 0


def test_many_choices_are_taken_at_once_and_what_is_unknown_comes_back(store: Store) -> None:
    assert select_all(store, {"a": "B", "b": "A", "d": "C"}) == {"b": "A"}
    assert selected(store) == {"a": "B", "b": "C", "d": "C"}
    assert names(store, MaskFilter(CHOSEN_BY_PERSON)) == "ad"
    assert select_all(store, {}) == {}
