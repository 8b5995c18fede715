"""Lists of many rows, one page of them at a time: filters, table, pages, and what is selected.

A list brings its rows, its columns, and what is done with a selection. Its filters and its page
stay in the session, in keys that begin with the name of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from migrate_core.text import _, capital
from pages.shared.state import FormField, keep_form, put_in_address
from pages.shared.text import counted

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

# In pixels, of the field for part of a name.
_NAME_WIDTH = 280
# What the filters of a list are called in the address.
_SHOW, _NAME = "show", "name"
# And the number of its open page, from 1.
_PAGE = "page"
# Of the chosen row: the blue of `primaryColor`, over the ground of a light or a dark page.
_TINT = "rgba(0, 114, 178, 0.22)"


@dataclass(frozen=True)
class Rows:
    """What a table shows: an id and the cells of each row, and how its columns look.

    `written` gives the numbers of a column as text; they are sorted as numbers all the same.
    """

    ids: Sequence[str]
    cells: Sequence[Mapping[str, Any]]
    columns: Mapping[str, Any] = field(default_factory=dict)
    written: Mapping[str, Callable[[float], str]] = field(default_factory=dict)

    @property
    def first_column(self) -> str:
        """The name of the column on the left."""
        return next(iter(self.cells[0])) if self.cells else ""


@dataclass(frozen=True)
class PagedList:
    """The pages of a list: its name in the session, rows on a page, and what a row is called.

    One list of a page can have its open page `in_address`, as its filters are.
    """

    name: str
    size: int
    noun: str
    in_address: bool = False

    @property
    def _key(self) -> str:
        return f"{self.name}_page"

    @property
    def unopened(self) -> bool:
        """Whether no page of the list was shown before."""
        return st.session_state.get(self._key) is None

    @property
    def first(self) -> int:
        """The number of the first row on the page that is open, from 0."""
        return int(st.session_state.get(self._key) or 0) * self.size

    def keep_page(self) -> None:
        """Keep the open page and the address alike; comes before the rows are asked for."""
        if self.in_address:
            keep_form(
                f"{self.name}_pages",
                [FormField(self._key, _PAGE, None, _page_of, lambda page: str(page + 1))],
            )

    def turn_to(self, row: int) -> None:
        """Open the page with a row, by its number from 0."""
        st.session_state[self._key] = row // self.size

    def turn_within(self, count: int) -> None:
        """Open the last page where fewer rows are left than there were."""
        self.turn_to(min(self.first, max(count - 1, 0)))

    def show(self, count: int) -> None:
        """Which rows of `count` are shown, and the way to others; nothing where all are shown."""
        if count <= self.size:
            st.session_state[self._key] = None
        self.keep_page()
        if count <= self.size:
            return
        pages = -(-count // self.size)
        text, turn = st.columns([1, 2], vertical_alignment="center")
        last = min(self.first + self.size, count)
        text.caption(
            _("{first:,} to {last:,} of {rows}").format(
                first=self.first + 1, last=last, rows=counted(count, self.noun)
            )
        )
        number = self.first // self.size + 1
        # Another page is another widget, since its page can't be set from elsewhere.
        key = f"{self.name}_pages_{number}_{pages}"

        def turned() -> None:
            self.turn_to((st.session_state[key] - 1) * self.size)

        turn.pagination(pages, default=number, key=key, on_change=turned)


def _page_of(text: str) -> int:
    """The number of a page, from 0. Raises ValueError for what is none."""
    page = int(text) - 1
    if page < 0:
        raise ValueError(text)
    return page


def filters(listed: PagedList, label: str, shows: Mapping[str, str]) -> None:
    """The part of the list to show, of `shows` by name, and a part of the rows' names.

    The first of `shows` is chosen at first. Another choice opens the first page. The address keeps
    both, so that a reload does.
    """
    # Not as the default: a filter may come from an address.
    st.session_state.setdefault(f"{listed.name}_show", next(iter(shows)))
    # In a narrow column the one is below the other.
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"{listed.name}_filters"
    ):
        st.segmented_control(
            _(label),
            list(shows),
            format_func=shows.__getitem__,
            required=True,
            key=f"{listed.name}_show",
            on_change=listed.turn_to,
            args=(0,),
            label_visibility="collapsed",
            persist_state="session",
            width="content",
        )
        st.text_input(
            _("Name contains"),
            key=f"{listed.name}_name",
            on_change=listed.turn_to,
            args=(0,),
            icon=":material/search:",
            label_visibility="collapsed",
            placeholder=_("Name contains"),
            persist_state="session",
            width=_NAME_WIDTH,
        )
    chosen, part = filtered(listed)
    put_in_address(_SHOW, None if chosen in (None, next(iter(shows))) else chosen)
    put_in_address(_NAME, part or None)


def filters_of_address(listed: PagedList, shows: Collection[str]) -> None:
    """Set the filters and the page as the address says, where the tab hasn't set them itself.

    Comes before they are drawn, and before what they leave out is asked for.
    """
    show, name = st.query_params.get(_SHOW), st.query_params.get(_NAME)
    if show in shows:
        st.session_state.setdefault(f"{listed.name}_show", show)
    if name:
        st.session_state.setdefault(f"{listed.name}_name", name)
    listed.keep_page()


def filtered(listed: PagedList) -> tuple[str | None, str]:
    """What the filters say: the part of the list, None before it was chosen, and part of a name."""
    state = st.session_state
    return state.get(f"{listed.name}_show"), (state.get(f"{listed.name}_name") or "").strip()


def choose_row(name: str, rows: Rows, chosen: str | None, choose: Callable[[str], None]) -> None:
    """A table with the row `chosen` tinted; a click in a cell calls `choose` with its row's id.

    So does a key that moves to the cell of another row.
    """
    key = _table_key(name, rows)

    def changed() -> None:
        row = chosen_row(key)
        if row is not None:
            choose(rows.ids[row])

    row = rows.ids.index(chosen) if chosen in rows.ids else None
    _table(
        rows,
        row,
        key=key,
        selection_mode="single-cell",
        selection_default=cell_at(key, row, rows.first_column),
        on_select=changed,
    )


def mark_rows(
    name: str,
    rows: Rows,
    marked: Collection[str],
    choose: Callable[[str], None],
    mark: Callable[[list[str]], None],
) -> None:
    """A table in which rows are marked, and a click in a cell calls `choose` with the row's id.

    So does a key that moves to the cell of another row. `mark` gets the ids of all marked rows
    whenever a mark is set or taken away.
    """
    key = _table_key(name, rows)

    def changed() -> None:
        selection = st.session_state[key]["selection"]
        cell_before = st.session_state.get(_cell(key))
        row = chosen_row(key)
        if row is not None:
            choose(rows.ids[row])
        # Esc takes cell and marks away at once; the marks stay.
        if selection["cells"] or not cell_before:
            mark([rows.ids[number] for number in selection["rows"] if number < len(rows.ids)])

    _table(
        rows,
        None,
        key=key,
        selection_mode=["multi-row", "single-cell"],
        selection_default=_marks_at(
            key, [number for number, row in enumerate(rows.ids) if row in marked], rows.first_column
        ),
        on_select=changed,
    )


def choose_rows(name: str, rows: Rows) -> list[int]:
    """A table of which several rows can be marked, or one entered by a click in a cell or a key.

    Returns their numbers in `rows`. Where there are marks, these count and the cell does not.
    """
    key = _table_key(name, rows)
    modes = ["multi-row", "single-cell"]
    found = _table(rows, None, key=key, selection_mode=modes, on_select="rerun")["selection"]
    numbers = found["rows"] or [int(cell[0]) for cell in found["cells"]]
    return [number for number in numbers if number < len(rows.ids)]


def cell_at(key: str, row: int | None, column: str) -> Any:
    """The selection of a table whose chosen row is `row`, where the keys go on from.

    Comes before the table is drawn. A cell that the person selected in the row stays as it is: the
    person may be further by now, and one that is set from here would take them back. Only another
    row, chosen elsewhere on the page, gets its cell in `column` selected.
    """
    cells = [] if row is None else [(row, column)]
    if key in st.session_state:
        there = list(st.session_state[key]["selection"]["cells"])
        if row is None or any(int(cell[0]) == row for cell in there):
            cells = there
        else:
            st.session_state[key] = {"selection": _selected([], cells)}
    st.session_state[_cell(key)] = cells
    return {"selection": _selected([], cells)}


def chosen_row(key: str) -> int | None:
    """The row of the cell that was selected just now, by which people mean the row.

    A cell of before stays selected while marks are set; it is none that was selected now, even if
    the page was not drawn in between.
    """
    cells = list(st.session_state[key]["selection"]["cells"])
    if not cells or cells == st.session_state.get(_cell(key)):
        return None
    st.session_state[_cell(key)] = cells
    return int(cells[0][0])


def _marks_at(key: str, marked: Sequence[int], column: str) -> Any:
    """The selection that a table begins with; one that is there already gets its marks moved.

    It begins with the cell of the first mark in `column` selected, as keys would move nothing in a
    table that has marks alone.

    Comes before the table is drawn. Marks that a cell keeps, as it does by mouse and by key, aren't
    set again: the cell that would be set with them may be an old one by then. Only marks that were
    changed elsewhere, or taken away by Esc, are set, and the cell that keys go on from stays.
    """
    cells = [(row, column) for row in marked[:1]]
    if key in st.session_state:
        there = st.session_state[key]["selection"]
        cells = list(there["cells"]) or st.session_state.get(_cell(key), cells)
        if list(there["rows"]) != list(marked) or cells != list(there["cells"]):
            st.session_state[key] = {"selection": _selected(marked, cells)}
    st.session_state[_cell(key)] = cells
    return {"selection": _selected(marked, cells)}


def _selected(rows: Sequence[int], cells: Sequence[Any]) -> dict[str, Any]:
    return {"rows": list(rows), "columns": [], "cells": list(cells)}


def _cell(key: str) -> str:
    """Where the selected cell of a table is kept from one drawing to the next."""
    return f"{key}_cell"


def _table_key(name: str, rows: Rows) -> str:
    """Other rows are another table: a selection counts rows, and must not slip to another one."""
    return f"{name}_table_{hash(tuple(rows.ids))}"


def titled(names: Iterable[str], columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a table, each with a title: its name or label, begun with a capital.

    Names of columns and rows are English in any language; what is shown of them is translated here.
    """
    return {
        name: {**found, "label": capital(_(found.get("label") or name))}
        for name in names
        for found in [columns.get(name) or {}]
    }


def tinted(cells: Styler, row: int) -> Styler:
    """The cells with those of a row on the colour of what is chosen."""
    return cells.map(lambda _: f"background-color: {_TINT}", subset=([row], slice(None)))


def _table(rows: Rows, chosen: int | None, **selecting: Any) -> Any:
    cells = pd.DataFrame(rows.cells)
    found: Any = cells
    if rows.written or chosen is not None:  # a table without styles is drawn sooner
        found = cells.style.format(dict(rows.written), na_rep="–")
    return st.dataframe(
        found if chosen is None else tinted(found, chosen),
        hide_index=True,
        height="content",
        placeholder="–",
        column_config=titled(cells.columns, rows.columns),
        **selecting,
    )
