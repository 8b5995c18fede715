"""Scenes that aren't usable by the limits of the search: no pair of them without a yes."""

from __future__ import annotations

import streamlit as st

from migrate_core.store.pair_list import TO_MAKE
from migrate_core.store.selected import unusable_to_make
from migrate_core.text import _
from pages.shared.frame import PAGES, Page
from pages.shared.pairs.state import UNUSABLE, RunStatus, leaves_out_unusable
from pages.shared.text import counted

_CHOICES = {False: "Leave them out", True: "Make them, too"}


def unusable_choice(page: Page, now: RunStatus) -> None:
    """How many selected scenes aren't usable, and whether pairs are made of them.

    Only scenes of which no pair was begun, and that nobody has chosen by hand.
    """
    number, to_make = len(unusable_to_make(page.store)), now.counts.get(TO_MAKE, 0)
    if not number:
        return
    with st.container(border=True):
        st.segmented_control(
            _question(number, to_make),
            list(_CHOICES),
            format_func={choice: _(text) for choice, text in _CHOICES.items()}.__getitem__,
            default=False,
            required=True,
            key=UNUSABLE,
            persist_state="session",
            help=_(
                "Usable is a scene with little cloud over the mask that shows most of it. The "
                "label of another one is mostly occluded, or cut off. Scenes chosen by hand are "
                "made."
            ),
        )
        if leaves_out_unusable():
            st.page_link(
                PAGES["scenes"][0],
                label=_("Scenes says what would help these masks"),
                icon=PAGES["scenes"][2],
            )


def _question(number: int, to_make: int) -> str:
    form = _(
        ":material/warning: {number:,} of {scenes} that no pair was made of yet are not usable by "
        "the limits of the search. Make these pairs, too?"
    )
    if number == 1:
        form = _(
            ":material/warning: {number:,} of {scenes} that no pair was made of yet is not usable "
            "by the limits of the search. Make this pair, too?"
        )
    return form.format(number=number, scenes=counted(to_make, "selected scene"))
