"""The routes of the review where several persons use them: double review and leases."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from migrate_core.store.review.settings import ReviewSettings, put_review_settings
from pages.shared.review.guard import KEY, KEY_HEADER
from pages.shared.review.routes import routes
from tests.support.asgi import Answer, Client
from tests.support.pairs import Case

API = "/review-api"


@pytest.fixture
def client(case: Case) -> Client:
    return Client(list(routes()), {KEY_HEADER: KEY})


@pytest.fixture
def pair_id(case: Case) -> str:
    return case.pair_ids()["m0 20200202"]


def say(client: Client, pair_id: str, who: str, verdict: str, **more: Any) -> dict[str, Any]:
    document = {"token": uuid.uuid4().hex, "pair_id": pair_id, "verdict": verdict, "reviewer": who}
    answer = client.post(f"{API}/decisions", {**document, **more})
    assert answer.status == 200, answer.body
    return answer.json


def item(client: Client, pair_id: str, who: str) -> dict[str, Any]:
    return client.get(f"{API}/pairs/{pair_id}", f"reviewer={who}").json


def queue(client: Client, who: str, **wanted: str) -> dict[str, Any]:
    return client.post(f"{API}/queue", {"reviewer": who, "filter": wanted}).json


def lease(client: Client, who: str, pair_ids: list[str], **more: Any) -> Answer:
    document = {"reviewer": who, "window": f"of {who}", "pair_ids": pair_ids, "known": 0}
    return client.post(f"{API}/leases", {**document, **more})


# double review


def test_the_second_reviewer_is_not_shown_what_the_first_said(
    case: Case, client: Client, pair_id: str
) -> None:
    put_review_settings(case.store, ReviewSettings(double_share=1.0))
    before = [item(client, pair_id, "bob"), queue(client, "bob")["pairs"]]
    answer = say(client, pair_id, "ann", "reject", note="a cloud in the north")
    assert answer["decision"] == "rejected"
    after = [item(client, pair_id, "bob"), queue(client, "bob")["pairs"]]
    assert after == before
    assert pair_id in [row[0] for row in queue(client, "bob", decision="undecided")["pairs"]]
    assert queue(client, "bob", by="ann")["pairs"] == []
    assert queue(client, "bob")["counts"]["undecided"] == 3
    assert queue(client, "ann")["counts"]["undecided"] == 2
    assert item(client, pair_id, "ann")["log"][0]["reason"] == "a cloud in the north"


def test_once_two_have_decided_both_see_all(case: Case, client: Client, pair_id: str) -> None:
    put_review_settings(case.store, ReviewSettings(double_share=1.0))
    say(client, pair_id, "ann", "reject")
    answer = say(client, pair_id, "bob", "accept")
    assert (answer["decision"], len(answer["log"])) == ("conflict", 2)
    assert item(client, pair_id, "cem")["decision"] == "conflict"


def test_who_takes_their_decision_back_is_blind_again(
    case: Case, client: Client, pair_id: str
) -> None:
    put_review_settings(case.store, ReviewSettings(double_share=1.0))
    for who in ("ann", "bob"):
        say(client, pair_id, who, "accept")
    answer = say(client, pair_id, "bob", "undo")
    assert (answer["decision"], answer["mine"]) == (None, None)
    assert {entry["who"] for entry in answer["log"]} == {"bob"}


def test_without_double_review_all_is_seen_as_before(client: Client, pair_id: str) -> None:
    say(client, pair_id, "ann", "reject")
    assert item(client, pair_id, "bob")["decision"] == "rejected"
    assert len(queue(client, "bob", decision="undecided")["pairs"]) == 2


# leases


def test_who_opens_pairs_gets_those_that_nobody_has_open(
    case: Case, client: Client, pair_id: str
) -> None:
    first = lease(client, "ann", [pair_id]).json
    assert first["granted"] == [pair_id]
    found = lease(client, "bob", [pair_id]).json
    assert (found["granted"], found["others"][pair_id]["reviewer"]) == ([], "ann")
    lease(client, "ann", [])
    assert lease(client, "bob", [pair_id]).json["granted"] == [pair_id]


def test_the_queue_says_up_to_which_decision_it_goes(client: Client, pair_id: str) -> None:
    assert queue(client, "bob")["newest"] == 0
    say(client, pair_id, "ann", "accept")
    assert queue(client, "bob")["newest"] == 1
    assert lease(client, "bob", []).json["statuses"] == {pair_id: ["accepted", None]}
    assert lease(client, "bob", [], known=1).json["statuses"] == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"pair_ids": "m0"},
        {"pair_ids": [1]},
        {"pair_ids": ["p"] * 21},
        {"known": "all"},
        {"window": ""},
        {"reviewer": None},
    ],
)
def test_a_request_for_leases_that_makes_no_sense_is_refused(
    client: Client, changes: dict[str, Any]
) -> None:
    document = {"reviewer": "ann", "window": "w", "pair_ids": [], "known": 0, **changes}
    assert client.post(f"{API}/leases", document).status == 400


# conflicts


def test_a_conflict_shows_all_that_was_said_and_is_settled(client: Client, pair_id: str) -> None:
    say(client, pair_id, "ann", "accept")
    say(client, pair_id, "bob", "reject", reasons=["cloud"])
    found = item(client, pair_id, "cem")
    assert found["conflict"] == "ann: accept; bob: reject (cloud)"
    (row,) = queue(client, "cem", decision="conflict")["pairs"]
    assert row[0] == pair_id
    answer = say(client, pair_id, "cem", "reject", settles=True)
    assert (answer["decision"], answer["conflict"]) == ("rejected", None)
    assert answer["log"][-1]["verdict"] == "settled: rejected"
    assert queue(client, "cem", decision="conflict")["pairs"] == []
    assert say(client, pair_id, "cem", "undo")["decision"] == "conflict"
