"""The popover of the team: settings and how far it is."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from migrate_core.job_requests import MixInChecks
from migrate_core.jobs.background import working
from migrate_core.store.review.checks import all_checks
from migrate_core.store.review.settings import review_settings
from tests.pages.test_review import handed_over, opened, press, say
from tests.support.app import all_text
from tests.support.background import note_launches
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


def test_attention_checks_are_made_in_the_background(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    launches = note_launches(monkeypatch)
    app = team()
    field(app, "Attention checks").set_value(50.0)
    field(app, "Looked at by two").set_value(20.0)
    press(app, "Save for all")
    assert launches.found == [("checks", MixInChecks(0.5))]
    assert review_settings(case.store).double_share == 0.2
    assert not all_checks(case.store)
    launches.go()
    assert review_settings(case.store).check_share == 0.5
    assert all_checks(case.store)
    assert field(team(), "Attention checks").value == 50.0


def test_while_checks_are_made_nothing_is_saved(case: Case) -> None:
    with working(case.store, "checks", total=8) as job:
        job.report(3, 0)
        app = team()
        assert any("3 of 8" in bar.proto.text for bar in app.main.get("progress"))
        assert next(one for one in app.button if one.label == "Save for all").disabled


def test_a_closed_popover_computes_nothing(case: Case) -> None:
    assert not opened().number_input(key="review_days_most").value
    assert "second look" not in all_text(opened())


def test_in_german_the_team_and_the_triage_speak_german(case: Case) -> None:
    say(case, "m0", "accept", "ann")
    say(case, "m0", "reject", "bob")
    app = opened(language="de")
    app.session_state["review_team"] = app.session_state["review_triage"] = True
    app.run()
    said = all_text(app)
    assert "ann, bob: 0.0 % von 1 Paar gleich" in said
    assert "Die Triage lernt aus 100 von Personen entschiedenen Paaren" in said
    assert "alle Paare, verdächtigste zuerst" in said
    assert "Triage learns from 100 pairs" in all_text(triage())


def triage() -> AppTest:
    """The page with the popover of the triage open."""
    app = opened()
    app.session_state["review_triage"] = True
    return app.run()
