"""What a tab has selected, and what its address says of it."""

import pytest
from streamlit.testing.v1 import AppTest


def page_of_scenes() -> None:
    """A page that selects the second scene of a mask by a button, and says what is selected.

    With `part` in the session, a part of it asks for a drawing of all, as one that waits for a
    picture does.
    """
    import streamlit as st

    from pages.shared.state import choose_mask, choose_scene, selection

    if st.session_state.pop("part", False):
        st.rerun(scope="app")
    if st.button("Next"):
        choose_scene("second")
    choose_mask("mask")
    st.write(selection().scene_id)


def opened() -> AppTest:
    app = AppTest.from_function(page_of_scenes)
    app.query_params.update({"mask": "mask", "scene": "first"})
    app.run()
    assert shown(app) == ("first", "first")
    app.button[0].click().run()
    assert shown(app) == ("second", "second")
    return app


def shown(app: AppTest) -> tuple[str, str]:
    """The scene that is selected, and the one in the address."""
    named = app.query_params["scene"]
    return app.markdown[0].value, named if isinstance(named, str) else named[0]


def test_an_address_that_a_person_went_back_to_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened()
    app.query_params["scene"] = "first"
    monkeypatch.setattr("pages.shared.state._went_back", lambda: True)
    assert shown(app.run()) == ("first", "first")


def test_an_address_that_the_browser_has_not_renewed_yet_undoes_no_choice() -> None:
    app = opened()
    app.query_params["scene"] = "first"
    assert shown(app.run()) == ("second", "second")


def test_an_address_of_a_link_to_another_page_is_followed() -> None:
    app = opened()
    app.query_params["scene"] = "first"
    app.session_state["visit"] = 1
    assert shown(app.run()) == ("first", "first")


def test_a_part_that_was_asked_for_before_a_choice_does_not_undo_it() -> None:
    app = opened()
    app.query_params["scene"] = "first"
    app.session_state["part"] = True
    assert shown(app.run()) == ("second", "second")


def test_a_part_of_a_page_that_names_no_mask_leaves_its_address_alone() -> None:
    def page_without_mask() -> None:
        import streamlit as st

        from pages.shared.state import choose_mask

        if st.session_state.pop("part", False):
            st.rerun(scope="app")
        if st.button("Choose"):
            choose_mask("mask")

    app = AppTest.from_function(page_without_mask).run()
    app.button[0].click().run()
    # As a link to another page does.
    app.query_params.clear()
    app.session_state["part"] = True
    app.run()
    assert not dict(app.query_params)
