"""The audit of a rule as what is looked at: until it is left, it goes with all other filters."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from migrate_core.review.filters import QueueFilter
from migrate_core.review.queue import RANDOM

from ..state import choose_pair
from .filters import TABLE, clear_filters

_AUDIT = "review_audit"


def look_at_audit(batch_id: str) -> None:
    """Show the pairs that audit a rule on the light table, in the random order that counts."""
    clear_filters()
    # The light table goes to the pair in the address first, which may be no pair of the audit.
    choose_pair(None)
    st.session_state[_AUDIT] = batch_id
    st.session_state["review_order"] = RANDOM
    st.session_state["review_mode"] = TABLE


def with_audit(wanted: QueueFilter) -> QueueFilter:
    """The filter with the audit that is looked at, and a button that leaves it."""
    audit = st.session_state.get(_AUDIT)
    if audit is None:
        return wanted
    st.button("Leave the audit", on_click=_leave, icon=":material/close:")
    return replace(wanted, audit=audit)


def _leave() -> None:
    st.session_state[_AUDIT] = None
