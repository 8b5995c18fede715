"""The map of decisions: pairs as signs, many near each other as one, and clicks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import shapely

from migrate_core.states import DecisionState
from pages.shared.maps import Outline
from pages.shared.review import decision_map as module
from pages.shared.review.decision_map import SIGNS
from tests.support.app import open_page
from tests.support.pairs import Case


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Outline]:
    """What the map is given."""
    found: list[Outline] = []

    def show(outlines: Sequence[Outline], **_: Any) -> None:
        found[:] = outlines

    monkeypatch.setattr(module, "show_map", show)
    return found


def opened_map() -> Any:
    app = open_page("pages/4_Review.py")
    app.segmented_control(key="review_mode").set_value("Map").run()
    assert not app.exception
    return app


def legend(app: Any) -> str:
    return " ".join(one.proto.body for one in app.main.get("html"))


def test_each_pair_is_a_footprint_and_a_sign(case: Case, drawn: list[Outline]) -> None:
    app = opened_map()
    assert Counter(one.key for one in drawn) == dict.fromkeys(case.pair_ids().values(), 2)
    assert {one.sign for one in drawn if one.geometry.geom_type == "Point"} == {"○"}
    assert "0 accepted" in legend(app)
    assert "3 undecided" in legend(app)


def test_signs_and_colours_tell_decisions_apart() -> None:
    assert set(SIGNS) == set(DecisionState)
    assert len({sign for _, sign in SIGNS.values()}) == len(SIGNS)
    assert len({colour for colour, _ in SIGNS.values()}) == len(SIGNS)


def test_filters_hold_on_the_map(case: Case, drawn: list[Outline]) -> None:
    app = opened_map()
    app.text_input(key="review_text").input("m1").run()
    assert {one.key for one in drawn} == {case.pair_ids()["m1 20200202"]}


def test_many_near_each_other_are_one_number(
    case: Case, drawn: list[Outline], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    opened_map()
    assert sum(int(one.sign.split()[1]) for one in drawn) == 3
    assert all("undecided" in one.label for one in drawn)
    # A click on a number looks at the area of its pairs, which holds them all.
    west, south, east, north = map(float, drawn[0].key.removeprefix("area:").split(","))
    assert shapely.box(west, south, east, north).contains(drawn[0].geometry)
