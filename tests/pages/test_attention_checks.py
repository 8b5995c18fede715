"""Attention checks on the page: what the client gets of them is what it gets of any pair."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from migrate_core.review.checks.run import mix_in
from migrate_core.session import Session
from migrate_core.settings import Settings
from migrate_core.store.review.checks import all_checks
from pages.shared.review.guard import KEY, KEY_HEADER
from pages.shared.review.many_routes import many_routes
from pages.shared.review.repair_routes import repair_routes
from pages.shared.review.routes import routes
from pages.shared.review.triage.expectation import EXPECTED
from tests.support.asgi import Client
from tests.support.pairs import Case
from tests.support.triage import put_learnt_model

API = "/review-api"


@pytest.fixture
def client(case: Case) -> Client:
    headers = {KEY_HEADER: KEY, "origin": "http://localhost:8501"}
    return Client([*routes(), *repair_routes(), *many_routes()], headers)


@pytest.fixture
def check(case: Case) -> tuple[str, str]:
    """The ids of a check, and of the pair it was made from."""
    session = Session(Settings(workspace=case.workspace.root))
    mix_in(session, 0.3)
    session.store.engine.dispose()
    (found,) = all_checks(case.store)
    return found.pair.pair_id, found.of_pair


def queue(client: Client, **asked: Any) -> dict[str, Any]:
    found = client.post(f"{API}/queue", {"reviewer": "me", **asked})
    assert found.status == 200, found.body
    return found.json


def shape(value: Any) -> Any:
    """The fields of a document, all the way down; of a list those of its entries."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else type(value).__name__


def test_the_item_of_a_check_differs_from_that_of_its_pair_in_id_and_view_alone(
    client: Client, case: Case, check: tuple[str, str], tmp_path: Path
) -> None:
    put_learnt_model(case.store, tmp_path / "learnt")
    found, of_pair = (client.get(f"{API}/pairs/{one}", "reviewer=me").json for one in check)
    assert {name for name in found if found[name] != of_pair[name]} == {"pair_id", "view"}
    assert shape(found) == shape(of_pair)
    assert "check" not in str(found).lower()
    assert EXPECTED in [section["title"] for section in found["facts"]]


def test_the_queue_has_the_check_as_any_pair_and_counts_pairs_alone(
    client: Client, check: tuple[str, str]
) -> None:
    found = queue(client)
    rows = {row[0]: row[1:] for row in found["pairs"]}
    assert len(rows) == 4
    assert rows[check[0]] == rows[check[1]]
    assert found["counts"]["all"] == 3
    for order in ("random", "mask name", "most changed first"):
        assert {row[0] for row in queue(client, order=order)["pairs"]} == set(rows)
    undecided = queue(client, filter={"decision": "undecided", "text": "m0"})
    assert all(row[1] == "m0.tif" for row in undecided["pairs"])


def test_a_check_is_drawn_and_decided_as_any_pair_and_counts_nowhere(
    client: Client, check: tuple[str, str]
) -> None:
    views = [client.get(f"{API}/pairs/{one}/view") for one in check]
    assert [view.status for view in views] == [200, 200]
    document = {"token": uuid.uuid4().hex, "pair_id": check[0], "verdict": "reject"}
    answer = client.post(f"{API}/decisions", {**document, "reviewer": "me"}).json
    assert (answer["decision"], answer["mine"]) == ("rejected", "reject")
    assert answer["last"]["mask_name"].endswith(".tif")
    found = queue(client)
    assert found["counts"]["rejected"] == 0
    assert {row[0]: row[2] for row in found["pairs"]}[check[0]] == "rejected"
    assert client.get(f"{API}/pairs/{check[0]}/candidates").status == 200


def test_the_gallery_shows_what_the_light_table_does(
    client: Client, check: tuple[str, str]
) -> None:
    rows = {row[0]: row[1:] for row in queue(client, details=True)["pairs"]}
    assert rows[check[0]] == rows[check[1]]
    pictures = [client.get(f"{API}/pairs/{one}/small") for one in check]
    assert [picture.status for picture in pictures] == [200, 200]
