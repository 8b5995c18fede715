"""The masks in a table, a page at a time: to look at, to edit, and to take off the list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.masks.checks import DATE
from migrate_core.masks.dates.names import parse_date
from migrate_core.masks.register.edit import (
    MaskEdit,
    edited,
    format_class_names,
    parse_names,
    store_edits,
)
from migrate_core.masks.summary import pixel_size
from migrate_core.model import Mask
from migrate_core.review.set_aside import SetAside, present_decisions
from migrate_core.store.masks import (
    ALL,
    PROBLEM,
    READY,
    UNDATED,
    WITHOUT_IMAGE,
    MaskFilter,
    count_masks,
    index_of,
    list_masks,
    name_apart,
    names_and_dates,
    shared_names,
)
from pages.shared.frame import Page
from pages.shared.state import choose_mask, selection
from pages.shared.table import PagedList, Rows, choose_row, filtered, filters, mark_again
from pages.shared.text import counted, plain

MASK_LIST = PagedList("masks", 10, "mask")
_NAMES = {
    ALL: "All",
    READY: "Ready",
    PROBLEM: "With a problem",
    UNDATED: "Without date",
    WITHOUT_IMAGE: "Without source image",
}
_EDIT = "masks_edit"
# Why masks could not be taken off the list, to be said once.
_NOT_REMOVED = "masks_not_removed"


def wanted_masks() -> MaskFilter:
    """Which masks the list shows, as its filters stand."""
    show, name = filtered(MASK_LIST)
    return MaskFilter(show or ALL, name)


def chosen_mask(page: Page) -> str | None:
    """The selected mask; the first of the list when it isn't in it, None when that is empty."""
    mask_id = selection().mask_id
    if mask_id is not None and index_of(page.store, wanted_masks(), mask_id) is not None:
        if MASK_LIST.unopened:
            show_in_list(page, mask_id)
        return mask_id
    first = list_masks(page.store, wanted_masks(), MASK_LIST.first, 1)
    choose_mask(first[0].mask_id if first else None)
    return selection().mask_id


def show_in_list(page: Page, mask_id: str) -> None:
    """Turn the list to the page that a mask is on."""
    index = index_of(page.store, wanted_masks(), mask_id)
    if index is not None:
        MASK_LIST.turn_to(index)
    mark_again(MASK_LIST.name)


def mask_list(page: Page) -> None:
    """Filters, one page of masks to look at or to edit, and the pages."""
    left, right = st.columns([9, 2], vertical_alignment="bottom")
    counts = {show: count_masks(page.store, MaskFilter(show)) for show in _NAMES}
    kept = [show for show in _NAMES if counts[show] or show in (ALL, wanted_masks().show)]
    with left:
        filters(MASK_LIST, "Masks", {show: f"{_NAMES[show]} ({counts[show]:,})" for show in kept})
    right.toggle("Edit", key=_EDIT, help="Dates, CRS and class names, several masks at once.")
    count = count_masks(page.store, wanted_masks())
    if not count:
        st.info("No mask fits. Choose another list, or clear the name.")
        return
    MASK_LIST.turn_within(count)
    found = list_masks(page.store, wanted_masks(), MASK_LIST.first, MASK_LIST.size)
    if st.session_state[_EDIT]:
        _editor(page, found)
    else:
        _table(found, shared_names(page.store, [mask.name for mask in found]))
    MASK_LIST.show(count)


def _table(found: Sequence[Mask], shared: Collection[str]) -> None:
    rows = Rows(
        [mask.mask_id for mask in found],
        [_cells(mask, name_apart(mask, shared)) for mask in found],
        {
            "pixel, m": st.column_config.NumberColumn(format="%.2f"),
            "problem": st.column_config.TextColumn(width="medium"),
        },
    )
    choose_row(MASK_LIST.name, rows, selection().mask_id, _choose)


def _choose(mask_id: str) -> None:
    choose_mask(mask_id)
    st.session_state["masks_focus"] = mask_id


def _cells(mask: Mask, name: str) -> dict[str, Any]:
    names = mask.classes.names or {}
    return {
        "mask": name,
        "state": mask.state,
        "date (UTC)": _date_text(mask),
        "classes": ", ".join(names.get(value, value) for value in mask.classes.stored or {}),
        "CRS": mask.georeference.crs,
        "pixel, m": pixel_size(mask),
        "source image": Path(mask.source.path).name if mask.source.path else None,
        "problem": " ".join(mask.problems.values()) or mask.problem,
    }


def _date_text(mask: Mask) -> str | None:
    if mask.acquired is None:
        return None
    return str(mask.acquired).replace("T", " ").replace("Z", "")


