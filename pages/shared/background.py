"""Work in the background, as pages start it, watch it, and say how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from migrate_core import background
from migrate_core.errors import MigrateError, WrongUseError
from migrate_core.files.disk import is_full
from migrate_core.jobs.background import (
    JobStatus,
    latest_job,
    messages,
    now_utc,
    request_cancel,
    running_job,
)
from migrate_core.jobs.launch import crash_of, last_output
from migrate_core.states import JobState, Level
from migrate_core.text import _
from pages.shared.frame import Page, format_done, share_of, time_left
from pages.shared.language.messages import message_text
from pages.shared.log import show_log
from pages.shared.polling import rerun_page
from pages.shared.state import visit
from pages.shared.text import message_of

# How often a page looks how far the work is, in seconds.
POLL_S = 1.0
# So many messages are shown at once, and so many more folded up.
_MESSAGES = 5
_FOLDED = 100
_STOPPED = (JobState.RUNNING, JobState.DIED, JobState.FAILED)
_TROUBLE = "trouble_"
_PRESSED = "pressed_"
# The job whose report a person has read, by kind.
_CLOSED = "closed_"
# So long a press waits for a drawing that comes to its button.
_PRESS_LASTS_S = 60.0


@dataclass
class _Trouble:
    """Why something could not be started, and whether that was shown."""

    message: str
    shown: bool = False


@dataclass(frozen=True)
class _Press:
    """A press that nothing has answered yet: of which button, when, and on which visit."""

    button: str
    at: float
    visit: int

    @property
    def counts(self) -> bool:
        """Whether it may still act: nobody went to another page, or has waited since."""
        return self.visit == visit() and time.monotonic() - self.at < _PRESS_LASTS_S


def start(
    page: Page,
    kind: str,
    request: Callable[[], Any],
    environ: Mapping[str, str] | None = None,
) -> None:
    """Start work in the background: what a button does when it is pressed.

    `request` gives what is to be done, one of `migrate_core.background`; `environ` is what is
    secret. When it can't be started, since the same work is being done, or what is asked for is
    wrong, `trouble` shows why. Else the whole page is drawn again, so that all that watches work
    begins to look: nothing after this call is done.
    """
    try:
        background.start(page.store, page.workspace, request(), environ)
    except MigrateError as err:
        st.session_state[_TROUBLE + kind] = _Trouble(str(err))
    else:
        st.session_state.pop(_TROUBLE + kind, None)
        rerun_page()


def note_press(kind: str, button: str = "") -> None:
    """Remember that a button of a kind of work was pressed: the callback of the button.

    A callback has the choices of the last drawing. What was typed just before the press is known
    only when the page is drawn again: there `was_pressed` tells that work is to be started. What
    a button itself returns is lost when that drawing is broken off before it comes to the button,
    as by files that arrive, or a map that tells its bounds, a moment after the press.
    """
    st.session_state[_PRESSED + kind] = _Press(button, time.monotonic(), visit())


def was_pressed(kind: str, button: str = "") -> bool:
    """Whether a button of a kind of work was pressed; True once for each press.

    A press that was for an earlier visit of the page, or is old, is none any more.
    """
    press: _Press | None = st.session_state.get(_PRESSED + kind)
    if press is None or press.button != button:
        return False
    del st.session_state[_PRESSED + kind]
    return press.counts


def pressed(draw: Callable[..., bool], label: str, key: str, **look: Any) -> bool:
    """Draw a button, by `st.button` or the like; whether it was pressed, once for each press.

    The press is not lost when the drawing that it begins is broken off: see `note_press`. `key`
    names what the button acts on, such as a mask, lest the press of one acts on another.
    """
    draw(label, key=key, on_click=note_press, args=(key,), **look)
    return was_pressed(key)


def trouble(kind: str) -> None:
    """Why the last attempt to start work of a kind failed, until it is tried again."""
    found: _Trouble | None = st.session_state.get(_TROUBLE + kind)
    if found is not None:
        st.error(message_of(found.message))
        found.shown = True


def forget_trouble() -> None:
    """Forget what was shown already; a page calls it whenever it is drawn as a whole."""
    for key in [key for key in st.session_state if str(key).startswith(_TROUBLE)]:
        if st.session_state[key].shown:
            del st.session_state[key]


def is_busy(page: Page, kind: str) -> bool:
    """Whether work of a kind is done, or was just started."""
    return running_job(page.store, kind, now_utc()) is not None


def watch(page: Page, kind: str, doing: str) -> None:
    """How far the work of a kind is, with the time left and a button that cancels it.

    A press of a button that starts the same work, on a page that was drawn before this work began,
    is answered here.
    """
    press: _Press | None = st.session_state.pop(_PRESSED + kind, None)
    if press is not None and press.counts:
        st.warning(
            _("{doing} is at work already. When it has ended, start yours again.").format(
                doing=_(doing)
            )
        )
    job = running_job(page.store, kind, now_utc())
    text = _format_progress(job)
    stopping = job is not None and job.cancel_requested
    # In a narrow column the button is below the bar, in full.
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.progress(share_of(job) if job else 0.0, f"**{_(doing)}**: {text}")
        st.button(
            _("Stopping …") if stopping else _("Cancel"),
            key=f"watch_cancel_{kind}",
            icon=":material/cancel:",
            disabled=job is None or stopping,
            help=_("What is finished is kept."),
            on_click=_cancel,
            args=(page, kind),
        )


def _cancel(page: Page, kind: str) -> None:
    try:
        request_cancel(page.store, kind, now_utc())
    except MigrateError as err:
        st.session_state[_TROUBLE + kind] = _Trouble(str(err))


def _format_progress(job: JobStatus | None) -> str:
    """How far a job is, in words; one that was just started doesn't know how much there is."""
    if job is None or not job.total:
        return _("one moment …")
    failed = _(", {count} failed").format(count=job.failed) if job.failed else ""
    left = time_left(job) if job.finished < job.total else _(", finishing …")
    return f"{format_done(job)}{failed}{left}"


