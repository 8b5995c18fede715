"""The routes that decide about many pairs at once."""

from __future__ import annotations

import io
import shutil
import uuid
from typing import Any

import numpy as np
import pytest
from PIL import Image

from migrate_core.review.run import decide, new_decision
from migrate_core.store.review.batches import batch_entries
from pages.shared.review.guard import KEY, KEY_HEADER
from pages.shared.review.many_routes import many_routes
from pages.shared.review.queue import queue_document
from pages.shared.review.routes import routes
from tests.support.asgi import Answer, Client
from tests.support.pairs import Case

API = "/review-api"
RULE = {"filter": {"text": "m"}, "verdict": "accept", "reviewer": "me"}


@pytest.fixture
def client(case: Case) -> Client:
    found = [*routes(), *many_routes()]
    return Client(found, {KEY_HEADER: KEY, "origin": "http://localhost:8501"})


def post(client: Client, path: str, document: dict[str, Any]) -> Answer:
    return client.post(f"{API}/{path}", document)


def decide_many(client: Client, pair_ids: list[str], **more: Any) -> Answer:
    document = {"token": uuid.uuid4().hex, "verdict": "accept", "reviewer": "me", **more}
    return post(client, "batches", {**document, "pair_ids": pair_ids})


def decisions(case: Case) -> list[str | None]:
    return [row[2] for row in queue_document(case.store, {"order": "mask name"})["pairs"]]


def test_a_selection_is_decided_as_one_batch_and_undone(case: Case, client: Client) -> None:
    first, second, _ = sorted(case.pair_ids().values())
    token = uuid.uuid4().hex
    for _ in range(2):  # an answer that was lost
        answer = decide_many(client, [first, second], token=token, reasons=["haze"], note="far")
        assert answer.json == {"batch_id": token}
    assert [one.reason for one in case.store.decisions()] == ["haze: far"] * 2
    assert sorted(map(str, decisions(case))) == ["None", "accepted", "accepted"]
    (batch,) = client.get(f"{API}/batches").json["batches"]
    assert (batch["kind"], batch["pairs"], batch["undone"], batch["audit"]) == (
        "selection", 2, False, None,
    )  # fmt: skip
    asked = {"batch_id": token, "reviewer": "bob"}
    assert post(client, "batches/undo", asked).json == {"undone": 2}
    assert decisions(case) == [None, None, None]
    (batch,) = client.get(f"{API}/batches").json["batches"]
    assert batch["undone"]


def test_wrong_selections_decide_nothing(case: Case, client: Client) -> None:
    (pair_id, *_) = case.pair_ids().values()
    for wrong in (
        decide_many(client, [pair_id, "nothing"]),
        decide_many(client, [pair_id], verdict="undo"),
        decide_many(client, [pair_id], verdict="maybe"),
        decide_many(client, [pair_id], reasons=["tired"]),
        post(client, "batches", {"token": "t", "verdict": "accept", "reviewer": "me"}),
        post(client, "batches/undo", {"batch_id": "nothing", "reviewer": "me"}),
    ):
        assert wrong.status == 400
    assert case.store.decisions() == []


def test_a_rule_is_shown_applied_and_audited_blind(case: Case, client: Client) -> None:
    found = post(client, "rules/preview", RULE).json
    assert (found["pairs"], found["audit"], len(found["examples"])) == (3, 3, 3)
    assert found["sentences"][0] == "Accept 3 of 3 undecided pairs."
    assert case.store.decisions() == []
    batch = post(client, "rules", {**RULE, "audit": 1, "token": "b"}).json
    assert batch == {"batch_id": "b", "pairs": 3, "audited": 1}
    (listed,) = client.get(f"{API}/batches").json["batches"]
    assert (listed["text"], listed["audit"]["size"]) == (found["text"], 1)
    queue = post(client, "queue", {"filter": {"audit": "b"}, "reviewer": "me"}).json["pairs"]
    ((pair_id, _, decision, mine),) = queue
    assert (decision, mine) == (None, None)
    item = client.get(f"{API}/pairs/{pair_id}", "reviewer=me").json
    assert (item["decision"], item["mine"], item["log"]) == (None, None, [])
    decide(case.store, new_decision(pair_id, "reject", "ann"))
    item = client.get(f"{API}/pairs/{pair_id}", "reviewer=me").json
    assert (item["decision"], len(item["log"])) == ("rejected", 2)
    (listed,) = client.get(f"{API}/batches").json["batches"]
    assert "After 1 random checks with 1 bad pair" in listed["audit"]["sentence"]


def test_what_is_no_rule_is_refused(case: Case, client: Client) -> None:
    for more in ({"filter": {}}, {"verdict": "undo"}, {"filter": {"text": "nowhere"}}):
        assert post(client, "rules", {**RULE, **more, "audit": 1, "token": "b"}).status == 400
    assert post(client, "rules", {**RULE, "audit": "few", "token": "b"}).status == 400
    assert batch_entries(case.store) == []


def test_a_small_picture_is_drawn_once_and_again_when_the_pair_changed(
    case: Case, client: Client
) -> None:
    pair_id = case.pair_ids()["m0 20200202"]
    address = f"{API}/pairs/{pair_id}/small"
    answer = client.get(address)
    assert answer.headers["content-type"] == "image/webp"
    picture = np.asarray(Image.open(io.BytesIO(answer.body)))
    assert picture.shape[0] >= 100
    assert picture.std() > 0
    tag = answer.headers["etag"]
    assert client.get(address, **{"if-none-match": tag}).status == 304
    document = case.workspace.pair(pair_id) / "pair.json"
    document.write_text(document.read_text())
    again = client.get(address, **{"if-none-match": tag})
    assert (again.status, again.headers["etag"] != tag) == (200, True)
    assert len(list((case.workspace.views / "small").iterdir())) == 1
    assert client.get(f"{API}/pairs/nothing/small").status == 404


def test_a_pair_without_files_is_told_in_the_gallery(case: Case, client: Client) -> None:
    pair_id = case.pair_ids()["m0 20200202"]
    shutil.rmtree(case.workspace.pair(pair_id))
    answer = client.get(f"{API}/pairs/{pair_id}/small")
    assert answer.status == 422
    assert "can't be read" in answer.json["error"]


def test_only_pages_of_this_server_decide(case: Case) -> None:
    stranger = Client(many_routes(), {})
    assert stranger.get(f"{API}/batches").status == 403
    assert post(stranger, "rules", {**RULE, "audit": 0, "token": "b"}).status == 403
