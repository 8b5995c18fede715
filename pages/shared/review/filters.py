"""Reviewing: who reviews, the queue with its filters, and how a pair is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from migrate_core.jobs.background import latest_job
from migrate_core.pairs.view.quicklook import FILL, NO_LABEL, OUTLINE, ViewOptions
from migrate_core.review.queue import (
    DECISIONS,
    MOST_SUSPICIOUS,
    NOT_BY_ME,
    ORDERS,
    QueueFilter,
    QueueRow,
    arranged,
    next_open,
)
from migrate_core.review.queue_rows import ReviewItem, pair_facts, queue_rows
from migrate_core.review.run import default_reviewer
from migrate_core.states import Verdict
from migrate_core.store.base import Store

from ..frame import PAGES, Page
from ..state import choose_pair, selection
from ..text import plain
from .viewer import COMPOSITE_NAMES

_KEPT: Final = "session"
ONE, MANY = "One by one", "Gallery"
LABELS = (OUTLINE, FILL, NO_LABEL)
BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")


@dataclass(frozen=True)
class Task:
    """What there is to do now: the queue in order, all rows, and who looks at them.

    `mine` when the person works through what they haven't decided, whatever others said.
    """

    queue: Sequence[QueueRow]
    rows: Sequence[QueueRow]
    reviewer: str
    mine: bool

    def after(self, pair_id: str | None) -> str | None:
        """The next pair to decide."""
        return next_open(self.queue, pair_id, self.reviewer if self.mine else None)


def reviewer_field() -> str:
    """Who reviews: kept in the tab, by default the user's name."""
    name = st.sidebar.text_input(
        "Reviewer",
        default_reviewer(),
        key="review_reviewer",
        persist_state=_KEPT,
        max_chars=80,
        help="Stands in the log with each of your decisions.",
    )
    return name.strip() or default_reviewer()


def facts_of(store: Store) -> tuple[QueueRow, ...]:
    """The finished pairs; read again when pairs were made or superseded."""
    job = latest_job(store, "pairs")
    made = (job.heartbeat_at if job else None, *sorted(store.pair_states().items()))
    return _facts(str(store.engine.url), repr(made), store)


_SUGGESTED = (Verdict.REJECT.value, Verdict.UNSURE.value, Verdict.ACCEPT.value)


@st.cache_resource(max_entries=4, show_spinner=False)
def _facts(
    url: str,  # noqa: ARG001 - tells the stores apart
    made: str,  # noqa: ARG001 - tells old facts from new ones
    _store: Store,
) -> tuple[QueueRow, ...]:
    return pair_facts(_store)


def filter_form(facts: Sequence[QueueRow], reviewer: str) -> tuple[QueueFilter, str]:
    """The filters and the order, in a popover."""
    with st.popover("Filter and sort", icon=":material/filter_list:"):
        order = st.selectbox("Order", list(ORDERS), key="review_order", persist_state=_KEPT)
        decision = _choice("Decision", DECISIONS, "review_decision")
        suggestion = _choice("Suggestion", _SUGGESTED, "review_suggestion")
        text = st.text_input("Mask name contains", key="review_text", persist_state=_KEPT)
        tiles = sorted({row.tile for row in facts if row.tile})
        tile = _choice("Tile", tiles, "review_tile")
        first, last = st.columns(2)
        after = first.date_input("Scene from", None, key="review_first", persist_state=_KEPT)
        before = last.date_input("Scene until", None, key="review_last", persist_state=_KEPT)
        st.button("Clear the filters", on_click=clear_filters, icon=":material/filter_list_off:")
    wanted = QueueFilter(decision, text, suggestion, tile, after, before, reviewer)
    return wanted, order or MOST_SUSPICIOUS


def _choice(label: str, options: Sequence[str], key: str) -> str | None:
    return st.selectbox(label, options, index=None, placeholder="any", key=key, persist_state=_KEPT)


def clear_filters() -> None:
    """Look at all pairs again; the order stays."""
    st.session_state["review_text"] = ""
    for name in ("decision", "suggestion", "tile", "first", "last"):
        st.session_state[f"review_{name}"] = None


