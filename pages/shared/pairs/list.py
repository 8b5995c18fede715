"""The list of all pairs on the page Pairs, and what is known of the one that is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from migrate_core.pairs.assessment.suggestion import offset_is_doubtful
from migrate_core.pairs.flags import occluded_shares
from migrate_core.pairs.progress import progress_of
from migrate_core.states import PairState
from migrate_core.store.pair_list import (
    TO_MAKE,
    PageRequest,
    PairRow,
    pair_row_of,
    pair_rows,
)
from migrate_core.text import (
    DAYS_OFFSET,
    DAYS_OFFSET_HELP,
    FOOTPRINT_COVERAGE,
    FOOTPRINT_COVERAGE_HELP,
    LABEL_OCCLUDED_HELP,
    _,
    format_short_offset,
)
from pages.shared.frame import PAGES, Page
from pages.shared.language.messages import message_text
from pages.shared.log import show_log
from pages.shared.pairs.failed import remedies
from pages.shared.pairs.start import start_pairs
from pages.shared.pairs.state import LOOK, STAGE_HELP, RunStatus
from pages.shared.state import choose_mask, choose_pair, put_in_address, selection
from pages.shared.table import PagedList, Rows, choose_rows
from pages.shared.text import PERCENT_COLUMN, code, message_of, plain

_OFFSETS = {
    "0": "0: it is applied already",
    "-1000": "−1000: it is still in the pixels",
    "auto": "As documents say",
}
_ALL = "all"
_FILTER = "pairs_filter"
_PAIRS = PagedList("pairs", 15, "pair", in_address=True)
_LOG_CHARACTERS = 20_000


def pair_list(page: Page, now: RunStatus) -> None:
    """All pairs, page by page, with what is known of the one that is chosen."""
    state, count = _choose_state(now)
    _PAIRS.keep_page()
    _PAIRS.turn_within(count)
    wanted = PageRequest(None if state == _ALL else state, _PAIRS.first, _PAIRS.size)
    rows = pair_rows(page.store, wanted, alive=now.alive)
    running = [row.pair.pair_id for row in rows if row.pair and row.state == PairState.RUNNING]
    stages = progress_of(page.workspace, running, now.run or "")
    table = Rows(
        [f"{row.mask_id} {row.scene_id}" for row in rows],
        [_cells(row, stages) for row in rows],
        _columns(),
        {"Days": format_short_offset},
    )
    picked = [rows[number] for number in choose_rows(_PAIRS.name, table)]
    _PAIRS.show(count)
    st.caption(
        _(
            "A click in a row, or ↑ and ↓, shows its details; marks at the left choose several to "
            "make just these. {sign} = a scene is selected, the pair was not begun."
        ).format(sign=_(LOOK[TO_MAKE]))
    )
    if len(picked) == 1:
        choose_mask(picked[0].mask_id)
        choose_pair(picked[0].pair.pair_id if picked[0].pair else None)
    if len(picked) > 1:
        _offer_selected(page, now, picked)
        return
    chosen = selection()
    if len(picked) == 1 or chosen.pair_id:
        row = pair_row_of(page.store, chosen.pair_id, chosen.mask_id, alive=now.alive)
        if row is not None:
            choose_mask(row.mask_id)
            _detail(page, now, row)


def _choose_state(now: RunStatus) -> tuple[str, int]:
    """Which state to show, and how many pairs are in it."""
    total = sum(number for state, number in now.counts.items() if state != PairState.SUPERSEDED)
    counts = {_ALL: total, **now.counts}
    asked = st.query_params.get("show", _ALL)
    # Not as the default: what the address names comes before it.
    chosen: str = st.session_state.setdefault(_FILTER, asked if asked in LOOK else _ALL)
    # A state that has just emptied stays to be chosen from while it is chosen.
    states = dict.fromkeys([*counts, chosen])
    looks = {_ALL: "All", **LOOK}
    shown = {name: f"{_(looks.get(name, name))} ({counts.get(name, 0):,})" for name in states}
    state = st.pills(
        _("Show"),
        list(states),
        required=True,
        format_func=shown.__getitem__,
        key=_FILTER,
        on_change=_PAIRS.turn_to,
        args=(0,),
        persist_state="session",
        label_visibility="collapsed",
    )
    state = state or _ALL
    put_in_address("show", None if state == _ALL else state)
    return state, counts.get(state, 0)


def _cells(row: PairRow, stages: Mapping[str, str]) -> dict[str, object]:
    """One row of the table."""
    pair = row.pair
    stage = stages.get(pair.pair_id) if pair and row.state == PairState.RUNNING else None
    share = occluded_shares(pair.occluded, pair.occlusion_by_sensor).labelled if pair else None
    return {
        "Mask": row.mask_name,
        "State": _(LOOK[row.state]) + (f": {stage}" if stage else ""),
        "Days": None if pair is None else pair.days_offset,
        "Coverage": None if pair is None or pair.coverage is None else 100 * pair.coverage,
        "Label occluded": None if share is None else 100 * share,
        "Suggestion": _(pair.suggestion.verdict) if pair and pair.suggestion else None,
        "Problem": message_text(pair.error) if pair and pair.error else None,
        "Scene": row.scene_id,
    }


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "Mask": column.TextColumn(width=250),
        "State": column.TextColumn(width=110, help=_(STAGE_HELP)),
        "Days": column.NumberColumn(DAYS_OFFSET, width=120, help=_(DAYS_OFFSET_HELP)),
        "Coverage": column.NumberColumn(
            FOOTPRINT_COVERAGE, width=165, format=PERCENT_COLUMN, help=_(FOOTPRINT_COVERAGE_HELP)
        ),
        "Label occluded": column.NumberColumn(
            width=115, format=PERCENT_COLUMN, help=_(LABEL_OCCLUDED_HELP)
        ),
        "Suggestion": column.TextColumn(
            width=90, help=_("From what occludes the label; a person decides in Review")
        ),
        "Problem": column.TextColumn(width=260),
        "Scene": column.TextColumn(width=480, help=_("Name of the Sentinel-2 product")),
    }


def _offer_selected(page: Page, now: RunStatus, picked: Sequence[PairRow]) -> None:
    """A button that makes only the selected ones."""
    masks = list(dict.fromkeys(row.mask_id for row in picked))
    st.button(
        _("Make the {count} selected").format(count=len(masks)),
        key="pairs_make_selected",
        icon=":material/play_arrow:",
        disabled=now.busy,
        help=_("Only these; all other pairs stay as they are."),
        on_click=lambda: start_pairs(page, masks),
    )


def _detail(page: Page, now: RunStatus, row: PairRow) -> None:
    """What is known of one pair, why it failed, and what to do with it."""
    pair = row.pair

    def make(label: str) -> None:
        st.button(
            label,
            key="pairs_make_one",
            icon=":material/play_arrow:",
            disabled=now.busy,
            help=_("Only this one; all other pairs stay as they are."),
            on_click=lambda: start_pairs(page, [row.mask_id]),
        )

    with st.container(border=True):
        st.markdown(
            _("**{mask_name}** with {scene_id}: {state}").format(
                mask_name=plain(row.mask_name),
                scene_id=code(row.scene_id),
                state=_(LOOK[row.state]),
            )
        )
        if pair and pair.suggestion:
            st.markdown(
                _("Suggestion: **{verdict}**. {reason}").format(
                    verdict=_(pair.suggestion.verdict), reason=message_of(pair.suggestion.reason)
                )
            )
        if pair and pair.error:
            st.error(message_of(pair.error))
        if row.state == PairState.FAILED:
            remedies(page, row, make)
        if pair and pair.error:
            _traceback(page, pair.pair_id)
            show_log(page, "pair", pair.pair_id)
        _offset(page, now, row)
        if row.state == PairState.DONE:
            st.page_link(PAGES["review"][0], label=_("Look at it"), icon=PAGES["review"][2])
        elif row.state not in (PairState.FAILED, PairState.SUPERSEDED):
            make(_("Make this pair"))


def _offset(page: Page, now: RunStatus, row: PairRow) -> None:
    """The way to another radiometric offset, where it is doubtful or was set by hand."""
    pair = row.pair
    if pair is None or row.state == PairState.SUPERSEDED:
        return
    chosen = pair.parameters.offset if pair.parameters else None
    if chosen is None and not offset_is_doubtful(pair.suggestion):
        return
    present = (
        _("as documents say")
        if chosen is None
        else _("set by hand to {offset}").format(offset=chosen)
    )
    st.markdown(
        _("Radiometric offset: {present}. Make the pair with another one:").format(present=present)
    )
    with st.container(horizontal=True):
        for value, text in _OFFSETS.items():
            if value != ("auto" if chosen is None else str(chosen)):
                st.button(
                    _(text),
                    key=f"pairs_offset_{value}",
                    icon=":material/exposure:",
                    disabled=now.busy,
                    help=_("The pair with the present offset becomes superseded."),
                    on_click=start_pairs,
                    args=(page, [row.mask_id], (), value),
                )


def _traceback(page: Page, pair_id: str) -> None:
    """The traceback of a failed pair, for those who look for a bug."""
    log = page.workspace.log(pair_id)
    if log.is_file():
        with st.expander(_("Log, for those who look for a bug"), icon=":material/bug_report:"):
            text = log.read_text(encoding="utf-8", errors="replace")
            st.code(text[-_LOG_CHARACTERS:], language=None, wrap_lines=True)
