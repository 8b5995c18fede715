"""The candidates of one mask by days and cloud, in a plot whose points can be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from migrate_core.model import RankedScene
from migrate_core.scenes.search.ranking import Measurement, occluded_percent
from migrate_core.store.base import Candidate
from migrate_core.store.last_search import SearchParameters
from migrate_core.text import (
    CLOUD_IN_SCENE,
    CLOUD_OVER_MASK,
    DAYS_OFFSET,
    FOOTPRINT_COVERAGE,
    LABEL_OCCLUDED,
    _,
    format_date,
    format_short_offset,
)
from pages.shared.scenes.candidates import View
from pages.shared.scenes.colors import USABLE_COLOR, DaysScale

_HEIGHT = 240


def scene_plot(view: View) -> None:
    """Days offset against cloud cover with the usable region; a click views a scene."""
    points = [_point(view, candidate) for candidate in view.candidates]
    rows = [point for point in points if point["cloud"] is not None]
    key = view.plot_key

    def picked() -> None:
        chosen = st.session_state[key]["selection"].get("picked") or []
        if chosen:
            view.look_at(chosen[0]["scene_id"], on_plot=True)

    st.vega_lite_chart(chart(rows, view.found), key=key, on_select=picked, height=_HEIGHT)
    unknown = len(view.candidates) - len(rows)
    caption = _(
        "Shaded: within the window and the limit of usable cloud, which the larger of cloud over "
        "mask and label occluded counts against once measured. Colours are those of the pictures. "
        "Click a point to look at it."
    )
    if unknown:
        not_drawn = _("{count} of unknown cloud cover are not drawn.")
        caption = f"{caption} {not_drawn.format(count=unknown)}"
    st.caption(caption)


def _point(view: View, candidate: Candidate) -> dict[str, Any]:
    ranked, scene = candidate.ranked, candidate.ranked.scene
    kind = _("usable") if ranked.usable else _("not usable")
    where, cloud = _decisive(ranked)
    return {
        "scene_id": scene.scene_id,
        "date": format_date(scene.sensed_at),
        "days": ranked.days_offset,
        "offset": format_short_offset(ranked.days_offset),
        "color": DaysScale.of(view.found).color(ranked.days_offset),
        "cloud": cloud,
        "where": where,
        "scene": scene.cloud_percent,
        "mask": ranked.cloud_over_mask_percent,
        "label": ranked.occluded_over_label_percent,
        "coverage": 100 * ranked.coverage,
        "score": round(ranked.score, 2),
        "kind": _("in use") if candidate.selected else kind,
        "viewed": candidate is view.viewed,
    }


def _decisive(ranked: RankedScene) -> tuple[str, float | None]:
    """What is held against the limit of usable cloud, and its percentage; None if not known."""
    over, label = ranked.cloud_over_mask_percent, ranked.occluded_over_label_percent
    measured = occluded_percent(Measurement(over, label))
    if measured is None:
        return _(CLOUD_IN_SCENE), ranked.scene.cloud_percent
    return _(" or ").join([_(CLOUD_OVER_MASK), _(LABEL_OCCLUDED)]), measured


def _quantity(field: str, title: str, **options: Any) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title, **options}


_REGION = {
    "data": {"name": "region"},
    "mark": {"type": "rect", "color": USABLE_COLOR, "opacity": 0.15},
    "encoding": {
        "x": {"field": "x0", "type": "quantitative"},
        "x2": {"field": "x1"},
        "y": {"field": "y0", "type": "quantitative"},
        "y2": {"field": "y1"},
    },
}
_RING = {
    "data": {"name": "scenes"},
    "transform": [{"filter": "datum.viewed"}],
    "mark": {"type": "point", "filled": False, "size": 500, "color": "#808080", "strokeWidth": 2},
}
_DOTS = {
    "data": {"name": "scenes"},
    "mark": {"type": "point", "filled": True, "size": 130, "opacity": 0.95},
    "params": [{"name": "picked", "select": {"type": "point", "fields": ["scene_id"]}}],
}


def _look() -> dict[str, Any]:
    """Colour, shape and tooltip of the dots, in the language of the tab."""
    kinds = [_("in use"), _("usable"), _("not usable")]
    percentages = {
        "scene": CLOUD_IN_SCENE,
        "mask": CLOUD_OVER_MASK,
        "label": LABEL_OCCLUDED,
        "coverage": FOOTPRINT_COVERAGE,
    }
    return {
        "color": {"field": "color", "type": "nominal", "scale": None, "legend": None},
        "shape": {
            "field": "kind",
            "type": "nominal",
            "scale": {"domain": kinds, "range": ["diamond", "circle", "triangle-up"]},
            "legend": {"title": None, "orient": "top", "symbolFillColor": "#808080"},
        },
        "tooltip": [
            {"field": "date", "type": "nominal", "title": _("date")},
            {"field": "offset", "type": "nominal", "title": _(DAYS_OFFSET)},
            *(
                _quantity(field, f"{_(title)}, %", format=".1f")
                for field, title in percentages.items()
            ),
            _quantity("score", _("score")),
        ],
    }


def chart(rows: Sequence[dict[str, Any]], found: SearchParameters) -> dict[str, Any]:
    """Points of days and cloud as Vega-Lite; `rows` as `_point` makes them.

    Written out: with a library it would take a third of the page's time, and more to import it.
    """
    days, usable = found.query.days, found.ranking.usable_cloud_percent
    top = max([20.0, usable * 1.3, *(1.1 * row["cloud"] for row in rows)])
    where = _(" or ").join(sorted({row["where"] for row in rows})) or _(CLOUD_IN_SCENE)
    position = {
        "x": {
            **_quantity("days", _("days before (-) and after the mask's image")),
            "scale": {"domain": [-days - 1, days + 1], "nice": False},
        },
        "y": {
            **_quantity("cloud", f"{where}, %"),
            "scale": {"domain": [-0.03 * top, min(top, 104)], "nice": False},
        },
    }
    return {
        "datasets": {
            "region": [{"x0": -days, "x1": days, "y0": 0, "y1": usable}],
            "scenes": list(rows),
        },
        "layer": [
            _REGION,
            {**_RING, "encoding": position},
            {**_DOTS, "encoding": {**position, **_look()}},
        ],
    }
