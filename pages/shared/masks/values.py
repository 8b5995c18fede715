"""Values of a mask that may mean something else than they are taken for: shown, and corrected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.job_requests import AddMasks
from migrate_core.masks.checks import CONTENT
from migrate_core.masks.options import AddOptions
from migrate_core.masks.raster.no_data import NONE, parse_no_data, value_text
from migrate_core.masks.raster.value_notes import declared_only, value_notes
from migrate_core.model import Mask
from migrate_core.text import _
from pages.shared.background import is_busy, pressed, start
from pages.shared.frame import Page
from pages.shared.masks.add import KIND
from pages.shared.masks.options import text_values
from pages.shared.polling import rerun_page
from pages.shared.text import message_of


def doubtful_values(page: Page, mask: Mask) -> None:
    """What looks wrong in the values of a mask, each with the button that sets it right."""
    for number, note in enumerate(value_notes(mask)):
        st.info(message_of(note.found), icon=":material/help:")
        _read_again(page, mask, note.nodata, f"masks_values_{number}")
    if CONTENT in mask.problems and declared_only(mask):
        _read_again(page, mask, (), "masks_values_problem")


def no_data_form(page: Page, mask: Mask) -> None:
    """Which values stand for no data, as a person says, whatever the file declares."""
    nodata = mask.raster.nodata
    with st.form(f"masks_nodata_{mask.mask_id}", border=False):
        text = st.text_input(
            _("Values that stand for no data"),
            "" if nodata is None else ", ".join(map(value_text, nodata)) or NONE,
            placeholder=_("as the file declares"),
            help=_(
                "Numbers with commas between, such as -1, 255; or {none} when none does. "
                "The mask is read again; its pair is made again by the next run."
            ).format(none=NONE),
        )
        asked = pressed(
            st.form_submit_button,
            _("Read it again"),
            f"masks_nodata_read_{mask.mask_id}",
            disabled=is_busy(page, KIND),
        )
        if asked and text.strip():
            try:
                values = parse_no_data(text_values(text))
            except MigrateError as err:
                st.error(message_of(err))
            else:
                _start(page, mask, values)
                rerun_page()


def _read_again(page: Page, mask: Mask, nodata: Sequence[float], key: str) -> None:
    values = _(" and ").join(map(value_text, nodata))
    st.button(
        _("Take {values} as no data").format(values=values)
        if values
        else _("Take no value as no data"),
        key=key,
        icon=":material/refresh:",
        disabled=is_busy(page, KIND),
        help=_("Reads the mask again. Its pair is made again by the next run."),
        on_click=_start,
        args=(page, mask, nodata),
    )


def _start(page: Page, mask: Mask, nodata: Sequence[float]) -> None:
    """Add the file again with these values; everything else that was given for it is kept."""
    path = Path(mask.path)
    options = AddOptions(
        nodata=tuple(nodata), mosaic=bool(mask.tiles), follow_links=path.is_symlink()
    )
    start(page, KIND, lambda: AddMasks((path,), options))


def date_text(mask: Mask) -> str | None:
    """The date of a mask as people write it; None without one."""
    if mask.acquired is None:
        return None
    return str(mask.acquired).replace("T", " ").replace("Z", "")