def how_it_ended(
    page: Page, kind: str, levels: tuple[Level, ...] = (Level.ERROR, Level.PROBLEM)
) -> None:
    """What the last work of a kind had to say, if it did not just succeed.

    `levels` are those of the messages to be shown.
    """
    job = latest_job(page.store, kind)
    if job is None:
        return
    # What a source says of itself may be why the job ended, too.
    found = tuple(dict.fromkeys(messages(page.store, kind, *levels)))
    trace = crash_of(page.workspace, kind) if job.launched else None
    if not found and not trace and job.launched and job.state in _STOPPED:
        # What couldn't be written to the store, as when its disk is full.
        found = tuple(last_output(page.workspace, kind).removeprefix("Error: ").splitlines())
    _show(found, st.error if job.state in _STOPPED else st.warning)
    if trace:
        st.error(_("It ended by an unforeseen error. What was finished is kept; start it again."))
        with st.expander(_("For those who look for the cause"), icon=":material/bug_report:"):
            st.code(trace, language=None, wrap_lines=True)
    elif job.state in _STOPPED and not found:
        full = _(" The disk of the workspace is full: free space there first.")
        st.warning(
            _("It was stopped before its end. What was finished is kept; start it again.")
            + (full if is_full(page.workspace.root) else "")
        )
    elif job.state == JobState.CANCELLED and not found:
        st.info(_("It was cancelled. What was finished is kept; start it again to go on."))
    if trace or found or job.state in _STOPPED:
        show_log(page, "job", job.job_id)


def unread_job(page: Page, kind: str) -> JobStatus | None:
    """The job of a kind that began last, unless the report on it was closed in this tab."""
    job = latest_job(page.store, kind)
    return None if job is None or st.session_state.get(_CLOSED + kind) == job.job_id else job


def close_button(job: JobStatus, help_text: str | None = None) -> None:
    """The button that closes the report on a job."""
    st.button(
        _("Close"),
        key=f"report_close_{job.kind}",
        type="tertiary",
        icon=":material/close:",
        help=help_text,
        on_click=st.session_state.__setitem__,
        args=(_CLOSED + job.kind, job.job_id),
    )


def _show(found: tuple[str, ...], show: Callable[[str], object]) -> None:
    """Messages, the first ones at once."""
    for message in found[:_MESSAGES]:
        show(message_of(message))
    more = len(found) - _MESSAGES
    if more > 0:
        with st.expander(_("{more:,} more problems").format(more=more)):
            st.text("\n".join(map(message_text, found[_MESSAGES : _MESSAGES + _FOLDED])))
            if more > _FOLDED:
                st.caption(_("… and {count:,} more.").format(count=more - _FOLDED))


def path_of(text: str, base: Path) -> Path:
    """The path that a person wrote; a relative one lies in `base`. Raises WrongUseError."""
    try:
        path = base / Path(text.strip()).expanduser()
        path.lstat()
    except FileNotFoundError:
        return path
    except (OSError, RuntimeError, ValueError) as err:
        raise WrongUseError(
            _("{text!r} can't be the path of a file or folder: {err}.").format(text=text, err=err)
        ) from err
    return path


def format_size(path: Path) -> str:
    """The size of a file in megabytes or gigabytes."""
    size_mb = path.stat().st_size / 1e6
    return f"{size_mb / 1000:.1f} GB" if size_mb >= 1000 else f"{max(size_mb, 0.1):.1f} MB"
