"""What is shown of one mask and its candidates, drawn again by itself when another is viewed."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.frame import Page
from pages.shared.polling import rerun_page
from pages.shared.scenes.candidates import View, mask_title, used_just_now, viewed_scene
from pages.shared.scenes.map import heed_click, scenes_on_map
from pages.shared.scenes.picture import begin_ground
from pages.shared.scenes.plot import scene_plot
from pages.shared.scenes.strip import scene_strip
from pages.shared.scenes.table import scene_table

# What lies above the map and below it takes little, so that the candidates' pictures are in a small
# window as well: panels that are folded up lie beside each other, and buttons of advice are low.
STYLE = """<style>
.st-key-scenes_panels > * { flex: 1 1 100%; }
.st-key-scenes_panels > :has(> .stExpander, > * > * > .stExpander):not(:has(details[open])) {
  flex: 1 1 auto; width: auto;
}
.st-key-scenes_advice { padding: 0.5rem 0.75rem; font-size: 0.875rem; }
.st-key-scenes_advice :is(p, button) { font-size: 0.875rem; line-height: 1.35; }
.st-key-scenes_advice button { min-height: 1.9rem; padding: 0 0.6rem; text-align: left; }
.st-key-scenes_advice button * { white-space: normal; overflow: visible; }
.st-key-scenes_title { flex-wrap: nowrap; }
.st-key-scenes_title > :first-child { flex: 0 1 auto; min-width: 0; }
.st-key-scenes_title p { line-height: 1.3; overflow-wrap: anywhere; }
.st-key-scenes_filters [role="radiogroup"] { flex-wrap: wrap; }
.st-key-scenes_filters [role="radio"] { padding: 0.25rem 0.6rem; }
</style>"""


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
        rerun_page()
    heed_click(view)
    begin_ground(page, view)
    with areas.under_list:
        viewed_scene(view)
        scene_plot(view)
    with areas.below:
        scene_table(view)
    # Last, since what lies on the map was mostly read by now; else all is drawn again for it.
    with areas.beside_list:
        mask_title(view.mask, view)
        scenes_on_map(page, view)
        scene_strip(view)
