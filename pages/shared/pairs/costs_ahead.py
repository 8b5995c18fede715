"""What the selected scenes cost to fetch, said on the page Scenes before anything starts."""

from __future__ import annotations

import streamlit as st

from migrate_core.settings import ACCESSES
from migrate_core.store.pair_list import ON_ORDER
from migrate_core.store.transfers.orders import orders
from migrate_core.text import _
from pages.shared.frame import PAGES, Page
from pages.shared.pairs.access import costs_now, costs_table, format_waiting
from pages.shared.pairs.state import run_status


def costs_ahead(page: Page) -> None:
    """Bytes and minutes of each way, quotas, and what archives were asked for.

    Nothing where all scenes lie on this machine.
    """
    now = run_status(page)
    found = costs_now(page, now)
    waiting, pairs = orders(page.store), now.counts.get(ON_ORDER, 0)
    if waiting or pairs:
        st.info(format_waiting(len(waiting), pairs), icon=":material/hourglass_top:")
    if not found:
        return
    with st.expander(_("What fetching the selected scenes takes"), icon=":material/download:"):
        costs_table(found, ACCESSES[0], key="scenes_costs")
        st.page_link(PAGES["pairs"][0], label=_("Choose the way on Pairs"), icon=PAGES["pairs"][2])
