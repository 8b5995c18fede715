"""Dates for many masks at once by a pattern of their file names, seen before it is applied."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.job_requests import RedateMasks
from migrate_core.masks.dates.patterns import EXAMPLE, compile_pattern
from migrate_core.masks.register.redating import Redating, redatings
from migrate_core.store.masks import MaskFilter
from migrate_core.text import _
from pages.shared.background import is_busy, start
from pages.shared.frame import Page
from pages.shared.masks.add import KIND
from pages.shared.text import counted, message_of

_SHOWN = 50
_HELP = (
    "YYYY or YY year, MM month, DD day (or DOY, day of the year), hh mm ss time in UTC, * any "
    "text, ? any character, # a digit. Or a regular expression with groups named year, month, day, "
    "doy, hour, minute, second: `(?P<year>\\d{4})-(?P<doy>\\d{3})`."
)


def dates_by_pattern(page: Page, wanted: MaskFilter) -> None:
    """A pattern, its effect on the masks of the list, and the button that applies it."""
    with st.expander(_("Set dates by a file-name pattern"), icon=":material/calendar_month:"):
        left, right = st.columns([3, 2], vertical_alignment="bottom")
        text = left.text_input(
            _("Pattern"),
            key="masks_pattern",
            placeholder=EXAMPLE,
            help=_(_HELP),
            persist_state="session",
        )
        undated_only = right.checkbox(
            _("Only masks without a date"), value=True, key="masks_pattern_undated"
        )
        if not text.strip():
            st.caption(
                _(
                    "For example {example} for site_20200202_mask.tif. It is tried on the "
                    "masks of the list above; you see what it does before it is applied."
                ).format(example=EXAMPLE)
            )
            return
        try:
            pattern = compile_pattern(text)
        except MigrateError as err:
            st.error(message_of(err))
            return
        found = redatings(page.store, wanted, pattern, undated_only=undated_only)
        _show(page, found, RedateMasks(text, wanted, undated_only))


def _show(page: Page, found: Sequence[Redating], request: RedateMasks) -> None:
    """The effect as a table, and applying it."""
    if not found:
        st.info(_("All masks of the list have a date. Untick the box to change dates as well."))
        return
    changes = sum(item.changes for item in found)
    missed = sum(item.found is None for item in found)
    st.markdown(
        _(
            "Of {masks}, **{changes:,} would get another date**; {missed:,} without "
            "a date at the place of the pattern would stay as they are."
        ).format(masks=counted(len(found), "mask"), changes=changes, missed=missed)
    )
    first = sorted(found, key=lambda item: item.found is None)[:_SHOWN]
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "mask": item.name,
                    "date now": item.now,
                    "date by the pattern": str(item.found) if item.found else None,
                }
                for item in first
            ]
        ),
        hide_index=True,
        placeholder="-",
        column_config={name: _(name) for name in ("mask", "date now", "date by the pattern")},
        key="masks_pattern_effect",
    )
    if len(found) > _SHOWN:
        st.caption(_("The first {shown} of {count:,}.").format(shown=_SHOWN, count=len(found)))
    st.button(
        _("Apply to {masks}").format(masks=counted(changes, "mask")),
        key="masks_pattern_apply",
        type="primary",
        disabled=not changes or is_busy(page, KIND),
        on_click=lambda: start(page, KIND, lambda: request),
    )
