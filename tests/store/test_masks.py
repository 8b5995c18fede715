"""Masks page by page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate_core.model import SourceImage
from migrate_core.store import masks as queries
from migrate_core.store.base import Store, open_store
from migrate_core.store.masks import MaskFilter
from migrate_core.workspace import Workspace
from tests.support.builders import a_mask


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Masks a to e: b has a problem and no date, c a source image, d no place."""
    store = open_store(Workspace(tmp_path))
    store.put_masks(
        [
            a_mask("e_100%.tif"),
            a_mask("a.tif"),
            a_mask("b.tif", problems={"date": "It has no date."}, acquired=None),
            a_mask("c.tif", source=SourceImage("/images/c.tif")),
            a_mask("d.tif", extent=None, footprint=None),
        ]
    )
    yield store
    store.engine.dispose()


def names(store: Store, show: str = queries.ALL, name: str = "") -> list[str]:
    found = queries.list_masks(store, MaskFilter(show, name), 0, 100)
    assert queries.count_masks(store, MaskFilter(show, name)) == len(found)
    return [mask.name[0] for mask in found]


def test_a_list_shows_what_is_asked_for_by_name(store: Store) -> None:
    assert names(store) == ["a", "b", "c", "d", "e"]
    assert names(store, queries.READY) == ["a", "c", "d", "e"]
    assert names(store, queries.PROBLEM) == ["b"]
    assert names(store, queries.UNDATED) == ["b"]
    assert names(store, queries.WITHOUT_IMAGE) == ["a", "b", "d", "e"]
    assert names(store, name="C.T") == ["c"]
    assert names(store, name="0%.") == ["e"]
    assert names(store, queries.PROBLEM, "a.tif") == []


def test_a_page_is_a_part_of_the_list(store: Store) -> None:
    found = queries.list_masks(store, MaskFilter(), 1, 2)
    assert [mask.name for mask in found] == ["b.tif", "c.tif"]
    assert queries.index_of(store, MaskFilter(), "d") == 3
    assert queries.index_of(store, MaskFilter(queries.READY), "d") == 2
    assert queries.index_of(store, MaskFilter(queries.PROBLEM), "d") is None


def test_masks_are_found_by_id(store: Store) -> None:
    mask = queries.find_mask(store, "c")
    assert mask == a_mask("c.tif", source=SourceImage("/images/c.tif"))
    assert queries.find_mask(store, "x") is None
    assert [mask.mask_id for mask in queries.masks_of(store, ["c", "x", "a"])] == ["a", "c"]


def test_the_map_gets_a_plain_outline_of_those_that_have_a_place(store: Store) -> None:
    places = queries.mask_locations(store, MaskFilter(), 100)
    assert [place.name[0] for place in places] == ["a", "b", "c", "e"]
    assert places[1].state == "problem"
    assert places[1].acquired is None
    footprint = a_mask().footprint
    assert footprint is not None
    assert len(places[0].outline.exterior.coords) == 5
    assert places[0].outline.symmetric_difference(footprint).area < footprint.area / 50


def test_dates_and_images_of_all_come_without_the_masks(store: Store) -> None:
    rows = queries.names_and_dates(store, MaskFilter())
    assert rows[:2] == [("a", "a.tif", "2020-01-20T10:15:32Z"), ("b", "b.tif", None)]
    assert queries.used_images(store) == {Path("/images/c.tif")}


def test_what_is_removed_is_off_the_list(store: Store) -> None:
    store.remove_masks(["a", "c", "x"])
    assert names(store) == ["b", "d", "e"]
