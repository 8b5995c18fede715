"""What pages remember of a press, until the work that it asks for is started."""

from streamlit.testing.v1 import AppTest


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
