"""Home: what this is, where the work stands, and the next step."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from migrate_core.errors import MigrateError
from migrate_core.jobs.background import now_utc, running_jobs
from migrate_core.review.overview import matches, overview
from migrate_core.text import _
from pages.shared.background import POLL_S
from pages.shared.connection import SendAtOnce
from pages.shared.export.routes import export_routes
from pages.shared.frame import PAGES, Page, begin_page
from pages.shared.home.begin import begin
from pages.shared.home.last_dataset import last_dataset
from pages.shared.home.standing import show_standing
from pages.shared.home.workspace_panel import workspace_panel
from pages.shared.polling import polled
from pages.shared.review.many_routes import many_routes
from pages.shared.review.relabel_routes import relabel_routes
from pages.shared.review.repair_routes import repair_routes
from pages.shared.review.routes import base_path, routes
from pages.shared.text import message_of
from pages.shared.warm_up import warm_up

ABOUT = (
    "Segmentation masks drawn on another satellite's images become training data for Sentinel-2."
)
PIPELINE = """
For each mask, a Sentinel-2 scene is found that is close in time and clear of clouds over it.
The scene is cut to the mask, and the mask is put on the scene's 10 m grid.
A person accepts or rejects each pair, since a cloud, a shadow or a change in only one of the
two images makes a right label wrong; what is accepted is exported as a dataset.
"""
PICTURE = Path(__file__).parent / "docs" / "images" / "label_migrated.png"
PICTURE_CAPTION = (
    "The same label twice, from the demo: on the 3 m image it was drawn on, and on the 10 m "
    "Sentinel-2 scene it was migrated to."
)
STEPS = {
    "masks": "Upload masks or point at a folder; give dates and source images.",
    "scenes": "Search and rank scenes for each mask on a map; choose another if you like.",
    "pairs": "Cut, convert and align: image, label, area shares and quality on one 10 m grid.",
    "review": "Look at each overlay; accept, reject or mark as unsure.",
    "export": "Write the accepted pairs with manifest, dataset card and plots.",
}


def introduction() -> None:
    """What happens, stage by stage."""
    words, picture = st.columns([2, 3], gap="large")
    words.markdown(_(PIPELINE))
    alternative = _("A label on a 3 m image and on a 10 m image")
    picture.image(PICTURE, _(PICTURE_CAPTION), alt=alternative)
    for column, (stage, text) in zip(st.columns(5), STEPS.items(), strict=True):
        path, name, icon = PAGES[stage]
        with column.container(border=True, height="stretch"):
            st.page_link(path, label=f"**{_(name)}**", icon=icon)
            st.caption(_(text))


@polled(lambda page: bool(running_jobs(page.store, now_utc())), POLL_S)
def work(page: Page) -> None:
    """How far the work is, and the last dataset."""
    show_standing(overview(page.store, now_utc()), matches(page.store))
    last_dataset(page)


def home(page: Page) -> None:
    """How to begin, in an empty workspace; else where the work stands."""
    empty = not page.store.mask_states()
    if not empty:
        work(page)
    begin(page, empty=empty)
    workspace_panel(page)
    if empty:
        introduction()
        return
    with st.expander(_("What this app does"), icon=":material/info:"):
        introduction()


def main() -> None:
    """Draws the page."""
    opened = begin_page(None, ABOUT)
    try:
        home(opened)
    except MigrateError as err:
        st.error(message_of(err))


# Streamlit runs this file for the page, and the server imports it for what it serves beside pages.
if __name__ == "__main__":
    main()
else:
    warm_up()
    base = base_path()
    parts = (routes, repair_routes, relabel_routes, many_routes, export_routes)
    app = st.App(
        __file__,
        routes=[route for part in parts for route in part(base)],
        middleware=[Middleware(SendAtOnce)],
    )
