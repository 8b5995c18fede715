"""The frame of every page: title, where the work stands, what runs, and the next step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from migrate_core.errors import MigrateError
from migrate_core.jobs.background import JobStatus, now_utc, request_cancel, running_jobs
from migrate_core.review.overview import Matches, Overview, matches, overview
from migrate_core.settings import Settings, load_settings
from migrate_core.states import DecisionState, MaskState, PairState
from migrate_core.store.base import Store, open_store
from migrate_core.store.selected import unusable_to_make
from migrate_core.text import _
from migrate_core.workspace import Workspace
from pages.shared.glossary import glossary
from pages.shared.home.workspaces import own_or, settings_of, title_of
from pages.shared.language.translation import choose_language
from pages.shared.next_step import TITLES, NextStep, next_step
from pages.shared.polling import polled
from pages.shared.secrets import load_secrets
from pages.shared.state import (
    choose_workspace,
    chosen_workspace,
    note_visit,
    workspace_in_address,
)
from pages.shared.text import code, message_of
from pages.shared.tour import tour_step

TITLE = "Label migration to Sentinel-2"
HOME_ICON = ":material/satellite_alt:"
PAGES = {
    "masks": ("pages/1_Masks.py", "Masks", ":material/layers:"),
    "scenes": ("pages/2_Scenes.py", "Scenes", ":material/travel_explore:"),
    "pairs": ("pages/3_Pairs.py", "Pairs", ":material/join_inner:"),
    "review": ("pages/4_Review.py", "Review", ":material/rate_review:"),
    "export": ("pages/5_Export.py", "Export", ":material/inventory_2:"),
}
# What a job of each kind is called while it runs.
RUNNING = {
    "demo": "Making the demo",
    "masks": "Adding masks",
    "search": "Searching for scenes",
    "pairs": "Making pairs",
    "preview": "Looking at what would go out",
    "export": "Exporting",
    "convert": "Converting a product",
}
# What these count, as the parts of a dataset, is nothing that people count.
_IN_STEPS = ("demo", "search", "preview", "export")
_POLL_S = 2.0
_PACE_IS_SURE = timedelta(seconds=3)
# The workspace that a request to a route names.
_OF_REQUEST: ContextVar[str] = ContextVar("workspace of a request", default="")
# In pixels; Streamlit's own 300 leave little for tables and maps on a small screen.
_SIDEBAR_WIDTH = 220
# Links of the sidebar and hints of uploads are one line, and cut off what doesn't fit. The margins
# of a wide page are those of an article, not of a workbench.
_STYLE = """<style>
[data-testid="stSidebar"] [data-testid="stPageLink-NavLink"] :is(span, p, div) {
  white-space: normal; overflow: visible;
}
[data-testid="stFileUploaderDropzoneInstructions"] * { white-space: normal; overflow: visible; }
/* Streamlit marks the link with the focus as it marks the page that is open. */
[data-testid="stPageLink-NavLink"]:focus-visible {
  box-shadow: 0 0 0 0.2rem light-dark(rgba(0, 114, 178, 0.5), rgba(86, 180, 233, 0.6));
}
[data-testid="stSidebarHeader"] { height: 2rem; margin-bottom: 0; }
[data-testid="stSidebarContent"] { padding: 0; }
[data-testid="stSidebarUserContent"] { padding: 0 0.75rem 1rem; }
.st-key-next_step { padding: 0.5rem 0.25rem; }
.st-key-tour { padding: 0.75rem; border-color: light-dark(#0072B2, #56B4E9); }
.st-key-tour p { font-size: 0.875rem; }
[data-testid="stMainBlockContainer"] { padding: 1.25rem 1.75rem 2rem; }
[data-testid="stMain"] h1 { padding: 0.25rem 0 0; }
/* Streamlit's own captions, and what is chosen of pills in the dark, have too little contrast. */
[data-testid="stCaptionContainer"][class] { opacity: 0.8; }
[role="tab"][aria-selected="true"] p,
[data-variant="pills"][data-selected] p, [data-variant="segmented_control"][data-selected] p {
  color: light-dark(#005A8D, #7CC4F0);
}
/* The buttons of a table lie over what is above it: not all the time, since a cell is selected. */
[data-testid="stElementContainer"]:not(:hover, :focus-within) [data-testid="stElementToolbar"] {
  visibility: hidden;
}
[data-testid="stHeader"] { background: none; pointer-events: none; }
[data-testid="stHeader"] * { pointer-events: auto; }
</style>"""


@dataclass(frozen=True)
class Page:
    """What a page works with."""

    settings: Settings
    workspace: Workspace
    store: Store


def begin_page(stage: str | None, about: str) -> Page:
    """The first call of every page: configures it, draws the frame, opens the workspace.

    `stage` is a key of `PAGES`, None for the home page; `about` says in a sentence what the page
    is for. Stops the page with a sentence when the workspace can't be opened.
    """
    title = _(PAGES[stage][1] if stage else TITLE)
    name = f"{title} - {_(TITLE)}" if stage else title
    st.set_page_config(name, _favicon(), layout="wide", initial_sidebar_state=_SIDEBAR_WIDTH)
    load_secrets()
    try:
        page = _workspace_of_tab()
    except MigrateError as err:
        st.error(message_of(err))
        st.page_link("app.py", label=_("Home"), icon=HOME_ICON)
        st.stop()
    note_visit(stage)
    with st.sidebar:
        st.html(_STYLE)
        _pipeline_status(page, stage)
        tour_step(stage, PAGES)
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.popover(_("Glossary"), icon=":material/menu_book:", type="tertiary"):
                st.markdown("\n\n".join(f"**{term}**: {what}" for term, what in glossary()))
            choose_language()
    st.title(title, anchor=False)
    st.caption(_(about))
    return page


def _workspace_of_tab() -> Page:
    """The workspace of this tab: what its address names, else what it had. Raises MigrateError."""
    settings = load_settings()
    asked = workspace_in_address()
    name = own_or(settings, chosen_workspace() if asked is None else asked)
    page = open_workspace(settings_of(settings, name))
    choose_workspace(name)
    return page


@contextmanager
def in_workspace(name: str) -> Iterator[None]:
    """For the time of a request, `open_workspace` opens the one that it names; own one for ""."""
    token = _OF_REQUEST.set(name)
    try:
        yield
    finally:
        _OF_REQUEST.reset(token)


def open_workspace(settings: Settings | None = None) -> Page:
    """The workspace of the settings, by default of the request, and its database.

    Raises MigrateError.
    """
    settings = settings or settings_of(load_settings(), _OF_REQUEST.get())
    workspace = Workspace(settings.workspace)
    return Page(settings, workspace, _store(str(workspace.root), settings.database_url))


@lru_cache
def _favicon() -> Image.Image:
    """A label on coarse pixels, 32 x 32; a named icon would be fetched from the internet."""
    blue, orange, pale = (0, 114, 178), (230, 159, 0), (86, 180, 233)
    cells = np.array([blue, pale, orange], dtype=np.uint8)
    label = np.array([[0, 1, 0, 1], [1, 2, 2, 0], [0, 2, 2, 2], [1, 0, 2, 0]])
    return Image.fromarray(np.kron(cells[label], np.ones((8, 8, 1), dtype=np.uint8)))


@st.cache_resource(show_spinner=False)
def _store(root: str, database_url: str | None) -> Store:
    """One store for all tabs of the server."""
    return open_store(Workspace(Path(root)), database_url)


@polled(lambda page: bool(running_jobs(page.store, now_utc())), _POLL_S)
def _pipeline_status(page: Page, stage: str | None) -> None:
    """Counts of every stage, what runs, and the step after the page of `stage`.

    It is renewed while something runs.

    Pages are reached by links only. `st.switch_page` changes the page on the server, while the
    browser still asks for fragments of the page before; the answer to that would empty the new
    page. A link stops these requests before it leaves.
    """
    found, matched = overview(page.store, now_utc()), matches(page.store)
    st.page_link("app.py", label=_("Home"), icon=HOME_ICON)
    for each, counts in _counts(found, matched).items():
        path, name, icon = PAGES[each]
        st.page_link(
            path,
            label=_("**{name}** :small[{counts}]").format(name=_(name), counts=counts),
            icon=icon,
        )
        if each == "scenes" and matched.others:
            st.caption(", ".join(matched.others))
    for job in found.running:
        if job.kind in RUNNING:
            _running(page, job)
    left_out = len(unusable_to_make(page.store)) if stage is None else 0
    _next(next_step(stage, found, RUNNING, left_out))
    root = page.workspace.root
    st.caption(
        _("Workspace {title}").format(title=code(title_of(root))),
        help=_("All work is kept in the folder {root}.").format(root=code(str(root))),
    )


def _next(step: NextStep | None) -> None:
    """The link to the next step; grey, with what it waits for, while it can't be taken."""
    if step is None:
        return
    path, _name, icon = PAGES[step.stage]
    title = _("Next: {title}").format(title=_(TITLES[step.stage]))
    with st.container(border=True, key="next_step"):
        if step.waits:
            st.page_link(path, label=title, icon=icon, disabled=True, help=step.waits)
            st.caption(step.waits)
        else:
            st.page_link(path, label=_("**:blue[{title}]**").format(title=title), icon=icon)


def _counts(found: Overview, matched: Matches) -> dict[str, str]:
    """The counts of each stage in words; what is zero and no news is left out."""
    masks, pairs, review = found.masks, found.pairs, found.review
    return {
        "masks": _format_counts(
            (masks[MaskState.READY], "ready"), (masks[MaskState.PROBLEM], "with a problem")
        ),
        "scenes": _format_counts((matched.matched, "matched")),
        "pairs": _format_counts(
            (pairs.get(PairState.DONE, 0), "made"), (pairs.get(PairState.FAILED, 0), "failed")
        ),
        "review": _format_counts(
            (review[DecisionState.UNDECIDED], "undecided"),
            (review[DecisionState.ACCEPTED], "accepted"),
            (review[DecisionState.REJECTED], "rejected"),
            (review[DecisionState.UNSURE], "unsure"),
            (review[DecisionState.CONFLICT], "in conflict"),
        ),
        "export": _format_counts((review[DecisionState.ACCEPTED], "to go out")),
    }


def _format_counts(*counts: tuple[int, str]) -> str:
    return ", ".join(f"{count:,} {_(word)}" for count, word in counts if count)


def _running(page: Page, job: JobStatus) -> None:
    """How far a job is, with a button that stops it."""
    count = format_done(job) if job.total else _("starting")
    st.progress(share_of(job), f"{_(RUNNING[job.kind])}: {count}{time_left(job)}")
    st.button(
        _("Stopping …") if job.cancel_requested else _("Cancel"),
        key=f"cancel_{job.kind}",
        icon=":material/cancel:",
        disabled=job.cancel_requested,
        on_click=_cancel,
        args=(page, job.kind),
    )


def _cancel(page: Page, kind: str) -> None:
    try:
        request_cancel(page.store, kind, now_utc())
    except MigrateError as err:
        st.toast(message_of(err), icon=":material/error:")


def format_done(job: JobStatus) -> str:
    """How many of its items a job has finished: `3 of 6`; the share of one that counts steps."""
    if job.kind in _IN_STEPS:
        return f"{100 * share_of(job):.0f} %"
    return _("{finished:,} of {total:,}").format(finished=job.finished, total=job.total)


def share_of(job: JobStatus) -> float:
    """How much of a job is finished, 0…1; 0 while it is not known how much there is."""
    return min(job.finished / job.total, 1.0) if job.total else 0.0


def time_left(job: JobStatus) -> str:
    """The time left by the pace so far; nothing while there is no pace."""
    if not job.finished:
        return ""
    left = _seconds_an_item(job) * max(job.total - job.finished, 0)
    if left < 90:
        return _(", {seconds:.0f} s left").format(seconds=left)
    return _(", {minutes:.0f} min left").format(minutes=left / 60)


def _seconds_an_item(job: JobStatus) -> float:
    """By what was finished since this tab saw something finished, and before that since the start.

    Workers take some seconds to start, which say nothing of the items after the first.
    """
    now, key = now_utc(), f"pace_{job.kind}"
    seen = st.session_state.get(key)
    if seen is None or seen[0] != job.job_id:
        seen = st.session_state[key] = (job.job_id, now, job.finished)
    _job, since, before = seen
    if job.finished > before and now - since >= _PACE_IS_SURE:
        return float((now - since) / timedelta(seconds=1) / (job.finished - before))
    return float((now - job.started_at) / timedelta(seconds=1) / job.finished)
