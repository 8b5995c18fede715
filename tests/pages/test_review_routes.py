"""The routes of the review: what they answer, to whom, and what they write down."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import rasterio
from streamlit.web.server.app_discovery import discover_asgi_app

from migrate_core.errors import DatabaseUnusableError
from migrate_core.jobs.background import now_utc
from migrate_core.model import Decision, PairParameters
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.view.packed import unpacked
from migrate_core.review.filters import QueueFilter, filter_texts
from migrate_core.review.run import REASONS, decide
from migrate_core.states import Verdict
from pages.shared.frame import open_workspace
from pages.shared.review import routes as review_routes
from pages.shared.review.guard import KEY, KEY_HEADER
from pages.shared.review.routes import routes
from tests.support.app import APP
from tests.support.asgi import Answer, Client
from tests.support.pairs import Case

ME = "me"
ALL = QueueFilter()
API = "/review-api"


@pytest.fixture
def client(case: Case) -> Client:
    return Client(list(routes()), {KEY_HEADER: KEY, "origin": "http://localhost:8501"})


def pair_of(case: Case, name: str) -> str:
    return case.pair_ids()[f"{name} 20200202"]


def item(client: Client, pair_id: str, reviewer: str = ME) -> dict[str, Any]:
    answer = client.get(f"{API}/pairs/{pair_id}", f"reviewer={reviewer}")
    assert answer.status == 200, answer.body
    return answer.json


def queue(client: Client, wanted: QueueFilter = ALL, **asked: str) -> dict[str, Any]:
    document = {"filter": filter_texts(wanted), "reviewer": ME, **asked}
    answer = client.post(f"{API}/queue", document)
    assert answer.status == 200, answer.body
    return answer.json


def names(found: dict[str, Any]) -> list[str]:
    return [name for _, name, _, _ in found["pairs"]]


def say(client: Client, pair_id: str, verdict: str, **more: Any) -> Answer:
    document = {"token": uuid.uuid4().hex, "pair_id": pair_id, "verdict": verdict}
    return client.post(f"{API}/decisions", {**document, "reviewer": ME, **more})


def said(case: Case) -> list[tuple[str, str, str, str | None]]:
    """The log: mask, verdict, reviewer, reason."""
    names = {pair.pair_id: pair.mask_name for pair in case.store.pairs()}
    return [
        (names[entry.pair_id], entry.verdict, entry.reviewer, entry.reason)
        for entry in case.store.decisions()
    ]


def rows(found: dict[str, Any], title: str) -> list[list[str]]:
    """The rows of the section that begins so."""
    return next(one["rows"] for one in found["facts"] if one["title"].startswith(title))


def words(found: dict[str, Any]) -> str:
    """All facts, a row a line."""
    return "\n".join(": ".join(cells) for section in found["facts"] for cells in section["rows"])


# what is shown


def test_the_most_suspicious_pair_comes_first_with_what_hides_it(
    case: Case, client: Client
) -> None:
    found = queue(client)
    assert names(found) == ["m0.tif", "m1.tif", "m2.tif"]
    first = item(client, found["pairs"][0][0])
    assert (first["mask_name"], first["suggestion"]["verdict"]) == ("m0.tif", "reject")
    assert "Change inside the label: not measured: of " in words(first)
    assert "pixels inside the label 0 are clear (0 %); needed are 10, and 50 %" in words(first)
    table = {name: labelled for name, _, labelled in rows(first, "What occludes the ground")}
    assert table["cloud"] == "100.0 %"
    assert table["cloud shadow"] == "0.0 %"
    assert "processing baseline 02.14" in words(first)
    view = client.get(f"{API}/pairs/{first['pair_id']}/view", f"v={first['view']}")
    problem = unpacked(view.body).header["source_problem"]
    assert problem == "No source image was given with this mask."


def test_dates_of_both_images_and_the_time_between(case: Case, client: Client) -> None:
    dates = item(client, pair_of(case, "m1"))["dates"]
    assert dates == {
        "scene": "2020-02-02 10:43 UTC",
        "source": "2020-02-02",
        "offset": "from the same day as the mask's image",
    }


def test_a_pair_is_told_in_the_language_of_the_request(case: Case, client: Client) -> None:
    path = f"{API}/pairs/{pair_of(case, 'm1')}"
    german = client.get(path, "reviewer=me&language=de").json
    assert german["dates"]["offset"] == "vom selben Tag wie das Bild der Maske"
    assert "Die Szene" in [one["title"] for one in german["facts"]]
    english = item(client, pair_of(case, "m1"))
    assert client.get(path, "reviewer=me&language=../xx").json == english
    assert rows(english, "The scene")


def test_what_is_wrong_is_told_in_the_language_of_the_request(client: Client) -> None:
    asked = {"filter": {"text": 5}}
    answer = client.post(f"{API}/queue?language=de", asked)
    assert answer.status == 400
    assert answer.json["error"] == "Der Filter 'text' muss ein Text sein."
    assert "has to be a text" in client.post(f"{API}/queue", asked).json["error"]


def test_the_suggestion_of_a_pair_is_told_in_the_language_of_the_request(
    case: Case, client: Client
) -> None:
    path = f"{API}/pairs/{pair_of(case, 'm1')}"
    english = client.get(path, "reviewer=me").json["suggestion"]["reason"]
    german = client.get(path, "reviewer=me&language=de").json["suggestion"]["reason"]
    assert "of the label is occluded, so it is doubtful: 12.5 % under cloud." in english
    assert "verdeckt (das Label), daher zweifelhaft: 12.5 % unter Wolken." in german


def test_the_view_is_sent_packed_and_kept_by_its_version(case: Case, client: Client) -> None:
    found = item(client, pair_of(case, "m1"))
    answer = client.get(f"{API}/pairs/{found['pair_id']}/view", f"v={found['view']}")
    assert answer.status == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert {"private", "immutable"} <= set(answer.headers["cache-control"].split(", "))
    assert unpacked(answer.body).header["version"] == found["view"]


def test_views_are_made_a_few_at_once_and_leave_threads_to_decisions(
    case: Case, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work: list[int] = []
    most: list[int] = []

    def slow(*_: object) -> bytes:
        at_work.append(1)
        most.append(len(at_work))
        time.sleep(0.05)
        at_work.pop()
        return b""

    monkeypatch.setattr(review_routes, "stored_view", slow)
    asked = [f"{API}/pairs/{pair_of(case, 'm1')}/view"] * 12
    assert {answer.status for answer in client.get_at_once(asked)} == {200}
    assert len(most) == 12
    assert 1 < max(most) <= max(2, os.cpu_count() or 1)


def test_what_may_change_is_not_kept(case: Case, client: Client) -> None:
    for answer in (
        client.get(f"{API}/pairs/{pair_of(case, 'm1')}", "reviewer=me"),
        client.post(f"{API}/queue", {}),
        client.get(f"{API}/pairs/gone"),
    ):
        assert answer.headers["cache-control"] == "no-store"


def test_a_pair_of_several_products_says_so(case: Case, client: Client) -> None:
    pair_id = pair_of(case, "m2")
    assert "Mosaicked" not in words(item(client, pair_id))
    pair = case.store.pair(pair_id)
    assert pair is not None
    case.store.put_pairs([replace(pair, scene_ids=(*pair.scene_ids, "its neighbour"))])
    assert "Mosaicked from 2 products of one overpass" in words(item(client, pair_id))


def test_what_pair_json_says_of_the_label_is_shown(case: Case, client: Client) -> None:
    pair_id = pair_of(case, "m2")
    path = case.workspace.pair(pair_id) / "pair.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["objects"]["sentences"] = ["12 of 340 barns [old] are under 50 m2: drop them"]
    document["ignore_rim"] = {"width_m": 13.0, "pixels": 9, "labelled": 0.25}
    document["warnings"] = ["The offset is doubtful."]
    path.write_text(json.dumps(document), encoding="utf-8")
    found = item(client, pair_id)
    notes = rows(found, "Worth knowing")
    assert ["12 of 340 barns [old] are under 50 m2: drop them."] in notes
    assert ["The boundary buffer of 13 m took 25.0 % of the labelled pixels."] in notes
    assert f"Change inside the label: {document['change_note']}" in words(found)
    assert found["warnings"] == ["The offset is doubtful."]


def test_a_pair_of_an_earlier_version_is_shown_without_what_it_lacks(
    case: Case, client: Client
) -> None:
    pair_id = pair_of(case, "m2")
    path = case.workspace.pair(pair_id) / "pair.json"
    kept = ("pair_id", "mask", "scenes", "grid", "bands", "occlusion", "suggestion", "parameters")
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({name: document[name] for name in kept}), encoding="utf-8")
    found = item(client, pair_id)
    assert "Worth knowing" not in [one["title"] for one in found["facts"]]
    view = unpacked(client.get(f"{API}/pairs/{pair_id}/view").body)
    assert view.header["pair_id"] == pair_id


def test_a_link_to_a_pair_that_is_not_there_says_so(client: Client) -> None:
    for path in ("gone", "gone/view", "..%2Fmigrate.db"):
        answer = client.get(f"{API}/pairs/{path}")
        assert answer.status == 404
    assert "There is no pair gone" in client.get(f"{API}/pairs/gone").json["error"]


def test_a_pair_that_is_not_made_says_why(case: Case, client: Client) -> None:
    pair = case.store.pair(pair_of(case, "m1"))
    assert pair is not None
    case.store.put_pairs([replace(pair, state="failed", error="The product is damaged.")])
    answer = client.get(f"{API}/pairs/{pair.pair_id}")
    assert answer.status == 404
    assert answer.json["error"].endswith("is failed, not made. The product is damaged.")


def test_a_pair_without_red_is_shown_with_the_bands_it_has(case: Case, client: Client) -> None:
    pair_id = pair_of(case, "m0")
    path = case.workspace.pair(pair_id) / "image.tif"
    with rasterio.open(path) as dataset:
        kept = [number for number in dataset.indexes if dataset.descriptions[number - 1] != "B04"]
        pixels, profile = dataset.read(kept), {**dataset.profile, "count": len(kept)}
        bands = [dataset.descriptions[number - 1] for number in kept]
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(pixels)
        dataset.descriptions = tuple(bands)
    view = unpacked(client.get(f"{API}/pairs/{pair_id}/view").body)
    assert "B04" not in view.header["bands"]
    assert len(view.header["bands"]) == len(view.arrays[0].pixels) == 11


def test_files_that_are_gone_are_told_and_the_queue_goes_on(case: Case, client: Client) -> None:
    pair_id = pair_of(case, "m0")
    shutil.rmtree(case.workspace.pair(pair_id))
    answer = client.get(f"{API}/pairs/{pair_id}/view")
    assert answer.status == 422
    assert "run “Make pairs”" in answer.json["error"]
    assert item(client, pair_id)["mask_name"] == "m0.tif"
    assert say(client, pair_id, "reject").status == 200
    assert names(queue(client))[1] == "m1.tif"


def test_a_superseded_pair_says_what_became_of_it(case: Case, client: Client) -> None:
    old = pair_of(case, "m0")
    assert item(client, old)["superseded"] is None
    case.make(RunOptions(workers=1, parameters=PairParameters("nearest")))
    found = item(client, old)
    assert found["state"] == "superseded"
    assert "It is not exported" in found["superseded"]


# the queue


def test_filters_and_order_make_the_queue(case: Case, client: Client) -> None:
    say(client, pair_of(case, "m1"), "accept")
    assert names(queue(client, QueueFilter("accepted"))) == ["m1.tif"]
    assert names(queue(client, QueueFilter(text="M2"))) == ["m2.tif"]
    assert names(queue(client, QueueFilter(suggestion="reject"))) == ["m0.tif"]
    day = now_utc().date()
    assert names(queue(client, QueueFilter(first=day))) == []
    assert names(queue(client, QueueFilter(last=day), order="mask name")) == [
        "m0.tif", "m1.tif", "m2.tif",
    ]  # fmt: skip


def test_counts_are_of_all_pairs(case: Case, client: Client) -> None:
    for name, verdict in (("m0", "reject"), ("m1", "accept"), ("m2", "unsure")):
        say(client, pair_of(case, name), verdict)
    found = queue(client, QueueFilter(text="nowhere"))
    assert found["pairs"] == []
    counts = {name: count for name, count in found["counts"].items() if count}
    assert counts == {"all": 3, "accepted": 1, "rejected": 1, "unsure": 1}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"order": "by chance"}, "no order"),
        ({"filter": {"color": "red"}}, "no filter"),
        ({"filter": {"first": "yesterday"}}, "no day"),
        ({"filter": {"text": 5}}, "has to be a text"),
    ],
)
def test_what_the_queue_does_not_know_is_told(
    client: Client, asked: dict[str, Any], words: str
) -> None:
    answer = client.post(f"{API}/queue", asked)
    assert answer.status == 400
    assert words in answer.json["error"]


def test_a_second_reviewer_sees_what_they_have_not_decided(case: Case, client: Client) -> None:
    for pair_id in case.pair_ids().values():
        decide(case.store, Decision(pair_id, "accept", "ann", None, now_utc()))
    wanted = QueueFilter("not decided by me", reviewer=ME)
    found = queue(client, wanted)
    assert found["pairs"][0][1:] == ["m0.tif", "accepted", None]
    say(client, found["pairs"][0][0], "reject")
    assert names(queue(client, wanted)) == ["m1.tif", "m2.tif"]
    assert said(case)[-1] == ("m0.tif", "reject", ME, None)
    assert queue(client)["pairs"][0][2:] == ["conflict", "reject"]


def test_pairs_made_since_are_in_the_queue(case: Case, client: Client) -> None:
    before = {row[0] for row in queue(client)["pairs"]}
    case.make(RunOptions(workers=1, parameters=PairParameters("nearest")))
    after = {row[0] for row in queue(client)["pairs"]}
    assert len(after) == 3
    assert not before & after


# decisions


def test_a_decision_is_answered_with_what_is_written(case: Case, client: Client) -> None:
    answer = say(client, pair_of(case, "m0"), "reject", reasons=["cloud"])
    assert said(case) == [("m0.tif", "reject", ME, "cloud")]
    found = answer.json
    assert (found["pair_id"], found["decision"]) == (pair_of(case, "m0"), "rejected")
    assert found["mine"] == "reject"
    assert [(one["who"], one["verdict"], one["reason"]) for one in found["log"]] == [
        (ME, "rejected", "cloud")
    ]
    assert found["last"]["mask_name"] == "m0.tif"


@pytest.mark.parametrize(
    ("reasons", "note", "written"),
    [
        (["other"], "haze", "other: haze"),
        (["haze", "cloud"], "", "cloud, haze"),
        (["cloud", "wrong date"], " in the north ", "cloud, wrong date: in the north"),
        ([], "my words", "my words"),
        ([], "  ", None),
    ],
)
def test_reasons_and_a_note_make_one_text(
    case: Case, client: Client, reasons: list[str], note: str, written: str | None
) -> None:
    assert say(client, pair_of(case, "m0"), "reject", reasons=reasons, note=note).status == 200
    assert said(case) == [("m0.tif", "reject", ME, written)]


def test_undo_takes_back_the_last_decision_and_names_the_one_before(
    case: Case, client: Client
) -> None:
    say(client, pair_of(case, "m0"), "accept")
    last = say(client, pair_of(case, "m1"), "accept").json["last"]
    assert (last["mask_name"], last["verdict"]) == ("m1.tif", "accept")
    undone = say(client, last["pair_id"], "undo").json
    assert (undone["decision"], undone["mine"]) == (None, None)
    assert undone["last"]["mask_name"] == "m0.tif"
    assert say(client, undone["last"]["pair_id"], "undo").json["last"] is None
    assert [(name, verdict) for name, verdict, _, _ in said(case)] == [
        ("m0.tif", "accept"),
        ("m1.tif", "accept"),
        ("m1.tif", Verdict.UNDO),
        ("m0.tif", Verdict.UNDO),
    ]
    answer = say(client, pair_of(case, "m0"), "undo")
    assert answer.status == 400
    assert "decided nothing to undo" in answer.json["error"]


@pytest.mark.parametrize("verdict", ["accept", "undo"])
def test_the_same_request_twice_is_written_once(case: Case, client: Client, verdict: str) -> None:
    pair_id = pair_of(case, "m0")
    if verdict == "undo":
        say(client, pair_id, "reject")
    before = len(said(case))
    first = say(client, pair_id, verdict, token="press")
    assert say(client, pair_id, verdict, token="press").body == first.body
    assert first.status == 200
    assert len(said(case)) == before + 1


def test_a_repeated_request_changes_nothing_after_others_followed(
    case: Case, client: Client
) -> None:
    """A browser that got no answer asks again, while the reviewer went on."""
    pair_id = pair_of(case, "m0")
    say(client, pair_id, "accept", token="lost")
    say(client, pair_id, "reject")
    assert say(client, pair_id, "accept", token="lost").json["mine"] == "reject"
    assert [verdict for _, verdict, _, _ in said(case)] == ["accept", "reject"]


def test_saying_the_same_again_adds_nothing_to_the_log(case: Case, client: Client) -> None:
    pair_id = pair_of(case, "m0")
    say(client, pair_id, "accept")
    say(client, pair_id, "accept")
    assert said(case) == [("m0.tif", "accept", ME, None)]
    say(client, pair_id, "accept", reasons=["cloud"])
    assert said(case)[1:] == [("m0.tif", "accept", ME, "cloud")]


def test_what_one_said_before_an_undo_can_be_said_again(case: Case, client: Client) -> None:
    pair_id = pair_of(case, "m0")
    for verdict in ("accept", "undo", "accept"):
        say(client, pair_id, verdict)
    assert [verdict for _, verdict, _, _ in said(case)] == ["accept", "undo", "accept"]


def test_decisions_at_once_are_all_written(case: Case, client: Client) -> None:
    pair_ids = list(case.pair_ids().values())

    def decide_all(reviewer: str) -> list[int]:
        return [say(client, one, "accept", reviewer=reviewer).status for one in pair_ids]

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(decide_all, ["ann", "bob"]))
    assert found == [[200] * 3] * 2
    assert sorted(who for _, _, who, _ in said(case)) == ["ann"] * 3 + ["bob"] * 3
    assert {row[2] for row in queue(client)["pairs"]} == {"accepted"}


def test_the_same_request_at_once_is_written_once(case: Case, client: Client) -> None:
    pair_id = pair_of(case, "m0")
    with ThreadPoolExecutor(4) as threads:
        each = [threads.submit(say, client, pair_id, "accept", token="one") for _ in range(8)]
        assert {one.result().status for one in each} == {200}
    assert len(said(case)) == 1


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"verdict": "perhaps"}, 400, "no verdict"),
        ({"reasons": ["weather"]}, 400, "no reason"),
        ({"reasons": "cloud"}, 400, "a list"),
        ({"pair_id": "gone"}, 400, "'gone' is no pair"),
        ({"reviewer": " "}, 400, "no reviewer"),
        ({"token": None}, 400, "no token"),
        ({"token": ["a"]}, 400, "no token"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(
    case: Case, client: Client, changes: dict[str, Any], status: int, words: str
) -> None:
    document = {"token": "t", "pair_id": pair_of(case, "m0"), "verdict": "accept", "reviewer": ME}
    answer = client.post(f"{API}/decisions", {**document, **changes})
    assert (answer.status, said(case)) == (status, [])
    assert words in answer.json["error"]


def test_what_was_decided_about_an_earlier_pair_is_proposed(case: Case, client: Client) -> None:
    old = pair_of(case, "m0")
    decide(case.store, Decision(old, "reject", "ann", "cloud", now_utc()))
    case.make(RunOptions(workers=1, parameters=PairParameters("nearest")))
    (new,) = [p for p in case.store.pairs() if p.mask_name == "m0.tif" and p.state == "done"]
    found = item(client, new.pair_id)["proposal"]
    assert (found["pair_id"], found["verdict"], found["reason"]) == (old, "reject", "cloud")
    assert found["text"].startswith("Proposed: reject (decided on ")
    words = "by ann: cloud on the earlier pair; what differs: resampling (nearest, was bil"
    assert words in found["text"]
    assert names(queue(client, QueueFilter("proposed from an earlier pair"))) == ["m0.tif"]
    assert queue(client)["counts"]["undecided"] == 3
    say(client, new.pair_id, "reject", note=found["reason"])
    log = [(e.verdict, e.reviewer, e.reason) for e in case.store.decisions(new.pair_id)]
    assert log == [("reject", ME, "cloud")]
    assert item(client, new.pair_id)["proposal"] is None
    say(client, new.pair_id, "undo")
    assert item(client, new.pair_id)["proposal"]["verdict"] == "reject"


def test_of_reviewers_who_disagreed_nothing_is_proposed(case: Case, client: Client) -> None:
    old = pair_of(case, "m0")
    for who, verdict in (("ann", "accept"), ("bob", "reject")):
        decide(case.store, Decision(old, verdict, who, None, now_utc()))
    case.make(RunOptions(workers=1, parameters=PairParameters("nearest")))
    (new,) = [p for p in case.store.pairs() if p.mask_name == "m0.tif" and p.state == "done"]
    found = item(client, new.pair_id)["proposal"]
    assert "On the earlier pair reviewers disagreed" in found["text"]
    assert found["verdict"] is None


# who may ask


def asked(client: Client, case: Case, **headers: str) -> list[Answer]:
    """One request to each route that says or changes anything."""
    pair_id = pair_of(case, "m0")
    document = {"token": "t", "pair_id": pair_id, "verdict": "accept", "reviewer": ME}
    return [
        client.get(f"{API}/pairs/{pair_id}", **headers),
        client.get(f"{API}/pairs/{pair_id}/view", **headers),
        client.post(f"{API}/queue", {}, **headers),
        client.post(f"{API}/decisions", document, **headers),
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:8502"},
        {"origin": "null"},
        {"x_review_key": "guess"},
        {"x_review_key": ""},
        {"x_review_key": "schlüssel"},
    ],
)
def test_pages_of_others_get_no_answer(case: Case, client: Client, headers: dict[str, str]) -> None:
    answers = asked(client, case, **headers)
    assert {answer.status for answer in answers} == {403}
    assert all(set(answer.json) == {"error"} for answer in answers)
    assert said(case) == []


def test_programs_without_an_origin_need_the_key_alone(case: Case) -> None:
    bare = Client(list(routes()), {KEY_HEADER: KEY})
    assert {answer.status for answer in asked(bare, case)} == {200}
    assert {answer.status for answer in asked(Client(list(routes()), {}), case)} == {403}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_form_of_another_page_can_not_decide(case: Case, client: Client, kind: str) -> None:
    """A form is sent without asking first, but never as JSON."""
    assert [answer.status for answer in asked(client, case, content_type=kind)[2:]] == [415, 415]
    assert said(case) == []


def test_json_with_a_character_set_is_json(client: Client) -> None:
    assert (
        client.post(f"{API}/queue", {}, content_type="application/json; charset=utf-8").status
        == 200
    )


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff", b" " * 70_000 + b"{}"])
def test_what_is_no_document_is_refused(client: Client, body: bytes) -> None:
    assert client.post(f"{API}/decisions", body).status == 400


@pytest.mark.parametrize(
    "name",
    [
        "routes.py",
        "../routes.py",
        "..%2froutes.py",
        "%2e%2e",
        ".",
        "",
        "/etc/passwd",
        "a\x00",
        "lighttable/draw/../../routes.py",
        "lighttable/draw",
    ],
)
def test_only_the_files_of_the_component_are_served(client: Client, name: str) -> None:
    answer = client.get(f"{API}/assets/{name}")
    assert answer.status == 404
    assert b"import" not in answer.body


def test_the_component_is_served_without_a_key(case: Case) -> None:
    bare = Client(list(routes()), {})
    for name, path in review_routes.assets().items():
        answer = bare.get(f"{API}/assets/{name}")
        assert answer.body == path.read_bytes()
        kinds = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
        kind = kinds[path.suffix]
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["cache-control"] == "no-cache"
    components = {"review/lighttable/lighttable.js", "review/gallery/gallery.js"}
    assert {*components, "language/de.json", "scenes/strip/strip.js"} < set(review_routes.assets())


def test_routes_lie_below_the_path_of_the_server(case: Case) -> None:
    below = Client(list(routes("/labels")), {KEY_HEADER: KEY})
    assert below.post(f"/labels{API}/queue", {}).status == 200
    assert below.post(f"{API}/queue", {}).status == 404


def test_what_is_unforeseen_is_logged_and_told_without_a_traceback(
    case: Case, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(review_routes, "queue_document", broken)
    with caplog.at_level(logging.ERROR):
        answer = client.post(f"{API}/queue", {})
    assert answer.status == 500
    assert "secret" not in answer.body.decode()
    assert "secret detail" in caplog.text


def test_a_request_opens_the_workspace_once(
    case: Case, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    monkeypatch.setattr(
        review_routes, "open_workspace", lambda: opened.append(1) or open_workspace()
    )
    assert [answer.status for answer in asked(client, case)] == [200] * 4
    assert len(opened) == 4


def test_a_database_that_is_busy_may_answer_later(
    case: Case, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise DatabaseUnusableError("The database is locked.")

    monkeypatch.setattr(review_routes, "decide_once", busy)
    answer = say(client, pair_of(case, "m0"), "accept")
    assert (answer.status, answer.json) == (503, {"error": "The database is locked."})


# the app and the client around them


def test_the_server_finds_the_application_that_has_the_routes() -> None:
    """`streamlit run app.py` imports it; a script without one would be served without routes."""
    assert discover_asgi_app(APP).import_string == "app:app"


def test_the_client_has_a_key_for_each_reason() -> None:
    code = review_routes.assets()["review/lighttable/actions.js"].read_text(encoding="utf-8")
    listed = code.partition("const REASON_TEXTS = {")[2].partition("}")[0]
    assert tuple(re.findall(r't\("([^"]+)"\)', listed)) == REASONS
    assert tuple(re.findall(r'^ +"?([^":]+)"?:', listed, re.MULTILINE)) == REASONS
