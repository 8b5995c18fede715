"""The masks in a table, a page at a time: to look at, to mark, and to edit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from migrate_core.masks.summary import pixel_size
from migrate_core.model import Mask
from migrate_core.store.masks import (
    ALL,
    PROBLEM,
    READY,
    UNDATED,
    WITHOUT_IMAGE,
    count_masks,
    index_of,
    list_counts,
    list_masks,
    name_apart,
    shared_names,
)
from migrate_core.text import _
from pages.shared.frame import Page
from pages.shared.language.messages import message_text
from pages.shared.masks.cells import edit_cells
from pages.shared.masks.marks import MASK_LIST, mark, mark_none, marked, wanted_masks
from pages.shared.masks.view import look_at
from pages.shared.state import choose_mask, selection
from pages.shared.table import Rows, filters, filters_of_address, mark_rows
from pages.shared.text import counted

_NAMES = {
    ALL: "All",
    READY: "Ready",
    PROBLEM: "With a problem",
    UNDATED: "No date",
    WITHOUT_IMAGE: "No image",
}
_EDIT = "masks_edit"


def read_address() -> None:
    """Set the filters as the address says; comes before what asks for the masks that fit."""
    filters_of_address(MASK_LIST, _NAMES)


def chosen_mask(page: Page) -> str | None:
    """The selected mask; the first of the list when it isn't in it, None when that is empty."""
    mask_id = selection().mask_id
    if mask_id is not None and index_of(page.store, wanted_masks(), mask_id) is not None:
        if MASK_LIST.unopened:
            show_in_list(page, mask_id)
        return mask_id
    # An address may name a page that there is not, or no more.
    MASK_LIST.turn_within(count_masks(page.store, wanted_masks()))
    first = list_masks(page.store, wanted_masks(), MASK_LIST.first, 1)
    choose_mask(first[0].mask_id if first else None)
    return selection().mask_id


def show_in_list(page: Page, mask_id: str) -> None:
    """Turn the list to the page that a mask is on."""
    index = index_of(page.store, wanted_masks(), mask_id)
    if index is not None:
        MASK_LIST.turn_to(index)


def mask_filters(page: Page) -> None:
    """Which masks the map and the list show, and how many there are of each kind."""
    counts = list_counts(page.store)
    kept = [show for show in _NAMES if counts[show] or show in (ALL, wanted_masks().show)]
    filters(MASK_LIST, "Masks", {show: f"{_(_NAMES[show])} ({counts[show]:,})" for show in kept})


def mask_list(page: Page, count: int) -> None:
    """One page of the `count` masks that fit, to look at and mark or to edit, and the pages."""
    if not count:
        st.info(_("No mask fits. Choose another list, or clear the name."))
        return
    MASK_LIST.turn_within(count)
    found = list_masks(page.store, wanted_masks(), MASK_LIST.first, MASK_LIST.size)
    _above(count)
    if st.session_state.get(_EDIT):
        edit_cells(page, found)
    else:
        _table(found, shared_names(page.store, [mask.name for mask in found]))
    MASK_LIST.show(count)


def _above(count: int) -> None:
    """What is marked, and the switch to cells that can be edited."""
    text, button, switch = st.columns([5, 2, 3], vertical_alignment="center")
    number = len(marked())
    if number:
        text.markdown(
            _("**{masks} marked**").format(masks=counted(number, "mask")),
            help=_("Also on other pages of the list."),
        )
        button.button(_("Unmark all"), key="masks_unmark", type="tertiary", on_click=mark_none)
    else:
        text.caption(
            counted(count, "mask"),
            help=_(
                "A click in a row, or ↑ and ↓, shows the mask; marks at the left, or "
                "Shift + Space, choose masks to edit or remove together."
            ),
        )
    switch.toggle(
        _("Edit cells"),
        key=_EDIT,
        help=_(
            "Date, CRS and class names of each mask on this page of the list. For the same in "
            "many masks use “Edit many masks” below."
        ),
    )


def _table(found: Sequence[Mask], shared: Collection[str]) -> None:
    ids = [mask.mask_id for mask in found]
    with_problem = any(mask.state == PROBLEM for mask in found)
    rows = Rows(
        ids,
        [_cells(mask, name_apart(mask, shared), with_problem) for mask in found],
        {
            "shown": st.column_config.TextColumn(
                "\u2002", width=28, help=_("The mask that is shown above")
            ),
            "pixel, m": st.column_config.NumberColumn(
                format="%.2f", help=_("Width of a pixel on the ground, in metres")
            ),
            "date (UTC)": st.column_config.TextColumn(
                help=_("When the image that the mask was drawn on was taken")
            ),
            "CRS": st.column_config.TextColumn(
                width=100, help=_("Coordinate reference system of the mask")
            ),
            "problem": st.column_config.TextColumn(width=330),
        },
    )
    mark_rows(MASK_LIST.name, rows, marked(), _choose, lambda chosen: mark(ids, chosen))


def _choose(mask_id: str) -> None:
    choose_mask(mask_id)
    look_at(mask_id=mask_id)


def _minute(mask: Mask) -> str | None:
    """The date as all pages write it; that it is in UTC stands above the column."""
    return mask.acquired.formatted.removesuffix(" UTC") if mask.acquired else None


def _cells(mask: Mask, name: str, with_problem: bool) -> dict[str, Any]:
    """What the table says of a mask; problems come first, and only where there are any."""
    names = mask.classes.names or {}
    problem = message_text(" ".join(mask.problems.values()) or mask.problem or "") or None
    return {
        "shown": "▶" if mask.mask_id == selection().mask_id else "",
        "mask": name,
        "state": _(mask.state),
        **({"problem": problem} if with_problem else {}),
        "date (UTC)": _minute(mask),
        "classes": ", ".join(names.get(value, value) for value in mask.classes.stored or {}),
        "CRS": mask.georeference.crs,
        "pixel, m": pixel_size(mask),
        "source image": Path(mask.source.path).name if mask.source.path else None,
    }
