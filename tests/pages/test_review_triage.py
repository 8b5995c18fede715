"""What the review says of the triage: of one pair beside its pixels, and in its popover."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from migrate_core.review.sampling.random_order import DOUBLE_REVIEW, random_position
from migrate_core.store.review.settings import put_review_settings, review_settings
from pages.shared.review.guard import KEY, KEY_HEADER
from pages.shared.review.routes import routes
from pages.shared.review.triage.expectation import EXPECTED
from tests.pages.test_review import say
from tests.support.asgi import Client
from tests.support.pairs import Case
from tests.support.triage import put_learnt_model


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
