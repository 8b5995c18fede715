"""What a browser tab has selected, kept over page switches, and over a reload by the address."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

_KEY = "selection"


@dataclass
class Selection:
    """The mask, the scene of it and the pair that the person looks at; None when not chosen yet.

    `address` is the mask and the scene as the address was last seen to name them.
    """

    mask_id: str | None = None
    pair_id: str | None = None
    scene_id: str | None = None
    address: tuple[str | None, str | None] = (None, None)


def selection() -> Selection:
    """The tab's selection: what it chose before, else what its address names (a deep link).

    An address that names another mask or scene than before is one that the person went back to.
    """
    query = st.query_params
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Selection(pair_id=query.get("pair"))
    found: Selection = st.session_state[_KEY]
    named = (query.get("mask"), query.get("scene"))
    # Links to pages name nothing.
    if named[0] is not None and named != found.address:
        found.mask_id, found.scene_id = found.address = named
    return found


def choose_mask(mask_id: str | None) -> None:
    """Select a mask, in the tab and in its address; no scene of it is chosen to be looked at."""
    if mask_id == selection().mask_id:
        _name(mask_id, selection().scene_id)
    else:
        _name(mask_id, None)


def choose_scene(scene_id: str) -> None:
    """Look at a scene of the selected mask, in the tab and in its address."""
    _name(selection().mask_id, scene_id)


def choose_pair(pair_id: str | None) -> None:
    """Select a pair, in the tab and in its address."""
    selection().pair_id = pair_id
    put_in_address("pair", pair_id)


def _name(mask_id: str | None, scene_id: str | None) -> None:
    """Both at once, so that going back in the browser leads to what was looked at before."""
    found = selection()
    found.mask_id, found.scene_id = found.address = (mask_id, scene_id)
    wanted = st.query_params.to_dict()
    for name, value in (("mask", mask_id), ("scene", scene_id)):
        wanted.pop(name, None)
        if value is not None:
            wanted[name] = value
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)


def put_in_address(name: str, value: str | None) -> None:
    """Set a value of the tab's address, or take it out."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
