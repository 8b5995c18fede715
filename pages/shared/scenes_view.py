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
from migrate_core.scenes.parameters import SearchParameters
from migrate_core.store import Candidate, Store
from pages.shared.scenes_form import TERMS
from pages.shared.text import code, plain

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
    def place(self) -> int:
        """The place of the viewed candidate in the ranking, from 0."""
        return self.candidates.index(self.viewed)

    def look_at(self, scene_id: str, where: str) -> None:
        """View another scene; what shows the old one elsewhere than `where` is made anew."""
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
            outline = candidate.ranked.scene.footprint
            rounded = shapely.normalize(shapely.set_precision(outline, _SAME_DEGREES))
            groups.setdefault(rounded.wkb, (outline, []))[1].append(candidate)
        return list(groups.values())


# the viewed scene


def viewed_scene(view: View) -> None:
    """What is known of the viewed scene, and the button that chooses it."""
    candidate = view.viewed
    ranked, scene = candidate.ranked, candidate.ranked.scene
    with st.container(border=True):
        st.markdown(
            f"**{scene.sensed_at:%Y-%m-%d %H:%M} UTC**, rank {view.place + 1} of "
            f"{len(view.candidates)}  \n{_in_words(ranked)}  \n"
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
            st.toast(f"{plain(view.mask.name)}: the scene of {scene.sensed_at:%Y-%m-%d} is used.")
            st.rerun()


def _in_words(ranked: RankedScene) -> str:
    """A candidate's time, clouds and coverage in a sentence."""
    days, more = ranked.days_offset, len(ranked.completed_by)
    when = f"{abs(days):.3g} days {'after' if days > 0 else 'before'}" if days else "On the day of"
    together = f" together with {more} more of the same overpass" * bool(more)
    return (
        f"{when} the mask; {_sky_in_words(ranked)}; it shows "
        f"{100 * ranked.coverage:.0f} % of the mask{together}."
    )


def _sky_in_words(ranked: RankedScene) -> str:
    """What is known of the clouds: over the mask and its label, and in the whole scene."""
    over, label = ranked.cloud_over_mask_percent, ranked.occluded_over_label_percent
    found = [f"{cloud_text(over)} over the mask"] if over is not None else []
    if label is not None:
        found.append(f"{label:.0f} % of the label hidden")
    return ", ".join([*found, f"{cloud_text(ranked.scene.cloud_percent)} in the whole scene"])


def cloud_of(ranked: RankedScene) -> float | None:
    """The cloud cover that counts, percent: over the mask where it was measured."""
    over = ranked.cloud_over_mask_percent
    return ranked.scene.cloud_percent if over is None else over


def cloud_text(cloud_percent: float | None) -> str:
    """Cloud cover in words."""
    return "cloud unknown" if cloud_percent is None else f"{cloud_percent:.0f} % cloud"


# table


def clicked_row(key: str) -> tuple[int | None, bool]:
    """The row of a table that was clicked, in a cell or at its mark, and whether it has the mark.

    A click beside the marks of a table selects a cell, by which people mean the row.
    """
    selection = st.session_state[key]["selection"]
    if selection["cells"]:
        return int(selection["cells"][0][0]), False
    return (int(selection["rows"][0]), True) if selection["rows"] else (None, False)


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
        cells = cells.drop(columns=["over mask", "label hidden", "term clear_label"])
    st.dataframe(
        cells,
        key=key,
        hide_index=True,
        height="auto",
        selection_mode=["single-row-required", "single-cell"],
        selection_default={"selection": {"rows": [view.place]}},
        on_select=picked,
        column_config=_columns(view.found),
    )


def _cells(candidate: Candidate) -> dict[str, Any]:
    ranked, scene = candidate.ranked, candidate.ranked.scene
    return {
        "in use": "✓" if candidate.selected else "",
        "date": scene.sensed_at.date().isoformat(),
        "days": ranked.days_offset,
        "cloud": scene.cloud_percent,
        "over mask": ranked.cloud_over_mask_percent,
        "label hidden": ranked.occluded_over_label_percent,
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
        "days": config.NumberColumn("days", format="%+.1f", help="From the mask to the scene"),
        "cloud": config.NumberColumn("cloud, %", format="%.1f", help="Of the whole scene"),
        "over mask": config.NumberColumn(
            "cloud over mask, %",
            format="%.1f",
            help="Of the mask's footprint, as far as there are data: cloud and thin cloud",
        ),
        "label hidden": config.NumberColumn(
            "label hidden, %",
            format="%.1f",
            help="Of the labelled area: under cloud, thin cloud or shadow, or without data",
        ),
        "coverage": config.NumberColumn(
            "coverage, %", format="%.0f", help="Share of the mask that the scene shows"
        ),
        "baseline": config.TextColumn("baseline", help="Processing baseline of the product"),
    }
