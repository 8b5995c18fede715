"""Review: look at each pair, accept or reject it."""

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.pairs.view.quicklook import ViewOptions
from migrate_core.review.queue import place_of
from migrate_core.review.queue_rows import ReviewItem, review_item
from migrate_core.states import PairState
from pages.shared.frame import PAGES, Page, begin_page
from pages.shared.review.decide import (
    begin_review,
    decision_bar,
    mark_shown,
    messages,
    one_press_one_decision,
)
from pages.shared.review.facts import facts, gallery, headline, progress
from pages.shared.review.filters import (
    MANY,
    Task,
    current_pair,
    facts_of,
    filter_form,
    mode_form,
    not_there,
    nothing_fits,
    reviewer_field,
    task,
    view_form,
)
from pages.shared.review.viewer import STYLE, PairView, prefetch, show_pair
from pages.shared.text import plain

ABOUT = (
    "Is the label still right on Sentinel-2? A cloud, a shadow or a change in only one of the two "
    "images makes it wrong."
)


def review(page: Page) -> None:
    """The reviewer, and what there is to review."""
    reviewer = reviewer_field()
    if facts_of(page.store):
        st.html(STYLE)
        one_press_one_decision()
        work(page, reviewer)
    else:
        st.info("There is no pair to look at yet. Pairs are made from masks and their scenes.")
        st.page_link(PAGES["pairs"][0], label="Make pairs", icon=PAGES["pairs"][2])


@st.fragment
def work(page: Page, reviewer: str) -> None:
    """What is renewed when one goes on to another pair or looks at it in another way."""
    try:
        with st.container(horizontal=True, vertical_alignment="center"):
            mode = mode_form()
            wanted, order = filter_form(facts_of(page.store), reviewer)
            options = view_form()
        found = task(page, wanted, order)
        if mode == MANY:
            many(page, found, options)
        else:
            with st.container(gap="xsmall"):
                one(page, found, options)
    except MigrateError as err:
        st.error(plain(str(err)))


def many(page: Page, found: Task, options: ViewOptions) -> None:
    """The gallery of the queue."""
    progress(found.rows)
    if found.queue:
        gallery(page, found.queue, options)
    else:
        nothing_fits()


def one(page: Page, found: Task, options: ViewOptions) -> None:
    """The pair that is looked at, from the bar of decisions down to its log."""
    pair_id = current_pair(found)
    item = review_item(page.store, pair_id) if pair_id else None
    if pair_id is None:
        nothing_fits()
    elif item is None or item.pair.state not in (PairState.DONE, PairState.SUPERSEDED):
        not_there(pair_id, item)
    else:
        show(page, found, item, options)


def show(page: Page, found: Task, item: ReviewItem, options: ViewOptions) -> None:
    """A pair that can be looked at."""
    pair_id = item.pair.pair_id
    begin_review(pair_id)
    left, right = st.columns([4, 1])
    with left:
        headline(item, place_of(found.queue, pair_id), len(found.queue))
    with right:
        progress(found.rows)
    decision_bar(page, found, item.pair)
    messages(found, item)
    show_pair(PairView(item, page.workspace.pair(pair_id)), options)
    mark_shown(pair_id)
    facts(item, page.workspace.pair(pair_id))
    following = found.after(pair_id)
    ahead = review_item(page.store, following) if following else None
    if following and ahead:
        prefetch(PairView(ahead, page.workspace.pair(following)), options)


opened = begin_page("review", ABOUT)
try:
    review(opened)
except MigrateError as err:
    st.error(plain(str(err)))
