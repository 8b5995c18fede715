"""Searching on the Scenes page: begin, watch, cancel, and what went wrong afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import streamlit as st

from migrate_core import background
from migrate_core.advice import Remedy
from migrate_core.errors import WrongUseError
from migrate_core.job_requests import RankScenes, SearchScenes
from migrate_core.jobs.background import now_utc, running_job
from migrate_core.scenes.groups import SomeMasks
from migrate_core.scenes.sources import LOCAL, open_source
from migrate_core.store.candidates import MaskRow
from migrate_core.store.last_search import SearchParameters, last_asked, last_found, last_responses
from migrate_core.store.ranking import own_limits_of
from migrate_core.text import CLOUD_IN_SCENE, _, capital
from pages.shared.background import POLL_S, how_it_ended, is_busy, start, trouble, watch
from pages.shared.frame import Page, share_of
from pages.shared.polling import polled, rerun_page
from pages.shared.scenes.connections import KIND as CONNECTION
from pages.shared.scenes.connections import connections, test_sources
from pages.shared.scenes.form import (
    KIND,
    chosen_sources,
    fill_again,
    fill_form,
    given_code,
    search_form,
)
from pages.shared.text import counted, message_of, plain


def search_panel(page: Page) -> None:
    """How far a search is, without the form meanwhile; else how it ended, and the form."""
    _watch(page)
    if is_busy(page, KIND):
        return
    fill_form(page)
    found = last_found(page.store)
    label = _("Search: {search}").format(search=format_search(found)) if found else _("Search")
    # Whoever comes from a pair that failed for its source is led to the form.
    opened = found is None or st.query_params.get("search") == "open"
    with st.expander(label, expanded=opened, icon=":material/search:"):
        _form(page)


@polled(lambda page: is_busy(page, CONNECTION), POLL_S)
def _form(page: Page) -> None:
    """The form with what belongs to the sources that are chosen, drawn again by itself."""
    asked = search_form(page)
    # A folder needs no connection.
    services = [source for source in chosen_sources() if not source.startswith(LOCAL)]
    if connections(page, services):
        test_sources(page, services, given_code())
    trouble(CONNECTION)
    _ages(page)
    if asked is not None:
        request = SearchScenes(asked.parameters, asked.refresh)
        start(page, KIND, lambda: _checked(page, request), asked.secret)
        # What was wrong with it is said on top.
        rerun_page()


def _ages(page: Page) -> None:
    """How old the answers are that the present candidates come from."""
    responses = last_responses(page.store)
    if responses:
        now = now_utc()
        reported = ", ".join(f"{spec} {format_age(now - at)}" for spec, at in responses.items())
        st.caption(
            _(
                "Answers of services: {reported}. They are used again for 24 hours, "
                "unless asked again."
            ).format(reported=plain(reported))
        )


def format_age(age: timedelta) -> str:
    """How long ago something was."""
    minutes = age.total_seconds() / 60
    if minutes < 1:
        return _("just now")
    if minutes < 90:
        return _("{minutes:.0f} min ago").format(minutes=minutes)
    if minutes < 2880:
        return _("{hours:.0f} h ago").format(hours=minutes / 60)
    return _("{days:.0f} days ago").format(days=minutes / 1440)


def format_search(parameters: SearchParameters) -> str:
    """A search in one line."""
    query = parameters.query
    window = _("{days} before and after").format(days=counted(query.days, "day"))
    cloud = _(", at most {percent:g} % {cloud}").format(
        percent=query.max_cloud_percent, cloud=_(CLOUD_IN_SCENE)
    )
    measured = _(", clouds measured over each mask")
    return (
        f"{window}, {query.level}"
        + cloud * (query.max_cloud_percent < 100)
        + measured * parameters.measure_clouds
    )


def _checked(page: Page, request: SearchScenes) -> SearchScenes:
    """The search, once its sources are found to be some. Raises WrongUseError."""
    sources = request.parameters.sources
    folders = [s.removeprefix(LOCAL) for s in sources if s.startswith(LOCAL)]
    missing = [folder for folder in folders if not Path(folder).exists()]
    if missing:
        raise WrongUseError(
            _(
                "There is no {paths} on the machine that runs this app. Check the path; needed is "
                "a folder of products, or one with a STAC catalog.json."
            ).format(paths=", ".join(missing))
        )
    for source in sources:
        open_source(source, page.settings.services)
    return request


@polled(lambda page: is_busy(page, KIND), POLL_S)
def _watch(page: Page) -> None:
    """How far the search is; when it begins or ends, the page is made again."""
    trouble(KIND)
    if is_busy(page, KIND):
        watch(page, KIND, _doing(page))
    else:
        how_it_ended(page, KIND)


def _doing(page: Page) -> str:
    """What a search is at work at; one that measures clouds does so in its second half."""
    asked, job = last_asked(page.store), running_job(page.store, KIND, now_utc())
    if job is not None and background.is_for(page.store, job.job_id, RankScenes):
        return "Ranking the candidates"
    second_half = job is not None and share_of(job) >= 0.5
    measures = asked is not None and asked.measure_clouds and second_half
    return "Measuring clouds over each mask" if measures else "Searching for scenes"


# what would help


def help_mask(page: Page, row: MaskRow, offered: Sequence[Remedy]) -> None:
    """What would give the selected mask a usable scene, each way one press away.

    What is `offered` for all masks isn't said again: it is behind a button, for this mask alone.
    """
    found = last_found(page.store)
    if found is None:
        return
    limits = own_limits_of(page.store).get(row.mask.mask_id)
    if limits is not None:
        _own_limits(page, found, row.mask.mask_id, limits)
    if row.usable:
        return
    if row.advice is None:
        st.markdown(_("This mask was not searched for yet."))
        _search_mask_button(page, found, "Search for it", row.mask.mask_id, None)
        return
    if not row.advice.remedies:
        advice = message_of(row.advice)
        st.markdown(
            _(":material/lightbulb: No usable scene. What may help: {advice}.").format(
                advice=advice
            )
        )
        return
    for_all = {replace(remedy, scenes=0) for remedy in offered}
    alone = [one for one in row.advice.remedies if replace(one, scenes=0) not in for_all]
    also = [one for one in row.advice.remedies if one not in alone]
    if alone:
        st.markdown(_(":material/lightbulb: No usable scene. What would help this mask alone:"))
    with st.container(horizontal=True):
        _remedies(page, found, row.mask.mask_id, alone, limits)
        if also:
            with st.popover(_("Search for this mask only")):
                _remedies(page, found, row.mask.mask_id, also, limits)


def _remedies(
    page: Page,
    found: SearchParameters,
    mask_id: str,
    remedies: Sequence[Remedy],
    limits: Remedy | None,
) -> None:
    """A button for each; `limits` are those that the mask has of its own by now."""
    for remedy in remedies:
        wider = remedy if limits is None else remedy.joined(limits)
        _search_mask_button(page, found, str(remedy), mask_id, wider)


def _own_limits(page: Page, found: SearchParameters, mask_id: str, limits: Remedy) -> None:
    """That a mask is searched otherwise than the others, and the way back."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            _("This mask is searched by wider limits than the others: {now}.").format(
                now=limits.now
            )
        )
        _search_mask_button(page, found, "Search it as the others", mask_id, None)


