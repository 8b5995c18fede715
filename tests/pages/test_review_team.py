"""The popover of the team: settings and how far it is."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from migrate_core.store.review.settings import review_settings
from tests.pages.test_review import handed_over, opened, press, say
from tests.support.app import all_text
from tests.support.pairs import Case


def team() -> AppTest:
    """The page with the popover open."""
    app = opened()
    app.session_state["review_team"] = True
    app.run()
    assert not app.exception
    return app


def field(app: AppTest, label: str) -> object:
    return next(one for one in app.number_input if one.label.startswith(label))


def test_a_team_sees_how_far_it_is(case: Case) -> None:
    say(case, "m0", "accept", "ann")
    say(case, "m0", "reject", "bob")
    app = team()
    assert "**0** wait for a second look, **1** in conflict." in all_text(app)
    assert "ann, bob: 0.0 % of 1 pair alike" in all_text(app)
    press(app, "Look at the conflicts")
    assert handed_over(app)["filter"] == {"decision": "conflict"}


def test_settings_are_in_percent_and_hold_for_all(case: Case) -> None:
    app = team()
    field(app, "Looked at by two").set_value(20.0)
    field(app, "Bad pairs at most").set_value(2.0)
    press(app, "Save for all")
    found = review_settings(case.store)
    assert (found.double_share, found.goal_share, found.check_share) == (0.2, 0.02, 0.0)


def test_a_closed_popover_computes_nothing(case: Case) -> None:
    assert not opened().number_input(key="review_days_most").value
    assert "second look" not in all_text(opened())
