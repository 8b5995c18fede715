"""The ranking of one mask's candidates as a table, its columns in sets that fit a small screen."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from migrate_core.store.base import Candidate
from migrate_core.text import (
    CLOUD_IN_SCENE,
    CLOUD_IN_SCENE_HELP,
    CLOUD_OVER_MASK,
    CLOUD_OVER_MASK_HELP,
    DAYS_OFFSET,
    FOOTPRINT_COVERAGE,
    FOOTPRINT_COVERAGE_HELP,
    LABEL_OCCLUDED,
    LABEL_OCCLUDED_HELP,
    NOT_KNOWN,
    _,
    format_date,
    format_percent,
    format_short_offset,
)
from pages.shared.scenes.candidates import View
from pages.shared.scenes.colors import CHOSEN_COLOR, USABLE_COLOR, DaysScale
from pages.shared.scenes.form import TERMS
from pages.shared.table import cell_at, chosen_row, tinted, titled

_DAYS_HELP = "How far the scene is from the mask's image in time; sorted from before to after"
_TERMS = tuple(f"term {name}" for name in TERMS)
# What each set has beside the columns of `_ALWAYS`.
_ALWAYS = ("in use", "date", "days")
_SETS = {
    "Measurements": ("over mask", "label occluded", "cloud", "coverage", "usable", "score"),
    "Terms of the score": ("usable", "score", *_TERMS),
    # Its level is in its name.
    "Product": ("scene", "tile", "baseline", "source"),
}
_PERCENTAGES = {
    "cloud": (CLOUD_IN_SCENE, CLOUD_IN_SCENE_HELP),
    "over mask": (CLOUD_OVER_MASK, CLOUD_OVER_MASK_HELP),
    "label occluded": (LABEL_OCCLUDED, LABEL_OCCLUDED_HELP),
    "coverage": (FOOTPRINT_COVERAGE, FOOTPRINT_COVERAGE_HELP),
}
# Not there unless clouds were measured over the mask.
_MEASURED = ("over mask", "label occluded", "term clear_label")


def scene_table(view: View) -> None:
    """The ranking with what is known of each scene; a click views one."""
    chosen = st.segmented_control(
        _("Columns of the table"),
        list(_SETS),
        format_func={name: _(name) for name in _SETS}.__getitem__,
        default=next(iter(_SETS)),
        required=True,
        key="scenes_columns",
        label_visibility="collapsed",
        persist_state="session",
    )
    key = f"scenes_table_{view.mask.mask_id}_{chosen}"

    def picked() -> None:
        row = chosen_row(key)
        if row is not None:
            view.look_at(view.candidates[row].ranked.scene.scene_id)

    cells = pd.DataFrame([_cells(candidate) for candidate in view.candidates])
    shown = [*_ALWAYS, *_SETS[chosen or next(iter(_SETS))]]
    if not any(c.ranked.cloud_over_mask_percent is not None for c in view.candidates):
        shown = [name for name in shown if name not in _MEASURED]
    st.dataframe(
        _formatted(tinted(cells[shown].style, view.rank), DaysScale.of(view.found)),
        key=key,
        hide_index=True,
        height="auto",
        selection_mode="single-cell",
        selection_default=cell_at(key, view.rank, shown[0]),
        on_select=picked,
        column_config=titled(shown, _columns(view)),
    )


def _formatted(cells: Styler, scale: DaysScale) -> Styler:
    """Numbers as they are written elsewhere, days on their colour; they are sorted as numbers."""
    percentages = [name for name in cells.columns if name in _PERCENTAGES]
    found = cells.format(format_short_offset, subset=["days"])
    return found.format(format_percent, subset=percentages, na_rep=_(NOT_KNOWN)).map(
        lambda days: f"background-color: {scale.color(days)}; color: {scale.ink(days)}",
        subset=["days"],
    )


def _cells(candidate: Candidate) -> dict[str, Any]:
    ranked, scene = candidate.ranked, candidate.ranked.scene
    return {
        "in use": "✓" if candidate.selected else "",
        "date": format_date(scene.sensed_at),
        "days": ranked.days_offset,
        "cloud": scene.cloud_percent,
        "over mask": ranked.cloud_over_mask_percent,
        "label occluded": ranked.occluded_over_label_percent,
        "coverage": 100 * ranked.coverage,
        "usable": _("yes") if ranked.usable else _("no"),
        "score": ranked.score,
        **{f"term {name}": ranked.terms.get(name) for name in TERMS},
        "baseline": scene.baseline,
        "tile": scene.tile,
        "source": scene.source,
        "scene": scene.scene_id,
    }


def _columns(view: View) -> dict[str, Any]:
    config, weights = st.column_config, view.found.ranking.weights
    terms = {
        f"term {name}": config.ProgressColumn(
            title,
            min_value=0,
            max_value=1,
            width=120,
            format="%.2f",
            color=CHOSEN_COLOR,
            help=_("{meaning} Weight {weight:g}.").format(
                meaning=_(meaning), weight=weights.get(name, 0)
            ),
        )
        for name, (title, meaning) in TERMS.items()
    }
    return {
        "in use": config.TextColumn(width=55),
        "date": config.TextColumn(width=90),
        "days": config.NumberColumn(DAYS_OFFSET, help=_(_DAYS_HELP), width=115),
        **{
            name: config.NumberColumn(title, help=_(meaning))
            for name, (title, meaning) in _PERCENTAGES.items()
        },
        "usable": config.TextColumn(width=70),
        "score": config.ProgressColumn(
            _("score"),
            min_value=0,
            max_value=1,
            width=120,
            format="%.2f",
            color=USABLE_COLOR,
            help=_("The mean of the terms by their weights; usable scenes come first."),
        ),
        **terms,
        "baseline": config.TextColumn(width=75, help=_("Processing baseline of the product")),
        "tile": config.TextColumn(width=60),
        "scene": config.TextColumn(width=470),
        "source": config.TextColumn(width=110),
    }
