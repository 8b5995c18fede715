"""Filters and order of the review in the address: links, reloads, and what is wrong with them."""

from __future__ import annotations

from datetime import date

import pytest

from migrate_core.review.filters import QueueFilter, Range
from pages.shared.review.address import QueueChoice, read_choice
from tests.pages.test_review import choose, handed_over, opened, press
from tests.support.app import all_text
from tests.support.pairs import Case

FULL = {
    "order": "random",
    "decision": "undecided",
    "text": "m1",
    "suggestion": "accept",
    "tile": "31TDG",
    "scene": "S2A",
    "basis": "person",
    "by": "ann",
    "batch": "b1",
    "audit": "b2",
    "first": "2020-02-01",
    "last": "2020-02-03",
    "occluded": "..5",
    "days": "1..5",
    "change": "0.25..",
}
NAMES = [name for name in FULL if name != "order"]


def test_an_address_holds_all_filters() -> None:
    found, problems = read_choice(FULL)
    assert problems == ()
    assert found.order == "random"
    assert found.wanted == QueueFilter(
        "undecided", "m1", "accept", "31TDG", date(2020, 2, 1), date(2020, 2, 3), "", "S2A",
        "person", "ann", "b1",
        {"occluded": Range(None, 5), "days": Range(1, 5), "change": Range(0.25)}, "b2",
    )  # fmt: skip
    assert found.texts == FULL


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("order", "by chance", "is no order"),
        ("decision", "perhaps", "is no decision"),
        ("suggestion", "undo", "is no suggestion"),
        ("basis", "dice", "is no basis"),
        ("occluded", "little", "is no range"),
        ("first", "yesterday", "no day"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_holds(name: str, value: str, words: str) -> None:
    found, (problem,) = read_choice({**FULL, name: value})
    assert words in problem
    right = {key: text for key, text in FULL.items() if key != name}
    assert found == read_choice(right)[0]


def test_an_empty_address_is_all_pairs() -> None:
    assert read_choice({}) == (QueueChoice(), ())
    assert QueueChoice().texts == {}


def test_a_link_opens_the_queue_it_names(case: Case) -> None:
    app = opened(**FULL)
    data = handed_over(app)
    assert data["order"] == "random"
    assert data["filter"] == {name: FULL[name] for name in NAMES}
    assert app.selectbox(key="review_by").value == "ann"
    assert app.number_input(key="review_days_most").value == 5
    assert "label occluded at most 5 %" in all_text(app)
    assert {name: app.query_params[name] for name in FULL} == FULL


def test_what_is_chosen_stands_in_the_address(case: Case) -> None:
    app = opened(mask="m")
    choose(app, "review_decision", "accepted")
    choose(app, "review_order", "scene")
    app.number_input(key="review_occluded_most").set_value(2.5).run()
    address = dict(app.query_params)
    assert address == {"mask": "m", "decision": "accepted", "order": "scene", "occluded": "..2.5"}
    press(app, "Clear the filters")
    assert dict(app.query_params) == {"mask": "m", "order": "scene"}
    assert handed_over(app)["filter"] == {}


def test_a_wrong_value_is_said_until_something_else_is_chosen(case: Case) -> None:
    app = opened(decision="perhaps", days="..5")
    assert handed_over(app)["filter"] == {"days": "..5"}
    assert "'perhaps' is no decision; needed is one of undecided" in all_text(app)
    assert dict(app.query_params) == {"days": "..5"}
    app.run()
    assert "'perhaps'" in all_text(app)
    choose(app, "review_decision", "accepted")
    assert "'perhaps'" not in all_text(app)


def test_another_address_in_the_same_tab_is_followed(case: Case) -> None:
    app = opened(days="..5", decision="undecided")
    app.query_params.clear()
    app.query_params["by"] = "bob"
    app.run()
    assert handed_over(app)["filter"] == {"by": "bob"}


def test_an_address_that_was_left_meanwhile_changes_nothing(case: Case) -> None:
    """A slow server hears of the next change before the browser has the address of the last."""
    app = opened(days="..5")
    choose(app, "review_decision", "accepted")
    app.query_params.clear()
    app.query_params["days"] = "..5"
    choose(app, "review_suggestion", "accept")
    wanted = {"days": "..5", "decision": "accepted", "suggestion": "accept"}
    assert handed_over(app)["filter"] == wanted
    assert dict(app.query_params) == wanted
