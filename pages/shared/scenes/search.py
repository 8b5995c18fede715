"""Searching on the Scenes page: begin, watch, cancel, and what went wrong afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import streamlit as st

from migrate_core.advice import Remedy
from migrate_core.errors import WrongUseError
from migrate_core.job_requests import SearchScenes
from migrate_core.jobs.background import now_utc, running_job
from migrate_core.scenes.sources import LOCAL, open_source
from migrate_core.store.candidates import MaskRow
from migrate_core.store.last_search import SearchParameters, last_asked, last_found, last_responses
from migrate_core.text import CLOUD_IN_SCENE
from pages.shared.background import POLL_S, how_it_ended, is_busy, start, trouble, watch
from pages.shared.frame import Page, share_of
from pages.shared.polling import polled
from pages.shared.scenes.connections import connections, test_sources
from pages.shared.scenes.form import fill_again, search_form
from pages.shared.text import plain

KIND = "search"


def search_panel(page: Page) -> None:
    """How far a search is, without the form meanwhile; else how it ended, and the form."""
    _watch(page)
    if is_busy(page, KIND):
        return
    found = last_found(page.store)
    label = f"Search: {format_search(found)}" if found else "Search"
    # Whoever comes from a pair that failed for its source is led to the form.
    opened = found is None or st.query_params.get("search") == "open"
    with st.expander(label, expanded=opened, icon=":material/search:"):
        asked = search_form(page)
        if asked is not None and asked.test:
            test_sources(page, asked.parameters.sources, asked.secret)
        _ages(page)
        connections(page)
    if asked is not None and not asked.test:
        request = SearchScenes(asked.parameters, asked.refresh)
        start(page, KIND, lambda: _checked(page, request), asked.secret)
        # What was wrong with it is said on top.
        st.rerun()


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


def format_search(parameters: SearchParameters) -> str:
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


def _checked(page: Page, request: SearchScenes) -> SearchScenes:
    """The search, once its sources are found to be some. Raises WrongUseError."""
    sources = request.parameters.sources
    folders = [s.removeprefix(LOCAL) for s in sources if s.startswith(LOCAL)]
    missing = [folder for folder in folders if not Path(folder).exists()]
    if missing:
        raise WrongUseError(
            f"There is no {', '.join(missing)} on the machine that runs this app. Check the path; "
            "needed is a folder of products, or one with a STAC catalog.json."
        )
    for source in sources:
        open_source(source, page.settings.services)
    return request


@polled(lambda page: is_busy(page, KIND), POLL_S)
def _watch(page: Page) -> None:
    """How far the search is; when it begins or ends, the page is made again."""
    trouble(KIND)
    if is_busy(page, KIND):
        watch(page, KIND, _doing(page), counted=False)
    else:
        how_it_ended(page, KIND)


def _doing(page: Page) -> str:
    """What a search is at work at; one that measures clouds does so in its second half."""
    asked, job = last_asked(page.store), running_job(page.store, KIND, now_utc())
    second_half = job is not None and share_of(job) >= 0.5
    measures = asked is not None and asked.measure_clouds and second_half
    return "Measuring clouds over each mask" if measures else "Searching for scenes"


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
    offer_searches(page, [(one, str(one)) for one in row.advice.remedies], key="remedy")


def offer_searches(page: Page, remedies: Sequence[tuple[Remedy, str]], key: str) -> None:
    """A button for each remedy, with its words, that searches again with the limits it names."""
    found = last_found(page.store)
    if found is None:
        return
    with st.container(horizontal=True):
        for number, (remedy, text) in enumerate(remedies):
            st.button(
                plain(text[0].upper() + text[1:]),
                key=f"scenes_{key}_{number}",
                icon=":material/search:",
                help="Searches again for all masks, with this limit changed.",
                on_click=_apply,
                args=(page, found, remedy),
            )


def _apply(page: Page, found: SearchParameters, remedy: Remedy) -> None:
    """Search again with what helps."""
    query, ranking = remedy.applied(found.query, found.ranking)
    asked = replace(found, query=query, ranking=ranking)
    fill_again(asked)
    start(page, KIND, lambda: _checked(page, SearchScenes(asked)))
