"""Reviewing: which pairs are looked at, and in which way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

import streamlit as st

from migrate_core.review.filters import CHOICES, NUMBERS, QueueFilter, Range, format_filter
from migrate_core.review.queue import MOST_SUSPICIOUS, ORDERS
from migrate_core.review.queue_row import QueueRow
from migrate_core.states import DecisionState, Verdict
from migrate_core.text import _

from ..ranges import label_of, range_form
from ..state import choose_pair
from ..text import DATE_FIELD, message_of, plain
from .address import (
    QueueChoice,
    field_key,
    fill_form,
    put_into_form,
    write_address,
)

_KEPT: Final = "session"
_OPENED: Final = "review_opened"
TABLE, GALLERY, MAP = "Light table", "Gallery", "Map"
_SUGGESTED = (Verdict.REJECT.value, Verdict.UNSURE.value, Verdict.ACCEPT.value)
_BATCH = "The id of decisions that were made at once; Rule and batches in the gallery lists them."


def filter_form(rows: Sequence[QueueRow], reviewers: Sequence[str], reviewer: str) -> QueueChoice:
    """The filters and the order, in a popover, and what is looked at in words beside it."""
    fill_form()
    with st.popover(_("Filter and sort"), icon=":material/filter_list:"):
        order = st.selectbox(
            _("Order"), list(ORDERS), key=field_key("order"), persist_state=_KEPT,
            format_func={order: _(order) for order in ORDERS}.__getitem__,
        )  # fmt: skip
        left, right = st.columns(2)
        with left:
            decision = _choice("Decision", CHOICES["decision"], "decision")
            suggestion = _choice("Suggestion", _SUGGESTED, "suggestion")
            tile = _choice("Tile", {row.tile for row in rows}, "tile")
            first = _day("Scene from", "first")
        with right:
            basis = _choice("Decided by a", CHOICES["basis"], "basis")
            by = _choice("Decided by", set(reviewers), "by")
            scene = _choice("Scene", {row.scene_id for row in rows}, "scene")
            last = _day("Scene until", "last")
        text = st.text_input(_("Mask name contains"), key=field_key("text"), persist_state=_KEPT)
        batch = st.text_input(
            _("Batch"), key=field_key("batch"), persist_state=_KEPT, help=_(_BATCH)
        )
        ranges = {name: limits for name in NUMBERS if (limits := _range(name)) != Range()}
        st.button(_("Clear the filters"), on_click=clear_filters, icon=":material/filter_list_off:")
    wanted = QueueFilter(
        decision, text or "", suggestion, tile, first, last, reviewer, scene, basis, by,
        batch or None, ranges, st.session_state.get(field_key("audit")),
    )  # fmt: skip
    choice = QueueChoice(wanted, order or MOST_SUSPICIOUS)
    _say(choice, write_address(choice))
    return choice


def _say(choice: QueueChoice, problems: Sequence[str]) -> None:
    """What is looked at, or what was wrong with the address, in one line."""
    with st.container(key="review_words"):
        if problems:
            st.markdown(
                _(":red[:small[{problems}]]").format(problems=message_of(" ".join(problems))),
                help=message_of(problems[0]),
            )
        else:
            st.markdown(
                _(":gray[:small[{filter}, {order}]]").format(
                    filter=plain(format_filter(choice.wanted, _)), order=_(choice.order)
                )
            )


def _choice(label: str, options: Collection[str], name: str) -> str | None:
    """One of the options, in their order or, where they have none, sorted; None for any."""
    key = field_key(name)
    listed = sorted(options) if isinstance(options, set) else list(options)
    given = st.session_state.get(key)
    # An address may ask for what there isn't.
    known = [option for option in listed if option]
    known += [given] if given and given not in known else []
    shown = {option: _(option) if name in CHOICES else option for option in known}
    chosen: str | None = st.selectbox(
        _(label),
        known,
        index=None,
        format_func=shown.__getitem__,
        placeholder=_("any"),
        key=key,
        persist_state=_KEPT,
    )
    return chosen


def _day(label: str, name: str) -> date | None:
    return st.date_input(
        _(label), None, key=field_key(name), format=DATE_FIELD, persist_state=_KEPT
    )


def _range(name: str) -> Range:
    """The limits of one of `NUMBERS`, in its unit."""
    return range_form(label_of(NUMBERS[name]), lambda limit: field_key(f"{name}_{limit}"))


def clear_filters() -> None:
    """Look at all pairs again; the order stays."""
    put_into_form(QueueChoice(order=_order()))


def show_conflicts() -> None:
    """Look at pairs about which reviewers disagree, one after the other."""
    look_at(QueueFilter(decision=DecisionState.CONFLICT.value), _order())


def look_at(wanted: QueueFilter, order: str) -> None:
    """Put other pairs on the light table."""
    put_into_form(QueueChoice(wanted, order))
    st.session_state["review_mode"] = TABLE


def _order() -> str:
    return str(st.session_state.get(field_key("order"), MOST_SUSPICIOUS))


def mode_form() -> str:
    """One pair at a time, many, or where they lie."""
    mode = st.segmented_control(
        _("Show"), [TABLE, GALLERY, MAP], default=TABLE, required=True,
        format_func={mode: _(mode) for mode in (TABLE, GALLERY, MAP)}.__getitem__,
        key="review_mode", label_visibility="collapsed", persist_state=_KEPT,
    )  # fmt: skip
    return mode or TABLE


def open_pair(pair_id: str) -> None:
    """Show one pair instead of the gallery."""
    st.session_state["review_mode"] = TABLE
    st.session_state[_OPENED] = opened_so_far() + 1
    choose_pair(pair_id)


def opened_so_far() -> int:
    """How often the gallery has opened a pair: the client goes there when this has changed."""
    return int(st.session_state.get(_OPENED, 0))
