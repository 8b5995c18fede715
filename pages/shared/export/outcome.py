"""What came of the last export: how many pairs went where, and the way to fetch them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from migrate_core.jobs.background import answer
from migrate_core.states import JobState
from migrate_core.text import _
from pages.shared.background import close_button, unread_job
from pages.shared.export.made import Made
from pages.shared.export.routes import download_address
from pages.shared.frame import Page
from pages.shared.text import code, counted


def show_outcome(page: Page, kind: str, made: Sequence[Made]) -> None:
    """What the last export wrote, until it is closed; nothing where it did not come to its end."""
    job = unread_job(page, kind)
    if job is None or job.state != JobState.DONE:
        return
    document = answer(page.store, kind)
    if not document:
        return
    left, middle, right = st.columns([6, 3, 1], vertical_alignment="center")
    left.success(
        _("{pairs} exported to {folder}.").format(
            pairs=counted(len(document["pairs"]), "pair"), folder=code(document["path"])
        ),
        icon=":material/check_circle:",
    )
    folder = Path(document["path"])
    if any(one.folder == folder for one in made):
        middle.link_button(
            _("Download as zip"),
            download_address(folder),
            icon=":material/download:",
            width="stretch",
        )
    with right:
        close_button(job, _("The dataset stays in the list below."))
