"""The candidates of one mask: which one is looked at, what is known of it, and their ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import shapely
import streamlit as st
from shapely.geometry.base import BaseGeometry

from migrate_core.model import Mask, RankedScene
from migrate_core.store.base import Candidate, Store
from migrate_core.store.last_search import SearchParameters
from migrate_core.text import (
    CLOUD_IN_SCENE,
    CLOUD_IN_SCENE_HELP,
    CLOUD_OVER_MASK,
    CLOUD_OVER_MASK_HELP,
    DAYS_OFFSET,
    DAYS_OFFSET_HELP,
    FOOTPRINT_COVERAGE,
    FOOTPRINT_COVERAGE_HELP,
    LABEL_OCCLUDED,
    LABEL_OCCLUDED_HELP,
    format_date,
    format_offset,
    format_percent,
    format_share,
    format_time,
)
from pages.shared.scenes.form import TERMS
from pages.shared.table import clicked_row, titled
from pages.shared.text import DAYS_COLUMN, PERCENT_COLUMN, code, plain

# Okabe & Ito: told apart with every common form of colour blindness.
USABLE_COLOR, OTHER_COLOR, CHOSEN_COLOR = "#009E73", "#E69F00", "#0072B2"
_VIEWED, _NONCE = "scenes_viewed", "scenes_nonce"
# Footprints that differ by less than this, about 100 m, are one outline on the map.
_SAME_DEGREES = 0.001


@dataclass(frozen=True)
class View:
    """One mask with its candidates, and the search that ranked them."""

    store: Store
    mask: Mask
    candidates: Sequence[Candidate]
    found: SearchParameters

    @cached_property
    def viewed(self) -> Candidate:
        """The candidate that is looked at: the last one clicked, else the selected one."""
        mask_id, scene_id = st.session_state.get(_VIEWED, (None, None))
        for candidate in self.candidates:
            if (mask_id, scene_id) == (self.mask.mask_id, candidate.ranked.scene.scene_id):
                return candidate
        return next((c for c in self.candidates if c.selected), self.candidates[0])

    @property
    def rank(self) -> int:
        """The rank of the viewed candidate, from 0."""
        return self.candidates.index(self.viewed)

    def look_at(self, scene_id: str, where: str) -> None:
        """View another scene; what shows the old one elsewhere than `where` is made again."""
        st.session_state[_VIEWED] = (self.mask.mask_id, scene_id)
        nonces = st.session_state.setdefault(_NONCE, {})
        for other in {"table", "plot", "dates"} - {where}:
            nonces[other] = nonces.get(other, 0) + 1

    def key(self, name: str) -> str:
        """The key of a widget that marks the viewed scene."""
        nonce = st.session_state.get(_NONCE, {}).get(name, 0)
        return f"scenes_{name}_{self.mask.mask_id}_{nonce}"

    @cached_property
    def footprints(self) -> list[tuple[BaseGeometry, list[Candidate]]]:
        """Each distinct footprint with its candidates, best first."""
        groups: dict[bytes, tuple[BaseGeometry, list[Candidate]]] = {}
        for candidate in self.candidates:
            footprint = candidate.ranked.scene.footprint
            rounded = shapely.normalize(shapely.set_precision(footprint, _SAME_DEGREES))
            groups.setdefault(rounded.wkb, (footprint, []))[1].append(candidate)
        return list(groups.values())


# the viewed scene


def viewed_scene(view: View) -> None:
    """What is known of the viewed scene, and the button that chooses it."""
    candidate = view.viewed
    ranked, scene = candidate.ranked, candidate.ranked.scene
    with st.container(border=True):
        st.markdown(
            f"**{format_time(scene.sensed_at)}**, rank {view.rank + 1} of "
            f"{len(view.candidates)}  \n{_format_candidate(ranked)}  \n"
            + (
                ":material/check_circle: Usable."
                if ranked.usable
                else ":material/warning: Not usable by the limits of the search."
            )
        )
        st.caption(code(scene.scene_id))
        if candidate.selected:
            by = "by hand" if candidate.chosen_by_person else "as the best"
            st.button(
                f"In use (chosen {by})",
                disabled=True,
                icon=":material/check:",
                width="stretch",
                key="scenes_used",
            )
        elif st.button(
            "Use this scene",
            type="primary",
            icon=":material/check:",
            width="stretch",
            key="scenes_use",
        ):
            view.store.select(view.mask.mask_id, scene.scene_id)
            st.toast(
                f"{plain(view.mask.name)}: the scene of {format_date(scene.sensed_at)} is used."
            )
            st.rerun()


def _format_candidate(ranked: RankedScene) -> str:
    """A candidate's time, clouds and coverage in a sentence."""
    more = len(ranked.completed_by)
    together = f" together with {more} more of the same overpass" * bool(more)
    when = format_offset(ranked.days_offset)
    return (
        f"{when[0].upper()}{when[1:]}; {_format_clouds(ranked)}; it shows "
        f"{format_share(ranked.coverage)} of the mask{together}."
    )


