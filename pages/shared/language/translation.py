"""The language of a tab: English as the code has it, or one that has a file beside this one.

A file is JSON: the language's own name, and its texts by the English ones. Parts in braces are
filled in after the translation, so they stay as they are, in any order. Another language is another
file; what it lacks stays English. Dates, numbers and units look the same in all languages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from migrate_core.text import set_translation
from pages.shared.state import LANGUAGE

FOLDER = Path(__file__).resolve().parent
ENGLISH = "en"


@dataclass(frozen=True)
class Catalogue:
    """A language by its own name, and its texts by the English ones."""

    name: str
    texts: Mapping[str, str]


@cache
def catalogues() -> Mapping[str, Catalogue]:
    """The languages by their code (ISO 639-1), English first."""
    found = {ENGLISH: Catalogue("English", {})}
    for path in sorted(FOLDER.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = Catalogue(content["language"], content["texts"])
    return found


def language() -> str:
    """The language of the tab: the chosen one, else that of its address or of its browser.

    What is no tab, such as an answer of the server to a component, is in English.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        return ENGLISH
    for wanted in (
        st.session_state.get(LANGUAGE),
        st.query_params.get(LANGUAGE),
        st.context.locale,
    ):
        code = str(wanted or "").partition("-")[0].lower()
        if code in catalogues():
            return code
    return ENGLISH


def translated(text: str) -> str:
    """An English text in the language of the tab."""
    return catalogues()[language()].texts.get(text, text)


def choose_language() -> None:
    """The choice of a language, each called as its speakers do."""
    names = {code: catalogue.name for code, catalogue in catalogues().items()}
    # Not as the default: the choice outlives the field, as when another workspace is opened.
    st.session_state.setdefault(LANGUAGE, language())
    st.selectbox(
        translated("Language"),
        list(names),
        format_func=names.__getitem__,
        key=LANGUAGE,
        label_visibility="collapsed",
        persist_state="session",
    )


set_translation(translated)
