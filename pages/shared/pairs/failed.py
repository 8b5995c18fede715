"""Failed pairs on the page Pairs: why, how many for the same reason, and what helps, as buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from migrate_core.files.disk import free_bytes
from migrate_core.pairs.run.failures import ADVICE, Remedy
from migrate_core.states import Failure
from migrate_core.store.derived.before_run import failures, masks_failed_by
from migrate_core.store.pair_list import PairRow
from migrate_core.text import _
from pages.shared.frame import PAGES, Page
from pages.shared.pairs.access import format_bytes
from pages.shared.pairs.start import start_pairs
from pages.shared.pairs.state import RunStatus
from pages.shared.text import code, counted

# Pages on which something is mended: its stage, the words, and what its address says.
_LINKS: Mapping[Remedy, tuple[str, str, Mapping[str, str]]] = {
    Remedy.OTHER_SCENE: ("scenes", "Choose another scene", {}),
    Remedy.OTHER_SOURCE: ("scenes", "Search at another source", {"search": "open"}),
    Remedy.SET_CREDENTIALS: ("scenes", "See which credentials are set", {"search": "open"}),
    Remedy.MEND_MASK: ("masks", "Look at the mask", {}),
}


def failed_by_reason(page: Page, now: RunStatus) -> None:
    """How many pairs have failed for each reason, each with what helps all of them at once."""
    found = failures(page.store)
    if not found:
        return
    with st.container(border=True):
        for failure, number in found.items():
            _of_reason(page, now, failure, number)


def _of_reason(page: Page, now: RunStatus, failure: Failure, number: int) -> None:
    advice = ADVICE[failure]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Retry {pairs} that failed because {because}").format(
                pairs=counted(number, "pair"), because=_(advice.because)
            ),
            key=f"pairs_retry_{failure}",
            icon=":material/refresh:",
            disabled=now.busy,
            help=None if advice.passing else _("Of use once the reason is out of the way."),
            on_click=_retry_all,
            args=(page, failure),
        )
        for remedy in advice.remedies:
            _way_to(page, remedy, None)


def remedies(page: Page, row: PairRow, retry: Callable[[str], None]) -> None:
    """What helps a failed pair, what helps most first; `retry` draws its button with a label."""
    failure = (row.pair and row.pair.failure) or Failure.UNFORESEEN
    with st.container(horizontal=True, vertical_alignment="center"):
        for remedy in ADVICE[failure].remedies:
            if remedy == Remedy.RETRY:
                retry(_("Retry this pair"))
            else:
                _way_to(page, remedy, row.mask_id)


def _retry_all(page: Page, failure: Failure) -> None:
    start_pairs(page, masks_failed_by(page.store, failure))


def _way_to(page: Page, remedy: Remedy, mask_id: str | None) -> None:
    """The way to where something is mended, with the mask selected there; nothing for a retry."""
    if remedy == Remedy.FREE_DISK:
        root = page.workspace.root
        free = format_bytes(free_bytes(root))
        st.markdown(
            _("Free disk space: {free} are free at {root}.").format(free=free, root=code(str(root)))
        )
    if remedy in _LINKS:
        stage, label, address = _LINKS[remedy]
        path, _name, icon = PAGES[stage]
        selected = {} if mask_id is None else {"mask": mask_id}
        st.page_link(path, label=_(label), icon=icon, query_params={**selected, **address})
