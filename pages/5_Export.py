"""Export: choose what goes in and in what form, look at it, write the dataset, download it."""

import streamlit as st

from migrate_core.errors import MigrateError
from pages.shared.background import forget_trouble, is_busy
from pages.shared.export.address import keep_choices
from pages.shared.export.datasets import show_datasets
from pages.shared.export.made import known_datasets
from pages.shared.export.preview import preview_panel
from pages.shared.export.view import KIND, choices, export_form, exporting
from pages.shared.frame import begin_page
from pages.shared.text import message_of

page = begin_page(
    "export",
    "Write the pairs that go in as a dataset that loads in one line: images, labels, area shares "
    "and quality, with manifest, splits, card and report.",
)
forget_trouble()
try:
    made = known_datasets(page)
    exporting(page, made)
    if not is_busy(page, KIND):
        keep_choices(page)
        request, pairs = choices(page)
        # Above the preview, which may be long.
        export_form(page, request, pairs)
        if pairs != 0:
            preview_panel(page, request)
    show_datasets(made)
except MigrateError as err:
    st.error(message_of(err))
