"""Export: choose what goes in, write the dataset, download it."""

import streamlit as st

from migrate_core.errors import MigrateError
from pages.shared.background import forget_trouble
from pages.shared.export.datasets import known_datasets, show_datasets
from pages.shared.export.view import choose_pairs, explain_empty, export_form, show_counts
from pages.shared.frame import begin_page
from pages.shared.text import plain

page = begin_page(
    "export",
    "Write the pairs that go in as a dataset: images, labels, area shares and quality, with "
    "manifest, train/val/test split, dataset card and plots.",
)
forget_trouble()
try:
    choice, chosen = choose_pairs(page)
    show_counts(chosen)
    if not chosen.pairs:
        explain_empty(page, chosen)
    made = known_datasets(page)
    export_form(page, choice, chosen, made)
    show_datasets(made)
except MigrateError as err:
    st.error(plain(str(err)))
