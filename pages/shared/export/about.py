"""What its owner says of a dataset."""

from __future__ import annotations

from typing import Final

import streamlit as st

from migrate_core.export.request import AboutDataset

_KEPT: Final = "session"


def about_form() -> AboutDataset:
    """Title, authors and terms, for card, report, citation and catalogues."""
    title, authors = st.columns(2)
    licence, attribution = st.columns(2)
    return AboutDataset(
        title.text_input(
            "Title", placeholder="name of the folder", key="export_title", persist_state=_KEPT
        ).strip(),
        tuple(
            name.strip()
            for name in authors.text_input(
                "Authors",
                placeholder="Ada Muster; Bo Example",
                key="export_authors",
                persist_state=_KEPT,
                help="Separated by semicolons.",
            ).split(";")
            if name.strip()
        ),
        licence.text_input(
            "Licence of the labels",
            placeholder="CC-BY-4.0",
            key="export_licence",
            persist_state=_KEPT,
            help="An SPDX identifier, or words. The Sentinel-2 images are free, full and open.",
        ).strip(),
        attribution.text_input(
            "Attribution of the source images",
            key="export_attribution",
            persist_state=_KEPT,
            help="What the owner of the images on which the labels were drawn asks for.",
        ).strip(),
    )
