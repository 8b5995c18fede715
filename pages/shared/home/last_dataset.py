"""The newest dataset that was exported from the workspace."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from migrate_core.text import _, format_time
from pages.shared.export.made import known_datasets
from pages.shared.export.routes import download_address
from pages.shared.frame import PAGES, Page
from pages.shared.text import code, plain


def last_dataset(page: Page) -> None:
    """The newest dataset, with its zip and the way to the others; nothing where there is none."""
    made = known_datasets(page)
    if not made:
        return
    newest = made[0]
    written = format_time(datetime.fromtimestamp(newest.written_at, UTC))
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            _(":material/inventory_2: **Last dataset** {name}, {written}").format(
                name=plain(newest.folder.name), written=written
            ),
            help=_("In {folder}").format(folder=code(str(newest.folder))),
        )
        st.link_button(
            _("Download as zip"), download_address(newest.folder), icon=":material/download:"
        )
        path, name, icon = PAGES["export"]
        st.page_link(path, label=_("All datasets: {name}").format(name=_(name)), icon=icon)
