"""What pages remember of a press, until the work that it asks for is started."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from migrate_core.jobs.background import claim, latest_job
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from pages.shared import frame


def page_with_two_buttons() -> None:
    """A page whose first drawing after a press is broken off, as by files that arrive then."""
    import streamlit as st

    from pages.shared.background import note_press, was_pressed

    if st.session_state.pop("cut_short", False):
        st.rerun()
    st.button("Plain", key="plain")
    st.button("Files", key="files", on_click=note_press, args=("masks", "files"))
    st.button("Folder", key="folder", on_click=note_press, args=("masks",))
    if was_pressed("masks", "files"):
        st.write("files are added")
    if was_pressed("masks"):
        st.write("a folder is added")


def test_a_press_outlives_a_drawing_that_is_broken_off_and_counts_once() -> None:
    page = AppTest.from_function(page_with_two_buttons).run()
    page.session_state["cut_short"] = True
    page.button(key="files").click().run()
    assert [text.value for text in page.markdown] == ["files are added"]
    assert not page.run().markdown


def test_a_press_is_that_of_its_own_button() -> None:
    page = AppTest.from_function(page_with_two_buttons).run()
    page.button(key="folder").click().run()
    assert [text.value for text in page.markdown] == ["a folder is added"]


def page_with_a_button_that_saves() -> None:
    """A page with other pages beside it, whose drawing may end before its button is drawn."""
    import streamlit as st

    from pages.shared.background import pressed
    from pages.shared.state import note_visit

    note_visit(st.session_state.setdefault("at", "masks"))
    if st.session_state.pop("cut_short", False):
        st.rerun()
    if st.session_state.pop("broken_off", False):
        st.button("Save", key="save_m0", on_click=lambda: None)
        st.stop()
    if pressed(st.button, "Save", f"save_{st.session_state.setdefault('mask', 'm0')}"):
        st.write("saved")


def saving(*, cut_short: bool = False) -> AppTest:
    page = AppTest.from_function(page_with_a_button_that_saves).run()
    page.session_state["cut_short"] = cut_short
    page.session_state["broken_off"] = not cut_short
    page.button(key="save_m0").click().run()
    return page


def test_a_button_saves_once_though_the_drawing_that_its_press_began_is_broken_off() -> None:
    page = saving(cut_short=True)
    assert [text.value for text in page.markdown] == ["saved"]
    assert not page.run().markdown
    page.button(key="save_m0").click().run()
    assert [text.value for text in page.markdown] == ["saved"]


def test_a_press_that_no_drawing_has_answered_acts_in_the_next_one() -> None:
    assert [text.value for text in saving().run().markdown] == ["saved"]


def test_a_press_does_not_outlive_its_page() -> None:
    page = saving()
    page.session_state["at"] = "scenes"
    page.session_state["mask"] = "none"
    assert not page.run().markdown
    page.session_state["at"] = "masks"
    page.session_state["mask"] = "m0"
    assert not page.run().markdown


def test_a_press_for_one_mask_does_not_act_on_another() -> None:
    page = saving()
    page.session_state["mask"] = "m1"
    assert not page.run().markdown


def test_an_old_press_does_not_act(monkeypatch: pytest.MonkeyPatch) -> None:
    page = saving()
    monkeypatch.setattr("pages.shared.background._PRESS_LASTS_S", 0.0)
    assert not page.run().markdown


def test_every_button_of_the_pages_acts_in_its_callback() -> None:
    """What a button returns is lost with its drawing: `pressed` is for those without a callback."""
    pages = Path(__file__).parents[2] / "pages"
    lost = [
        f"{path.relative_to(pages)}:{call.lineno}"
        for path in pages.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("button", "form_submit_button")
        and not any(_is_safe(named) for named in call.keywords)
    ]
    assert not lost


def _is_safe(named: ast.keyword) -> bool:
    never = isinstance(named.value, ast.Constant) and named.value.value is True
    return named.arg == "on_click" or (named.arg == "disabled" and never)


def test_the_time_left_forgets_how_long_starting_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = datetime(2020, 2, 2, 10, tzinfo=UTC)
    store = open_store(Workspace(tmp_path))
    monkeypatch.setattr(frame.st, "session_state", {})

    def left_after(seconds: float, finished: int) -> str:
        now = begun + timedelta(seconds=seconds)
        monkeypatch.setattr(frame, "now_utc", lambda: now)
        job.report(finished, 0)
        found = latest_job(store, job.kind)
        assert found is not None
        return frame.time_left(found)

    job = claim(store, "pairs", 11, lambda: begun)
    # Ten seconds of starting, then a second a pair.
    assert left_after(10, 0) == ""
    assert left_after(11, 1) == ", 2 min left"
    assert left_after(12, 2) == ", 54 s left"  # not sure of the new pace yet
    assert left_after(15, 5) == ", 6 s left"
    job.end("done")
    # Another job has a pace of its own.
    job = claim(store, "pairs", 11, lambda: begun)
    assert left_after(10, 5) == ", 12 s left"
