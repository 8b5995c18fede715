"""The parts of the page Pairs: starting, watching, and the list of all pairs."""

from __future__ import annotations

import streamlit as st

from migrate_core.pairs.progress import STAGES, progress_of
from migrate_core.states import UNDER_WAY, Level, PairState
from migrate_core.store.derived.before_run import RunAhead
from migrate_core.store.pair_list import INTERRUPTED, running_pairs
from migrate_core.text import _
from pages.shared.background import POLL_S, how_it_ended, is_busy, trouble, watch
from pages.shared.frame import PAGES, Page
from pages.shared.pairs.access import access_form, archive
from pages.shared.pairs.failed import failed_by_reason
from pages.shared.pairs.form import format_ahead, parameters_form
from pages.shared.pairs.list import pair_list
from pages.shared.pairs.start import question, start_pairs
from pages.shared.pairs.state import KIND, STAGE_HELP, RunStatus, run_status
from pages.shared.pairs.unusable import unusable_choice
from pages.shared.polling import polled
from pages.shared.text import counted, plain

_MOST_RUNNING = 8


def explain_empty(page: Page) -> None:
    """What to do first, when there is nothing to make pairs of."""
    if not page.store.mask_states():
        st.info(_("There are no masks yet. Add some, then search for scenes."))
        st.page_link(PAGES["masks"][0], label=_("Add masks"), icon=PAGES["masks"][2])
    else:
        st.info(
            _("No mask has a scene yet. Search for scenes first; the best of each is selected.")
        )
        st.page_link(PAGES["scenes"][0], label=_("Search for scenes"), icon=PAGES["scenes"][2])


@polled(lambda page: is_busy(page, KIND), POLL_S)
def live(page: Page) -> None:
    """Everything that changes while pairs are made, renewed by itself meanwhile."""
    now = run_status(page)
    if not now.counts:
        explain_empty(page)
        return
    trouble(KIND)
    if now.busy:
        watch(page, KIND, _("Making pairs"))
        _show_running(page, now)
    else:
        question(page)
        how_it_ended(page, KIND, (Level.ERROR,))
        _offer_to_go_on(page, now)
        _start_form(page, now)
    archive(page, now)
    pair_list(page, now)


# starting


def _start_form(page: Page, now: RunStatus) -> None:
    """How to make pairs, and the buttons that begin."""
    ahead = parameters_form(page)
    access_form(page, now)
    unusable_choice(page)
    _start_buttons(page, now, ahead)
    if ahead.replaced:
        st.info(format_ahead(ahead), icon=":material/history:")
    failed_by_reason(page, now)


def _start_buttons(page: Page, now: RunStatus, ahead: RunAhead) -> None:
    again = ahead.replaced > 0
    failed = now.counts.get(PairState.FAILED, 0)
    make, retry, text = st.columns([1, 1, 2], vertical_alignment="center")
    make.button(
        _make_label(now, ahead),
        key="pairs_make",
        type="primary" if now.open or again else "secondary",
        icon=":material/play_arrow:",
        disabled=now.busy,
        width="stretch",
        help=_("Finished pairs are kept. Checking makes again what lost files or has a new date."),
        on_click=lambda: start_pairs(page),
    )
    retry.button(
        _("Retry {failed} failed").format(failed=failed) if failed else _("Retry failed"),
        key="pairs_retry",
        icon=":material/refresh:",
        disabled=now.busy or not failed,
        width="stretch",
        on_click=lambda: start_pairs(page, states=(PairState.FAILED.value,)),
    )
    if not (now.open or now.left_out or now.busy):
        with text:
            st.page_link(
                PAGES["review"][0],
                label=_("Every selected match is made. Next: look at them in Review."),
                icon=PAGES["review"][2],
            )


def _make_label(now: RunStatus, ahead: RunAhead) -> str:
    if ahead.replaced:
        number = ahead.new + ahead.back
        form = _("Make {pairs} again") if ahead.replaced >= number else _("Make {pairs}")
        return form.format(pairs=counted(number, "pair"))
    if now.open:
        return _("Make {pairs}").format(pairs=counted(now.open, "pair"))
    return _("Check all pairs")


def _offer_to_go_on(page: Page, now: RunStatus) -> None:
    """What a run that was killed left behind, with a button that takes it up."""
    left = now.counts.get(INTERRUPTED, 0)
    if not left:
        return
    text, button = st.columns([4, 1], vertical_alignment="center")
    text.warning(
        _("A run stopped before its end: {pairs} interrupted. What was finished is kept.").format(
            pairs=counted(left, "pair")
        )
    )
    button.button(
        _("Go on"),
        key="pairs_go_on",
        icon=":material/resume:",
        type="primary",
        width="stretch",
        on_click=lambda: start_pairs(page, states=[state.value for state in UNDER_WAY]),
    )


# watching


def _show_running(page: Page, now: RunStatus) -> None:
    """The pairs that workers have in hand, each with its stage."""
    found = running_pairs(page.store, _MOST_RUNNING) if now.run else []
    stages = progress_of(page.workspace, [pair_id for pair_id, _ in found], now.run or "")
    with st.container(border=True):
        st.caption(_("At work now"), help=_(STAGE_HELP))
        for pair_id, name in found:
            stage = stages.get(pair_id)
            step = STAGES.index(stage) + 1 if stage else 0
            text = _("handed to a worker")
            if stage:
                text = _("{stage} ({step} of {steps})").format(
                    stage=stage, step=step, steps=len(STAGES)
                )
            st.progress(step / len(STAGES), f"{plain(name)}: {text}")
        if not found:
            st.caption(_("Workers are being started …"))
        if now.counts.get(PairState.RUNNING, 0) > len(found) > 0:
            st.caption(
                _("… and {more} more").format(more=now.counts[PairState.RUNNING] - len(found))
            )
