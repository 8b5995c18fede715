"""Drawing again: what the browser has asked for meanwhile counts."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

from streamlit.testing.v1 import AppTest

REPOSITORY = Path(__file__).resolve().parents[2]


def _page() -> None:
    """The browser asks for another address while the page decides to be drawn again."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    from pages.shared.polling import rerun_page

    st.session_state.drawn = st.session_state.get("drawn", 0) + 1
    context = get_script_run_ctx()
    if st.session_state.drawn == 1 and context is not None and context.script_requests is not None:
        context.script_requests.request_rerun(RerunData(query_string="asked=1"))
        rerun_page()
    st.write(f"asked: {st.query_params.get('asked')}")


def test_what_the_browser_asks_for_beats_drawing_the_page_again() -> None:
    app = AppTest.from_function(_page).run()
    assert app.session_state.drawn == 2
    assert [one.value for one in app.markdown] == ["asked: 1"]


def _page_alone() -> None:
    import streamlit as st

    from pages.shared.polling import rerun_page

    st.session_state.drawn = st.session_state.get("drawn", 0) + 1
    if st.session_state.drawn == 1:
        rerun_page()
    st.write("drawn to its end")


def test_where_nothing_was_asked_the_page_is_drawn_again() -> None:
    app = AppTest.from_function(_page_alone).run()
    assert app.session_state.drawn == 2
    assert [one.value for one in app.markdown] == ["drawn to its end"]


def test_pages_are_drawn_again_by_this_alone() -> None:
    found = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno}"
        for path in [REPOSITORY / "app.py", *(REPOSITORY / "pages").rglob("*.py")]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "rerun"
    ]
    assert [one.partition(":")[0] for one in found] == ["pages/shared/polling.py"]


def test_no_garbage_is_collected_between_two_drawings() -> None:
    """In that time a link that is clicked would lead nowhere, which no test meets often enough."""
    config = tomllib.loads((REPOSITORY / ".streamlit/config.toml").read_text(encoding="utf-8"))
    assert config["runner"]["postScriptGC"] is False
