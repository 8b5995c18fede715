"""Sources on the Scenes page: what credentials they take, and what works when they are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from migrate_core.job_requests import TrySources
from migrate_core.jobs.background import answer, latest_job, messages
from migrate_core.scenes.access.connection import FAILS, NOT_SET, WORKS
from migrate_core.scenes.sources import SERVICES, open_source, source_of
from migrate_core.scenes.sources.adapter import Credential
from migrate_core.states import Level
from migrate_core.text import _, format_time
from pages.shared.background import is_busy, start, was_pressed
from pages.shared.frame import Page
from pages.shared.scenes.form import ask_for_code, press_with_code
from pages.shared.scenes.measuring import name_of
from pages.shared.secrets import needs_code
from pages.shared.text import message_of, plain

KIND = "connection"
_SIGNS = {
    WORKS: ":material/check_circle:",
    FAILS: ":material/error:",
    NOT_SET: ":material/key_off:",
}


def test_sources(page: Page, specs: Sequence[str], environ: Mapping[str, str]) -> None:
    """Try sources in the background; `environ` holds a code that was given for it."""

    def request() -> TrySources:
        # An address with a password in it must not even get into the row of the job.
        for spec in specs:
            open_source(spec, page.settings.services)
        return TrySources(tuple(specs))

    start(page, KIND, request, environ)


def connections(page: Page, specs: Sequence[str]) -> bool:
    """Each of these sources with the state of its credentials, and what the last test said.

    Whether the button that tests them was pressed just now.
    """
    if not specs:
        return False
    busy = is_busy(page, KIND)
    tested = _last_test(page, busy)
    _row(*(f"**{_(title)}**" for title in ("Source", "Credentials", "Last test")))
    for spec in specs:
        _row(
            f"{name_of(spec)}  \n`{spec}`" if spec in SERVICES else name_of(spec),
            format_credentials(source_of(spec, page.settings.services).credentials),
            _outcome(tested.get(spec), busy=busy),
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if needs_code(page.settings.services, specs):
            ask_for_code()
        st.button(
            _("Test connection") if len(specs) == 1 else _("Test connections"),
            key="scenes_test",
            icon=":material/network_check:",
            help=_("Tries a small search at each source, and the credentials that are set."),
            disabled=busy,
            on_click=press_with_code,
            args=(KIND,),
        )
    if not busy:
        for message in messages(page.store, KIND, Level.ERROR):
            st.error(message_of(message))
    return was_pressed(KIND)


def _row(*cells: str) -> None:
    """One line, in columns that keep their width whatever they hold."""
    for column, cell in zip(st.columns([2, 4, 5], gap="small"), cells, strict=True):
        column.caption(cell)


def format_credentials(needs: Sequence[Credential]) -> str:
    """Which credentials a source takes, and whether they are set."""
    if not needs:
        return _("none needed")
    return "  \n".join(_need(need) for need in needs)


def _need(need: Credential) -> str:
    purpose, names = _(need.purpose), _(" and ").join(f"`{name}`" for name in need.variables)
    if need.found:
        return _(":material/key: {purpose}: found").format(purpose=purpose)
    return _(":material/key_off: {purpose}: needs {names}").format(purpose=purpose, names=names)


def _last_test(page: Page, busy: bool) -> dict[str, Any]:
    """What the last test found, by source; nothing while a test goes on."""
    job = None if busy else latest_job(page.store, KIND)
    rows = answer(page.store, KIND) if job else None
    if job is None or rows is None:
        return {}
    return {row["source"]: {**row, "at": format_time(job.heartbeat_at)} for row in rows}


def _outcome(row: Mapping[str, Any] | None, *, busy: bool) -> str:
    """What worked, and why the rest did not."""
    if row is None:
        return "…" if busy else "–"
    steps = [_step(step) for step in row["steps"]]
    return "  \n".join([*steps, _("tested {time}").format(time=plain(row["at"]))])


def _step(step: Mapping[str, str]) -> str:
    state, sign = step["state"], _SIGNS[step["state"]]
    if state == NOT_SET:
        return _("{sign} {what}: no credentials").format(sign=sign, what=_(step["what"]))
    return f"{sign} {_(step['what'])} {_(state)}: {message_of(step['words'])}"
