"""Drawing again: a page, and parts of one by themselves while there is work."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

import streamlit as st

from migrate_core.errors import MigrateError
from pages.shared.text import message_of

Draw = Callable[..., None]


def rerun_page() -> NoReturn:
    """Draw the page again as a whole, unless the person went to another one meanwhile.

    To use the session takes up what the browser has asked for, which ends this drawing. To ask for
    another drawing without that would overwrite it: the page of a link would not come.
    """
    st.session_state.get("rerun")
    st.rerun()


def polled(busy: Callable[..., bool], every_s: float) -> Callable[[Draw], Draw]:
    """A fragment that is drawn every `every_s` seconds while `busy` says that there is work.

    Without work nothing is drawn until somebody uses the page. `busy` is asked with the first
    argument of the part, its page. Streamlit sets the interval when the page is drawn as a whole,
    so a part that finds that work has begun or ended since draws the whole page. What can't be had,
    as from a database that has become unusable, is said in its place.
    """

    def decorate(draw: Draw) -> Draw:
        @wraps(draw)
        def part(page: Any, *more: Any, **named: Any) -> None:
            try:
                polling = busy(page)
            except MigrateError as err:
                st.error(message_of(err))
                return

            @wraps(draw)  # the name tells fragments apart
            def again() -> None:
                try:
                    if busy(page) != polling:
                        rerun_page()
                    draw(page, *more, **named)
                except MigrateError as err:
                    st.error(message_of(err))

            st.fragment(again, run_every=every_s if polling else None)()

        return part

    return decorate
