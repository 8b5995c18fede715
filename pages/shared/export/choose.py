"""Which pairs go in: by decision, and by filters that combine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

import streamlit as st

from migrate_core.export.selection.choice import (
    ACCEPTED,
    ALL,
    INCLUDE_TEXTS,
    INCLUDES,
    UNDECIDED,
    Choice,
)
from migrate_core.export.selection.counts import numbers_of_pairs
from migrate_core.export.selection.curation import AGREEMENT, CLASS_PREFIX, LEVEL, LEVELS, Curation
from migrate_core.export.selection.select import not_met
from migrate_core.review.filters import CHOICES, NUMBERS, Range
from migrate_core.states import Basis, DecisionState, PairState
from migrate_core.store.decisions import reviewers_of_log
from migrate_core.text import _
from pages.shared.frame import PAGES, Page
from pages.shared.ranges import label_of, range_fields, range_form
from pages.shared.text import DATE_FIELD, counted, plain

_KEPT: Final = "session"
_LOOKED_AT = "export_looked_at"
_INCLUDE_HELP = {
    ACCEPTED: "Only what a reviewer accepted.",
    UNDECIDED: "Also what nobody has decided about yet.",
    ALL: "Also unsure ones, and those that reviewers disagree about.",
}
_COUNT_TEXTS: Mapping[str, str] = {
    DecisionState.UNDECIDED: "not decided about yet",
    DecisionState.CONFLICT: "on which reviewers disagree",
    PairState.SUPERSEDED: "superseded by a newer pair of the mask",
}
# What is known only where the triage has learnt is no filter of a dataset.
NUMBERS_OF_PAIRS = tuple(name for name in NUMBERS if name != "score")


def choose_pairs(page: Page) -> tuple[Choice, Curation]:
    """Which pairs go in, with numbers that follow the choice."""
    looked_at_only = bool(st.session_state.get(_LOOKED_AT))
    pair_counts = numbers_of_pairs(page.store, looked_at_only=looked_at_only)
    include = st.radio(
        _("Which pairs go in"),
        INCLUDES,
        format_func={
            name: f"{_(text)}: {counted(pair_counts[name], 'pair')}"
            for name, text in INCLUDE_TEXTS.items()
        }.__getitem__,
        captions=[_(_INCLUDE_HELP[name]) for name in INCLUDES],
        key="export_include",
        persist_state=_KEPT,
        horizontal=True,
        help=_("Rejected and superseded pairs never go out."),
    )
    looked_at_only = st.checkbox(
        _("Only pairs that a person looked at"),
        key=_LOOKED_AT,
        persist_state=_KEPT,
        help=_(
            "Leaves out what a rule or the triage's model alone has accepted. Pairs that nobody "
            "has decided about go in or not by the choice above."
        ),
    )
    with st.expander(_("Filters"), icon=":material/filter_list:"):
        curation = _filters(page)
    if filters := ", ".join(curation.parts(_)):
        st.caption(_("Of these, pairs with: {filters}.").format(filters=plain(filters)))
    return Choice(include, looked_at_only), curation


def _filters(page: Page) -> Curation:
    """The filters, all of which have to hold; an empty field filters nothing."""
    found: dict[str, str] = {}
    columns = st.columns(3)
    with columns[0]:
        found["by"] = _select("Decided by", reviewers_of_log(page.store), "by")
        found["basis"] = _select("Decided by a", [one.value for one in Basis], "basis")
    with columns[1]:
        found[LEVEL] = _select("Product level", LEVELS, "level")
        found["suggestion"] = _select("Suggestion", CHOICES["suggestion"], "suggestion")
    with columns[2]:
        found["first"] = _day("Scene from", "first")
        found["last"] = _day("Scene until", "last")
    left, right = st.columns(2)
    for number, name in enumerate(NUMBERS_OF_PAIRS):
        with right if number % 2 else left:
            found[name] = _limits(label_of(NUMBERS[name]), name)
    with left:
        found[AGREEMENT] = _limits(_("persons who agree"), AGREEMENT)
    with right:
        found |= _class_share()
    named, more = st.columns(2)
    found["text"] = named.text_input(
        _("Mask name contains"), key="export_filter_text", persist_state=_KEPT
    )
    skip_duplicates = more.checkbox(
        _("Leave out near duplicates"),
        key="export_skip_duplicates",
        persist_state=_KEPT,
        help=_(
            "Of pairs that show nearly the same ground and image, one goes in. Reads all images."
        ),
    )
    skip_outliers = more.checkbox(
        _("Leave out outliers"),
        key="export_skip_outliers",
        persist_state=_KEPT,
        help=_(
            "Pairs whose colours and textures are far from those of all others. Reads all images."
        ),
    )
    filters = {name: text for name, text in found.items() if text}
    return Curation(filters, skip_duplicates, skip_outliers)


def _select(label: str, options: Iterable[str], name: str) -> str:
    listed = list(options)
    shown = {option: _(option) if name in CHOICES else option for option in listed}
    chosen: str | None = st.selectbox(
        _(label),
        listed,
        format_func=shown.__getitem__,
        index=None,
        placeholder=_("any"),
        key=f"export_filter_{name}",
        persist_state=_KEPT,
    )
    return chosen or ""


def _day(label: str, name: str) -> str:
    day = st.date_input(
        _(label), None, key=f"export_filter_{name}", format=DATE_FIELD, persist_state=_KEPT
    )
    return day.isoformat() if day else ""


def _limits(label: str, name: str) -> str:
    """A range as text; empty where nothing is limited."""
    return _range_text(range_form(label, partial(_key, name)))


def _key(name: str, limit: str) -> str:
    return f"export_filter_{name}_{limit}"


def _range_text(limits: Range) -> str:
    return "" if limits == Range() else str(limits)


def _class_share() -> dict[str, str]:
    """The share of a class of the label, in percent, whichever class is named."""
    words, *ends = st.columns([2, 1, 1], vertical_alignment="center")
    name = words.text_input(
        _("Class of which the label has a share, %"),
        placeholder=_("share of class …, %"),
        key="export_filter_class",
        label_visibility="collapsed",
        persist_state=_KEPT,
        help=_(
            "The name or the value of a class: only pairs of whose labelled pixels it has a share "
            "between the limits."
        ),
    )
    fields = range_fields(_("share of the class, %"), partial(_key, "class"), ends)
    limits = _range_text(fields)
    return {f"{CLASS_PREFIX}{name.strip()}": limits} if name.strip() and limits else {}


def show_counts(
    decisions: Mapping[str, int],
    basis: Mapping[str, int],
    left_out: Mapping[str, int],
    curation: Curation,
) -> None:
    """What goes in by decision and by whom, and why the others stay out: also by the curation."""
    total, out = sum(decisions.values()), sum(left_out.values())
    by = {
        _("decided by a {}").format(_(name)) if name in set(Basis) else name: n
        for name, n in basis.items()
    }
    going = f": {_format_counts(decisions)}; {_format_counts(by)}" if total else ""
    filters = zip(curation.parts(str), curation.parts(_), strict=True)
    reasons = {not_met(text): _("filter not met: {filter}").format(filter=f) for text, f in filters}
    out_by = {reasons.get(reason, reason): n for reason, n in left_out.items()}
    staying = f": {_format_counts(out_by)}" if out else ""
    inside = _("**{pairs} goes in**") if total == 1 else _("**{pairs} go in**")
    outside = _("**{pairs} stays out**") if out == 1 else _("**{pairs} stay out**")
    st.markdown(
        f"{inside.format(pairs=counted(total, 'pair'))}{going}.  \n"
        f"{outside.format(pairs=counted(out, 'pair'))}{staying}."
    )


def _format_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{n:,} {plain(_(_COUNT_TEXTS.get(name, name)))}" for name, n in counts.items()
    )


def explain_empty(page: Page, left_out: Mapping[str, int]) -> None:
    """Why nothing would go out, and where to go."""
    if not page.store.pair_states().get(PairState.DONE):
        st.info(
            _("There is no finished pair yet, so there is nothing to export. Make pairs first.")
        )
        st.page_link(PAGES["pairs"][0], label=_("Make pairs"), icon=PAGES["pairs"][2])
        return
    waiting = left_out.get(DecisionState.UNDECIDED, 0)
    form = _(
        "No pair would go out with this choice. Accept some in Review, or take more along above."
    )
    if waiting == 1:
        form = _(
            "No pair would go out with this choice. {pairs} waits for a decision: accept it in "
            "Review, or take more along above."
        )
    elif waiting:
        form = _(
            "No pair would go out with this choice. {pairs} wait for a decision: accept some in "
            "Review, or take more along above."
        )
    st.info(form.format(pairs=counted(waiting, "pair")))
    st.page_link(PAGES["review"][0], label=_("Review pairs"), icon=PAGES["review"][2])
