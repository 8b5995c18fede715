"""The guided tour: what to do on each page with the demo, beside it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from migrate_core.text import _
from pages.shared.state import put_in_address

_KEY = "tour"
# What to look at and what to press, page by page, in the order of the work.
_STEPS: Mapping[str, str] = {
    "masks": (
        "The demo has six masks of open-pit mines, drawn on 3 m images. Click one on the map, or "
        "in the list below it: its label, its classes and its date stand beside the map. Nothing "
        "has to be mended here."
    ),
    "scenes": (
        "Press **Search**: the demo's own scenes are in the form. Select a mask and compare its "
        "scenes: date, cloud over the mask, coverage. Where a mask gets no usable scene, the page "
        "says what would help it."
    ),
    "pairs": (
        "Press **Make pairs**. Each scene is cut to its mask, and the label is put on the "
        "10 m grid. The demo takes some seconds."
    ),
    "review": (
        "Look at both images side by side. Press **A** to accept and **X** to reject: a label is "
        "wrong where a cloud, a shadow or a change is in only one of the two."
    ),
    "export": (
        "Choose a format and press **Export**: the accepted pairs become a dataset with splits, "
        "manifest, card and report. That was all; **Home** has the way to your own masks."
    ),
}


def begin_tour() -> None:
    """Show the steps on the pages of this tab from now on."""
    st.session_state[_KEY] = True


def is_touring() -> bool:
    """Whether this tab takes the tour; a tab that is loaded again knows it by its address."""
    # Only at first: a browser may still send an address of before the end of the tour.
    touring: bool = st.session_state.setdefault(_KEY, st.query_params.get(_KEY) == "yes")
    return touring


def tour_step(stage: str | None, pages: Mapping[str, tuple[str, str, str]]) -> None:
    """The step of a page while the tour is taken; `pages` are path, name and icon by stage.

    It stands in the sidebar: on top of a page it would push down what it speaks of.
    """
    put_in_address(_KEY, "yes" if is_touring() else None)
    if stage is None or not is_touring():
        return
    stages = list(_STEPS)
    number = stages.index(stage)
    with st.container(border=True, key="tour", gap="small"):
        st.markdown(
            _(":material/explore: **Tour, step {number} of {count}.** {step}").format(
                number=number + 1, count=len(stages), step=_(_STEPS[stage])
            )
        )
        if number + 1 < len(stages):
            path, name, icon = pages[stages[number + 1]]
            st.page_link(path, label=_("On to {name}").format(name=_(name)), icon=icon)
        else:
            st.page_link("app.py", label=_("Back to Home"), icon=":material/satellite_alt:")
        st.button(_("End the tour"), key="tour_end", type="tertiary", on_click=_end_tour)


def _end_tour() -> None:
    st.session_state[_KEY] = False
