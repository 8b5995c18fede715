"""The selection of all masks at once: back to the best, the match table out and in."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from migrate_core.files.disk import writing
from migrate_core.scenes.match_table import import_match_table, match_rows, write_match_table
from migrate_core.store.base import Store
from migrate_core.store.candidates import CHOSEN_BY_PERSON, MaskFilter, count_masks, select_best
from migrate_core.text import _
from pages.shared.background import pressed
from pages.shared.frame import Page
from pages.shared.polling import rerun_page
from pages.shared.text import counted, message_of

TABLE = "mask_S2_match.csv"
_OUTCOME = "scenes_bulk_outcome"
_SHOWN_PROBLEMS = 20


def all_masks(page: Page) -> None:
    """What can be done for all masks at once."""
    st.subheader(_("All masks"), anchor=False)
    best, out, back = st.columns(3)
    with best.container(border=True, height="stretch"):
        _best(page)
    with out.container(border=True, height="stretch"):
        st.markdown(_("**Match table out**"))
        st.caption(_("Every mask with its candidates as CSV, the selected one first."))
        st.download_button(
            _("Download {table}").format(table=TABLE),
            lambda: table(page.store),
            TABLE,
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
            key="scenes_match_out",
        )
    with back.container(border=True, height="stretch"):
        _import(page)


def _best(page: Page) -> None:
    st.markdown(_("**Best for all**"))
    count = count_masks(page.store, MaskFilter(CHOSEN_BY_PERSON))
    st.caption(_("{masks} with a scene chosen by hand.").format(masks=counted(count, "mask")))
    with st.popover(
        _("Select the best for all"),
        icon=":material/restart_alt:",
        disabled=not count,
        width="stretch",
    ):
        st.markdown(_("This takes back every choice by hand; the best ranked scene is used."))
        if pressed(st.button, _("Take them back"), "scenes_best", type="primary"):
            changed = select_best(page.store)
            st.toast(
                _("The best scene is used for all masks; {changed:,} changed.").format(
                    changed=changed
                )
            )
            rerun_page()


def table(store: Store) -> bytes:
    """The match table as a file's content."""
    with writing(Path(TABLE)), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / TABLE
        write_match_table(path, match_rows(store))
        return path.read_bytes()


def _import(page: Page) -> None:
    st.markdown(_("**Match table in**"))
    st.caption(_("Takes the selection of a table; the columns mask_name and S2_name are enough."))
    file = st.file_uploader(
        _("Match table"), type="csv", key="scenes_match_in", label_visibility="collapsed"
    )
    asked = pressed(
        st.button,
        _("Take its selection"),
        "scenes_match_take",
        icon=":material/upload:",
        disabled=file is None,
        width="stretch",
    )
    if asked and file is not None:
        with writing(Path(file.name)), tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(file.name).name
            path.write_bytes(file.getvalue())
            outcome = import_match_table(page.store, path)
        st.session_state[_OUTCOME] = (outcome.selected, [p.message for p in outcome.problems])
        rerun_page()
    if file is None:
        st.session_state.pop(_OUTCOME, None)
    if _OUTCOME in st.session_state:
        selected, problems = st.session_state[_OUTCOME]
        st.success(_("The scenes of {masks} are selected.").format(masks=counted(selected, "mask")))
        for problem in problems[:_SHOWN_PROBLEMS]:
            st.warning(message_of(problem))
        if len(problems) > _SHOWN_PROBLEMS:
            st.caption(_("And {count:,} more rows.").format(count=len(problems) - _SHOWN_PROBLEMS))
