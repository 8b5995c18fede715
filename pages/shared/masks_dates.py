"""Dates for many masks at once by a pattern of their file names, seen before it is applied."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.masks.edit import MaskEdit, edited, store_edits
from migrate_core.masks.patterns import EXAMPLE, compile_pattern, date_by_pattern
from migrate_core.masks.queries import MaskFilter, masks_of, names_and_dates
from migrate_core.model import Acquired
from pages.shared.frame import Page
from pages.shared.masks_list import counted

_SHOWN = 50
_HELP = (
    "YYYY or YY year, MM month, DD day (or DOY, day of the year), hh mm ss time in UTC, * any "
    "text, ? any character, # a digit. Or a regular expression with groups named year, month, day, "
    "doy, hour, minute, second: `(?P<year>\\d{4})-(?P<doy>\\d{3})`."
)


def dates_by_pattern(page: Page, wanted: MaskFilter) -> None:
    """A pattern, its effect on the masks of the list, and the button that applies it."""
    with st.expander("Set dates by a file-name pattern", icon=":material/calendar_month:"):
        left, right = st.columns([3, 2], vertical_alignment="bottom")
        text = left.text_input(
            "Pattern",
            key="masks_pattern",
            placeholder=EXAMPLE,
            help=_HELP,
            persist_state="session",
        )
        undated_only = right.checkbox(
            "Only masks without a date", value=True, key="masks_pattern_undated"
        )
        if not text.strip():
            st.caption(
                f"For example {EXAMPLE} for site_20200202_mask.tif. It is tried on the masks of "
                "the list above; you see what it does before it is applied."
            )
            return
        try:
            found = _effect(page, wanted, text, undated_only)
        except MigrateError as err:
            st.error(str(err))
            return
        _show(page, found)


def _effect(
    page: Page, wanted: MaskFilter, text: str, undated_only: bool
) -> list[tuple[str, str, str | None, Acquired | None]]:
    """(mask_id, name, date now, date by the pattern) of the masks it is tried on."""
    pattern = compile_pattern(text)
    rows = names_and_dates(page.store, wanted)
    return [
        (mask_id, name, now, date_by_pattern(name, pattern))
        for mask_id, name, now in rows
        if not (undated_only and now)
    ]


def _show(page: Page, found: list[tuple[str, str, str | None, Acquired | None]]) -> None:
    """The effect as a table, and applying it."""
    if not found:
        st.info("All masks of the list have a date. Untick the box to change dates as well.")
        return
    changes = {row[0]: row[3] for row in found if row[3] is not None and str(row[3]) != row[2]}
    missed = sum(row[3] is None for row in found)
    st.markdown(
        f"Of {counted(len(found), 'mask')}, **{len(changes):,} would get another date**; "
        f"{missed:,} without a date at the place of the pattern would stay as they are."
    )
    st.dataframe(
        pd.DataFrame(
            [
                {"mask": name, "date now": now, "date by the pattern": str(new) if new else None}
                for _, name, now, new in sorted(found, key=lambda row: row[3] is None)[:_SHOWN]
            ]
        ),
        hide_index=True,
        placeholder="-",
        key="masks_pattern_effect",
    )
    if len(found) > _SHOWN:
        st.caption(f"The first {_SHOWN} of {len(found):,}.")
    if st.button(
        f"Apply to {counted(len(changes), 'mask')}",
        key="masks_pattern_apply",
        type="primary",
        disabled=not changes,
    ):
        with st.spinner("Changing dates …"):
            pairs = (
                (mask, edited(mask, MaskEdit(acquired=changes[mask.mask_id])))
                for mask in masks_of(page.store, list(changes))
            )
            count = store_edits(page.store, pairs)
        st.toast(f"{counted(count, 'mask')} changed.", icon=":material/check:")
        st.rerun()