def _search_mask_button(
    page: Page, found: SearchParameters, text: str, mask_id: str, limits: Remedy | None
) -> None:
    """A button that searches for one mask, by wider limits of its own where there are some."""
    request = SearchScenes(found, only=SomeMasks((mask_id,), limits))
    st.button(
        plain(capital(_(text))),
        key=f"scenes_mask_{text}",
        icon=":material/search:",
        help=_(
            "Searches for this mask only. It keeps its limits when all masks are searched for "
            "again; those of the other masks stay as they are."
        )
        if limits
        else _("Searches for this mask only, by the limits of the last search."),
        on_click=_search_now,
        args=(page, request),
    )


def offer_searches(page: Page, remedies: Sequence[tuple[Remedy, str]]) -> None:
    """A button for each remedy, with its words, that searches for all masks by its limits."""
    found = last_found(page.store)
    if found is None:
        return
    for number, (remedy, text) in enumerate(remedies):
        query, ranking = remedy.applied(found.query, found.ranking)
        asked = replace(found, query=query, ranking=ranking)
        st.button(
            message_of(capital(text)),
            key=f"scenes_all_{number}",
            icon=":material/search:",
            help=_("Searches again for all masks, with this limit changed."),
            on_click=_search_now,
            args=(page, SearchScenes(asked)),
        )


def _search_now(page: Page, request: SearchScenes) -> None:
    """Search with what helps; a search for all masks is what the form shows from then on."""
    if request.only is None:
        fill_again(request.parameters)
    start(page, KIND, lambda: _checked(page, request))
