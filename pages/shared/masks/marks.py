"""Which masks an edit or a removal is of: those that are marked, or all that the list shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from migrate_core.store.masks import ALL, MaskFilter, count_masks, mask_ids_of
from pages.shared.frame import Page
from pages.shared.table import PagedList, filtered
from pages.shared.text import counted

MASK_LIST = PagedList("masks", 10, "mask", in_address=True)
_MARKED = "masks_marked"


def wanted_masks() -> MaskFilter:
    """Which masks the list shows, as its filters stand."""
    show, name = filtered(MASK_LIST)
    return MaskFilter(show or ALL, name)


def clear_name() -> None:
    """Let the list show masks of any name; comes before its filters are drawn."""
    st.session_state[f"{MASK_LIST.name}_name"] = ""


def marked() -> dict[str, None]:
    """The ids of the marked masks, in the order in which they were marked."""
    found: dict[str, None] = st.session_state.setdefault(_MARKED, {})
    return found


def mark(listed: Iterable[str], wanted: Iterable[str]) -> None:
    """Mark `wanted` of the masks that are `listed`; marks of others stay."""
    found, chosen = marked(), set(wanted)
    for mask_id in listed:
        if mask_id in chosen:
            found[mask_id] = None
        else:
            found.pop(mask_id, None)


def mark_none() -> None:
    """Take all marks away."""
    st.session_state[_MARKED] = {}


@dataclass(frozen=True)
class Scope:
    """The masks of `mask_ids`, or all that fit `wanted` where that is None; and how many."""

    wanted: MaskFilter
    mask_ids: tuple[str, ...] | None
    count: int

    @property
    def noun(self) -> str:
        """`3 marked masks`, or `6 masks` for all of the list."""
        return counted(self.count, "mask" if self.mask_ids is None else "marked mask")

    def ids(self, page: Page) -> list[str]:
        """The ids of these masks."""
        if self.mask_ids is None:
            return mask_ids_of(page.store, self.wanted)
        return list(self.mask_ids)


def scope_of_list(page: Page) -> Scope:
    """The marked masks, or all of the list where none is marked."""
    wanted, ids = wanted_masks(), tuple(marked())
    return Scope(wanted, ids or None, len(ids) or count_masks(page.store, wanted))
