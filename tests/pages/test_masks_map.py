"""The map of masks: where it opens, what is drawn of many, and what its colours mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box
from streamlit.testing.v1 import AppTest

from migrate_core.model import ClassTable, Mask
from migrate_core.store.base import Store, open_store
from migrate_core.store.masks import MaskCluster, MaskFilter, mask_clusters
from migrate_core.workspace import Workspace
from pages.shared import maps
from pages.shared.masks import map as masks_map
from pages.shared.masks.view import largest_region, united
from tests.support.app import open_page
from tests.support.builders import a_mask


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path / "workspace"))
    found = open_store(Workspace(tmp_path / "workspace"))
    yield found
    found.engine.dispose()


class Folium:
    """What the page gave to the map last, and clicks on it."""

    def __init__(self) -> None:
        self.drawn: dict[str, Any] = {}
        self.bytes = 0

    def __call__(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}

    def keys(self, *, points: bool) -> list[str]:
        """The keys of what is drawn as numbers, or as outlines."""
        return [
            feature["properties"]["key"]
            for feature in self.drawn["outlines"]
            if (feature["geometry"]["type"] == "Point") == points
        ]

    def style(self, key: str) -> dict[str, Any]:
        """How the outline of this key is drawn."""
        (found,) = [
            feature["properties"]["style"]
            for feature in self.drawn["outlines"]
            if feature["properties"]["key"] == key
        ]
        return dict(found)

    @property
    def west_to_east(self) -> tuple[float, float]:
        """The longitudes that the view begins and ends at."""
        (_, west), (_, east) = self.drawn["focus"]["bounds"]
        return west, east


@pytest.fixture
def folium(monkeypatch: pytest.MonkeyPatch) -> Folium:
    found, real = Folium(), maps._drawn

    def noted(*arguments: Any) -> str:
        text = real(*arguments)
        found.drawn, found.bytes = json.loads(text), len(text)
        return text

    monkeypatch.setattr(maps, "st_folium", found)
    monkeypatch.setattr(maps, "_drawn", noted)
    return found


def at(name: str, lon: float, lat: float = 40.0, **more: Any) -> Mask:
    extent = box(lon, lat, lon + 0.01, lat + 0.01)
    return replace(a_mask(f"{name}.tif", extent=extent, footprint=extent), **more)


def put_many(store: Store, count: int) -> None:
    """Two regions far from each other, two thirds of the masks in the east."""
    store.put_masks(
        [
            at(
                f"m{number:04}",
                (10 if number % 3 else -60) + number % 50 / 10,
                40 + number % 7 / 10,
            )
            for number in range(count)
        ]
    )


def opened(**query: str) -> AppTest:
    app = open_page("pages/1_Masks.py", **query)
    assert not app.exception
    return app


def click(app: AppTest, key: str) -> None:
    """A click on an outline or a number."""
    drawing = {"properties": {"key": key, "clickedAt": 1}}
    app.session_state["masks_map"] = {"last_active_drawing": drawing}
    app.run()
    assert not app.exception


def test_masks_on_two_continents_open_where_most_are(store: Store, folium: Folium) -> None:
    store.put_masks([at("a", -60), at("b", 10), at("c", 10.5)])
    app = opened()
    west, east = folium.west_to_east
    assert 9 < west < 10
    assert 10.5 < east < 12
    app.button(key="masks_map_all").click().run()
    west, east = folium.west_to_east
    assert (west < -60, east > 10.5) == (True, True)
    first = folium.drawn["focus"]["name"]
    app.button(key="masks_map_all").click().run()
    assert folium.drawn["focus"]["name"] != first  # moves there again


def test_the_mask_of_the_address_is_looked_at_first(store: Store, folium: Folium) -> None:
    store.put_masks([at("a", -60), at("b", 10), at("c", 10.5)])
    opened(mask="a")
    west, east = folium.west_to_east
    assert -60.02 < west < east < -59.98


def test_of_thousands_numbers_are_drawn_and_a_click_shows_the_masks(
    store: Store, folium: Folium
) -> None:
    put_many(store, 3_000)
    app = opened()
    assert folium.keys(points=False) == []
    cells = folium.keys(points=True)
    assert 3 < len(cells) < 200
    assert folium.bytes < 100_000
    sums = sum(cluster.count for cluster in mask_clusters(store, MaskFilter()))
    assert sums == 3_000
    click(app, cells[0])
    drawn = folium.keys(points=False) or folium.keys(points=True)
    assert set(drawn) - set(cells)
    west, east = folium.west_to_east
    assert east - west < 10


def test_masks_of_one_position_are_outlines_however_many(store: Store, folium: Folium) -> None:
    store.put_masks([at(f"m{n:03}", 10) for n in range(masks_map.MOST + 50)])
    app = opened()
    (cell,) = folium.keys(points=True)
    click(app, cell)
    assert len(folium.keys(points=False)) == masks_map.MOST


def test_a_part_of_a_name_stands_out_among_the_others(store: Store, folium: Folium) -> None:
    store.put_masks([at("aa", 10), at("ab", 10.1), at("bb", 12)])
    app = opened(name="a")
    assert set(folium.keys(points=False)) == {"aa", "ab", "bb"}
    assert folium.style("aa")["color"] == masks_map.READY_COLOR
    assert folium.style("bb")["color"] == masks_map.OTHER_COLOR
    west, east = folium.west_to_east
    assert (west > 9.9, east < 10.2) == (True, True)
    # A click on another one is meant: the filter goes.
    click(app, "bb")
    assert app.query_params == {"mask": "bb"}
    assert app.text_input(key="masks_name").value == ""


def test_outlines_take_the_colours_of_their_classes(store: Store, folium: Folium) -> None:
    table = ClassTable({"0": 0, "1": 1, "2": 2}, {"0": 90, "1": 2, "2": 8}, {"2": "lake"})
    store.put_masks([at("a", 10, classes=table), at("b", 10.1, classes=ClassTable())])
    app = opened()
    assert folium.style("a")["color"] == masks_map.READY_COLOR
    assert "lake" in folium.drawn["outlines"][0]["properties"]["label"]
    app.toggle(key="masks_map_by_class").set_value(True).run()
    assert folium.style("a")["color"] == "#56b4e9"
    assert folium.style("b")["color"] == masks_map.OTHER_COLOR
    legend = "".join(item.proto.body for item in app.get("html"))
    assert "lake" in legend
    assert "no class" in legend


def a_cluster(column: int, count: int) -> MaskCluster:
    west = 10.0 * column
    return MaskCluster("m", count, 0, (west, 0.0), "m.tif", (west, 0, west + 5, 5), (column, 0))


def test_cells_that_touch_are_one_region() -> None:
    clusters = [a_cluster(0, 5), a_cluster(1, 5), a_cluster(6, 8)]
    assert largest_region(clusters) == (0, 0, 15, 5)
    assert largest_region([a_cluster(0, 5), a_cluster(1, 5)]) is None
    assert united([(0, 0, 1, 1), (-2, 3, 0, 4)]) == (-2, 0, 1, 4)