def _format_clouds(ranked: RankedScene) -> str:
    """What is known of the clouds: over the mask and its label where measured, and in the scene."""
    measured = (
        (CLOUD_OVER_MASK, ranked.cloud_over_mask_percent),
        (LABEL_OCCLUDED, ranked.occluded_over_label_percent),
    )
    found = [f"{name} {format_percent(value)}" for name, value in measured if value is not None]
    return ", ".join([*found, f"{CLOUD_IN_SCENE} {format_percent(ranked.scene.cloud_percent)}"])


def cloud_of(ranked: RankedScene) -> tuple[str, float | None]:
    """The cloud that the ranking goes by, with its name: over the mask where it was measured."""
    over = ranked.cloud_over_mask_percent
    if over is None:
        return CLOUD_IN_SCENE, ranked.scene.cloud_percent
    return CLOUD_OVER_MASK, over


def cloud_text(ranked: RankedScene) -> str:
    """The same in words: `cloud over mask 0.0 %`."""
    name, percent = cloud_of(ranked)
    return f"{name} {format_percent(percent)}"


# table


def scene_table(view: View) -> None:
    """The ranking with every term of the score; a click views a scene."""
    key = view.key("table")

    def picked() -> None:
        row, marked = clicked_row(key)
        if row is not None:
            scene_id = view.candidates[row].ranked.scene.scene_id
            view.look_at(scene_id, "table" if marked else "")

    cells = pd.DataFrame([_cells(candidate) for candidate in view.candidates])
    if not any(c.ranked.cloud_over_mask_percent is not None for c in view.candidates):
        cells = cells.drop(columns=["over mask", "label occluded", "term clear_label"])
    st.dataframe(
        cells,
        key=key,
        hide_index=True,
        height="auto",
        selection_mode=["single-row-required", "single-cell"],
        selection_default={"selection": {"rows": [view.rank]}},
        on_select=picked,
        column_config=titled(cells.columns, _columns(view.found)),
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
        "usable": "yes" if ranked.usable else "no",
        "score": ranked.score,
        **{f"term {name}": ranked.terms.get(name) for name in TERMS},
        "baseline": scene.baseline,
        "level": scene.level,
        "tile": scene.tile,
        "source": scene.source,
        "scene": scene.scene_id,
    }


def _columns(found: SearchParameters) -> dict[str, Any]:
    config, weights = st.column_config, found.ranking.weights
    terms = {
        f"term {name}": config.ProgressColumn(
            title,
            min_value=0,
            max_value=1,
            width=110,
            format="%.2f",
            color=CHOSEN_COLOR,
            help=f"{meaning} Weight {weights.get(name, 0):g}.",
        )
        for name, (title, meaning) in TERMS.items()
    }
    return {
        "score": config.ProgressColumn(
            "score",
            min_value=0,
            max_value=1,
            width=110,
            format="%.2f",
            color=USABLE_COLOR,
            help="The mean of the terms by their weights; usable scenes come first.",
        ),
        **terms,
        "days": config.NumberColumn(DAYS_OFFSET, format=DAYS_COLUMN, help=DAYS_OFFSET_HELP),
        "cloud": config.NumberColumn(
            CLOUD_IN_SCENE, format=PERCENT_COLUMN, help=CLOUD_IN_SCENE_HELP
        ),
        "over mask": config.NumberColumn(
            CLOUD_OVER_MASK, format=PERCENT_COLUMN, help=CLOUD_OVER_MASK_HELP
        ),
        "label occluded": config.NumberColumn(
            LABEL_OCCLUDED, format=PERCENT_COLUMN, help=LABEL_OCCLUDED_HELP
        ),
        "coverage": config.NumberColumn(
            FOOTPRINT_COVERAGE, format=PERCENT_COLUMN, help=FOOTPRINT_COVERAGE_HELP
        ),
        "baseline": config.TextColumn("baseline", help="Processing baseline of the product"),
    }
