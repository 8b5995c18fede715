"""What a browser tab has selected, kept over page switches, and over a reload by the address."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

_KEY = "selection"


@dataclass
class Selection:
    """The mask and the pair that the person looks at; None when nothing was chosen yet."""

    mask_id: str | None = None
    pair_id: str | None = None


def selection() -> Selection:
    """The tab's selection: what it chose before, else what its address names (a deep link)."""
    if _KEY not in st.session_state:
        query = st.query_params
        st.session_state[_KEY] = Selection(query.get("mask"), query.get("pair"))
    found: Selection = st.session_state[_KEY]
    return found


def choose_mask(mask_id: str | None) -> None:
    """Select a mask, in the tab and in its address."""
    selection().mask_id = mask_id
    put_in_address("mask", mask_id)


def choose_pair(pair_id: str | None) -> None:
    """Select a pair, in the tab and in its address."""
    selection().pair_id = pair_id
    put_in_address("pair", pair_id)


def put_in_address(name: str, value: str | None) -> None:
    """Set a value of the tab's address, or take it out."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
