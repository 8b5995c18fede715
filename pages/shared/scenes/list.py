"""The masks of the Scenes page, a page of them at a time: those without a usable scene first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from migrate_core.review.overview import matches
from migrate_core.scenes.search.advice import summary
from migrate_core.store.base import Candidate
from migrate_core.store.candidates import (
    ALL,
    CHOSEN_BY_PERSON,
    WITHOUT_USABLE,
    MaskFilter,
    MaskRow,
    all_advice,
    count_masks,
    list_counts,
    mask_row,
    mask_rows,
    place_of,
)
from migrate_core.text import format_date, format_days
from pages.shared.frame import Page
from pages.shared.scenes.candidates import clicked_row, cloud_text
from pages.shared.state import choose_mask, selection
from pages.shared.text import plain

ROWS = 8
_NAMES = {ALL: "All", WITHOUT_USABLE: "Without a usable scene", CHOSEN_BY_PERSON: "Chosen by hand"}
_PAGE, _SHOW, _NAME, _TURN = "scenes_page", "scenes_show", "scenes_name", "scenes_turn"


def mask_list(page: Page) -> None:
    """Filters, one page of masks, and the buttons that turn it."""
    counts = list_counts(page.store)
    _what_would_help(page, counts)
    filters, name = st.columns([3, 2], vertical_alignment="bottom")
    filters.segmented_control(
        "Masks",
        list(_NAMES),
        format_func=lambda show: f"{_NAMES[show]} ({counts[show]:,})",
        default=ALL,
        required=True,
        key=_SHOW,
        on_change=_first_page,
    )
    name.text_input("Name contains", key=_NAME, on_change=_first_page, placeholder="part of a name")
    wanted = _wanted()
    count = count_masks(page.store, wanted)
    if not count:
        st.info("No mask fits. Choose another list, or clear the name.")
        return
    number = _page_number(page, wanted, count)
    rows = mask_rows(page.store, wanted, number * ROWS, ROWS)
    _table(rows)
    _pager(number, count)


def chosen_mask(page: Page) -> str | None:
    """The selected mask; without a choice the first of the list, None when it is empty."""
    mask_id = selection().mask_id
    if mask_id is not None and mask_row(page.store, mask_id) is not None:
        return mask_id
    first = mask_rows(page.store, _wanted(), 0, 1)
    if not first:
        return None
    choose_mask(first[0].mask.mask_id)
    return first[0].mask.mask_id


def _what_would_help(page: Page, counts: dict[str, int]) -> None:
    """One sentence on all masks without a usable scene."""
    without, every = counts[WITHOUT_USABLE], counts[ALL]
    if not without:
        st.success(
            f"All {every:,} masks have a usable scene{_others_in_use(page)}.",
            icon=":material/check_circle:",
        )
        return
    lines = "; or ".join(summary(all_advice(page.store)))
    st.warning(
        f"{without:,} of {every:,} masks have no usable scene: {matches(page.store)}."
        + f" What would help: {plain(lines)}." * bool(lines),
        icon=":material/lightbulb:",
    )


def _others_in_use(page: Page) -> str:
    """How many of the masks with a usable scene use another one, by a person's choice."""
    others = matches(page.store).by_hand
    return f", but for {others:,} another one was chosen by hand" * bool(others)


def _wanted() -> MaskFilter:
    state = st.session_state
    return MaskFilter(state.get(_SHOW) or ALL, (state.get(_NAME) or "").strip())


def _first_page() -> None:
    st.session_state[_PAGE] = 0


def _page_number(page: Page, wanted: MaskFilter, count: int) -> int:
    """The page that is open: at first the one with the selected mask."""
    if _PAGE not in st.session_state:
        mask_id = selection().mask_id
        place = place_of(page.store, wanted, mask_id) if mask_id else None
        st.session_state[_PAGE] = (place or 0) // ROWS
    last = (count - 1) // ROWS
    number: int = min(st.session_state[_PAGE], last)
    st.session_state[_PAGE] = number
    return number


def _pager(number: int, count: int) -> None:
    if count <= ROWS:
        return
    last = (count - 1) // ROWS
    back, text, on, _ = st.columns([1, 3, 1, 6], vertical_alignment="center")
    back.button(
        "Back",
        icon=":material/chevron_left:",
        disabled=number == 0,
        on_click=_turn,
        args=(-1,),
        key="scenes_back",
        width="stretch",
    )
    text.markdown(
        f"{number * ROWS + 1:,} to {min((number + 1) * ROWS, count):,} of {count:,} masks"
    )
    on.button(
        "Next",
        icon=":material/chevron_right:",
        disabled=number == last,
        on_click=_turn,
        args=(1,),
        key="scenes_next",
        width="stretch",
    )


def _turn(step: int) -> None:
    st.session_state[_PAGE] += step


def _table(rows: Sequence[MaskRow]) -> None:
    ids = [row.mask.mask_id for row in rows]
    chosen = selection().mask_id
    turn = st.session_state.get(_TURN, 0)
    # Another page of masks is another table, since a selection counts rows.
    key = f"scenes_masks_{turn}_{hash(tuple(ids))}"
    st.dataframe(
        pd.DataFrame([_cells(row) for row in rows]),
        key=key,
        hide_index=True,
        height="content",
        selection_mode=["single-row", "single-cell"],
        selection_default={"selection": {"rows": [ids.index(chosen)] if chosen in ids else []}},
        on_select=lambda: _select(ids, key),
        column_config={
            "mask": st.column_config.TextColumn(width=250),
            "usable": st.column_config.TextColumn(
                "usable", help="Usable scenes of all candidates", width=80
            ),
            "scene in use": st.column_config.TextColumn(
                help="Its date, days from the mask to it, and cloud over mask where it was "
                "measured, else cloud in scene",
                width=350,
            ),
            "what would help": st.column_config.TextColumn(width=300),
        },
    )


def _cells(row: MaskRow) -> dict[str, Any]:
    usable = f"{row.usable} of {row.candidates}" if row.candidates else "no scene"
    return {
        "mask": row.mask.name,
        "usable": usable if row.searched else "not searched",
        "scene in use": _in_use(row.selected) if row.selected else "",
        "what would help": str(row.advice) if row.advice else "",
    }


def _in_use(candidate: Candidate) -> str:
    ranked = candidate.ranked
    parts = [
        format_date(ranked.scene.sensed_at),
        f"{format_days(ranked.days_offset)} d",
        cloud_text(ranked),
        *["not usable"] * (not ranked.usable),
        *["by hand"] * candidate.chosen_by_person,
    ]
    return ", ".join(parts)


def _select(ids: Sequence[str], key: str) -> None:
    row, marked = clicked_row(key)
    if row is not None:
        choose_mask(ids[row])
    if not marked:
        # The table is made again with the mark where it belongs.
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
