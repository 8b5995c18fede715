"""Two number fields for the least and the most of something."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from migrate_core.review.filters import PairNumber, Range
from migrate_core.text import _

LEAST, MOST = "least", "most"


def range_form(label: str, key_of: Callable[[str], str]) -> Range:
    """The label and its two fields in a row; `key_of` gives the key of `LEAST` and of `MOST`."""
    words, *ends = st.columns([2, 1, 1], vertical_alignment="center")
    words.markdown(_(":small[{label}]").format(label=_(label)))
    return range_fields(label, key_of, ends)


def range_fields(label: str, key_of: Callable[[str], str], ends: Sequence[DeltaGenerator]) -> Range:
    """The two fields alone, each in one of the columns `ends`."""
    least, most = (
        end.number_input(
            _("{label}: at {limit}").format(label=_(label), limit=_(limit)),
            value=None,
            placeholder=_("at {limit}").format(limit=_(limit)),
            key=key_of(limit),
            label_visibility="collapsed",
            persist_state="session",
        )
        for end, limit in zip(ends, (LEAST, MOST), strict=True)
    )
    return Range(least, most)


def label_of(number: PairNumber) -> str:
    """What a number of a pair is called, with its unit."""
    return f"{_(number.label)}, {_(number.unit)}" if number.unit else _(number.label)
