"""What the review says of the triage: of one pair beside its pixels, and in its popover."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from migrate_core.job_requests import AcceptAutomatically, LearnTriage
from migrate_core.review.sampling.random_order import DOUBLE_REVIEW, random_position
from migrate_core.review.triage.run import accept_automatically, learn, switch, triage_state
from migrate_core.states import Verdict
from migrate_core.store.base import Store
from migrate_core.store.review.settings import put_review_settings, review_settings
from pages.shared.review.guard import KEY, KEY_HEADER
from pages.shared.review.queue import queue_document
from pages.shared.review.routes import routes
from pages.shared.review.triage.expectation import EXPECTED
from tests.pages.test_review import all_text, handed_over, opened, press, say
from tests.support.asgi import Client
from tests.support.background import note_launches
from tests.support.pairs import Case
from tests.support.triage import (
    a_store,
    decide_about,
    in_random_order,
    pairs_of,
    put_learnt_model,
)

PAIRS = pairs_of(400)
IN_ORDER = in_random_order(PAIRS)


def expected(pair_id: str, reviewer: str = "ann") -> list[list[str]] | None:
    """The rows of the section on the triage, as the client gets them; None without it."""
    client = Client(routes(), {KEY_HEADER: KEY, "origin": "http://localhost:8501"})
    found: dict[str, Any] = client.get(f"/review-api/pairs/{pair_id}", f"reviewer={reviewer}").json
    sections = [section for section in found["facts"] if section["title"] == EXPECTED]
    return sections[0]["rows"] if sections else None


def test_a_pair_tells_its_chance_and_what_speaks_loudest(case: Case, tmp_path: Path) -> None:
    clouded = case.pair_ids()["m0 20200202"]
    assert expected(clouded) is None
    put_learnt_model(case.store, tmp_path / "learnt")
    chance, *reasons = expected(clouded) or []
    assert chance[0] == "Accepted with a chance of"
    assert chance[1].endswith(" %")
    assert 1 <= len(reasons) <= 6
    assert ["over the label" in reason for (reason,) in reasons].count(True) >= 1
    assert all(reason.endswith((" for it", " against it")) for (reason,) in reasons)


def test_two_who_decide_independently_are_told_afterwards(case: Case, tmp_path: Path) -> None:
    put_learnt_model(case.store, tmp_path / "learnt")
    pair_id = case.pair_ids()["m0 20200202"]
    share = random_position(pair_id, DOUBLE_REVIEW) + 0.001
    put_review_settings(case.store, replace(review_settings(case.store), double_share=share))
    assert expected(pair_id) is None
    say(case, "m0", "reject", "ann")
    assert expected(pair_id, "ann")
    assert expected(pair_id, "bob") is None


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A workspace of many pairs, without files, which the app opens."""
    root = tmp_path / "many"
    root.mkdir()
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(root))
    store = a_store(root, PAIRS)
    yield store
    store.engine.dispose()


def panel() -> AppTest:
    """The page with the popover open."""
    app = opened()
    app.session_state["review_triage"] = True
    app.run()
    assert not app.exception
    return app


def button(app: AppTest, label: str) -> Any:
    return next(one for one in app.button if one.label == label)


def labels(app: AppTest) -> set[str]:
    return {one.label for one in app.button}


def switch_on(app: AppTest) -> None:
    next(one for one in app.toggle if one.label == "Accept automatically").set_value(True).run()
    assert not app.exception


def test_a_closed_popover_computes_nothing(many: Store) -> None:
    assert "Nothing was learnt" not in all_text(opened())


def test_too_few_decisions_are_counted(many: Store) -> None:
    decide_about(many, IN_ORDER[:37])
    app = panel()
    assert "Nothing was learnt yet." in all_text(app)
    assert "there are 37," in all_text(app)
    assert button(app, "Learn").disabled
    assert not app.toggle


def test_learning_accepting_listing_and_undoing(
    many: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_about(many, IN_ORDER[:150])
    launches = note_launches(monkeypatch, at_once=True)
    app = panel()
    press(app, "Learn")
    assert launches.found[-1] == ("triage", LearnTriage())
    said = all_text(app)
    assert re.search(r"Model \S+, learnt at .* from \d+ accepted and \d+ other pairs", said)
    assert re.search(r"AUC: 0\.\d\d", said)
    assert "at most 5 % are bad on average" in said
    found = re.search(r"Would accept (\d+) of 250 undecided pairs", said)
    assert found
    planned = int(found[1])
    assert planned > 100
    assert button(app, "Accept").disabled

    switch_on(app)
    assert review_settings(many).auto_accept
    press(app, "Accept")
    assert launches.found[-1] == ("triage", AcceptAutomatically())
    said = all_text(app)
    assert f"{planned} pairs were accepted by model" in said
    assert f"**{planned}** pairs are accepted by a model alone." in said
    assert "**Audit**: 0 of 100 accepted pairs looked at, 0 bad." in said
    assert f"Would accept 0 of {250 - planned} undecided pairs." in said

    press(app, "List them")
    assert app.segmented_control(key="review_mode").value == "Gallery"
    assert "decided by a model" in all_text(app)
    assert not labels(app) & {"List them", "Accept"}
    app.session_state["review_triage"] = True
    app.run()
    press(app, "Undo all that was accepted automatically")
    assert "are accepted by a model alone" not in all_text(app)
    assert f"Would accept {planned} of 250 undecided pairs." in all_text(app)
    undone = [entry for entry in many.decisions() if entry.verdict == Verdict.UNDO]
    assert len(undone) == planned


def test_the_audit_is_a_queue_of_its_own(many: Store) -> None:
    decide_about(many, IN_ORDER[:150])
    learn(many)
    switch(many, on=True)
    accept_automatically(many)
    app = panel()
    press(app, "Look at the audit")
    asked = handed_over(app)
    state = triage_state(many)
    assert asked["filter"] == {"audit": f"auto:{state.version}"}
    assert asked["order"] == "random"
    queue = queue_document(many, {**asked, "reviewer": "ann"})["pairs"]
    assert {row[0] for row in queue} == set(state.to_audit)
    assert len(queue) == 100
    wrong = {"filter": {"audit": "auto:another"}}
    assert queue_document(many, wrong)["pairs"] == []
    named = {pair.pair_id: pair for pair in PAIRS}
    decide_about(many, [named[queue[0][0]]], bad=True)
    app = panel()
    assert "**Audit**: 1 of 100 accepted pairs looked at, 1 bad." in all_text(app)
    assert "Evidence against the promise" in all_text(app)


def test_what_stops_it_is_told(many: Store) -> None:
    decide_about(many, IN_ORDER[20:200])
    learn(many)
    app = panel()
    assert "Stopped. Persons have decided about the first 0 pairs" in all_text(app)
    assert "Accept" not in labels(app)
    assert not app.toggle[0].value
