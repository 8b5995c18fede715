"""What a browser tab has selected, kept over page switches, and over a reload by the address."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

# The tab's workspace by name, in its session and in its address.
WORKSPACE = "workspace"
# Its language, in its session, its address, and requests of its components.
LANGUAGE = "language"
_KEY = "selection"
_VISIT, _STAGE = "visit", "visited"
# So long after an address was written, the browser has it.
_SETTLED_S = 2.0


@dataclass
class Selection:
    """The mask, the scene of it and the pair that the person looks at; None when not chosen yet.

    `address` is the mask and the scene as the address was last seen to name them, on the `visit` of
    a page.
    """

    mask_id: str | None = None
    pair_id: str | None = None
    scene_id: str | None = None
    address: tuple[str | None, str | None] = (None, None)
    visit: int = -1


def selection() -> Selection:
    """The tab's selection: what it chose before, else what its address names (a deep link).

    Another mask or scene of the address counts where a link led to it, or the browser's way back.
    Else it is one of before: what the browser asks until it has the new address still has the old.
    """
    query = st.query_params
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Selection(pair_id=query.get("pair"))
    found: Selection = st.session_state[_KEY]
    named = (query.get("mask"), query.get("scene"))
    # Links to pages name nothing.
    if named[0] is not None and named != found.address:
        if found.visit != visit() or _went_back():
            found.mask_id, found.scene_id = found.address = named
        else:
            _write_address(found)
    found.visit = visit()
    return found


def _went_back() -> bool:
    """Whether the page is drawn since the person went back, or forth, in the browser."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation


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
    _write_address(found)


def _write_address(found: Selection) -> None:
    wanted = st.query_params.to_dict()
    for name, value in zip(("mask", "scene"), found.address, strict=True):
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


def workspace_in_address() -> str | None:
    """The workspace that the address names where it isn't the tab's; else None."""
    asked = st.query_params.get(WORKSPACE)
    return asked if asked is not None and asked != (chosen_workspace() or "") else None


def chosen_workspace() -> str | None:
    """The name of the tab's workspace; None is the server's own."""
    name: str | None = st.session_state.get(WORKSPACE)
    return name


def choose_workspace(name: str | None) -> None:
    """Work in another workspace from now on: what was chosen in the one before is forgotten.

    The language stays, which is the person's.
    """
    state = st.session_state
    if name != chosen_workspace():
        kept = {key: state[key] for key in (LANGUAGE,) if key in state}
        state.clear()
        state.update({**kept, WORKSPACE: name})
    put_in_address(WORKSPACE, name)


def note_visit(stage: str | None) -> None:
    """Count the pages that the tab has come to; the frame of every page calls it."""
    state = st.session_state
    if state.get(_STAGE, "") != stage:
        state[_STAGE], state[_VISIT] = stage, state.get(_VISIT, 0) + 1


def visit() -> int:
    """Which visit of a page this is, counted over all pages of the tab."""
    number: int = st.session_state.get(_VISIT, 0)
    return number


@dataclass(frozen=True)
class FormField:
    """A field of a form that the address keeps: its key in the session, and its name there.

    `usual` is what it has at first, and what the address leaves out. `read` makes a value of the
    address's text and raises ValueError for a wrong one; `write` is the way back, and gives None
    for what isn't to stand in an address.
    """

    key: str
    name: str
    usual: Any
    read: Callable[[str], Any] = str
    write: Callable[[Any], str | None] = str

    @property
    def text(self) -> str | None:
        """What the address has to say of it; None where it is as usual, or isn't drawn."""
        value = st.session_state.get(self.key, self.usual)
        return None if value == self.usual else self.write(value)

    def value(self, text: str | None) -> Any:
        """The value of a text of an address; the usual one without a text, and for a wrong one."""
        try:
            return self.usual if text is None else self.read(text)
        except ValueError:
            return self.usual


def one_of(options: Sequence[str]) -> Callable[[str], str]:
    """What reads one of `options`; raises ValueError for others."""

    def read(text: str) -> str:
        if text not in options:
            raise ValueError(text)
        return text

    return read


def yes_or_no(usual: bool) -> dict[str, Any]:
    """How a checkbox is kept in an address: `yes` or `no`."""
    return {
        "usual": usual,
        "read": lambda text: one_of(("yes", "no"))(text) == "yes",
        "write": lambda value: "yes" if value else "no",
    }


def number(usual: float, least: float, most: float) -> dict[str, Any]:
    """How a number of a type is kept in an address, within limits: `12` or `0.5`."""

    def read(text: str) -> float:
        value = type(usual)(text)
        if not least <= value <= most:
            raise ValueError(text)
        return value

    return {"usual": usual, "read": read, "write": number_text}


def number_text(value: float) -> str:
    """A number as an address has it, in full: `12`, `0.5`."""
    return str(value).removesuffix(".0")


@dataclass(frozen=True)
class _Written:
    """What a form has put into the address last, when, and on which visit of its page."""

    texts: Mapping[str, str]
    at: float
    visit: int = 0


def keep_form(form: str, fields: Sequence[FormField]) -> None:
    """Keep the fields of a form and the tab's address alike; called before they are drawn.

    What was chosen beats the address, but for one that the tab was led to since: by a link, or by
    the browser's way back. An address that the browser only hasn't renewed yet is none such.
    """
    key = f"{form}_address"
    written: _Written | None = st.session_state.get(key)
    asked = {one.name: st.query_params[one.name] for one in fields if one.name in st.query_params}
    led = written is not None and _was_led(written, asked, fields)
    for one in fields:
        if led or one.key not in st.session_state:
            st.session_state[one.key] = one.value(asked.get(one.name))
    texts = _texts(fields)
    if written is None or texts != written.texts:
        written = _Written(texts, time.monotonic())
    st.session_state[key] = replace(written, visit=visit())
    for one in fields:
        put_in_address(one.name, texts.get(one.name))


def _texts(fields: Sequence[FormField]) -> dict[str, str]:
    """What the address has to say of fields, by their names there."""
    return {one.name: text for one in fields if (text := one.text) is not None}


def _was_led(written: _Written, asked: Mapping[str, str], fields: Sequence[FormField]) -> bool:
    """Whether the address is one that the tab was led to, not one that it has just left."""
    if asked == written.texts:
        return False
    if _went_back():
        return True
    if written.visit != visit():
        return bool(asked)  # a link without any leaves the choice as it was
    return _texts(fields) == written.texts and time.monotonic() - written.at > _SETTLED_S
