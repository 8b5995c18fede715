"""The masks of the Scenes page, a page of them at a time: those without a usable scene first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from migrate_core.advice import Remedy
from migrate_core.review.overview import matches
from migrate_core.scenes.search.advice import beyond_proposals, proposals
from migrate_core.store.base import Candidate
from migrate_core.store.candidates import (
    ALL,
    CHOSEN_BY_PERSON,
    WITHOUT_USABLE,
    MaskFilter,
    MaskRow,
    all_advice,
    count_masks,
    index_of,
    list_counts,
    mask_row,
    mask_rows,
)
from migrate_core.text import _, format_date, format_short_offset
from pages.shared.frame import Page
from pages.shared.scenes.candidates import cloud_text
from pages.shared.scenes.search import offer_searches
from pages.shared.state import choose_mask, selection
from pages.shared.table import PagedList, Rows, choose_row, filtered, filters, filters_of_address
from pages.shared.text import counted, message_of

_MASK_LIST = PagedList("scenes", 8, "mask", in_address=True)
_NAMES = {ALL: "All", WITHOUT_USABLE: "No usable scene", CHOSEN_BY_PERSON: "Chosen by hand"}


def mask_filters(page: Page) -> list[Remedy]:
    """Show what would help masks without a usable scene, and the filters of the list.

    Returns the remedies that are offered.
    """
    counts = list_counts(page.store)
    offered = _what_would_help(page, counts)
    filters_of_address(_MASK_LIST, _NAMES)
    filters(
        _MASK_LIST,
        "Masks",
        {show: f"{_(name)} ({counts[show]:,})" for show, name in _NAMES.items()},
    )
    return offered


def mask_list(page: Page) -> None:
    """One page of masks, and the buttons that turn it."""
    wanted = _wanted()
    count = count_masks(page.store, wanted)
    if not count:
        st.info(_("No mask fits. Choose another list, or clear the name."))
        return
    if _MASK_LIST.unopened and (mask_id := selection().mask_id):
        _MASK_LIST.turn_to(index_of(page.store, wanted, mask_id) or 0)
    _MASK_LIST.turn_within(count)
    _table(mask_rows(page.store, wanted, _MASK_LIST.first, _MASK_LIST.size))
    _MASK_LIST.show(count)


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


def _what_would_help(page: Page, counts: dict[str, int]) -> list[Remedy]:
    """On all masks without a usable scene: a sentence, and searches that would help, as buttons.

    Returns what the buttons offer.
    """
    without, total = counts[WITHOUT_USABLE], counts[ALL]
    if not without:
        sentence = (
            _("All {total:,} masks have a usable scene{but}.")
            if total > 1
            else _("The mask has a usable scene{but}.")
        )
        st.success(
            sentence.format(total=total, but=_others_in_use(page)),
            icon=":material/check_circle:",
        )
        return []
    advice = all_advice(page.store)
    more = _("; or ").join(beyond_proposals(advice))
    offered = proposals(advice)
    with st.container(border=True, horizontal=True, gap="xsmall", key="scenes_advice"):
        sentence = (
            _("{count:,} of {masks} has no usable scene: {matches}.")
            if without == 1
            else _("{count:,} of {masks} have no usable scene: {matches}.")
        ).format(count=without, masks=counted(total, "mask"), matches=matches(page.store))
        parts = [f":material/lightbulb: {sentence}"]
        if more:
            parts.append(_("What may help: {advice}.").format(advice=message_of(more)))
        if offered:
            parts.append(_("For all masks:"))
        st.markdown(" ".join(parts), width="content")
        offer_searches(page, [(one.remedy, str(one)) for one in offered])
    return [one.remedy for one in offered]


def _others_in_use(page: Page) -> str:
    """How many of the masks with a usable scene use another one, by a person's choice."""
    others = matches(page.store).by_hand
    text = _(", but for {count:,} another one was chosen by hand")
    return text.format(count=others) * bool(others)


def _wanted() -> MaskFilter:
    show, name = filtered(_MASK_LIST)
    return MaskFilter(show or ALL, name)


def _table(found: Sequence[MaskRow]) -> None:
    rows = Rows(
        [row.mask.mask_id for row in found],
        [_cells(row) for row in found],
        {
            "mask": st.column_config.TextColumn(width=195),
            "usable": st.column_config.TextColumn(
                _("usable"), help=_("Usable scenes of all candidates"), width=80
            ),
            "scene in use": st.column_config.TextColumn(
                help=_(
                    "How long before or after the mask's image it was taken, its date, and cloud "
                    "over mask where it was measured, else cloud in scene"
                ),
                width=350,
            ),
            "what would help": st.column_config.TextColumn(width=300),
        },
    )
    choose_row("scenes_masks", rows, selection().mask_id, choose_mask)


def _cells(row: MaskRow) -> dict[str, Any]:
    counts = _("{usable} of {candidates}").format(usable=row.usable, candidates=row.candidates)
    usable = counts if row.candidates else _("no scene")
    return {
        "mask": row.mask.name,
        "usable": usable if row.searched else _("not searched"),
        "scene in use": _in_use(row.selected) if row.selected else "",
        "what would help": str(row.advice) if row.advice else "",
    }


def _in_use(candidate: Candidate) -> str:
    ranked = candidate.ranked
    parts = [
        # First, since narrow columns show little more.
        format_short_offset(ranked.days_offset),
        format_date(ranked.scene.sensed_at),
        cloud_text(ranked),
        *[_("not usable")] * (not ranked.usable),
        *[_("by hand")] * candidate.chosen_by_person,
    ]
    return ", ".join(parts)
