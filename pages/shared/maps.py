"""One map for all pages: outlines that can be clicked, a picture, a base map that works offline.

The map is made once and then only told what is on it, so that it neither blinks nor moves by
itself: a page that runs again with the same outlines changes nothing on the screen.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import escape
from pathlib import Path
from typing import Any

import folium
import numpy as np
import shapely
import streamlit as st
from folium.template import Template
from numpy.typing import NDArray
from PIL import Image
from shapely.geometry.base import BaseGeometry
from streamlit_folium import st_folium

from migrate_core.text import _

_HERE = Path(__file__).resolve().parent
# The frame has its height before there is a map in it, so that nothing below moves.
_FRAME_STYLE = """<style>
.st-key-{key}_frame {{ flex: none; height: {height}; overflow: hidden; }}
.st-key-{key}_frame iframe {{ display: block; height: {height} !important; }}
</style>"""
# What `make offline-assets` brings, and where the map's frame finds it; the address is relative
# so that it holds behind a proxy and with server.baseUrlPath.
_ASSETS = _HERE.parent.parent / "static" / "maps"
_ASSETS_URL = "../../app/static/maps"
# A footprint is drawn to about a pixel of a screen that it fills.
_DETAIL = 1 / 1000
_DECIMALS = 7
_CHOSEN_WEIGHT = 5

_GROUND = {
    "light": {"water": "#d5e3ea", "land": "#f4f2ec", "border": "#9a9a9a"},
    "dark": {"water": "#16222b", "land": "#2c3136", "border": "#6a6f75"},
}
# Satellite images as another layer, where there is internet and somebody turns it on. Of all years
# the one that anybody may use, under CC BY 4.0 with this attribution
# (https://cloudless.eox.at/license-non-commercial); its pixels are those of zoom 14.
_IMAGERY = {
    "name": "Sentinel-2 cloudless 2016",
    "url": "https://tiles.maps.eox.at/wmts/1.0.0/s2cloudless_3857/default/GoogleMapsCompatible/"
    "{z}/{y}/{x}.jpg",
    "maxNativeZoom": 14,
    "attribution": '<a href="https://cloudless.eox.at" target="_blank">EOxCloudless</a> '
    "https://cloudless.eox.at by EOX IT Services GmbH (Contains modified Copernicus Sentinel data "
    "2016 &amp; 2017)",
}
_NO_TILES = (
    "The base map can't be reached: no internet? Outlines stand where they belong all the same. "
    "“make offline-assets” brings country outlines."
)
# What is heard of a map by those who can't see it, and seen by those who use the keyboard.
_TEXTS = {
    "map": "Map; arrow keys move it, + and - zoom",
    "zoomIn": "Zoom in",
    "zoomOut": "Zoom out",
    "outlines": "Outlines on the map",
    "keys": "Arrow keys: other outlines, Esc: leave",
    "choosing": "Arrow keys: other outlines, Enter: choose, Esc: leave",
}


@dataclass(frozen=True)
class Outline:
    """A polygon on the map: `key` is what a click gives back, `geometry` lon/lat.

    A click does nothing where the key is empty. `label` is plain text, shown under the mouse and
    read out to those who use the keyboard. A point is drawn as a badge with the text `sign`. What
    is `chosen` has a thick line, whatever its `weight`.
    """

    key: str
    geometry: BaseGeometry
    color: str
    label: str
    weight: int = 2
    chosen: bool = False
    dashed: bool = False
    filled: bool = False
    sign: str = ""


@dataclass(frozen=True)
class Picture:
    """An image to lay on the map: uint8 (height, width, 3 or 4), its rows evenly apart in latitude.

    `bounds` are west, south, east, north in degrees. A `photo` is sent in a tenth of the bytes,
    its colours not to the last bit.
    """

    image: NDArray[np.uint8]
    bounds: tuple[float, float, float, float]
    photo: bool = False

    @cached_property
    def laid(self) -> dict[str, Any]:
        """For Leaflet, which spreads rows evenly in Web Mercator, not in latitude."""
        west, south, east, north = self.bounds
        height = self.image.shape[0]
        top, bottom = np.arcsinh(np.tan(np.radians([north, south])))
        mercator = np.linspace(top, bottom, 2 * height + 1)[1::2]
        latitude = np.degrees(np.arctan(np.sinh(mercator)))
        rows = ((north - latitude) / (north - south) * height).astype(int).clip(0, height - 1)
        kind, options = ("WEBP", {"quality": 88, "method": 1}) if self.photo else ("PNG", {})
        file = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(self.image[rows])).save(file, kind, **options)
        url = _as_url(file.getvalue(), f"image/{kind.lower()}")
        return {"url": url, "bounds": [[south, west], [north, east]]}


@dataclass(frozen=True)
class MapHeight:
    """The height of a map: what the window leaves, with `rest` pixels for all else of the page.

    It is `least` pixels at least, in windows that have no room for both. Of what a higher window
    has more, it takes `share`: all, unless something below it grows as well.
    """

    rest: int
    least: int = 240
    share: float = 1

    @property
    def style(self) -> str:
        """The height in CSS, which the browser keeps up with the window."""
        return f"max({self.least}px, {100 * self.share:g}vh - {self.rest}px)"


@dataclass(frozen=True)
class Focus:
    """What the map shows: a part of the world, or all outlines where `geometry` is None.

    Another `turn` makes the view move there again, after a person has moved it elsewhere.
    """

    geometry: BaseGeometry | None
    turn: int = 0


def show_map(
    outlines: Sequence[Outline],
    *,
    key: str,
    focus: BaseGeometry | Focus | None = None,
    picture: Picture | None = None,
    height: MapHeight,
) -> str | None:
    """Draw the map; the key of the outline that was just clicked, else None.

    A click is given back once, in the run it causes: what was chosen elsewhere since is not
    overruled by an old click. Panning and zooming cause no run. The view moves when `focus`
    becomes another one; without one, to all outlines when there are some for the first time.
    """
    group = folium.FeatureGroup()
    group.add_child(_Call("drawOutlines", "map_div", _drawn(outlines, focus, picture)))
    with st.container(key=f"{key}_frame"):
        st.html(_FRAME_STYLE.format(key=key, height=height.style))
        answer = st_folium(
            _base_map(),
            key=key,
            height=height.least,
            use_container_width=True,
            returned_objects=["last_active_drawing"],
            feature_group_to_add=group,
        )
    return _new_click(f"{key}_seen", answer or {})


def map_click(key: str) -> str | None:
    """What `show_map` of this key would give back, for a page that must know before it draws.

    Asked for here, the click isn't given back by `show_map` again.
    """
    return _new_click(f"{key}_seen", st.session_state.get(key) or {})


def _new_click(key: str, answer: dict[str, Any]) -> str | None:
    """The key in the answer of the map, unless this answer was given before."""
    clicked = answer.get("last_active_drawing")
    # No two clicks are equal: each carries its time.
    if not clicked or clicked == st.session_state.get(key):
        return None
    st.session_state[key] = clicked
    return str(clicked["properties"]["key"]) or None


class _OurMap(folium.Map):
    """A folium map that loads Leaflet only (no jQuery, Bootstrap, icons), from where it is."""

    def __init__(self, offline: bool, **options: Any) -> None:
        js, css = dict(folium.Map.default_js), dict(folium.Map.default_css)
        scripts, style = [js["leaflet"]], css["leaflet_css"]
        if offline:
            scripts = [f"{_ASSETS_URL}/{name}" for name in ("leaflet.js", "topojson-client.min.js")]
            style = f"{_ASSETS_URL}/leaflet.css"
        scripts.insert(0, _as_url(_source("map_guard.js").encode(), "text/javascript"))
        self.default_js = [(f"script_{number}", url) for number, url in enumerate(scripts)]
        self.default_css = [("leaflet_css", style)]
        super().__init__(**options)


class _Call(folium.MacroElement):
    """Calls a function of map.js with the element it is added to."""

    _template = Template(
        "{% macro script(this, kwargs) %}{{ this.before }}"
        "{{ this.function }}({{ this._parent.get_name() }}, {{ this.arguments }});{% endmacro %}"
    )

    def __init__(self, function: str, *arguments: str, before: str = "") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.function, self.arguments, self.before = function, ", ".join(arguments), before


def _base_map() -> folium.Map:
    """The map without what is on it: always the same text, so that it stays mounted."""
    offline = (_ASSETS / "leaflet.js").is_file()
    options = {
        **_GROUND["dark" if st.context.theme.type == "dark" else "light"],
        "countries": f"{_ASSETS_URL}/countries-50m.json" if offline else None,
        "noTiles": _(_NO_TILES),
        "imagery": None if offline else _IMAGERY,
        "texts": {name: _(text) for name, text in _TEXTS.items()},
    }
    base = _OurMap(
        offline,
        location=[20, 0],
        zoom_start=2,
        tiles=None if offline else "OpenStreetMap",
        max_zoom=22,
        # Tiles are sharp at whole zooms only; without them the view can fit closer.
        zoom_snap=0.25 if offline else 1,
    )
    base.add_child(_Call("prepareMap", json.dumps(options), before=_scripts()))
    return base


def _scripts() -> str:
    return _source("map.js") + _source("map_keys.js")


@lru_cache
def _source(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _drawn(
    outlines: Sequence[Outline], focus: BaseGeometry | Focus | None, picture: Picture | None
) -> str:
    """What drawOutlines gets, as JSON: large outlines first, so that small ones lie on top."""
    drawn = [outline for outline in outlines if not outline.geometry.is_empty]
    drawn.sort(key=lambda outline: -outline.geometry.area)
    features = ",".join(_feature(outline) for outline in drawn)
    wanted = focus if isinstance(focus, Focus) else Focus(focus)
    area = wanted.geometry
    if area is None and drawn:
        area = shapely.box(*shapely.total_bounds([outline.geometry for outline in drawn]))
    view = None
    if area is not None and not area.is_empty:
        west, south, east, north = area.bounds
        bounds = [[south, west], [north, east]]
        name = "all" if wanted.geometry is None else str(bounds)
        view = {"bounds": bounds, "name": f"{name} {wanted.turn}" if wanted.turn else name}
    laid = json.dumps(picture.laid if picture else None)
    return f'{{"outlines": [{features}], "focus": {json.dumps(view)}, "picture": {laid}}}'


@lru_cache(maxsize=20_000)
def _feature(outline: Outline) -> str:
    """An outline as a GeoJSON feature with its style."""
    west, south, east, north = outline.geometry.bounds
    plain = outline.geometry.simplify(max(east - west, north - south) * _DETAIL)
    style = {
        "color": outline.color,
        "weight": _CHOSEN_WEIGHT if outline.chosen else outline.weight,
        "dashArray": "6 5" if outline.dashed else None,
        # An outline without fill can be clicked inside all the same.
        "fillOpacity": 0.3 if outline.filled else 0,
    }
    label = escape(outline.label).replace("\n", "<br>")
    geometry = json.dumps(_rounded(shapely.geometry.mapping(plain)))
    key = _quoted(outline.key)
    sign = _quoted(outline.sign)
    properties = (
        f'{{"key": {key}, "label": {_quoted(label)}, "sign": {sign}, '
        f'"chosen": {json.dumps(outline.chosen)}, "style": {json.dumps(style)}}}'
    )
    return f'{{"type": "Feature", "properties": {properties}, "geometry": {geometry}}}'


def _quoted(text: str) -> str:
    """Text of users as JSON without a brace: folium runs all it draws through Jinja once more."""
    return json.dumps(text).replace("{", "\\u007b")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_rounded(item) for item in value]
    return round(value, _DECIMALS) if isinstance(value, float) else value


def _as_url(content: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
