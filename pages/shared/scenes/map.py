"""The scenes of one mask on a map, with a quicklook of the one that is looked at."""

from __future__ import annotations

import math

import shapely
import streamlit as st
from shapely.geometry import Point, box
from shapely.geometry.base import BaseGeometry

from migrate_core.store.base import Candidate
from migrate_core.text import _, format_date, format_short_offset, format_time
from pages.shared.frame import Page
from pages.shared.maps import MapHeight, Outline, map_click, show_map
from pages.shared.scenes.candidates import View
from pages.shared.scenes.colors import (
    LABEL_COLOR,
    MASK_COLOR,
    SCORE_COLORS,
    DaysScale,
    score_color,
)
from pages.shared.scenes.picture import Ground, ground_of
from pages.shared.text import counted, plain

_KEY = "scenes_map"
# The candidates' pictures below it are in the window as well.
_HEIGHT = MapHeight(rest=558)
# Of the mask's longer side, shown beyond it; the quicklook reaches further.
_MARGIN = 0.5
_NEAR, _FAR = "mask", "scenes"
# Of outlines that choose nothing.
_INERT = ""
_SWATCH = (
    '<span style="white-space:nowrap"><span style="display:inline-block;width:1.4rem;height:0.7rem;'
    'margin-right:0.3rem;border-radius:2px;{style}"></span>{text}</span>'
)


def _legend() -> str:
    """The colours of the map's outlines as HTML."""
    lines = {_("mask"): MASK_COLOR, _("label"): LABEL_COLOR}
    marks = [_SWATCH.format(style=f"border:3px solid {c}", text=t) for t, c in lines.items()]
    marks.append(_("best score of a footprint:"))
    marks += [
        _SWATCH.format(style=f"background:{color}", text=_("from {score:g}").format(score=least))
        for least, color in SCORE_COLORS.items()
    ]
    marks.append(_("dashed: no usable scene"))
    style = "font-size:0.78rem;line-height:1.25;display:flex;flex-wrap:wrap;gap:0 0.8rem"
    return f'<div style="{style}">{"".join(marks)}</div>'


def scenes_on_map(page: Page, view: View) -> None:
    """The mask with its label, the outlines of scenes, and the viewed scene's quicklook."""
    zoomed = st.session_state.get("scenes_zoom") or _NEAR
    ground = ground_of(page, view)
    footprint = view.mask.footprint or view.mask.extent
    focus = _with_margin(view.mask.extent or footprint)
    if zoomed == _FAR:
        focus = box(*shapely.total_bounds([outline for outline, _ in view.footprints]))
    show_map(
        [*_outlines(view), *_of_mask(view, footprint, ground)],
        key=_KEY,
        focus=focus,
        picture=ground.picture,
        height=_HEIGHT,
    )
    _below(view, ground)


def heed_click(view: View) -> None:
    """View the best scene of a footprint that was clicked just now."""
    clicked = map_click(_KEY)
    if clicked and clicked.isdigit() and int(clicked) < len(view.footprints):
        view.look_at(view.footprints[int(clicked)][1][0].ranked.scene.scene_id)


def _below(view: View, ground: Ground) -> None:
    """What the map shows, and what its colours mean."""
    near, legend = st.columns([2, 5], vertical_alignment="center")
    near.segmented_control(
        _("Show on the map"),
        [_NEAR, _FAR],
        format_func={_NEAR: _("Mask"), _FAR: _("Scenes")}.__getitem__,
        default=_NEAR,
        required=True,
        key="scenes_zoom",
        label_visibility="collapsed",
        persist_state="session",
    )
    legend.html(_legend())
    # Always there, so that what comes later moves nothing.
    scene = view.viewed.ranked.scene
    shown = _("Picture: {time}, true colour.").format(time=format_time(scene.sensed_at))
    st.caption(" ".join(map(plain, ground.notes)) or shown)


def _with_margin(geometry: BaseGeometry) -> BaseGeometry:
    """The rectangle that is shown, whether its picture has come or not."""
    west, south, east, north = geometry.bounds
    shrink = math.cos(math.radians((south + north) / 2))
    pad = _MARGIN * max((east - west) * shrink, north - south)
    return box(west - pad / shrink, south - pad, east + pad / shrink, north + pad)


def _of_mask(view: View, footprint: BaseGeometry, ground: Ground) -> list[Outline]:
    """The mask's footprint and label, and above it how far off the viewed scene is."""
    found = [Outline(_INERT, footprint, MASK_COLOR, view.mask.name, weight=3)]
    if ground.label is not None:
        title = _("Label of {name}").format(name=view.mask.name)
        found.append(Outline(_INERT, ground.label, LABEL_COLOR, title, 2))
    west, _south, east, north = footprint.bounds
    return [*found, _badge(view, _INERT, view.viewed, Point((west + east) / 2, north))]


def _badge(view: View, key: str, candidate: Candidate, at: Point) -> Outline:
    """A sign that says how far off a scene is, on the colour of its days."""
    days, scene = candidate.ranked.days_offset, candidate.ranked.scene
    short = format_short_offset(days)
    text = f"{format_date(scene.sensed_at)}, {short}"
    return Outline(key, at, DaysScale.of(view.found).color(days), text, sign=short)


def _outlines(view: View) -> list[Outline]:
    """The distinct footprints, each with a badge of its best scene but for the viewed one's."""
    outlines = []
    for number, (outline, candidates) in enumerate(view.footprints):
        score = max(c.ranked.score for c in candidates)
        count = counted(len(candidates), "scene")
        tile = candidates[0].ranked.scene.tile
        usable = any(c.ranked.usable for c in candidates)
        label = _("Tile {tile}: {scenes}, best score {score:.2f}").format(
            tile=tile, scenes=count, score=score
        )
        outlines.append(
            Outline(
                str(number),
                outline,
                score_color(score),
                label if usable else f"{label}\n{_('no usable scene')}",
                chosen=view.viewed in candidates,
                dashed=not usable,
            )
        )
        if view.viewed not in candidates:
            north = shapely.centroid(outline).x, outline.bounds[3]
            outlines.append(_badge(view, str(number), candidates[0], Point(north)))
    return outlines
