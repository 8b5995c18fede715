"""All candidates of a mask side by side, each with a picture that is read meanwhile."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st
from shapely.geometry.base import BaseGeometry

from migrate_core.model import Scene
from migrate_core.scenes.access.picture import MARGIN
from migrate_core.scenes.sources import source_of
from migrate_core.store.base import Candidate
from migrate_core.text import _, format_date, format_short_offset, format_time
from pages.shared.review.component import component, with_routes
from pages.shared.review.guard import KEY
from pages.shared.scenes.candidates import View, cloud_texts
from pages.shared.scenes.colors import DaysScale

_KEY, _HEARD = "scenes_strip", "scenes_strip_heard"
# Of the tiles and of what is below them; see strip.css.
_HEIGHT = 276
# Three bands of a COG with blocks of 1024 pixels, as Earth Search has them: measured for masks of
# 1 to 5 km, more where one lies across the borders of blocks.
_COST = "3 to 12 MB"
_METRES_PER_DEGREE = 111_320.0
_strip = component("scene_strip", "scenes/strip/strip.js")


def scene_strip(view: View) -> None:
    """The candidates, best first; a click or an arrow key views one, Enter uses it."""

    def viewed() -> None:
        if scene_id := _heard(view, "viewed"):
            view.look_at(scene_id)

    def used() -> None:
        if scene_id := _heard(view, "used"):
            view.look_at(scene_id)
            view.use()

    _strip(
        data=with_routes(_data(view)),
        key=_KEY,
        height=_HEIGHT,
        on_viewed_change=viewed,
        on_used_change=used,
        on_renewed_change=lambda: None,
    )


def _heard(view: View, name: str) -> str | None:
    """The candidate that the strip tells of; None when it is one of another mask by now."""
    found = st.session_state[_KEY].get(name) or {}
    st.session_state[_HEARD] = found.get("at", 0)
    known = {candidate.ranked.scene.scene_id for candidate in view.candidates}
    mine = found.get("mask_id") == view.mask.mask_id and found.get("scene_id") in known
    return str(found["scene_id"]) if mine else None


def _data(view: View) -> dict[str, Any]:
    scale = DaysScale.of(view.found)
    return {
        "key": KEY,
        "signature": "",
        "mask_id": view.mask.mask_id,
        "viewed": view.viewed.ranked.scene.scene_id,
        "heard": st.session_state.get(_HEARD, 0),
        "caption": _caption(view),
        "cost": _("Read from services ({size} each, once)").format(size=_(_COST)),
        "days": [{"color": color, "text": text} for color, text in scale.legend()],
        "scenes": [_tile(scale, candidate) for candidate in view.candidates],
    }


def _tile(scale: DaysScale, candidate: Candidate) -> dict[str, Any]:
    ranked, scene = candidate.ranked, candidate.ranked.scene
    return {
        "scene_id": scene.scene_id,
        "date": format_date(scene.sensed_at),
        "time": format_time(scene.sensed_at),
        "offset": format_short_offset(ranked.days_offset),
        "color": scale.color(ranked.days_offset),
        "ink": scale.ink(ranked.days_offset),
        "clouds": cloud_texts(ranked),
        "usable": ranked.usable,
        "remote": _is_remote(scene),
        "selected": candidate.selected,
    }


def _is_remote(scene: Scene) -> bool:
    """Whether a picture is read from a service, which costs transfer."""
    source = source_of(scene.source)
    return not (source.is_local or source.needs_fetching)


def _caption(view: View) -> str:
    """What the pictures show, how large that is, and which keys there are."""
    footprint = view.mask.footprint or view.mask.extent
    keys = _(
        "yellow: label, pink: mask. Best first; ← → look at another, Enter or double-click uses it."
    )
    if footprint is None:
        return _("True colour; {keys}").format(keys=keys)
    width = f"{_width_km(footprint):.2g} km"
    return _("True colour, {width} wide; {keys}").format(width=width, keys=keys)


def _width_km(area: BaseGeometry) -> float:
    """How wide on the ground the pictures are."""
    west, south, east, north = area.bounds
    shrink = math.cos(math.radians((south + north) / 2))
    width, height = (east - west) * shrink, north - south
    return float(width + 2 * MARGIN * max(width, height)) * _METRES_PER_DEGREE / 1000