def task(page: Page, wanted: QueueFilter, order: str) -> Task:
    """The queue as it is now."""
    rows = queue_rows(page.store, facts_of(page.store))
    queue = arranged(rows, wanted, order)
    return Task(queue, rows, wanted.reviewer, wanted.decision == NOT_BY_ME)


def current_pair(found: Task) -> str | None:
    """The pair that is looked at: the one chosen, else the first that is to be decided."""
    if selection().pair_id is None and found.queue:
        first = found.queue[0].pair_id
        wanted = found.after(None)
        choose_pair(wanted or first)
    return selection().pair_id


def mode_form() -> str:
    """One pair at a time, or many."""
    mode = st.segmented_control(
        "Show", [ONE, MANY], default=ONE, required=True, key="review_mode",
        label_visibility="collapsed", persist_state=_KEPT,
    )  # fmt: skip
    return mode or ONE


def view_form() -> ViewOptions:
    """How pairs are shown: bands, label, what occludes the ground, stretch."""
    composite = st.segmented_control(
        "Bands", list(COMPOSITE_NAMES), default="true_colour", required=True,
        format_func=COMPOSITE_NAMES.__getitem__, key="review_composite", persist_state=_KEPT,
        label_visibility="collapsed",
    )  # fmt: skip
    with st.popover("View", icon=":material/tune:"):
        band = st.selectbox(
            "Single band", BANDS, BANDS.index("B08"), key="review_band", persist_state=_KEPT,
            help="B10 is in L1C products only, and a pair of an incomplete product lacks others.",
        )  # fmt: skip
        label = st.segmented_control(
            "Label", LABELS, default=OUTLINE, required=True, format_func=str.capitalize,
            key="review_label", persist_state=_KEPT,
        )  # fmt: skip
        opacity = st.slider(
            "Opacity of the filled label, percent", 0, 100, 40, 5, key="review_opacity",
            persist_state=_KEPT,
        )  # fmt: skip
        occlusion = st.toggle(
            "Show what occludes the ground", key="review_occlusion", persist_state=_KEPT
        )
        low, high = st.slider(
            "Black and white at these percentiles of the pixels with data", 0.0, 100.0,
            (2.0, 98.0), 0.5, key="review_stretch", persist_state=_KEPT,
        )  # fmt: skip
    return ViewOptions(
        composite or "true_colour",
        band,
        (low, max(high, low + 0.5)),
        label or OUTLINE,
        opacity / 100,
        occlusion,
    )


def view_keys() -> None:
    """Label and occlusion at the press of a key: switching them shows what lies below."""
    st.button("Label", shortcut="l", icon=":material/label:", on_click=_next_label, key="review_l",
              help="Outline, fill, none")  # fmt: skip
    st.button("Occlusion", shortcut="h", icon=":material/cloud:", on_click=_switch_occlusion,
              key="review_h", help="Cloud, shadow, snow and gaps over the ground")  # fmt: skip


def _next_label() -> None:
    shown = st.session_state.get("review_label", OUTLINE)
    st.session_state["review_label"] = LABELS[(LABELS.index(shown) + 1) % len(LABELS)]


def _switch_occlusion() -> None:
    st.session_state["review_occlusion"] = not st.session_state.get("review_occlusion", False)


def open_pair(pair_id: str) -> None:
    """Show one pair instead of the gallery."""
    st.session_state["review_mode"] = ONE
    choose_pair(pair_id)


def nothing_fits() -> None:
    """No pair is left by the filters."""
    st.info("No pair fits the filters.")
    st.button("Look at all pairs", on_click=clear_filters, key="review_all_pairs")


def not_there(pair_id: str, item: ReviewItem | None) -> None:
    """A pair that was asked for, by a link or from before, can't be looked at."""
    if item is None:
        st.warning(f"There is no pair {plain(pair_id)} in this workspace.")
    else:
        said = item.pair.error or ""
        st.warning(f"{plain(pair_id)}: this pair is {item.pair.state}, not made. {plain(said)}")
        st.page_link(PAGES["pairs"][0], label="To the pairs", icon=PAGES["pairs"][2])
    st.button("Look at the next undecided pair", on_click=choose_pair, args=(None,))
