"""Work in the background, as pages start it, watch it, and say how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from migrate_core.errors import MigrateError, WrongUseError
from migrate_core.files.disk import is_full
from migrate_core.jobs.background import (
    JobStatus,
    busy_error,
    crash_of,
    latest_job,
    launch,
    now_utc,
    request_cancel,
    running_job,
    said,
    starting,
)
from migrate_core.states import JobState
from pages.shared.frame import Page, share_of, time_left
from pages.shared.log import show_log
from pages.shared.text import code, plain

# How often a page looks how far the work is, in seconds.
POLL_S = 1.0
# Messages beyond this many are in the list of what was worked at.
_MESSAGES = 5
_STOPPED = (JobState.RUNNING, JobState.DIED, JobState.FAILED)
_TROUBLE = "trouble_"


@dataclass
class _Trouble:
    """Why something could not be started, and whether that was shown."""

    message: str
    shown: bool = False


def start(
    page: Page,
    kind: str,
    arguments: Callable[[], Sequence[str]],
    environ: Mapping[str, str] | None = None,
) -> None:
    """Start a command in the background: what a button does when it is pressed.

    `arguments` gives its words, `environ` what is secret. When it can't be started, since the same
    work is being done here or elsewhere, or the words are wrong, `trouble` shows why. Else the
    whole page is drawn again, so that all that watches work begins to look: nothing after this call
    is done.
    """
    try:
        job = running_job(page.store, kind, now_utc())
        if job is not None:
            raise busy_error(job)
        secret = (environ,) if environ else ()
        launch(page.workspace, kind, arguments(), *secret)
    except MigrateError as err:
        st.session_state[_TROUBLE + kind] = _Trouble(str(err))
    else:
        st.session_state.pop(_TROUBLE + kind, None)
        st.rerun()


def trouble(kind: str) -> None:
    """Why the last attempt to start work of a kind failed, until it is tried again."""
    found: _Trouble | None = st.session_state.get(_TROUBLE + kind)
    if found is not None:
        st.error(plain(found.message))
        found.shown = True


def forget_trouble() -> None:
    """Forget what was shown already; a page calls it whenever it is drawn as a whole."""
    for key in [key for key in st.session_state if str(key).startswith(_TROUBLE)]:
        if st.session_state[key].shown:
            del st.session_state[key]


def is_busy(page: Page, kind: str) -> bool:
    """Whether work of a kind is done, or a command for it was just started."""
    return running_job(page.store, kind, now_utc()) is not None or starting(page.workspace, kind)


def watch(page: Page, kind: str, doing: str) -> None:
    """How far the work of a kind is, with the time left and a button that cancels it."""
    job = running_job(page.store, kind, now_utc())
    bar, button = st.columns([5, 1], vertical_alignment="bottom")
    bar.progress(share_of(job) if job else 0.0, f"**{doing}**: {_words(job)}")
    stopping = job is not None and job.cancel_requested
    button.button(
        "Stopping …" if stopping else "Cancel",
        key=f"watch_cancel_{kind}",
        icon=":material/cancel:",
        disabled=job is None or stopping,
        help="What is finished is kept.",
        width="stretch",
        on_click=_cancel,
        args=(page, kind),
    )


def _cancel(page: Page, kind: str) -> None:
    try:
        request_cancel(page.store, kind, now_utc())
    except MigrateError as err:
        st.session_state[_TROUBLE + kind] = _Trouble(str(err))


def _words(job: JobStatus | None) -> str:
    """How far a job is, in words."""
    if job is None:
        return "one moment …"
    if not job.total:
        return "getting ready …"
    failed = f", {job.failed} failed" if job.failed else ""
    left = time_left(job) if job.finished < job.total else ", finishing …"
    return f"{job.finished} of {job.total}{failed}{left}"


def how_it_ended(page: Page, kind: str, marks: tuple[str, ...] = ("Error: ", "Problem: ")) -> None:
    """What the last work of a kind had to say, if it did not just succeed.

    `marks` are the beginnings of the lines to be shown.
    """
    job = latest_job(page.store, kind)
    if job is not None and _started_elsewhere(page, job):
        return
    messages = said(page.workspace, kind, marks)
    for message in messages[:_MESSAGES]:
        st.error(plain(message))
    if len(messages) > _MESSAGES:
        st.caption(
            f"… and {len(messages) - _MESSAGES} more, in {code(str(page.workspace.log(kind)))}."
        )
    if trace := crash_of(page.workspace, kind):
        st.error("It ended by an unforeseen error. What was finished is kept; start it again.")
        with st.expander("For those who look for the cause", icon=":material/bug_report:"):
            st.code(trace, language=None, wrap_lines=True)
    elif job is not None and not messages and job.state in _STOPPED:
        full = " The disk of the workspace is full: free space there first."
        st.warning(
            "It was stopped before its end. What was finished is kept; start it again."
            + (full if is_full(page.workspace.root) else "")
        )
    elif job is not None and job.state == JobState.CANCELLED and not messages:
        st.info("It was cancelled. What was finished is kept; start it again to go on.")
    if job is not None and (trace or messages or job.state in ("running", "died", "failed")):
        show_log(page, "job", job.job_id)


def _started_elsewhere(page: Page, job: JobStatus) -> bool:
    """Whether a job began after the last command of a page: in a terminal, with its own words."""
    log = page.workspace.log(job.kind)
    if not log.is_file():
        return False
    return datetime.fromtimestamp(log.stat().st_mtime, UTC) < job.started_at


def path_of(text: str, base: Path) -> Path:
    """The path that a person wrote; a relative one lies in `base`. Raises WrongUseError."""
    try:
        path = base / Path(text.strip()).expanduser()
        path.lstat()
    except FileNotFoundError:
        return path
    except (OSError, RuntimeError, ValueError) as err:
        raise WrongUseError(f"{text!r} can't be the path of a file or folder: {err}.") from err
    return path


def format_size(path: Path) -> str:
    """The size of a file in megabytes or gigabytes."""
    size_mb = path.stat().st_size / 1e6
    return f"{size_mb / 1000:.1f} GB" if size_mb >= 1000 else f"{max(size_mb, 0.1):.1f} MB"
