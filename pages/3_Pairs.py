"""Pairs: make them, watch, cancel, resume; and convert a whole product."""

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.text import _
from pages.shared.background import forget_trouble
from pages.shared.frame import begin_page
from pages.shared.pairs.convert import convert_panel
from pages.shared.pairs.view import live
from pages.shared.text import message_of

page = begin_page(
    "pairs",
    "Every mask and its selected scene become a pair: image, label, area shares and quality on "
    "one 10 m grid. The work goes on when this page is closed.",
)
forget_trouble()
pairs, product = st.tabs([_("Pairs of masks and scenes"), _("A whole product as GeoTIFF")])
try:
    with pairs:
        live(page)
    with product:
        st.caption(
            _(
                "All bands of a product in one file at 10 m, for those who want more than the "
                "pairs. "
                "Pairs don't need it."
            )
        )
        convert_panel(page)
except MigrateError as err:
    st.error(message_of(err))
