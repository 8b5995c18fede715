"""Ways to begin: the demo with its tour, and one's own masks."""

from __future__ import annotations

import streamlit as st

from migrate_core.job_requests import MakeDemo
from migrate_core.text import _
from pages.shared.background import POLL_S, how_it_ended, is_busy, start, trouble, watch
from pages.shared.frame import PAGES, Page
from pages.shared.polling import polled
from pages.shared.tour import begin_tour, is_touring

_DEMO = "demo"


def begin(page: Page, *, empty: bool) -> None:
    """The demo, the tour over it, and the way to one's own masks; `empty` is the workspace."""
    st.subheader(_("Begin") if empty else _("More"), anchor=False)
    example, tour, own = st.columns(3)
    with example:
        _demo(page)
    with tour, st.container(border=True, height="stretch"):
        _tour(page, empty)
    with own, st.container(border=True, height="stretch"):
        st.page_link(
            PAGES["masks"][0], label=_("**Add your own masks**"), icon=":material/folder_open:"
        )
        st.caption(_("Files you upload, or a folder on the machine that runs this app."))


def _tour(page: Page, empty: bool) -> None:
    """The guided tour: how to begin it, or the way to its first page.

    In an empty workspace it loads the demo that it speaks of.
    """
    if is_touring():
        path, name, icon = PAGES["masks"]
        st.page_link(path, label=_("**The tour begins at {name}**").format(name=_(name)), icon=icon)
        if is_busy(page, _DEMO):
            st.caption(_("Go there when the demo is loaded."))
        else:
            st.caption(_("What to do on each page stands at the left. It speaks of the demo."))
        return

    def take() -> None:
        begin_tour()
        if empty and not is_busy(page, _DEMO):
            start(page, _DEMO, MakeDemo)

    st.button(
        _("Take the tour"),
        key="tour_begin",
        icon=":material/tour:",
        on_click=take,
        width="stretch",
    )
    st.caption(_("Five pages with the demo, five minutes: each says what to look at and to press."))


@polled(lambda page: is_busy(page, _DEMO), POLL_S)
def _demo(page: Page) -> None:
    """Offers the example, and says how far it is while it is being made."""
    busy = is_busy(page, _DEMO)
    with st.container(border=True, height="stretch"):
        if busy:
            watch(page, _DEMO, "Making the demo")
        else:
            st.button(
                _("Load the demo"),
                icon=":material/science:",
                width="stretch",
                on_click=lambda: start(page, _DEMO, MakeDemo),
            )
        st.caption(_("A synthetic mining landscape: six masks, five dates, ten products."))
        trouble(_DEMO)
        if not busy:
            how_it_ended(page, _DEMO)
