"""Who reviews: a name that is typed, or the person who is logged in."""

from __future__ import annotations

import streamlit as st

from migrate_core.review.run import default_reviewer


def reviewer_field() -> str:
    """Who reviews: kept in the tab, by default the user's name."""
    name = st.sidebar.text_input(
        "Reviewer",
        default_reviewer(),
        key="review_reviewer",
        persist_state="session",
        max_chars=80,
        help="Stands in the log with each of your decisions.",
    )
    return name.strip() or default_reviewer()
