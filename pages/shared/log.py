"""The log of the workspace, where something failed."""

from __future__ import annotations

import streamlit as st

from migrate_core.logs.reading import last_lines
from migrate_core.text import _
from pages.shared.frame import Page
from pages.shared.text import code


def show_log(page: Page, field: str, value: str) -> None:
    """What the log says of a `job` or a `pair` (the `field`), folded up; nothing without a line."""
    log = page.workspace.main_log
    lines = last_lines(log, field, value)
    if not lines:
        return
    with st.expander(_("Log of this {field}").format(field=_(field)), icon=":material/article:"):
        st.code("\n".join(lines), language=None, wrap_lines=True)
        st.caption(
            _("The last {count} lines about it in {log}.").format(
                count=len(lines), log=code(str(log))
            )
        )
