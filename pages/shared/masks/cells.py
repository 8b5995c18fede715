"""One page of the list as cells that can be changed, each mask by itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.masks.checks import DATE
from migrate_core.masks.dates.names import parse_date
from migrate_core.masks.register.batch_edit import effect_of_each
from migrate_core.masks.register.edit import (
    MaskEdit,
    edited,
    format_class_names,
    parse_names,
    store_edits,
)
from migrate_core.model import Mask
from migrate_core.review.set_aside import set_aside_by_edit
from migrate_core.text import _
from pages.shared.background import pressed
from pages.shared.frame import Page
from pages.shared.masks.batch import EditAhead, ask_before_edit
from pages.shared.masks.values import date_text
from pages.shared.polling import rerun_page
from pages.shared.text import counted, message_of

# The edit that waits for a yes; why one was not written, to be said once; and that a yes came to
# other cells than are there by now.
_ASKED, _NOT_SAVED = "masks_cells_asked", "masks_cells_not_saved"
_CHANGED_SINCE = "masks_cells_changed_since"


@dataclass(frozen=True)
class _Asked:
    """Masks before and after an edit of the table of `key`, and what that does.

    `typed` are the cells of the edit, to tell whether others were changed since.
    """

    key: str
    typed: str
    changed: tuple[tuple[Mask, Mask], ...]
    ahead: EditAhead


def edit_cells(page: Page, found: Sequence[Mask]) -> None:
    """The same masks with the cells that can be changed; nothing is written before Save."""
    if trouble := st.session_state.pop(_NOT_SAVED, ""):
        st.error(message_of(trouble))
    key = f"masks_editor_{hash(tuple(str(mask) for mask in found))}"
    with_problem = any(mask.problems for mask in found)
    rows = [
        {
            "mask": mask.name,
            **({"to mend": _to_mend(mask)} if with_problem else {}),
            "date": date_text(mask),
            "CRS": mask.georeference.crs,
            "class names": format_class_names(mask),
            "may be empty": mask.empty_allowed,
        }
        for mask in found
    ]
    # Without a rerun for each: what is typed comes with the next press, whichever it is.
    st.data_editor(
        pd.DataFrame(rows),
        key=key,
        hide_index=True,
        height="content",
        placeholder="",
        disabled=["mask", "to mend"],
        on_change="ignore",
        column_config={
            "mask": st.column_config.TextColumn(_("mask")),
            "to mend": st.column_config.TextColumn(_("to mend")),
            "date": st.column_config.TextColumn(
                _("date (UTC)"), help=_("2020-02-02, or with a time 2020-02-02 10:15:32")
            ),
            "CRS": st.column_config.TextColumn(
                _("CRS"), help=_("EPSG:32631 or the like, for masks whose file has none")
            ),
            "class names": st.column_config.TextColumn(
                _("class names"), help=_("1 = mine, 2 = water")
            ),
            "may be empty": st.column_config.CheckboxColumn(
                _("may be empty"),
                help=_("A mask of background only is meant so, as a negative example"),
            ),
        },
    )
    # A table of other masks since has other cells.
    changed_since = st.session_state.pop(_CHANGED_SINCE, None) == key
    save = pressed(
        st.button, _("Save changes"), f"{key}_save", icon=":material/save:", type="primary"
    )
    if save or changed_since:
        _save(page, key, found)
    asked: _Asked | None = st.session_state.get(_ASKED)
    if asked is not None and asked.key == key:
        if changed_since:
            st.info(_("Cells were changed since you were asked. This is about all of them:"))
        ask_before_edit(asked.ahead, "masks_cells", lambda: _go_on(page, asked), _leave)


def _to_mend(mask: Mask) -> str:
    return _("date") if DATE in mask.problems else ", ".join(map(_, mask.problems))


def _save(page: Page, key: str, found: Sequence[Mask]) -> None:
    """Write what can be taken, or ask first where it may set decisions aside.

    What is wrong is reported row by row and stays in the table.
    """
    _leave()
    edits, changed, wrong = [], [], []
    for row, values in st.session_state[key]["edited_rows"].items():
        mask = found[int(row)]
        try:
            edit = _edit(mask, values)
            changed.append((mask, edited(mask, edit)))
            edits.append((mask, edit))
        except MigrateError as err:
            wrong.append(str(err) if str(err).startswith(mask.name) else f"{mask.name}: {err}")
    if wrong:
        st.error(_("Nothing was saved.\n\n") + "\n\n".join(map(message_of, wrong)))
        return
    effect = effect_of_each(edits)
    decided = set_aside_by_edit(page.store, effect)
    if decided.total:
        ahead = EditAhead(effect, decided, len(edits))
        st.session_state[_ASKED] = _Asked(key, _typed(key), tuple(changed), ahead)
        return
    _write(page, changed)
    rerun_page()


def _write(page: Page, changed: Sequence[tuple[Mask, Mask]]) -> None:
    count = store_edits(page.store, changed)
    st.toast(
        _("{masks} changed.").format(masks=counted(count, "mask"))
        if count
        else _("There was nothing to change.")
    )


def _go_on(page: Page, asked: _Asked) -> None:
    """Write what was said yes to; where cells changed since, save them all anew, which may ask."""
    _leave()
    if _typed(asked.key) != asked.typed:
        st.session_state[_CHANGED_SINCE] = asked.key
        return
    try:
        _write(page, asked.changed)
    except MigrateError as err:
        st.session_state[_NOT_SAVED] = str(err)


def _typed(key: str) -> str:
    return json.dumps(st.session_state[key]["edited_rows"], sort_keys=True)


def _leave() -> None:
    st.session_state.pop(_ASKED, None)


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
