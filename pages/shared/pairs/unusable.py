"""Scenes that aren't usable by the limits of the search: no pair of them without a yes."""

from __future__ import annotations

import streamlit as st

from migrate_core.store.selected import unusable_to_make
from migrate_core.text import _
from pages.shared.frame import PAGES, Page
from pages.shared.pairs.state import UNUSABLE, leaves_out_unusable

_CHOICES = {False: "Leave them out", True: "Make them, too"}
_CHOICES_OF_ONE = {False: "Leave it out", True: "Make it, too"}


def unusable_choice(page: Page) -> None:
    """How many selected scenes aren't usable, and whether pairs are made of them.

    Only scenes of which no pair was begun, and that nobody has chosen by hand.
    """
    number = len(unusable_to_make(page.store))
    if not number:
        return
    choices = _CHOICES_OF_ONE if number == 1 else _CHOICES
    with st.container(border=True):
        st.segmented_control(
            _question(number),
            list(choices),
            format_func={choice: _(text) for choice, text in choices.items()}.__getitem__,
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
                label=_("Scenes says what would help this mask")
                if number == 1
                else _("Scenes says what would help these masks"),
                icon=PAGES["scenes"][2],
            )


def _question(number: int) -> str:
    if number == 1:
        return _(
            ":material/warning: The selected scene of 1 mask without a pair is not usable by the "
            "limits of the search. Make this pair, too?"
        )
    return _(
        ":material/warning: The selected scenes of {number:,} masks without a pair are not usable "
        "by the limits of the search. Make these pairs, too?"
    ).format(number=number)
