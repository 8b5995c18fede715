"""The scenes of one mask on a map, with a quicklook of the one that is looked at."""

from __future__ import annotations

import math

import shapely
import streamlit as st
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from migrate_core.text import format_date
from pages.shared.frame import Page
from pages.shared.maps import Outline, show_map
from pages.shared.scenes.candidates import View, cloud_text
from pages.shared.scenes.picture import picture_of

# Okabe & Ito: told apart with every common form of colour blindness.
MASK_COLOR = "#CC79A7"
# The least score of each colour, best first.
SCORE_COLORS = {0.75: "#009E73", 0.5: "#56B4E9", 0.25: "#E69F00", 0.0: "#D55E00"}


def scenes_on_map(page: Page, view: View) -> None:
    """The mask, the outlines of scenes, the viewed scene's quicklook, and its sisters by date."""
    near = st.segmented_control(
        "Show on the map",
        ["mask", "scenes"],
        format_func={"mask": "Around the mask", "scenes": "Whole scenes"}.__getitem__,
        default="mask",
        required=True,
        key="scenes_zoom",
        label_visibility="collapsed",
        persist_state="session",
    )
    picture = picture_of(page, view)
    footprint = view.mask.footprint or view.mask.extent
    focus = _with_margin(view.mask.extent or footprint)
    if near == "scenes":
        focus = box(*shapely.total_bounds([outline for outline, _ in view.footprints]))
    clicked = show_map(
        [*_outlines(view), Outline("mask", footprint, MASK_COLOR, view.mask.name, weight=3)],
        key="scenes_map",
        focus=focus,
        picture=picture,
        height=430,
    )
    _legend()
    if clicked and clicked.isdigit() and int(clicked) < len(view.footprints):
        best = view.footprints[int(clicked)][1][0].ranked.scene.scene_id
        if best != view.viewed.ranked.scene.scene_id:
            view.look_at(best, "map")
            st.rerun()
    _by_date(view)


def _with_margin(geometry: BaseGeometry) -> BaseGeometry:
    """The rectangle of a quicklook, whether it has come or not, so that the map stays in place."""
    west, south, east, north = geometry.bounds
    shrink = math.cos(math.radians((south + north) / 2))
    pad = max((east - west) * shrink, north - south)
    return box(west - pad / shrink, south - pad, east + pad / shrink, north + pad)


def _outlines(view: View) -> list[Outline]:
    outlines = []
    for number, (outline, candidates) in enumerate(view.footprints):
        score = max(c.ranked.score for c in candidates)
        count = f"{len(candidates)} scene{'s' if len(candidates) != 1 else ''}"
        tile = candidates[0].ranked.scene.tile
        outlines.append(
            Outline(
                str(number),
                outline,
                score_color(score),
                f"Tile {tile}: {count}, best score {score:.2f}",
                weight=4 if view.viewed in candidates else 2,
                dashed=not any(c.ranked.usable for c in candidates),
            )
        )
    return outlines


def score_color(score: float) -> str:
    """The colour of an outline with this best score."""
    return next(color for least, color in SCORE_COLORS.items() if score >= least)


def _legend() -> None:
    marks = [(MASK_COLOR, "mask")]
    marks += [(color, f"score from {least:g}") for least, color in SCORE_COLORS.items()]
    spans = " &nbsp; ".join(f'<span style="color:{c}">■</span> {text}' for c, text in marks)
    st.markdown(f"<small>{spans} &nbsp; dashed: no usable scene</small>", unsafe_allow_html=True)


def _by_date(view: View) -> None:
    """The scenes of the viewed footprint by date."""
    group = next(group for _, group in view.footprints if view.viewed in group)
    ranked = {c.ranked.scene.scene_id: c.ranked for c in group}
    ids = sorted(ranked, key=lambda scene_id: ranked[scene_id].scene.sensed_at)
    key = view.key("dates")

    def picked() -> None:
        view.look_at(st.session_state[key], "dates")

    st.pills(
        "Scenes with this footprint, by date",
        ids,
        format_func=lambda i: f"{format_date(ranked[i].scene.sensed_at)}, {cloud_text(ranked[i])}",
        default=view.viewed.ranked.scene.scene_id,
        required=True,
        wrap=True,
        key=key,
        on_change=picked,
    )
