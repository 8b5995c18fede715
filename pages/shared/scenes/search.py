"""Searching on the Scenes page: begin, watch, cancel, and what went wrong afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import streamlit as st

from migrate_core.errors import MigrateError, WrongUseError
from migrate_core.jobs.background import (
    latest_job,
    launch,
    now_utc,
    request_cancel,
    running_job,
    said,
)
from migrate_core.scenes.sources import LOCAL, open_source
from migrate_core.states import JobState
from migrate_core.store.candidates import MaskRow
from migrate_core.store.last_search import SearchParameters, last_asked, last_found, last_responses
from migrate_core.text import CLOUD_IN_SCENE
from pages.shared.background import POLL_S, is_busy
from pages.shared.frame import Page, share_of, time_left
from pages.shared.log import show_log
from pages.shared.polling import polled
from pages.shared.scenes.connections import connections, test_sources
from pages.shared.scenes.form import fill_again, search_form
from pages.shared.text import code, plain

KIND = "search"
_SHOWN_PROBLEMS = 3


def search_panel(page: Page) -> None:
    """The form, how far a search is, and what went wrong with the last one."""
    found = last_found(page.store)
    label = f"Search: {in_words(found)}" if found else "Search"
    with st.expander(label, expanded=found is None, icon=":material/search:"):
        asked = search_form(page)
        if asked is not None and asked.test:
            test_sources(page, asked.parameters.sources, asked.secret)
        _ages(page)
        connections(page)
    if asked is not None and not asked.test:
        try:
            start(page, asked.parameters, refresh=asked.refresh, secret=asked.secret)
        except MigrateError as err:
            st.error(plain(str(err)))
        else:
            st.rerun()
    _watch(page)


def _ages(page: Page) -> None:
    """How old the answers are that the present candidates come from."""
    responses = last_responses(page.store)
    if responses:
        now = now_utc()
        reported = ", ".join(f"{spec} {format_age(now - at)}" for spec, at in responses.items())
        st.caption(
            f"Answers of services: {plain(reported)}. They are used again for 24 hours, unless "
            "asked again."
        )


def format_age(age: timedelta) -> str:
    """How long ago something was."""
    minutes = age.total_seconds() / 60
    if minutes < 1:
        return "just now"
    if minutes < 90:
        return f"{minutes:.0f} min ago"
    return f"{minutes / 60:.0f} h ago" if minutes < 2880 else f"{minutes / 1440:.0f} days ago"


def in_words(parameters: SearchParameters) -> str:
    """A search in one line."""
    query, ranking = parameters.query, parameters.ranking
    most = f", at most {query.max_cloud_percent:g} % {CLOUD_IN_SCENE}"
    cloud = most * (query.max_cloud_percent < 100)
    measured = ", clouds measured over each mask" * parameters.measure_clouds
    return (
        f"±{query.days} days, {query.level}{cloud}; usable up to "
        f"{ranking.usable_cloud_percent:g} % cloud and from {100 * ranking.usable_coverage:g} % "
        f"coverage{measured}"
    )


def arguments(parameters: SearchParameters) -> list[str]:
    """The command line of a search."""
    query, ranking = parameters.query, parameters.ranking
    sources = [part for source in parameters.sources for part in ("--source", source)]
    weights = [
        part
        for name, value in ranking.weights.items()
        for part in ("--weight", f"{name}={value:g}")
    ]
    options = {
        "--days": f"{query.days}",
        "--max-cloud": f"{query.max_cloud_percent:g}",
        "--level": query.level,
        "--usable-cloud": f"{ranking.usable_cloud_percent:g}",
        "--usable-coverage": f"{ranking.usable_coverage:g}",
    }
    measure = ["--measure-clouds"] * parameters.measure_clouds
    given = [part for option in options.items() for part in option]
    return ["scenes", "search", *sources, *given, *weights, *measure]


def start(
    page: Page,
    parameters: SearchParameters,
    *,
    refresh: bool = False,
    secret: Mapping[str, str] | None = None,
) -> None:
    """Start a search in the background, with `secret` in its environment.

    Raises MigrateError when it can't begin.
    """
    sources = parameters.sources
    folders = [s.removeprefix(LOCAL) for s in sources if s.startswith(LOCAL)]
    missing = [folder for folder in folders if not Path(folder).exists()]
    if missing:
        raise WrongUseError(
            f"There is no {', '.join(missing)} on the machine that runs this app. Check the path; "
            "needed is a folder of products, or one with a STAC catalog.json."
        )
    for source in sources:
        open_source(source, page.settings.services)
    if running_job(page.store, KIND, now_utc()):
        raise WrongUseError("A search is already at work. Wait for it, or cancel it.")
    environ = (secret,) if secret else ()
    launch(page.workspace, KIND, [*arguments(parameters), *["--refresh"] * refresh], *environ)


@polled(lambda page: is_busy(page, KIND), POLL_S)
def _watch(page: Page) -> None:
    """How far the search is; when it begins or ends, the page is made again."""
    job = running_job(page.store, KIND, now_utc())
    if not is_busy(page, KIND):
        _aftermath(page)
        return
    share = share_of(job) if job else 0.0
    bar, button = st.columns([5, 1], vertical_alignment="center")
    cancelling = job is not None and job.cancel_requested
    left = time_left(job) if job else ""
    bar.progress(
        share,
        "Cancelling …" if cancelling else f"{_doing(page, share)}: {100 * share:.0f} %{left}",
    )
    if button.button("Cancel", key="scenes_cancel", disabled=job is None or cancelling):
        request_cancel(page.store, KIND, now_utc())
        st.rerun(scope="fragment")


def _doing(page: Page, share: float) -> str:
    """What a search is at work at; the second half of one that measures is measuring."""
    asked = last_asked(page.store)
    measuring = asked is not None and asked.measure_clouds and share >= 0.5
    return "Measuring clouds over each mask" if measuring else "Searching for scenes"


def _aftermath(page: Page) -> None:
    """How the last search ended, when not well."""
    job = latest_job(page.store, KIND)
    state = job.state if job else None
    if job is not None and state == JobState.RUNNING:
        st.error("The search ended unexpectedly. Search again; what was there before is kept.")
        show_log(page, "job", job.job_id)
        return
    if state == JobState.CANCELLED:
        st.info("The last search was cancelled; what was found and measured before is kept.")
        return
    problems = said(page.workspace, KIND)
    for problem in problems[:_SHOWN_PROBLEMS]:
        (st.error if state == JobState.FAILED else st.warning)(plain(problem))
    if len(problems) > _SHOWN_PROBLEMS:
        with st.expander(f"{len(problems) - _SHOWN_PROBLEMS:,} more problems of the last search"):
            st.text("\n".join(problems[_SHOWN_PROBLEMS : _SHOWN_PROBLEMS + 100]))
            st.caption(f"All are in {code(str(page.workspace.log(KIND)))}.")
    if job is not None and (problems or state in ("failed", "died")):
        show_log(page, "job", job.job_id)


def help_mask(page: Page, row: MaskRow) -> None:
    """What would give the selected mask a usable scene, each way one press away."""
    found = last_found(page.store)
    if row.usable or found is None:
        return
    if row.advice is None:
        st.warning("This mask was not searched for yet. Search again.")
        return
    if not row.advice.remedies:
        advice = plain(str(row.advice))
        st.warning(f"No usable scene. What may help: {advice}.", icon=":material/lightbulb:")
        return
    st.markdown("No usable scene. What would help, if all masks are searched for again:")
    with st.container(horizontal=True):
        for number, remedy in enumerate(row.advice.remedies):
            text = str(remedy)
            if st.button(
                plain(text[0].upper() + text[1:]),
                key=f"scenes_remedy_{number}",
                icon=":material/search:",
            ):
                query, ranking = remedy.applied(found.query, found.ranking)
                asked = replace(found, query=query, ranking=ranking)
                start(page, asked)
                fill_again(asked)
                st.rerun()
