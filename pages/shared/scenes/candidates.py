"""The candidates of one mask: which one is looked at, what is known of it, and using it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import shapely
import streamlit as st
from shapely.geometry.base import BaseGeometry

from migrate_core.errors import MigrateError
from migrate_core.model import Mask, RankedScene
from migrate_core.scenes.run import select
from migrate_core.store.base import Candidate, Store
from migrate_core.store.last_search import SearchParameters
from migrate_core.text import (
    CLOUD_IN_SCENE,
    CLOUD_OVER_MASK,
    FOOTPRINT_COVERAGE,
    LABEL_OCCLUDED,
    _,
    capital,
    format_date,
    format_offset,
    format_percent,
    format_share,
    format_time,
)
from pages.shared.state import choose_scene, selection
from pages.shared.text import code, message_of, plain

_NONCE, _USED = "scenes_nonce", "scenes_used_just_now"
# Footprints that differ by less than this, about 100 m, are one outline on the map.
_SAME_DEGREES = 0.001


@dataclass(frozen=True)
class View:
    """One mask with its candidates, and the search that ranked them."""

    store: Store
    mask: Mask
    candidates: Sequence[Candidate]
    found: SearchParameters

    @property
    def viewed(self) -> Candidate:
        """The candidate that is looked at: the last one chosen for that, else the one in use."""
        scene_id = selection().scene_id
        for candidate in self.candidates:
            if scene_id == candidate.ranked.scene.scene_id:
                return candidate
        return next((c for c in self.candidates if c.selected), self.candidates[0])

    @property
    def rank(self) -> int:
        """The rank of the viewed candidate, from 0."""
        return self.candidates.index(self.viewed)

    def look_at(self, scene_id: str, *, on_plot: bool = False) -> None:
        """View another scene; the plot is made again, unless it marks the scene by itself."""
        choose_scene(scene_id)
        if not on_plot:
            st.session_state[_NONCE] = st.session_state.get(_NONCE, 0) + 1

    def use(self) -> None:
        """Select the viewed scene for the mask."""
        scene = self.viewed.ranked.scene
        try:
            select(self.store, self.mask.mask_id, scene.scene_id)
        except MigrateError as err:  # a search has replaced the candidates meanwhile
            st.error(message_of(err))
            return
        st.toast(
            _("{name}: the scene of {date} is used.").format(
                name=plain(self.mask.name), date=format_date(scene.sensed_at)
            )
        )
        st.session_state[_USED] = True

    @property
    def plot_key(self) -> str:
        """The key of the plot, another one where another scene is to be marked."""
        return f"scenes_plot_{self.mask.mask_id}_{st.session_state.get(_NONCE, 0)}"

    @cached_property
    def footprints(self) -> list[tuple[BaseGeometry, list[Candidate]]]:
        """Each distinct footprint with its candidates, best first."""
        groups: dict[bytes, tuple[BaseGeometry, list[Candidate]]] = {}
        for candidate in self.candidates:
            footprint = candidate.ranked.scene.footprint
            rounded = shapely.normalize(shapely.set_precision(footprint, _SAME_DEGREES))
            groups.setdefault(rounded.wkb, (footprint, []))[1].append(candidate)
        return list(groups.values())


def mask_title(mask: Mask, view: View | None) -> None:
    """Which mask it is, of which day, and the button that uses the viewed scene for it."""
    days = mask.acquired.formatted_days if mask.acquired else _("no date")
    with st.container(horizontal=True, vertical_alignment="center", key="scenes_title"):
        st.markdown(f"**{plain(mask.name)}**, {plain(days)}")
        if view is not None:
            _use_button(view)


def used_just_now() -> bool:
    """Whether a scene was selected since this was asked last."""
    return bool(st.session_state.pop(_USED, False))


def viewed_scene(view: View) -> None:
    """What is known of the viewed scene, and the button that chooses it."""
    candidate = view.viewed
    ranked, scene = candidate.ranked, candidate.ranked.scene
    with st.container(border=True):
        st.markdown(
            _("**{time}**, rank {rank} of {count}  \n{sentence}  \n").format(
                time=format_time(scene.sensed_at),
                rank=view.rank + 1,
                count=len(view.candidates),
                sentence=_format_candidate(ranked),
            )
            + (
                _(":material/check_circle: Usable.")
                if ranked.usable
                else _(":material/warning: Not usable by the limits of the search.")
            )
        )
        st.caption(code(scene.scene_id))


def _use_button(view: View) -> None:
    """Uses the viewed scene, where it isn't used already."""
    if view.viewed.selected:
        by_hand = view.viewed.chosen_by_person
        label = _("In use (chosen by hand)") if by_hand else _("In use (chosen as the best)")
        st.button(label, disabled=True, icon=":material/check:", key="scenes_used")
        return
    st.button(
        _("Use this scene"),
        type="primary",
        icon=":material/check:",
        key="scenes_use",
        on_click=view.use,
    )


def _format_candidate(ranked: RankedScene) -> str:
    """A candidate's time, clouds and coverage in a sentence."""
    more, when = len(ranked.completed_by), format_offset(ranked.days_offset)
    coverage = f"{_(FOOTPRINT_COVERAGE)} {format_share(ranked.coverage)}"
    if more:
        coverage += _(" together with {count} more of the same overpass").format(count=more)
    return f"{capital(when)}; {', '.join(cloud_texts(ranked))}; {coverage}."


def cloud_texts(ranked: RankedScene) -> list[str]:
    """What is known of the clouds: over the mask and its label where measured, and in the scene."""
    measured = (
        (CLOUD_OVER_MASK, ranked.cloud_over_mask_percent),
        (LABEL_OCCLUDED, ranked.occluded_over_label_percent),
    )
    found = [f"{_(name)} {format_percent(value)}" for name, value in measured if value is not None]
    return [*found, f"{_(CLOUD_IN_SCENE)} {format_percent(ranked.scene.cloud_percent)}"]


def cloud_of(ranked: RankedScene) -> tuple[str, float | None]:
    """The cloud that the ranking goes by, with its name: over the mask where it was measured."""
    over = ranked.cloud_over_mask_percent
    if over is None:
        return CLOUD_IN_SCENE, ranked.scene.cloud_percent
    return CLOUD_OVER_MASK, over


def cloud_text(ranked: RankedScene) -> str:
    """The same in words: `cloud over mask 0.0 %`."""
    name, percent = cloud_of(ranked)
    return f"{_(name)} {format_percent(percent)}"
