"""Masks: add them, see where they lie and what is wrong with them, and mend it."""

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.store.masks import count_masks, find_mask
from migrate_core.text import _
from pages.shared.background import is_busy
from pages.shared.frame import Page, begin_page
from pages.shared.masks.add import KIND, add_masks
from pages.shared.masks.batch import edit_many
from pages.shared.masks.dates import dates_by_pattern
from pages.shared.masks.detail import mask_detail
from pages.shared.masks.list import (
    chosen_mask,
    mask_filters,
    mask_list,
    read_address,
)
from pages.shared.masks.map import heed_click, masks_on_map
from pages.shared.masks.marks import wanted_masks
from pages.shared.masks.pairing import pairing
from pages.shared.masks.removal import removal
from pages.shared.text import message_of

ABOUT = (
    "The labels to migrate: each needs a georeference (CRS and transform) and the date of the "
    "image it was drawn on."
)


def masks(page: Page) -> None:
    """The way in, the map beside the mask that is selected, and the list."""
    empty = not page.store.mask_states()
    add_masks(page, empty)
    if empty:
        if not is_busy(page, KIND):
            st.info(
                _("There is no mask yet. Add your own above, or load the demo on the home page.")
            )
            st.page_link("app.py", label=_("Home, with the demo"), icon=":material/science:")
        return
    read_address()
    heed_click(page)
    mask_id = chosen_mask(page)
    mask = find_mask(page.store, mask_id) if mask_id else None
    count = count_masks(page.store, wanted_masks())
    mask_filters(page)
    left, right = st.columns([3, 2])
    with left:
        masks_on_map(page, wanted_masks(), mask)
        mask_list(page, count)
    with right:
        if mask is not None:
            mask_detail(page, mask)
    edit_many(page)
    dates_by_pattern(page, wanted_masks())
    pairing(page)
    removal(page)


opened = begin_page("masks", ABOUT)
try:
    masks(opened)
except MigrateError as err:
    st.error(message_of(err))
