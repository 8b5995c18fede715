"""The parts of the page Export: the choices, where to, the progress, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.export.dataset import check_destination, is_dataset
from migrate_core.export.destination.address import resolve_destination
from migrate_core.export.request import ExportRequest
from migrate_core.export.selection.counts import counts_of_choice
from migrate_core.jobs.background import now_utc
from migrate_core.text import _
from pages.shared.background import (
    POLL_S,
    how_it_ended,
    is_busy,
    note_press,
    path_of,
    start,
    trouble,
    was_pressed,
    watch,
)
from pages.shared.export.about import about_form
from pages.shared.export.choose import choose_pairs, explain_empty, show_counts
from pages.shared.export.made import Made, known_datasets
from pages.shared.export.outcome import show_outcome
from pages.shared.export.samples import choose_chips, choose_formats, choose_pixels
from pages.shared.export.splitting import choose_splits
from pages.shared.frame import Page
from pages.shared.polling import polled, rerun_page
from pages.shared.text import code, counted, message_of

KIND = "export"


def choices(page: Page) -> tuple[ExportRequest, int | None]:
    """All that is chosen, with the numbers that follow from it; how many pairs go in, if known."""
    choice, curation = choose_pairs(page)
    pairs = None
    if curation.reads_pixels:
        st.caption(_("How many pairs that leaves is known after a preview."))
    else:
        found = counts_of_choice(page.store, page.workspace, choice, curation)
        pairs = sum(found.decisions.values())
        if pairs or found.left_out:
            show_counts(found.decisions, found.basis, found.left_out, curation)
        if not pairs:
            explain_empty(page, found.left_out)
    formats = choose_formats()
    with st.expander(_("Bands, values, labels and chips"), icon=":material/grid_on:"):
        pixels, chips = choose_pixels(), choose_chips(formats)
    with st.expander(_("Training, validation and test"), icon=":material/call_split:"):
        splits = choose_splits()
    with st.expander(_("Title, authors and terms"), icon=":material/badge:"):
        about = about_form()
    request = ExportRequest(
        page.workspace.exports,
        choice.include,
        formats=formats,
        looked_at_only=choice.looked_at_only,
        pixels=pixels,
        chips=chips,
        about=about,
        splits=splits,
        curation=curation,
    )
    return _to(page, request), pairs


def _to(page: Page, request: ExportRequest) -> ExportRequest:
    """The request with the folder that the field further below names; it says what is wrong."""
    try:
        return _into(page, request, str(st.session_state.get("export_folder") or ""))
    except MigrateError:
        return request


def _into(page: Page, request: ExportRequest, named: str) -> ExportRequest:
    """The request with the folder, or the address of an object store, that is named."""
    if named.strip().lower().startswith("s3:"):
        folder, sent_to = resolve_destination(named.strip(), page.workspace)
        return replace(request, destination=folder, sent_to=sent_to)
    folder = path_of(named.strip() or _default(page), page.workspace.root)
    return replace(request, destination=folder)


def _default(page: Page) -> str:
    return str(page.workspace.exports / f"{now_utc():%Y-%m-%d}")


@polled(lambda page: is_busy(page, KIND), POLL_S)
def exporting(page: Page, shown: Sequence[Made]) -> None:
    """How far the export is, or how the last one ended.

    `shown` are the datasets that the page shows below; when others are there, it is drawn again.
    """
    trouble(KIND)
    if is_busy(page, KIND):
        watch(page, KIND, _("Exporting"))
        return
    how_it_ended(page, KIND)
    show_outcome(page, KIND, shown)
    if known_datasets(page) != shown:
        rerun_page()


def export_form(page: Page, chosen: ExportRequest, pairs: int | None) -> None:
    """Where to, and the button."""
    folder = st.text_input(
        _("Folder for the dataset, or s3://BUCKET/PREFIX"),
        placeholder=_default(page),
        key="export_folder",
        persist_state="session",
        help=_(
            "On the machine where the app runs; a relative path lies in the workspace. A dataset "
            "that is there is brought up to date; folders with other files are refused. An object "
            "store is reached with the keys of the environment."
        ),
    )
    label = (
        _("Export") if pairs is None else _("Export {pairs}").format(pairs=counted(pairs, "pair"))
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.button(
            label,
            key="export_start",
            type="primary",
            icon=":material/inventory_2:",
            disabled=pairs == 0 or not chosen.formats,
            on_click=note_press,
            args=(KIND,),
        )
        zipped = st.checkbox(
            _("Also as a zip file beside the folder"),
            key="export_zip",
            persist_state="session",
            help=_("Needs as much space again. A download doesn't need it: see the dataset below."),
        )

    def request() -> ExportRequest:
        return replace(_into(page, chosen, folder), archive=zipped)

    fits = _fits(page, request)
    if was_pressed(KIND) and fits:
        start(page, KIND, lambda: _checked(page, request()))
        # What was wrong with it is said on top.
        rerun_page()


def _fits(page: Page, request: Callable[[], ExportRequest]) -> bool:
    """Whether the choices can be exported; what would happen to the folder, or what is wrong."""
    try:
        asked_for = request()
        if asked_for.formats:
            asked_for.check()
        check_destination(asked_for, page.workspace)
    except MigrateError as err:
        st.error(message_of(err))
        return False
    if asked_for.sent_to:
        st.caption(_("The dataset is sent to {sent_to}").format(sent_to=code(asked_for.sent_to)))
        return True
    there = is_dataset(asked_for.destination)
    form = _("A new dataset is written: {folder}")
    if there:
        form = _("An earlier export is brought up to date: {folder}")
    st.caption(form.format(folder=code(str(asked_for.destination))))
    return True


def _checked(page: Page, request: ExportRequest) -> ExportRequest:
    """The request. Raises MigrateError for one that is refused."""
    request.check()
    check_destination(request, page.workspace)
    return request
