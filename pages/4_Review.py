"""Review: look at each pair, accept or reject it."""

from typing import Any

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.review.filters import filter_texts
from migrate_core.review.pair_rows import pair_rows
from migrate_core.review.queue import arranged
from migrate_core.store.decisions import reviewers_of_log
from migrate_core.text import _
from pages.shared.background import forget_trouble
from pages.shared.frame import PAGES, Page, begin_page
from pages.shared.review.audits import look_at_audit, offer_to_leave
from pages.shared.review.component import light_table, pair_gallery
from pages.shared.review.decision_map import decision_map, heed_click
from pages.shared.review.filters import (
    GALLERY,
    MAP,
    filter_form,
    mode_form,
    open_pair,
    opened_so_far,
    show_conflicts,
)
from pages.shared.review.guard import KEY, signature_of
from pages.shared.review.queue import rows_of
from pages.shared.review.team.panel import team_panel
from pages.shared.review.team.reviewer import login_is_on, reviewer_field
from pages.shared.review.triage.panel import triage_panel
from pages.shared.state import selection
from pages.shared.text import message_of

ABOUT = (
    "Is the label still right on Sentinel-2? A cloud, a shadow or a change in only one of the two "
    "images makes it wrong."
)
# The light table gets the window below one row, which takes the place of title and header; what
# this is for is still read out by screen readers.
STYLE = """<style>
.stMainBlockContainer {padding: 0.5rem 1rem}
.stMain:focus-visible::before {display: none}
.stMain .stElementContainer:has(.stHeading, [data-testid="stCaptionContainer"]) {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
.stAppHeader {background: none}
.stAppHeader, .stAppHeader * {pointer-events: none}
.stAppHeader :is(button, a), .stAppHeader :is(button, a) * {pointer-events: auto}
.stApp:has([data-testid="stExpandSidebarButton"]) .st-key-review_row {padding-left: 3rem}
.st-key-review_row {padding-right: 2.5rem}
@media (min-width: 1200px) {
  .st-key-review_row {flex-wrap: nowrap}
  .st-key-review_row > * {flex-shrink: 0}
  .st-key-review_row > *:has(.st-key-review_words) {flex-shrink: 1}
}
.st-key-review_words {flex: 1 1 0; min-width: 0}
.st-key-review_words p {white-space: nowrap; overflow: hidden; text-overflow: ellipsis}
div:has(> .st-key-review_window) {
  flex: none; height: calc(100vh - 4.5rem); min-height: 24rem;
}
</style>"""


def review(page: Page) -> None:
    """The reviewer, and what there is to review."""
    reviewer = reviewer_field()
    all_rows = pair_rows(page.store)
    if not all_rows:
        st.info(_("There is no pair to look at yet. Pairs are made from masks and their scenes."))
        st.page_link(PAGES["pairs"][0], label=_("Make pairs"), icon=PAGES["pairs"][2])
        return
    heed_click(row.pair_id for row in all_rows)
    with st.container(key="review_row", horizontal=True, vertical_alignment="center"):
        mode = mode_form()
        choice = filter_form(all_rows, reviewers_of_log(page.store), reviewer)
        team_panel(page, show_conflicts)
        triage_panel(page, reviewer)
        offer_to_leave(choice.wanted)
    st.html(STYLE)
    if mode == MAP:
        decision_map(page, arranged(rows_of(page.store, reviewer), choice.wanted))
        return
    data = {
        "key": KEY,
        "reviewer": reviewer,
        "signature": signature_of(reviewer) if login_is_on() else "",
        "filter": filter_texts(choice.wanted),
        "order": choice.order,
        "theme": st.context.theme.type or "light",
    }
    with st.container(key="review_window"):
        if mode == GALLERY:
            pair_gallery(data, do_as_asked)
        else:
            light_table({**data, "start": selection().pair_id, "opening": opened_so_far()})


def do_as_asked(asked: dict[str, Any]) -> None:
    """What the gallery has the page do: see `pair_gallery`."""
    if pair_id := asked.get("open"):
        open_pair(str(pair_id))
    elif batch_id := asked.get("audit"):
        look_at_audit(str(batch_id))


opened = begin_page("review", ABOUT)
forget_trouble()
try:
    review(opened)
except MigrateError as err:
    st.error(message_of(err))
