"""The review page around the light table: what it hands over, its filters and the gallery."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from migrate_core.jobs.background import now_utc
from migrate_core.model import Decision, PairParameters
from migrate_core.pairs.run.options import RunOptions
from migrate_core.review.run import decide, default_reviewer
from pages.shared.review.guard import KEY
from pages.shared.review.queue import queue_document
from tests.support.app import open_page
from tests.support.pairs import Case

ME = default_reviewer()


def opened(**query: str) -> AppTest:
    """The page, as it is after it was opened."""
    return open_page("pages/4_Review.py", **query)


def handed_over(app: AppTest) -> dict[str, Any]:
    """What the light table is given."""
    (found,) = app.main.get("bidi_component")
    return json.loads(found.proto.json)


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def choose(app: AppTest, key: str, value: str | None) -> None:
    app.selectbox(key=key).select(value).run()
    assert not app.exception


def look_at_many(app: AppTest) -> None:
    app.segmented_control(key="review_mode").set_value("Gallery").run()
    assert not app.exception


def listed(case: Case, **wanted: str) -> dict[str, Any]:
    """What the gallery is given by the routes."""
    asked = {"filter": wanted, "reviewer": ME, "details": True}
    return queue_document(case.store, asked)


def all_text(app: AppTest) -> str:
    elements = (*app.markdown, *app.caption, *app.info, *app.warning, *app.success, *app.error)
    return "\n".join(element.value for element in elements)


def say(case: Case, mask: str, verdict: str, who: str = ME) -> None:
    pair_id = case.pair_ids()[f"{mask} 20200202"]
    decide(case.store, Decision(pair_id, verdict, who, None, now_utc()))


def test_the_light_table_gets_what_it_needs_to_ask(case: Case) -> None:
    data = handed_over(opened())
    assert data["api"] == "/review-api"
    assert data["key"] == KEY
    assert (data["reviewer"], data["order"]) == (ME, "most suspicious first")
    assert (data["start"], data["opening"]) == (None, 0)
    assert data["theme"] in ("light", "dark")


def test_a_deep_link_opens_its_pair(case: Case) -> None:
    pair_id = case.pair_ids()["m2 20200202"]
    assert handed_over(opened(pair=pair_id))["start"] == pair_id


def test_filters_go_to_the_light_table(case: Case) -> None:
    app = opened()
    choose(app, "review_decision", "accepted")
    app.text_input(key="review_text").input("m1").run()
    assert handed_over(app)["filter"] == {"decision": "accepted", "text": "m1"}
    press(app, "Clear the filters")
    assert handed_over(app)["filter"] == {}


def test_filters_narrow_the_gallery_and_can_be_cleared(case: Case) -> None:
    say(case, "m0", "accept")
    app = opened()
    look_at_many(app)
    choose(app, "review_decision", "accepted")
    wanted = handed_over(app)["filter"]
    assert wanted == {"decision": "accepted"}
    assert len(listed(case, **wanted)["pairs"]) == 1
    app.text_input(key="review_text").input("nowhere").run()
    assert listed(case, **handed_over(app)["filter"])["pairs"] == []
    press(app, "Clear the filters")
    assert len(listed(case, **handed_over(app)["filter"])["pairs"]) == 3


def test_the_gallery_gets_what_it_needs_to_ask(case: Case) -> None:
    app = opened()
    look_at_many(app)
    data = handed_over(app)
    assert (data["api"], data["key"], data["reviewer"]) == ("/review-api", KEY, ME)


def test_the_gallery_says_how_far_the_review_is(case: Case) -> None:
    say(case, "m0", "reject", "ann")
    found = listed(case)
    assert (found["counts"]["undecided"], found["counts"]["all"]) == (2, 3)
    assert "rejected" in {row[2] for row in found["pairs"]}


def test_the_gallery_marks_what_was_decided_before(case: Case) -> None:
    say(case, "m0", "reject", "ann")
    case.make(RunOptions(workers=1, parameters=PairParameters("nearest")))
    found = listed(case)
    assert (None, "rejected before") in {(row[2], row[4]) for row in found["pairs"]}
    assert found["counts"]["undecided"] == 3


def test_settings_are_kept_while_one_looks_at_another_page(case: Case) -> None:
    app = opened()
    choose(app, "review_order", "mask name")
    app.text_input(key="review_reviewer").input("ann").run()
    app.switch_page("app.py").run()
    app.switch_page("pages/4_Review.py").run()
    data = handed_over(app)
    assert (data["reviewer"], data["order"]) == ("ann", "mask name")


def test_an_empty_workspace_says_what_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path))
    app = opened()
    assert "There is no pair to look at yet." in app.info[0].value
