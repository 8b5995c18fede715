"""Reviewing: who reviews, which pairs are looked at, and in which way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from migrate_core.review.filters import DECISIONS, QueueFilter
from migrate_core.review.queue import MOST_SUSPICIOUS, ORDERS
from migrate_core.review.queue_row import QueueRow
from migrate_core.review.run import default_reviewer
from migrate_core.states import Verdict

from ..state import choose_pair

_KEPT: Final = "session"
_OPENED: Final = "review_opened"
TABLE, GALLERY, MAP = "Light table", "Gallery", "Map"


def reviewer_field() -> str:
    """Who reviews: kept in the tab, by default the user's name."""
    name = st.sidebar.text_input(
        "Reviewer",
        default_reviewer(),
        key="review_reviewer",
        persist_state=_KEPT,
        max_chars=80,
        help="Stands in the log with each of your decisions.",
    )
    return name.strip() or default_reviewer()


_SUGGESTED = (Verdict.REJECT.value, Verdict.UNSURE.value, Verdict.ACCEPT.value)


def filter_form(rows: Sequence[QueueRow], reviewer: str) -> tuple[QueueFilter, str]:
    """The filters and the order, in a popover."""
    with st.popover("Filter and sort", icon=":material/filter_list:"):
        order = st.selectbox("Order", list(ORDERS), key="review_order", persist_state=_KEPT)
        decision = _choice("Decision", DECISIONS, "review_decision")
        suggestion = _choice("Suggestion", _SUGGESTED, "review_suggestion")
        text = st.text_input("Mask name contains", key="review_text", persist_state=_KEPT)
        tiles = sorted({row.tile for row in rows if row.tile})
        tile = _choice("Tile", tiles, "review_tile")
        first, last = st.columns(2)
        after = first.date_input("Scene from", None, key="review_first", persist_state=_KEPT)
        before = last.date_input("Scene until", None, key="review_last", persist_state=_KEPT)
        st.button("Clear the filters", on_click=clear_filters, icon=":material/filter_list_off:")
    wanted = QueueFilter(decision, text, suggestion, tile, after, before, reviewer)
    return wanted, order or MOST_SUSPICIOUS


def _choice(label: str, options: Sequence[str], key: str) -> str | None:
    return st.selectbox(label, options, index=None, placeholder="any", key=key, persist_state=_KEPT)


def clear_filters() -> None:
    """Look at all pairs again; the order stays."""
    st.session_state["review_text"] = ""
    for name in ("decision", "suggestion", "tile", "first", "last", "audit"):
        st.session_state[f"review_{name}"] = None


def mode_form() -> str:
    """One pair at a time, many, or where they lie."""
    mode = st.segmented_control(
        "Show", [TABLE, GALLERY, MAP], default=TABLE, required=True, key="review_mode",
        label_visibility="collapsed", persist_state=_KEPT,
    )  # fmt: skip
    return mode or TABLE


def open_pair(pair_id: str) -> None:
    """Show one pair instead of the gallery."""
    st.session_state["review_mode"] = TABLE
    st.session_state[_OPENED] = opened_so_far() + 1
    choose_pair(pair_id)


def opened_so_far() -> int:
    """How often the gallery has opened a pair: the client goes there when this has changed."""
    return int(st.session_state.get(_OPENED, 0))
