"""The home page: ways to begin, where the work stands, the demo under way, and the tour."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from migrate_core.errors import DiskError
from migrate_core.job_requests import MakeDemo
from migrate_core.jobs.background import claim, now_utc
from migrate_core.model import Decision
from migrate_core.review.overview import matches, overview
from migrate_core.review.run import decide
from migrate_core.states import DecisionState
from pages.shared.home.standing import Part, Stage, bar_html, stages
from tests.support.pairs import Case


def home() -> AppTest:
    app = AppTest.from_file("../../app.py", default_timeout=60).run()
    assert not app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.main.get("page_link")]


def buttons(app: AppTest) -> list[str]:
    return [button.label for button in app.main.button]


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path / "empty"))


@pytest.mark.usefixtures("empty")
def test_an_empty_workspace_offers_three_ways_to_begin() -> None:
    app = home()
    assert buttons(app)[:2] == ["Load the demo", "Take the tour"]
    assert "**Add your own masks**" in labels(app)
    assert [header.value for header in app.subheader] == ["Begin"]


def test_stages_count_what_is_there_and_say_what_waits(case: Case) -> None:
    found = stages(overview(case.store, now_utc()), matches(case.store))
    counts = {stage.name: {part.words: part.count for part in stage.parts} for stage in found}
    assert counts["masks"] == {"ready": 3, "with a problem": 0}
    assert sum(counts["scenes"].values()) == 3
    assert counts["pairs"] == {"made": 3, "failed": 0, "to make": 0}
    assert counts["review"]["undecided"] == 3
    assert {stage.name: stage.waits for stage in found}["review"] == "3 pairs wait for a reviewer"
    pair_id = case.store.pairs()[0].pair_id
    decide(case.store, Decision(pair_id, "accept", "ann", None, now_utc()))
    found = stages(overview(case.store, now_utc()), matches(case.store))
    counts = {stage.name: {part.words: part.count for part in stage.parts} for stage in found}
    assert (counts["review"]["accepted"], counts["review"]["undecided"]) == (1, 2)
    assert counts["export"] == {"to go out": 1}


def test_every_state_of_a_decision_is_in_the_picture(case: Case) -> None:
    """A new state would be missing from the sum."""
    found = overview(case.store, now_utc())
    (review,) = (row for row in stages(found, matches(case.store)) if row.name == "review")
    assert len(review.parts) == len(DecisionState)


def test_a_bar_is_as_long_as_its_share_and_says_its_words() -> None:
    row = Stage("masks", [Part(30, "ready", "#56B4E9"), Part(0, "with <a> problem", "#E69F00")])
    html = bar_html(row, 120)
    assert "width:25.00%" in html
    assert "30 ready" in html
    assert "problem" not in html
    assert "with &lt;a&gt; problem" in bar_html(
        Stage("masks", [Part(1, "with <a> problem", "")]), 1
    )
    assert "nothing yet" in bar_html(Stage("masks", []), 1)


def test_a_workspace_with_work_shows_how_it_stands_first(case: Case) -> None:
    app = home()
    assert case.store.pairs()
    assert labels(app)[:5] == [
        f"**{name}**" for name in ("Masks", "Scenes", "Pairs", "Review", "Export")
    ]
    assert [header.value for header in app.subheader] == ["More"]


def test_the_demo_shows_how_far_it_is_and_can_be_cancelled(case: Case) -> None:
    job = claim(case.store, "demo", 21)
    job.report(7, 0)
    app = home()
    (bar,) = app.main.get("progress")
    assert "Making the demo" in bar.proto.text
    assert "33 %" in bar.proto.text
    assert "Load the demo" not in buttons(app)
    (cancel,) = (button for button in app.main.button if button.label == "Cancel")
    cancel.click().run()
    assert job.cancel_requested()
    (stopping,) = (button for button in app.sidebar.button if button.key == "cancel_demo")
    assert (stopping.label, stopping.disabled) == ("Stopping …", True)


def test_a_cancel_that_can_not_be_written_says_why(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DiskError("the disk of the database is full")

    claim(case.store, "demo", 21)
    app = home()
    monkeypatch.setattr("pages.shared.frame.request_cancel", refuse)
    (cancel,) = (button for button in app.sidebar.button if button.label == "Cancel")
    cancel.click().run()
    assert not app.exception
    assert [toast.value for toast in app.toast] == ["the disk of the database is full"]


@pytest.mark.usefixtures("empty")
def test_the_tour_of_an_empty_workspace_loads_the_demo_that_it_speaks_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("migrate_core.background.start", lambda *words: asked.append(words[2]))
    app = home()
    (button,) = (button for button in app.button if button.key == "tour_begin")
    button.click().run()
    assert asked == [MakeDemo()]
    assert "**The tour begins at Masks**" in labels(app)


def test_the_tour_leads_over_the_five_pages(case: Case) -> None:
    assert case.store.pairs()
    app = home()
    (button,) = (button for button in app.button if button.key == "tour_begin")
    button.click().run()
    assert "**The tour begins at Masks**" in labels(app)
    names = ("Masks", "Scenes", "Pairs", "Review", "Export")
    onward = [*(f"On to {name}" for name in names[1:]), "Back to Home"]
    for number, name in enumerate(names):
        app.switch_page(f"pages/{number + 1}_{name}.py").run()
        assert not app.exception
        # Beside the page: what it speaks of isn't pushed down.
        step = " ".join(text.value for text in app.sidebar.markdown)
        assert f"Tour, step {number + 1} of 5." in step
        links = [link.proto.label for link in app.sidebar.get("page_link")]
        assert onward[number] in links
    assert "yes" in app.query_params["tour"]
    (end,) = (button for button in app.button if button.key == "tour_end")
    end.click().run()
    assert "Tour, step" not in " ".join(text.value for text in app.markdown)
    assert "tour" not in app.query_params
    # A browser that hasn't renewed its address begins none.
    app.query_params["tour"] = "yes"
    assert "Tour, step" not in " ".join(text.value for text in app.run().markdown)


def test_a_tab_that_is_loaded_again_goes_on_with_the_tour(case: Case) -> None:
    assert case.store.pairs()
    app = AppTest.from_file("../../app.py", default_timeout=60)
    app.query_params["tour"] = "yes"
    app.run().switch_page("pages/1_Masks.py").run()
    assert "Tour, step 1 of 5." in " ".join(text.value for text in app.sidebar.markdown)


def test_no_page_has_a_step_without_the_tour(case: Case) -> None:
    assert case.store.pairs()
    app = AppTest.from_file("../../pages/1_Masks.py", default_timeout=60).run()
    assert "Tour, step" not in " ".join(text.value for text in app.markdown)
