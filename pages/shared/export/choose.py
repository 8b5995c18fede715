"""Which pairs go in: by decision, and by filters that combine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from migrate_core.export.selection.choice import ACCEPTED, ALL, INCLUDES, UNDECIDED, Choice
from migrate_core.export.selection.curation import AGREEMENT, CLASS_PREFIX, LEVEL, LEVELS, Curation
from migrate_core.export.selection.preview import numbers_of_pairs
from migrate_core.review.filters import CHOICES, NUMBERS, Range
from migrate_core.states import Basis, DecisionState, PairState
from migrate_core.store.decisions import reviewers_of_log
from pages.shared.frame import PAGES, Page
from pages.shared.text import counted, plain

_KEPT: Final = "session"
_LOOKED_AT = "export_looked_at"
_INCLUDE_TEXTS: Mapping[str, str] = {
    ACCEPTED: "Accepted",
    UNDECIDED: "Accepted and undecided",
    ALL: "All but rejected",
}
_INCLUDE_HELP = {
    ACCEPTED: "Only what a reviewer accepted.",
    UNDECIDED: "Also what nobody has decided about yet.",
    ALL: "Also unsure ones, and those that reviewers disagree about.",
}
_COUNT_TEXTS: Mapping[str, str] = {
    DecisionState.UNDECIDED: "not decided about yet",
    DecisionState.CONFLICT: "on which reviewers disagree",
    PairState.SUPERSEDED: "superseded by another scene or resampling",
}
# What is known only where the triage has learnt is no filter of a dataset.
_NUMBERS = tuple(name for name in NUMBERS if name != "score")


def choose_pairs(page: Page) -> tuple[Choice, Curation]:
    """Which pairs go in, with numbers that follow the choice."""
    looked_at_only = bool(st.session_state.get(_LOOKED_AT))
    pair_counts = numbers_of_pairs(page.store, looked_at_only=looked_at_only)
    include = st.radio(
        "Which pairs go in",
        INCLUDES,
        format_func=lambda name: f"{_INCLUDE_TEXTS[name]}: {counted(pair_counts[name], 'pair')}",
        captions=[_INCLUDE_HELP[name] for name in INCLUDES],
        key="export_include",
        persist_state=_KEPT,
        horizontal=True,
        help="Rejected and superseded pairs never go out.",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        looked_at_only = st.checkbox(
            "Only pairs that a person looked at",
            key=_LOOKED_AT,
            persist_state=_KEPT,
            help="Leaves out what a rule or the triage's model alone has accepted. Pairs that "
            "nobody has decided about go in or not by the choice above.",
        )
        with st.popover("Filters", icon=":material/filter_list:"):
            curation = _filters(page)
    if words := str(curation):
        st.caption(f"Of these, pairs with: {plain(words)}.")
    return Choice(include, looked_at_only), curation


def _filters(page: Page) -> Curation:
    """The filters, all of which have to hold; an empty field filters nothing."""
    found: dict[str, str] = {}
    left, right = st.columns(2)
    with left:
        found["by"] = _select("Decided by", reviewers_of_log(page.store), "by")
        found[LEVEL] = _select("Product level", LEVELS, "level")
        found["first"] = _day("Scene from", "first")
    with right:
        found["basis"] = _select("Decided by a", [one.value for one in Basis], "basis")
        found["suggestion"] = _select("Suggestion", CHOICES["suggestion"], "suggestion")
        found["last"] = _day("Scene until", "last")
    found["text"] = st.text_input(
        "Mask name contains", key="export_filter_text", persist_state=_KEPT
    )
    for name in _NUMBERS:
        number = NUMBERS[name]
        unit = f", {number.unit}" if number.unit else ""
        found[name] = _range(f"{number.label}{unit}", name)
    found[AGREEMENT] = _range("persons who agree", "agreement")
    found |= _class_share()
    skip_duplicates = st.checkbox(
        "Leave out near duplicates",
        key="export_skip_duplicates",
        persist_state=_KEPT,
        help="Of pairs that show nearly the same ground and image, one goes in. Reads all images.",
    )
    skip_outliers = st.checkbox(
        "Leave out outliers",
        key="export_skip_outliers",
        persist_state=_KEPT,
        help="Pairs whose colours and textures are far from those of all others. Reads all images.",
    )
    filters = {name: text for name, text in found.items() if text}
    return Curation(filters, skip_duplicates, skip_outliers)


def _select(label: str, options: object, name: str) -> str:
    chosen: str | None = st.selectbox(
        label,
        list(options),  # type: ignore[call-overload]
        index=None,
        placeholder="any",
        key=f"export_filter_{name}",
        persist_state=_KEPT,
    )
    return chosen or ""


def _day(label: str, name: str) -> str:
    day = st.date_input(label, None, key=f"export_filter_{name}", persist_state=_KEPT)
    return day.isoformat() if day else ""


def _range(label: str, name: str) -> str:
    """Two fields for the least and the most, as a range in text; empty where both are."""
    words, *ends = st.columns([2, 1, 1], vertical_alignment="center")
    words.markdown(f":small[{label}]")
    least, most = (
        end.number_input(
            f"{label}: at {limit}",
            value=None,
            placeholder=f"at {limit}",
            key=f"export_filter_{name}_{limit}",
            label_visibility="collapsed",
            persist_state=_KEPT,
        )
        for end, limit in zip(ends, ("least", "most"), strict=True)
    )
    limits = Range(least, most)
    return "" if limits == Range() else str(limits)


def _class_share() -> dict[str, str]:
    name = st.text_input(
        "Share of a class",
        placeholder="name or value of the class",
        key="export_filter_class",
        persist_state=_KEPT,
        help="Only pairs of whose labelled pixels this class has a share between the limits.",
    )
    limits = _range("share of the label, %", "class")
    return {f"{CLASS_PREFIX}{name.strip()}": limits} if name.strip() and limits else {}


def show_counts(
    decisions: Mapping[str, int], basis: Mapping[str, int], left_out: Mapping[str, int]
) -> None:
    """What goes in by decision, and why the others stay out."""
    columns = st.columns(3)
    shown = (
        ("Go in, by decision", decisions),
        ("Go in, decided by", basis),
        ("Stay out, by reason", left_out),
    )
    for column, (title, counts) in zip(columns, shown, strict=True):
        with column.container(border=True, height="stretch"):
            _counts(title, counts)


def _counts(title: str, counts: Mapping[str, int]) -> None:
    st.markdown(f"**{title}**")
    lines = [
        f"- {number:,} {plain(_COUNT_TEXTS.get(name, name))}" for name, number in counts.items()
    ]
    if lines:
        st.markdown("\n".join(lines))
    else:
        st.caption("Nothing.")


def explain_empty(page: Page, left_out: Mapping[str, int]) -> None:
    """Why nothing would go out, and where to go."""
    if not page.store.pair_states().get(PairState.DONE):
        st.info("There is no finished pair yet, so there is nothing to export. Make pairs first.")
        st.page_link(PAGES["pairs"][0], label="Make pairs", icon=PAGES["pairs"][2])
        return
    waiting = left_out.get(DecisionState.UNDECIDED, 0)
    st.info(
        "No pair would go out with this choice. "
        + (f"{counted(waiting, 'pair')} wait for a decision: " if waiting else "")
        + "accept some in Review, or take more along above."
    )
    st.page_link(PAGES["review"][0], label="Review pairs", icon=PAGES["review"][2])
