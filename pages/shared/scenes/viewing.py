"""What is shown of one mask and its candidates, drawn again by itself when another is viewed."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.frame import Page
from pages.shared.scenes.candidates import View, mask_title, used_just_now, viewed_scene
from pages.shared.scenes.map import heed_click, scenes_on_map
from pages.shared.scenes.plot import scene_plot
from pages.shared.scenes.strip import scene_strip
from pages.shared.scenes.table import scene_table


@dataclass(frozen=True)
class Areas:
    """Where the parts are drawn: below the list of masks, beside it, and below both."""

    under_list: DeltaGenerator
    beside_list: DeltaGenerator
    below: DeltaGenerator


@st.fragment
def candidates_of_mask(page: Page, view: View, areas: Areas) -> None:
    """Map, pictures, plot and table of the candidates, with the one that is viewed."""
    if used_just_now():
        # The list of masks, and the frame's counts, tell what is in use.
        st.rerun()
    heed_click(view)
    with areas.beside_list:
        mask_title(view.mask, view)
        scenes_on_map(page, view)
        scene_strip(view)
    with areas.under_list:
        viewed_scene(view)
        scene_plot(view)
    with areas.below:
        scene_table(view)
