"""The routes that repair pairs: what they do, answer and refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from migrate_core.errors import JobRunningError
from migrate_core.job_requests import MakePairs
from migrate_core.jobs.background import claim, holding
from migrate_core.model import PairParameters, Shift
from migrate_core.pairs.run.options import RunOptions
from migrate_core.pairs.view.packed import unpacked
from migrate_core.review.run import decide, new_decision
from migrate_core.states import PairState
from pages.shared.readers import Readers
from pages.shared.review import film_strip, making, repair_routes
from pages.shared.review.guard import KEY, KEY_HEADER
from pages.shared.review.routes import routes
from tests.support.asgi import Answer, Client
from tests.support.pairs import NORTH, WEST, Safe, find_scenes, write_safe
from tests.support.repairs import RepairCase, area, made_case
from tests.support.threads import InThreads

API = "/review-api"
LATER = Safe(sensed="20200204T104351", generated="20200204T134500", cloud_percent=8.0)
CLOUD = area(0, 0, 24, 60)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RepairCase]:
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    monkeypatch.setattr(film_strip, "_READERS", Readers())
    found = made_case(tmp_path)
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(found.case.workspace.root))
    yield found
    found.case.store.engine.dispose()


@pytest.fixture
def client(made: RepairCase) -> Client:
    headers = {KEY_HEADER: KEY, "origin": "http://localhost:8501"}
    return Client([*routes(), *repair_routes.repair_routes()], headers)


def item(client: Client, made: RepairCase, pair_id: str | None = None) -> dict[str, Any]:
    answer = client.get(f"{API}/pairs/{pair_id or made.pair.pair_id}", "reviewer=ann")
    assert answer.status == 200, answer.body
    return answer.json


def edit(client: Client, made: RepairCase, kind: str, token: str = "t", **document: Any) -> Answer:
    asked = {"token": token, "pair_id": made.pair.pair_id, "kind": kind, "reviewer": "ann"}
    return client.post(f"{API}/edits", {**asked, "document": document})


def test_an_area_is_ignored_and_the_answer_is_the_pair_as_it_is_then(
    made: RepairCase, client: Client
) -> None:
    before = item(client, made)
    assert (before["edits"], before["difference"]) == ([], None)
    assert before["nudge"] == {"east_m": 0, "north_m": 0, "proposed": None}
    answer = edit(client, made, "ignore", area=CLOUD, reason="cloud")
    assert answer.status == 200, answer.body
    after = answer.json
    assert after == item(client, made)
    assert after["suggestion"]["verdict"] == "accept"
    assert after["view"] != before["view"]
    (entry,) = after["edits"]
    assert after["facts"][0]["title"] == "Repairs"
    assert after["facts"][0]["rows"] == [["ann", "ignored 14.40 ha: cloud"]]
    assert (entry["kind"], entry["who"], entry["text"]) == (
        "ignore",
        "ann",
        "ignored 14.40 ha: cloud",
    )
    view = client.get(f"{API}/pairs/{made.pair.pair_id}/view", f"v={after['view']}")
    arrays = {array.name: array.pixels for array in unpacked(view.body).arrays}
    np.testing.assert_array_equal(arrays["label"], made.read("label")[0])
    np.testing.assert_array_equal(arrays["quality"], made.read("quality")[0])
    assert "difference" not in arrays


def test_the_mask_is_shown_where_its_label_lies(made: RepairCase, client: Client) -> None:
    def drawn() -> np.ndarray:
        view = unpacked(client.get(f"{API}/pairs/{made.pair.pair_id}/view").body)
        return next(one.pixels for one in view.arrays if one.name == "source_label")

    before = drawn()
    edit(client, made, "nudge", east_m=10, north_m=0)
    factor = before.shape[1] // made.grid.width
    np.testing.assert_array_equal(drawn()[:, factor:], before[:, :-factor])


def test_the_queue_goes_by_the_repaired_pair(made: RepairCase, client: Client) -> None:
    def clear() -> list[str]:
        asked = {"filter": {"suggestion": "accept"}, "reviewer": "ann"}
        return [row[0] for row in client.post(f"{API}/queue", asked).json["pairs"]]

    assert clear() == []
    edit(client, made, "ignore", "one", area=CLOUD)
    assert clear() == [made.pair.pair_id]
    edit(client, made, "undo", "two")
    assert clear() == []


def test_the_log_has_edits_and_decisions_in_order(made: RepairCase, client: Client) -> None:
    decide(made.case.store, new_decision(made.pair.pair_id, "unsure", "ben"))
    edit(client, made, "nudge", "one", east_m=2.5, north_m=-1)
    edit(client, made, "undo", "two")
    decide(made.case.store, new_decision(made.pair.pair_id, "accept", "ben"))
    log = [(entry["who"], entry["verdict"]) for entry in item(client, made)["log"]]
    moved = "moved the label 2.5 m east, -1 m north"
    assert log == [
        ("ben", "unsure"),
        ("ann", moved),
        ("ann", "took back an edit"),
        ("ben", "accepted"),
    ]
    document = {"token": "d", "pair_id": made.pair.pair_id, "verdict": "unsure", "reviewer": "ann"}
    answer = client.post(f"{API}/decisions", document).json["log"]
    assert [(entry["who"], entry["verdict"]) for entry in answer] == [*log, ("ann", "unsure")]


def test_the_same_token_counts_once(made: RepairCase, client: Client) -> None:
    for _ in range(3):
        answer = edit(client, made, "nudge", "click", east_m=2, north_m=0)
        assert answer.json["nudge"]["east_m"] == 2
    assert len(made.pair.edits) == 1


def test_the_measured_shift_is_proposed_as_far_as_it_is_left(
    made: RepairCase, client: Client
) -> None:
    shift = Shift(4.0, -3.0, 5.0, reliable=False)
    made.case.store.put_pairs([replace(made.pair, shift=shift)])
    proposed = item(client, made)["nudge"]["proposed"]
    assert proposed == {"east_m": 4.0, "north_m": -3.0, "reliable": False}


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"pair_id": "nobody"}, 404, "no pair nobody"),
        ({"kind": "paint"}, 400, "is no edit"),
        ({"kind": "undo"}, 400, "no edit to be undone"),
        ({"document": {"east_m": 1}}, 400, "north_m"),
        ({"document": [1]}, 400, "JSON object"),
        ({"token": ""}, 400, "no token"),
        ({"reviewer": None}, 400, "no reviewer"),
        ({"kind": "ignore", "document": {"area": "x" * 5_000_000}}, 400, "longer than"),
    ],
)
def test_what_can_not_be_done_is_refused_with_a_sentence(
    made: RepairCase, client: Client, asked: dict[str, Any], status: int, words: str
) -> None:
    whole = {"token": "t", "pair_id": made.pair.pair_id, "kind": "nudge", "reviewer": "ann"}
    answer = client.post(f"{API}/edits", {**whole, **asked})
    assert answer.status == status
    assert words in answer.json["error"]
    assert made.pair.edits == ()


def test_an_area_of_many_corners_is_taken(made: RepairCase, client: Client) -> None:
    ring = shapely.Point(WEST + 260, NORTH - 260).buffer(25, quad_segs=5000)
    drawn = {**CLOUD, "geometry": shapely.geometry.mapping(ring)}
    answer = edit(client, made, "ignore", area=drawn)
    assert answer.status == 200, answer.body


def test_without_the_key_nothing_is_repaired(made: RepairCase) -> None:
    stranger = Client(list(repair_routes.repair_routes()), {})
    assert edit(stranger, made, "nudge", east_m=1, north_m=1).status == 403
    assert stranger.get(f"{API}/pairs/{made.pair.pair_id}/candidates").status == 403
    assert made.pair.edits == ()


def test_a_pair_whose_edits_can_not_be_applied_says_so(made: RepairCase, client: Client) -> None:
    edit(client, made, "nudge", east_m=1, north_m=1)
    store = made.case.store
    store.put_pairs([replace(made.pair, edits=())])
    (mask,) = store.masks()
    Path(mask.path).rename(f"{mask.path}.away")
    found = item(client, made)
    assert any("could be applied" in warning for warning in found["warnings"])
    Path(f"{mask.path}.away").rename(mask.path)
    assert not any("could be applied" in warning for warning in item(client, made)["warnings"])
    assert len(made.pair.edits) == 1


def test_what_an_earlier_pair_differs_in_is_said_and_shown(
    made: RepairCase, client: Client
) -> None:
    earlier = made.pair.pair_id
    decide(made.case.store, new_decision(earlier, "accept", "ann"))
    made.case.make(RunOptions(workers=1, parameters=PairParameters(ignore_rim_m=5.0)))
    found = item(client, made)
    assert found["proposal"]["verdict"] == "accept"
    difference = found["difference"]
    assert difference["pair_id"] == earlier
    assert difference["label_pixels"] > 5
    assert difference["sentences"][0].startswith(f"{difference['label_pixels']} pixels")
    assert found["facts"][0]["title"] == "What differs from the earlier pair"
    assert found["facts"][0]["rows"] == [[one] for one in difference["sentences"]]
    path = f"{API}/pairs/{made.pair.pair_id}/view"
    arrays = {array.name: array.pixels for array in unpacked(client.get(path).body).arrays}
    assert int(arrays["difference"].sum()) == difference["label_pixels"]
    # Once it is confirmed there is no proposal any more, and still the difference.
    decide(made.case.store, new_decision(made.pair.pair_id, "accept", "ann"))
    again = item(client, made)
    assert again["proposal"] is None
    assert (again["difference"], again["view"]) == (difference, found["view"])


def test_repairs_of_an_earlier_pair_are_named_and_not_carried_over(
    made: RepairCase, client: Client
) -> None:
    earlier = made.pair.pair_id
    for token, kind in (("a", "ignore"), ("b", "nudge"), ("c", "undo")):
        document = {
            "ignore": {"area": CLOUD, "reason": "cloud"},
            "nudge": {"east_m": 2, "north_m": 0},
        }
        edit(client, made, kind, token, **document.get(kind, {}))
    (ignored,) = item(client, made)["edits"]
    made.case.make(RunOptions(workers=1, parameters=PairParameters(ignore_rim_m=5.0)))
    found = item(client, made)
    assert (found["edits"], found["pair_id"] != earlier) == ([], True)
    # Nobody has decided, and still it is said what differs from the pair that was repaired.
    difference, repairs = found["facts"][:2]
    assert difference["title"] == "What differs from the earlier pair"
    assert found["difference"]["pair_id"] == earlier
    assert repairs["title"] == "Repairs of the earlier pair"
    assert repairs["rows"] == [["ann", ignored["text"]]]
    assert "don't hold here" in repairs["note"]
    path = f"{API}/pairs/{made.pair.pair_id}/view"
    arrays = {array.name: array.pixels for array in unpacked(client.get(path).body).arrays}
    assert int(arrays["difference"].sum()) == found["difference"]["label_pixels"] > 0
    # The earlier pair itself has them, and no earlier one.
    old = item(client, made, earlier)
    assert ([one["text"] for one in old["edits"]], old["difference"]) == ([ignored["text"]], None)


# candidates


@pytest.fixture
def two(made: RepairCase, tmp_path: Path) -> RepairCase:
    """The case with a second candidate."""
    write_safe(tmp_path / "scenes", LATER)
    find_scenes(made.case, made.case.store.masks(), tmp_path / "scenes")
    return made


def test_candidates_come_with_their_pictures(two: RepairCase, client: Client) -> None:
    answer = client.get(f"{API}/pairs/{two.pair.pair_id}/candidates")
    found = answer.json
    present = {one["scene_id"]: one["present"] for one in found["scenes"]}
    assert present == {Safe().name: True, LATER.name: False}
    picture = client.get(f"{API}/candidates/{found['mask_id']}/{LATER.name}.webp")
    assert (picture.status, picture.headers["content-type"]) == (200, "image/webp")
    assert picture.body[8:12] == b"WEBP"
    gone = client.get(f"{API}/candidates/{found['mask_id']}/S2_nothing.webp")
    assert (gone.status, "no candidate" in gone.json["error"]) == (400, True)


def test_a_picture_that_is_being_read_is_to_be_asked_for_again(
    two: RepairCase, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair_routes, "candidate_picture", lambda *_: None)
    answer = client.get(f"{API}/candidates/{two.pair.mask_id}/{LATER.name}.webp")
    assert (answer.status, answer.headers["retry-after"]) == (202, "1")


def test_another_candidate_is_selected_and_its_pair_begun(
    two: RepairCase, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[MakePairs] = []
    monkeypatch.setattr(making, "start", lambda _store, _place, what: asked.append(what))
    before = two.pair
    document = {"pair_id": before.pair_id, "scene_id": LATER.name}
    answer = client.post(f"{API}/choose", document)
    assert answer.status == 200, answer.body
    assert answer.json["started"] is True
    (request,) = asked
    assert request.set_aside
    assert request.options.masks == frozenset({before.mask_id})
    # The run makes the pair that was told, and the decision is proposed for it.
    decide(two.case.store, new_decision(before.pair_id, "reject", "ann"))
    two.case.make(replace(request.options, workers=1))
    assert two.pair.pair_id == answer.json["pair_id"]
    assert item(client, two)["proposal"]["verdict"] == "reject"


def test_while_pairs_are_made_the_choice_is_kept_and_that_is_said(
    two: RepairCase, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> None:
        raise JobRunningError("Pairs are being made.")

    monkeypatch.setattr(making, "start", busy)
    document = {"pair_id": two.pair.pair_id, "scene_id": LATER.name}
    answer = client.post(f"{API}/choose", document)
    assert answer.json["started"] is False
    assert "Pairs are being made." in answer.json["text"]
    scenes = client.get(f"{API}/pairs/{two.pair.pair_id}/candidates").json["scenes"]
    assert [one["scene_id"] for one in scenes if one["selected"]] == [LATER.name]


def test_whether_a_pair_is_being_made_is_told(
    two: RepairCase, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def state_of(pair_id: str) -> tuple[str, str]:
        found = client.get(f"{API}/pairs/{pair_id}/making").json
        return found["state"], found["text"]

    assert state_of(two.pair.pair_id) == ("done", "")
    state, text = state_of("to_come")
    assert (state, "stopped" in text) == ("failed", True)
    with holding(claim(two.case.store, "pairs", 1)):
        assert state_of("to_come") == ("making", "")
    two.case.store.put_pairs([replace(two.pair, state=PairState.FAILED, error="No room.")])
    assert state_of(two.pair.pair_id) == ("failed", "No room.")


def test_what_is_no_candidate_can_not_be_chosen(two: RepairCase, client: Client) -> None:
    document = {"pair_id": two.pair.pair_id, "scene_id": "S2_nothing"}
    answer = client.post(f"{API}/choose", document)
    assert (answer.status, "not a candidate" in answer.json["error"]) == (400, True)