def _editor(page: Page, found: Sequence[Mask]) -> None:
    """The same masks with the cells that can be changed; nothing is written before Save."""
    key = f"masks_editor_{hash(tuple(str(mask) for mask in found))}"
    rows = [
        {
            "mask": mask.name,
            "date": _date_text(mask),
            "CRS": mask.georeference.crs,
            "class names": format_class_names(mask),
            "may be empty": mask.empty_allowed,
            "to mend": "date" if DATE in mask.problems else ", ".join(mask.problems),
        }
        for mask in found
    ]
    with st.form("masks_edit_form", border=False):
        st.data_editor(
            pd.DataFrame(rows),
            key=key,
            hide_index=True,
            height="content",
            placeholder="",
            disabled=["mask", "to mend"],
            column_config={
                "date": st.column_config.TextColumn(
                    "date (UTC)", help="2020-02-02, or with a time 2020-02-02 10:15:32"
                ),
                "CRS": st.column_config.TextColumn(
                    help="EPSG:32631 or the like, for masks whose file has none"
                ),
                "class names": st.column_config.TextColumn(help="1 = mine, 2 = water"),
                "may be empty": st.column_config.CheckboxColumn(
                    help="A mask of background only is meant so, as a negative example"
                ),
            },
        )
        if st.form_submit_button("Save changes", icon=":material/save:", type="primary"):
            _save(page, found, st.session_state[key]["edited_rows"])


def _save(page: Page, found: Sequence[Mask], cells: dict[int, dict[str, Any]]) -> None:
    """Write what can be taken; the rest is reported row by row and stays in the table."""
    changed, wrong = [], []
    for row, values in cells.items():
        mask = found[int(row)]
        try:
            changed.append((mask, edited(mask, _edit(mask, values))))
        except MigrateError as err:
            wrong.append(str(err) if str(err).startswith(mask.name) else f"{mask.name}: {err}")
    if wrong:
        st.error("Nothing was saved.\n\n" + "\n\n".join(map(plain, wrong)))
        return
    count = store_edits(page.store, changed)
    st.toast(f"{counted(count, 'mask')} changed." if count else "There was nothing to change.")
    st.rerun()


def _edit(mask: Mask, values: dict[str, Any]) -> MaskEdit:
    """The change that the cells of a row say. Raises MigrateError."""
    day, names = values.get("date"), values.get("class names")
    return MaskEdit(
        acquired=parse_date(str(day)) if day else None,
        crs=values.get("CRS") or None,
        class_names=None
        if "class names" not in values
        else parse_names(names or "", mask.classes.stored or {}),
        empty_allowed=values.get("may be empty"),
    )


def removal(page: Page) -> None:
    """Take all masks of the list off it, after asking."""
    if trouble := st.session_state.pop(_NOT_REMOVED, ""):
        st.error(plain(trouble))
    wanted = wanted_masks()
    count = count_masks(page.store, wanted)
    if count and st.button(
        f"Remove {counted(count, 'mask')} from the list …",
        key="masks_remove_all",
        icon=":material/delete:",
        type="tertiary",
    ):
        _confirm_removal(page, [row[0] for row in names_and_dates(page.store, wanted)])


@st.dialog("Remove masks from the list?")
def _confirm_removal(page: Page, mask_ids: list[str]) -> None:
    try:
        _ask_removal(page, mask_ids)
    except MigrateError as err:
        st.error(plain(str(err)))


def _ask_removal(page: Page, mask_ids: list[str]) -> None:
    many = f"{len(mask_ids):,} masks" if len(mask_ids) > 1 else "This mask"
    decided = SetAside.of(present_decisions(page.store, mask_ids).values())
    st.write(
        f"{many} will no longer be searched for, made into pairs or exported. The files stay where "
        "they are, and so do decisions: add a mask again and its pairs can be made again."
    )
    if decided.total:
        st.warning(f"This sets aside the decisions about {decided}.", icon=":material/history:")
    yes, no = st.columns(2)
    if yes.button(
        "Remove",
        key="masks_remove_yes",
        type="primary",
        width="stretch",
        on_click=_remove,
        args=(page, mask_ids),
    ):
        st.rerun()
    if no.button("Keep", key="masks_remove_no", width="stretch"):
        st.rerun()


def _remove(page: Page, mask_ids: list[str]) -> None:
    try:
        page.store.remove_masks(mask_ids)
    except MigrateError as err:
        st.session_state[_NOT_REMOVED] = str(err)
        return
    if selection().mask_id in mask_ids:
        choose_mask(None)


def remove_one(page: Page, mask: Mask) -> None:
    """The button that takes one mask off the list, after asking."""
    if st.button("Remove …", key="masks_remove_one", icon=":material/delete:"):
        _confirm_removal(page, [mask.mask_id])
