"""The audit of a rule as what is looked at: until it is left, it goes with all other filters."""

from __future__ import annotations

import streamlit as st

from migrate_core.review.filters import QueueFilter
from migrate_core.review.queue import RANDOM

from .filters import TABLE, clear_filters

_AUDIT = "review_audit"


def look_at_audit(batch_id: str) -> None:
    """Show the pairs that audit a rule on the light table, in the random order that counts."""
    clear_filters()
    st.session_state[_AUDIT] = batch_id
    st.session_state["review_order"] = RANDOM
    st.session_state["review_mode"] = TABLE


def offer_to_leave(wanted: QueueFilter) -> None:
    """A button that leaves the audit which is looked at."""
    if wanted.audit is not None:
        st.button("Leave the audit", on_click=_leave, icon=":material/close:")


def _leave() -> None:
    st.session_state[_AUDIT] = None
