"""Pairs of scenes that aren't usable by the limits of the search: made after a yes only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from migrate_core.pairs.run.options import RunOptions
from tests.support.app import open_page
from tests.support.background import Launches, note_launches
from tests.support.pairs import Case, Safe, numbered_masks, prepare, write_safe

QUESTION = "The selected scenes of 2 masks without a pair are not usable"


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """Three masks; the only scene of the first two is clouded."""
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path / "workspace"))
    write_safe(tmp_path / "scenes", Safe())
    case = prepare(
        tmp_path / "workspace", numbered_masks(tmp_path / "masks", 3), tmp_path / "scenes"
    )
    candidates = case.store.candidates()
    for mask in case.store.masks()[:2]:
        (only,) = candidates[mask.mask_id]
        case.store.put_candidates({mask.mask_id: [replace(only.ranked, usable=False)]})
    yield case
    case.store.engine.dispose()


@pytest.fixture
def launches(monkeypatch: pytest.MonkeyPatch) -> Launches:
    return note_launches(monkeypatch)


def choice(app: AppTest) -> str:
    """The question, empty where none is asked."""
    return next((one.label for one in app.button_group if one.key == "pairs_unusable"), "")


def pairs_that_cost(app: AppTest) -> set[int]:
    """For how many pairs the table says what they cost."""
    (table,) = [one.value for one in app.dataframe if "Way" in one.value]
    return set(table["Pairs"])


def options_of(launches: Launches) -> RunOptions:
    options: RunOptions = launches.found[-1][1].options
    return options


def test_they_are_left_out_as_long_as_nobody_says_otherwise(case: Case, launches: Launches) -> None:
    app = open_page("pages/3_Pairs.py")
    assert QUESTION in choice(app)
    assert app.button(key="pairs_make").label == "Make 1 pair"
    app.button(key="pairs_make").click().run()
    assert options_of(launches).leave_out_unusable


def test_of_one_scene_the_question_is_in_the_singular(case: Case) -> None:
    (mask_id, (only, *_)) = next(
        (mask_id, found)
        for mask_id, found in case.store.candidates().items()
        if not found[0].ranked.usable
    )
    case.store.select(mask_id, only.ranked.scene.scene_id)
    app = open_page("pages/3_Pairs.py")
    assert "The selected scene of 1 mask without a pair is not usable" in choice(app)
    (asked,) = (one for one in app.button_group if one.key == "pairs_unusable")
    assert list(asked.options) == ["Leave it out", "Make it, too"]


def test_they_are_made_once_somebody_says_yes(case: Case, launches: Launches) -> None:
    app = open_page("pages/3_Pairs.py")
    app.button_group(key="pairs_unusable").set_value(True).run()
    assert app.button(key="pairs_make").label == "Make 3 pairs"
    app.button(key="pairs_make").click().run()
    assert not options_of(launches).leave_out_unusable
    assert not app.exception


def test_costs_count_what_would_be_made(case: Case) -> None:
    for mask_id, (found, *_) in case.store.candidates().items():
        scene = replace(found.ranked.scene, source="cdse", href="cdse:1")
        case.store.put_scenes([scene])
        case.store.put_candidates({mask_id: [replace(found.ranked, scene=scene)]})
    app = open_page("pages/3_Pairs.py")
    assert pairs_that_cost(app) == {1}
    app.button_group(key="pairs_unusable").set_value(True).run()
    assert pairs_that_cost(app) == {3}


def test_nothing_is_asked_about_scenes_that_a_person_chose(case: Case) -> None:
    for mask_id, (only, *_) in case.store.candidates().items():
        case.store.select(mask_id, only.ranked.scene.scene_id)
    app = open_page("pages/3_Pairs.py")
    assert choice(app) == ""
    assert app.button(key="pairs_make").label == "Make 3 pairs"
