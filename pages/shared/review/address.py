"""Filters and order of the review in the tab's address, and in the fields of their form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final

import streamlit as st

from migrate_core.errors import WrongUseError
from migrate_core.review.filters import NAMES, NUMBERS, QueueFilter, filter_texts, parse_filter
from migrate_core.review.queue import MOST_SUSPICIOUS, ORDERS

from ..ranges import LEAST, MOST
from ..state import put_in_address

_HAD: Final = "review_addresses"
_PROBLEMS: Final = "review_address_problems"
_FILLED: Final = "review_form_filled"
_ORDER: Final = "order"
_FIELDS = tuple(one.name for one in fields(QueueFilter) if one.name not in ("ranges", "reviewer"))


@dataclass(frozen=True)
class QueueChoice:
    """Which pairs are looked at, and in which order."""

    wanted: QueueFilter = field(default_factory=QueueFilter)
    order: str = MOST_SUSPICIOUS

    @property
    def texts(self) -> dict[str, str]:
        """As the address has it; the order that is usual is left out."""
        order = {} if self.order == MOST_SUSPICIOUS else {_ORDER: self.order}
        return {**order, **filter_texts(self.wanted)}


def read_choice(address: Mapping[str, str]) -> tuple[QueueChoice, tuple[str, ...]]:
    """What an address asks for, and a sentence for each value that is wrong; the rest holds."""
    found, problems = QueueChoice(), []
    if (order := address.get(_ORDER, MOST_SUSPICIOUS)) in ORDERS:
        found = replace(found, order=order)
    else:
        problems.append(f"{order!r} is no order; known are {', '.join(ORDERS)}.")
    right = {}
    for name in NAMES:
        try:
            parse_filter({name: address.get(name)})
            right[name] = address.get(name)
        except WrongUseError as err:
            problems.append(f"In the address: {err}")
    return replace(found, wanted=parse_filter(right)), tuple(problems)


def fill_form() -> None:
    """Put what the address asks for into the fields, when one arrives by a link.

    A browser may still send an address that was left meanwhile: what the tab has had isn't taken.
    """
    address = {name: st.query_params[name] for name in _names() if name in st.query_params}
    if not address or address in _had():
        return
    found, problems = read_choice(address)
    put_into_form(found)
    st.session_state[_PROBLEMS] = problems
    _had().extend((address, found.texts))


def field_key(name: str) -> str:
    """The key of a field of the form, as it is now."""
    times = st.session_state.get(_FILLED, 0)
    return f"review_{name}_{times}" if times else f"review_{name}"


def put_into_form(choice: QueueChoice) -> None:
    """Set all fields.

    They become other ones: a browser sends what it last showed of those in a closed popover.
    """
    if field_key(_ORDER) in st.session_state:
        st.session_state[_FILLED] = st.session_state.get(_FILLED, 0) + 1
    values = {name: getattr(choice.wanted, name) for name in _FIELDS}
    for name in NUMBERS:
        limits = choice.wanted.ranges.get(name)
        values[f"{name}_{LEAST}"] = limits and limits.least
        values[f"{name}_{MOST}"] = limits and limits.most
    for name, value in {**values, _ORDER: choice.order}.items():
        st.session_state[field_key(name)] = value


def write_address(choice: QueueChoice) -> tuple[str, ...]:
    """Put the choice into the address; what was wrong with the address that one came with.

    That is said until something else is chosen.
    """
    texts, had = choice.texts, _had()
    for name in _names():
        put_in_address(name, texts.get(name))
    if not had or had[-1] != texts:
        st.session_state[_PROBLEMS] = ()
        had.append(texts)
    found: tuple[str, ...] = st.session_state.get(_PROBLEMS, ())
    return found


def _had() -> list[dict[str, str]]:
    """What the address of the tab has asked for up to now, the latest last."""
    found: list[dict[str, str]] = st.session_state.setdefault(_HAD, [])
    return found


def _names() -> tuple[str, ...]:
    return (_ORDER, *NAMES)
