"""The audit of a rule as what is looked at: until it is left, it goes with all other filters."""

from __future__ import annotations

import streamlit as st

from migrate_core.review.filters import QueueFilter
from migrate_core.review.queue import RANDOM
from migrate_core.text import _

from ..state import choose_pair
from .filters import clear_filters, look_at


def look_at_audit(batch_id: str) -> None:
    """Show the pairs that audit a rule on the light table, in the random order that counts."""
    # The light table goes to the pair in the address first, which may be no pair of the audit.
    choose_pair(None)
    look_at(QueueFilter(audit=batch_id), RANDOM)


def offer_to_leave(wanted: QueueFilter) -> None:
    """A button that leaves the audit which is looked at, and with it what else was filtered."""
    if wanted.audit is not None:
        st.button(_("Leave the audit"), on_click=clear_filters, icon=":material/close:")
