"""Starting to make pairs, on the page Pairs, and the question before decisions are set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.job_requests import MakePairs
from migrate_core.pairs.run.options import RunOptions
from migrate_core.review.set_aside import SetAside, set_aside_by_run
from migrate_core.text import _
from pages.shared.background import start
from pages.shared.frame import Page
from pages.shared.pairs.state import KIND, run_options
from pages.shared.secrets import take_code
from pages.shared.text import counted

CODE = "pairs_code"
_ASKED = "pairs_asked"


@dataclass(frozen=True)
class _Asked:
    """A run that waits for a yes: which pairs it makes, how, and what it sets aside."""

    masks: tuple[str, ...]
    states: tuple[str, ...]
    offset: str
    options: RunOptions
    found: SetAside


def start_pairs(
    page: Page, masks: Sequence[str] = (), states: Sequence[str] = (), offset: str = "keep"
) -> None:
    """Make pairs as the form says; what the buttons of the page do.

    Where that sets decisions aside, nothing is started, and `question` asks first.
    """
    options = run_options(masks, states, offset)
    found = _set_aside(page, options)
    if found.total:
        st.session_state[_ASKED] = _Asked(tuple(masks), tuple(states), offset, options, found)
    else:
        _start(page, MakePairs(options))


def _set_aside(page: Page, options: RunOptions) -> SetAside:
    """What a run sets aside; nothing where it can't be planned, as the run will say."""
    try:
        return set_aside_by_run(page.store, page.workspace, options)
    except MigrateError:
        return SetAside()


def _start(page: Page, request: MakePairs) -> None:
    st.session_state.pop(_ASKED, None)
    start(page, KIND, lambda: request, take_code(CODE))


def question(page: Page) -> None:
    """What the run that was asked for sets aside, with a yes and a no; until the form changes."""
    asked: _Asked | None = st.session_state.get(_ASKED)
    if asked is None:
        return
    if run_options(asked.masks, asked.states, asked.offset) != asked.options:
        _leave()
        return
    st.warning(
        _(
            "This run makes other pairs in place of {decided}. These decisions are set "
            "aside, and proposed for the new pairs in Review. Making the pairs as "
            "before brings them back."
        ).format(decided=asked.found),
        icon=":material/history:",
    )
    with st.container(horizontal=True):
        st.button(
            _("Make them, set {decisions} aside").format(
                decisions=counted(asked.found.total, "decision")
            ),
            key="pairs_ask_yes",
            icon=":material/play_arrow:",
            on_click=_go_on,
            args=(page, asked),
        )
        st.button(_("Leave the pairs as they are"), key="pairs_ask_no", on_click=_leave)


def _go_on(page: Page, asked: _Asked) -> None:
    """Start what was said yes to; ask again where another number of decisions is at stake now."""
    found = _set_aside(page, asked.options)
    if found == asked.found:
        _start(page, MakePairs(asked.options, set_aside=True))
    else:
        start_pairs(page, asked.masks, asked.states, asked.offset)


def _leave() -> None:
    st.session_state.pop(_ASKED, None)
