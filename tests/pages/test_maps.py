"""The map that all pages share: what it is told to draw, and which clicks it gives back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry import Point, box
from streamlit.testing.v1 import AppTest

from pages.shared import maps
from pages.shared.maps import Outline, Picture

SMALL = Outline("small", box(3, 42, 3.1, 42.1), "#0072B2", "a small one", dashed=True)
LARGE = Outline("large", box(2, 41, 4, 43), "#D55E00", "a large one", weight=4, filled=True)


def drawn(*outlines: Outline, **more: Any) -> dict[str, Any]:
    text = maps._drawn(outlines, more.get("focus"), more.get("picture"))
    found: dict[str, Any] = json.loads(text)
    return found


def test_small_outlines_lie_on_top_of_large_ones() -> None:
    features = drawn(SMALL, LARGE)["outlines"]
    assert [feature["properties"]["key"] for feature in features] == ["large", "small"]
    large, small = (feature["properties"]["style"] for feature in features)
    assert (large["fillOpacity"], large["dashArray"], large["weight"]) == (0.3, None, 4)
    assert (small["fillOpacity"], small["dashArray"], small["weight"]) == (0, "6 5", 2)


def test_file_names_are_text_and_no_code() -> None:
    evil = Outline("{{ 7*7 }}", box(0, 0, 1, 1), "#000", "<img onerror=x>{{ 7*7 }}{% raw %}\nb")
    text = maps._drawn([evil], None, None)
    assert "{{" not in text
    assert "{%" not in text
    properties = json.loads(text)["outlines"][0]["properties"]
    assert properties["key"] == "{{ 7*7 }}"
    assert properties["label"] == "&lt;img onerror=x&gt;{{ 7*7 }}{% raw %}<br>b"


def test_geometries_are_drawn_with_the_detail_of_a_screen() -> None:
    circle = Point(3, 42).buffer(0.1, quad_segs=1000)
    (feature,) = drawn(Outline("c", circle, "#000", ""))["outlines"]
    plain = shapely.geometry.shape(feature["geometry"])
    assert shapely.get_num_coordinates(plain) < 100
    assert plain.symmetric_difference(circle).area < circle.area / 200


def test_the_view_is_named_by_what_it_shows() -> None:
    assert drawn()["focus"] is None
    everything = drawn(SMALL, LARGE)["focus"]
    assert everything == {"bounds": [[41, 2], [43, 4]], "name": "all"}
    assert drawn(SMALL)["focus"]["name"] == "all"
    one = drawn(SMALL, LARGE, focus=SMALL.geometry)["focus"]
    assert one["bounds"] == [[42, 3], [42.1, 3.1]]
    assert one["name"] not in ("all", drawn(SMALL, focus=LARGE.geometry)["focus"]["name"])


def test_rows_of_a_picture_stand_where_web_mercator_has_them() -> None:
    # The upper half in degrees takes 0.62 of the height in Mercator between 0 and 70 degrees.
    image = np.zeros((200, 2, 3), dtype=np.uint8)
    image[:100] = 255
    laid = Picture(image, (0, 0, 1, 70)).laid
    assert laid["bounds"] == [[0, 0], [70, 1]]
    assert laid["url"].startswith("data:image/png;base64,")
    top, middle, bottom = np.arcsinh(np.tan(np.radians([70, 35, 0])))
    expected = (top - middle) / (top - bottom)
    assert _white_share(laid["url"]) == pytest.approx(expected, abs=0.01)


def _white_share(url: str) -> float:
    import base64
    import io

    from matplotlib.image import imread

    pixels = imread(io.BytesIO(base64.b64decode(url.partition(",")[2])), format="png")
    return float(pixels[:, 0, 0].mean())


def page_with_map() -> AppTest:
    """A page that shows what its map gives back."""

    def page() -> None:
        import streamlit as st
        from shapely.geometry import box

        from pages.shared.maps import MapHeight, Outline, show_map

        outline = Outline("a", box(0, 0, 1, 1), "#000", "a")
        st.text(repr(show_map([outline], key="m", height=MapHeight(rest=300))))

    return AppTest.from_function(page)


def click(key: str, at: int) -> dict[str, Any]:
    return {"last_active_drawing": {"properties": {"key": key, "clickedAt": at}}}


def test_a_click_is_given_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answer: dict[str, Any] = {}
    monkeypatch.setattr(maps, "st_folium", lambda *_, **__: answer)
    app = page_with_map().run()
    assert app.text[0].value == "None"
    answer.update(click("a", 1))
    assert app.run().text[0].value == "'a'"
    assert app.run().text[0].value == "None"
    answer.update(click("a", 2))
    assert app.run().text[0].value == "'a'"


def test_the_map_itself_never_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = []

    def remember(base: Any, **_: Any) -> dict[str, Any]:
        from streamlit_folium import _get_map_string

        base.get_root().render()
        scripts.append(_get_map_string(base))
        return {}

    monkeypatch.setattr(maps, "st_folium", remember)
    page_with_map().run().run()
    assert len(scripts) == 2
    assert scripts[0] == scripts[1]
    assert "prepareMap(" in scripts[0]


@pytest.mark.parametrize("offline", [True, False])
def test_without_assets_the_network_is_used_and_with_them_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: bool
) -> None:
    if offline:
        (tmp_path / "leaflet.js").touch()
    monkeypatch.setattr(maps, "_ASSETS", tmp_path)
    base = maps._base_map()
    links = [url for _, url in (*base.default_js, *base.default_css)]
    base.get_root().render()
    far = [url for url in links if url.startswith("http")]
    script = base.get_root().script.render()
    tiles, imagery = "openstreetmap" in script, "s2cloudless" in script
    assert (bool(far), tiles, imagery) == (not offline, not offline, not offline)


def test_what_has_no_key_is_read_but_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        drawn(Outline("", box(0, 0, 1, 1), "#000", "a"))["outlines"][0]["properties"]["key"] == ""
    )
    monkeypatch.setattr(maps, "st_folium", lambda *_, **__: click("", 1))
    assert page_with_map().run().text[0].value == "None"


def test_what_is_chosen_has_a_thick_line() -> None:
    chosen = Outline("a", box(0, 0, 1, 1), "#000", "a", weight=1, chosen=True)
    found = [one["properties"] for one in drawn(chosen, SMALL)["outlines"]]
    assert [(one["chosen"], one["style"]["weight"]) for one in found] == [(True, 5), (False, 2)]


def test_a_map_is_as_high_as_the_window_allows() -> None:
    assert maps.MapHeight(rest=540).style == "max(240px, 100vh - 540px)"
    assert maps.MapHeight(rest=300, share=0.7).style == "max(240px, 70vh - 300px)"
    app = page_with_map().run()
    (style,) = [item.proto.body for item in app.get("html")]
    assert ".st-key-m_frame iframe { display: block; height: max(240px, 100vh - 300px)" in style


def test_the_view_moves_again_in_another_turn() -> None:
    outline = Outline("a", shapely.box(0, 0, 1, 1), "#000000", "a")
    names = [drawn(outline, focus=maps.Focus(None, turn))["focus"]["name"] for turn in (0, 1, 2)]
    assert names == ["all", "all 1", "all 2"]
    area = shapely.box(0, 0, 2, 2)
    assert drawn(outline, focus=area)["focus"] == drawn(outline, focus=maps.Focus(area))["focus"]
