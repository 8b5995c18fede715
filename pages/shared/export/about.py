"""What its owner says of a dataset."""

from __future__ import annotations

from typing import Final

import streamlit as st

from migrate_core.export.request import AboutDataset
from migrate_core.text import _

_KEPT: Final = "session"


def about_form() -> AboutDataset:
    """Title, authors and terms, for card, report, citation and catalogues."""
    title, authors = st.columns(2)
    licence, attribution = st.columns(2)
    return AboutDataset(
        title.text_input(
            _("Title"), placeholder=_("name of the folder"), key="export_title", persist_state=_KEPT
        ).strip(),
        tuple(
            name.strip()
            for name in authors.text_input(
                _("Authors"),
                placeholder=_("Ada Muster; Bo Example"),
                key="export_authors",
                persist_state=_KEPT,
                help=_("Separated by semicolons."),
            ).split(";")
            if name.strip()
        ),
        licence.text_input(
            _("Licence of the labels"),
            placeholder=_("CC-BY-4.0"),
            key="export_licence",
            persist_state=_KEPT,
            help=_("An SPDX identifier, or words. The Sentinel-2 images are free, full and open."),
        ).strip(),
        attribution.text_input(
            _("Attribution of the source images"),
            key="export_attribution",
            persist_state=_KEPT,
            help=_("What the owner of the images on which the labels were drawn asks for."),
        ).strip(),
    )
