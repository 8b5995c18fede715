"""What the triage has learnt, what it may accept and what was found of that, in a popover."""

from __future__ import annotations

import streamlit as st

from migrate_core.job_requests import AcceptAutomatically, LearnTriage
from migrate_core.jobs.background import messages
from migrate_core.review.filters import QueueFilter
from migrate_core.review.queue import RANDOM
from migrate_core.review.triage.run import TriageState, switch, undo_acceptance
from migrate_core.states import Basis, Level
from migrate_core.store.review.settings import review_settings
from migrate_core.text import _

from ...background import POLL_S, how_it_ended, is_busy, pressed, start, trouble
from ...frame import Page
from ...language.translation import language
from ...polling import polled, rerun_page
from ...state import choose_pair
from ...text import message_of
from ..address import QueueChoice, put_into_form
from ..filters import GALLERY, TABLE
from ..queue import audit_name, kept_triage_state

KIND = "triage"
_PROMISE = (
    "Of what is accepted at most {share:g} % are bad on average. That is a mean over many datasets "
    "like this one: here it can be some percent more. It says nothing about a single pair, and "
    "holds while the pairs are like those that were learnt from. Persons look at a random part of "
    "what was accepted; report what they find, not the promise."
)
_PANEL = "review_triage"
_ICON = ":material/psychology:"


def triage_panel(page: Page, reviewer: str) -> None:
    """What is computed only while it is open."""
    panel = st.popover(_("Triage"), icon=_ICON, key=_PANEL, on_change="rerun")
    if panel.open:
        with panel:
            _content(page, reviewer)


@polled(lambda page: is_busy(page, KIND), POLL_S)
def _content(page: Page, reviewer: str) -> None:
    if is_busy(page, KIND):
        st.progress(0.0, _("One moment …"))
        return
    trouble(KIND)
    how_it_ended(page, KIND)
    for result in messages(page.store, KIND, Level.RESULT):
        st.caption(message_of(result))
    with st.spinner(_("Looking at the decisions …")):
        state = kept_triage_state(page.store, language())
    _learning(page, state)
    if state.version is not None:
        _acceptance(page, state)
        _audit(state)
    if state.accepted:
        _accepted(page, state, reviewer)


def _learning(page: Page, state: TriageState) -> None:
    st.markdown(message_of(state.learnt))
    if state.learnable:
        st.caption(message_of(state.learnable))
    st.button(
        _("Learn again") if state.version else _("Learn"),
        icon=":material/model_training:", disabled=state.learnable is not None,
        on_click=lambda: start(page, KIND, LearnTriage),
        help=_("From all decisions of persons. The queue's order by suspicion follows it."),
    )  # fmt: skip


def _acceptance(page: Page, state: TriageState) -> None:
    """The switch with its promise, what would be accepted, or why nothing may be."""
    # Another key for each, so that it follows what somebody else has set.
    on = st.toggle(_("Accept automatically"), state.on, key=f"triage_on_{state.on}")
    if on != state.on:
        switch(page.store, on=on)
        rerun_page()
    st.caption(_(_PROMISE).format(share=100 * review_settings(page.store).promised_share))
    if state.stopped:
        st.warning(_("Stopped. {why}").format(why=message_of(state.stopped)))
        return
    st.markdown(message_of(state.plan))
    st.button(
        _("Accept"), icon=":material/done_all:",
        disabled=not (state.on and (state.would_accept or state.would_withdraw)),
        on_click=lambda: start(page, KIND, AcceptAutomatically),
        help=_("As one step, marked as the model's. A decision of a person comes before it."),
    )  # fmt: skip


def _audit(state: TriageState) -> None:
    """How far persons are with the accepted pairs that they are to look at."""
    found, waiting = state.audit, len(state.to_audit)
    if found is None or not (found.looked_at or waiting):
        return
    total = found.looked_at + waiting
    st.markdown(
        _("**Audit**: {looked_at:,} of {total:,} accepted pairs looked at, {bad:,} bad.").format(
            looked_at=found.looked_at, total=total, bad=found.bad
        )
    )
    if found.looked_at and not found.contradicts:  # else it is what stopped it
        st.caption(message_of(found))
    st.button(
        _("Look at the audit"), icon=":material/fact_check:", disabled=not waiting,
        on_click=_show, args=(QueueFilter(audit=audit_name(state)), TABLE),
    )  # fmt: skip


def _accepted(page: Page, state: TriageState, reviewer: str) -> None:
    """What models have accepted and nobody has looked at: to be listed, and undone."""
    st.markdown(
        _("**{accepted:,}** pairs are accepted by a model alone.").format(accepted=state.accepted)
    )
    st.button(
        _("List them"), icon=":material/view_module:",
        on_click=_show, args=(QueueFilter(basis=Basis.MODEL.value), GALLERY),
    )  # fmt: skip
    if pressed(
        st.button, _("Undo all that was accepted automatically"), "triage_undo",
        icon=":material/undo:", help=_("What persons decided stays."),
    ):  # fmt: skip
        with st.spinner(_("One moment …")):
            undo_acceptance(page.store, reviewer)
        rerun_page()


def _show(wanted: QueueFilter, mode: str) -> None:
    """Look at these pairs, at random as an audit has to be; the first of them is shown.

    The popover would lie over them.
    """
    st.session_state[_PANEL] = False
    put_into_form(QueueChoice(wanted, RANDOM))
    st.session_state["review_mode"] = mode
    choose_pair(None)
    rerun_page()
