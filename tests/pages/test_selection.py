"""What a tab has selected, and what its address says of it."""

import pytest
from streamlit.testing.v1 import AppTest


def page_of_scenes() -> None:
    """A page that selects the second scene of a mask by a button, and says what is selected."""
    import streamlit as st

    from pages.shared.state import choose_mask, choose_scene, selection

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


def test_an_address_that_the_browser_has_not_renewed_yet_undoes_no_choice() -> None:
    app = opened()
    app.query_params["scene"] = "first"
    assert shown(app.run()) == ("second", "second")


def test_an_address_that_was_gone_back_to_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.shared.state._SETTLED_S", 0.0)
    app = opened()
    app.query_params["scene"] = "first"
    assert shown(app.run()) == ("first", "first")


def test_an_address_that_was_never_left_is_followed_at_once() -> None:
    app = opened()
    app.query_params["scene"] = "third"
    assert shown(app.run()) == ("third", "third")
