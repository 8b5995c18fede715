"""Export: choose what goes in and in what form, look at it, write the dataset, download it."""

import streamlit as st

from migrate_core.errors import MigrateError
from pages.shared.background import forget_trouble
from pages.shared.export.datasets import show_datasets
from pages.shared.export.made import known_datasets
from pages.shared.export.preview import preview_panel
from pages.shared.export.view import choices, export_form
from pages.shared.frame import begin_page
from pages.shared.text import plain

page = begin_page(
    "export",
    "Write the pairs that go in as a dataset that loads in one line: images, labels, area shares "
    "and quality, with manifest, splits, card and report.",
)
forget_trouble()
try:
    request, pairs = choices(page)
    if pairs != 0:
        preview_panel(page, request)
    made = known_datasets(page)
    export_form(page, request, pairs, made)
    show_datasets(made)
except MigrateError as err:
    st.error(plain(str(err)))
