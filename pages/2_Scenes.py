"""Scenes: search, ranked scenes on a map, in a table and in a plot; choose per mask or for all."""

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.scenes.groups import parameters_of
from migrate_core.states import MaskState
from migrate_core.store.candidates import candidates_of, mask_row
from migrate_core.store.last_search import last_found
from migrate_core.text import _
from pages.shared.background import forget_trouble, is_busy
from pages.shared.frame import PAGES, Page, begin_page
from pages.shared.pairs.costs_ahead import costs_ahead
from pages.shared.scenes.bulk import all_masks
from pages.shared.scenes.candidates import View, mask_title
from pages.shared.scenes.form import KIND
from pages.shared.scenes.list import chosen_mask, mask_filters, mask_list
from pages.shared.scenes.ranking import ranking_panel
from pages.shared.scenes.search import help_mask, search_panel
from pages.shared.scenes.viewing import STYLE, Areas, candidates_of_mask
from pages.shared.state import choose_mask
from pages.shared.text import message_of

ABOUT = (
    "Finds Sentinel-2 scenes that are close in time and clear over each mask, ranks them and "
    "selects the best; you can choose another."
)


def scenes(page: Page) -> None:
    """The form, the masks, and the scenes of the one that is selected."""
    if not page.store.mask_states().get(MaskState.READY):
        st.info(
            _("There is no mask to search scenes for yet. Add masks first, or mend their problems.")
        )
        st.page_link(PAGES["masks"][0], label=_("Go to the masks"), icon=PAGES["masks"][2])
        return
    forget_trouble()
    st.html(STYLE)
    with st.container(key="scenes_panels", horizontal=True):
        search_panel(page)
        found = last_found(page.store)
        mask_id = chosen_mask(page) if found else None
        ranking_panel(page, mask_id)
        if found is not None:
            costs_ahead(page)
    if found is None:
        if is_busy(page, KIND):
            return
        st.info(_("Nothing was searched yet. Choose services or folders, and search."))
        return
    masks, looked_at = st.columns([2, 3])
    with masks:
        offered = mask_filters(page)
        mask_list(page)
    row = mask_row(page.store, mask_id) if mask_id else None
    if row is None:
        return
    # Also where a link led here, which names nothing.
    choose_mask(row.mask.mask_id)
    candidates = candidates_of(page.store, row.mask.mask_id)
    searched = parameters_of(page.store, row.mask.mask_id, found)
    view = View(page.store, row.mask, candidates, searched) if candidates else None
    beside, below = looked_at.container(gap="xsmall"), st.container()
    if view is not None:
        candidates_of_mask(page, view, Areas(masks, beside, below))
    with beside:
        if view is None:
            mask_title(row.mask, None)
        help_mask(page, row, offered)
    all_masks(page)


opened = begin_page("scenes", ABOUT)
try:
    scenes(opened)
except MigrateError as err:
    st.error(message_of(err))
