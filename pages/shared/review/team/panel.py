"""How the team reviews, and how far it is, in a popover of the review."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.job_requests import MixInChecks
from migrate_core.review.team.run import TeamReport, keep_settings, team_report
from migrate_core.session import Session
from migrate_core.store.review.settings import ReviewSettings, review_settings
from migrate_core.text import _

from ...background import POLL_S, how_it_ended, is_busy, pressed, start, trouble, watch
from ...frame import Page
from ...polling import polled, rerun_page
from ...text import message_of

# The kind of job in which attention checks are made.
KIND = "checks"


def team_panel(page: Page, show_conflicts: Callable[[], None]) -> None:
    """What is read only while it is open; `show_conflicts` opens the queue of conflicts."""
    panel = st.popover(_("Team"), icon=":material/groups:", key="review_team", on_change="rerun")
    if panel.open:
        with panel:
            _progress(team_report(page.store), show_conflicts)
            _checks(page)
            _settings(page)


def _progress(found: TeamReport, show_conflicts: Callable[[], None]) -> None:
    lines = [
        _("**{second_looks:,}** wait for a second look, **{conflicts:,}** in conflict.").format(
            second_looks=found.second_looks, conflicts=found.conflicts
        ),
        message_of(found.sampling.sentence),
        message_of(found.agreement.pooled.sentence),
        *(message_of(one.sentence) for one in found.attention),
    ]
    st.markdown("  \n".join(lines))
    st.button(
        _("Look at the conflicts"), on_click=show_conflicts, disabled=not found.conflicts,
        icon=":material/call_split:",
    )  # fmt: skip


@polled(lambda page: is_busy(page, KIND), POLL_S)
def _checks(page: Page) -> None:
    """How far the making of attention checks is, or how it ended."""
    if is_busy(page, KIND):
        watch(page, KIND, _("Attention checks"))
        return
    trouble(KIND)
    how_it_ended(page, KIND)


def _settings(page: Page) -> None:
    """Shares are shown in percent. Whoever may open the page may set them."""
    now = review_settings(page.store)
    with st.form("review_settings", border=False):
        left, right = st.columns(2)
        double = left.number_input(
            _("Looked at by two, % of the pairs"), 0.0, 100.0, 100 * now.double_share, 5.0,
            format="%g",
            help=_("These pairs wait for two persons, who don't see what the other decided."),
        )  # fmt: skip
        checks = right.number_input(
            _("Attention checks, % of the pairs"), 0.0, 50.0, 100 * now.check_share, 1.0,
            format="%g",
            help=_("Known-bad pairs among the others. They are never exported."),
        )  # fmt: skip
        goal = left.number_input(
            _("Bad pairs at most, %"), 0.1, 99.0, 100 * now.goal_share, 1.0,
            format="%g",
            help=_("The goal of the random sample, with 95 % confidence."),
        )  # fmt: skip
        minutes = right.number_input(
            _("A pair is kept for who opened it, minutes"), 0.5, 1440.0, now.lease_minutes, 1.0,
            format="%g",
        )  # fmt: skip
        save = _("Save for all")
        if pressed(st.form_submit_button, save, "team_save", disabled=is_busy(page, KIND)):
            changed = replace(
                now,
                double_share=double / 100,
                check_share=checks / 100,
                goal_share=goal / 100,
                lease_minutes=minutes,
            )
            _keep(page, changed)


def _keep(page: Page, changed: ReviewSettings) -> None:
    """Keep the settings; checks are made in the background, and their share is kept with them."""
    share = review_settings(page.store).check_share
    try:
        keep_settings(Session(page.settings), replace(changed, check_share=share))
    except MigrateError as err:
        st.error(message_of(err))
        return
    if changed.check_share != share:
        start(page, KIND, lambda: MixInChecks(changed.check_share))
    rerun_page()
