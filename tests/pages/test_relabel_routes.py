"""The routes that draw on a label: what the mask and its new pair are then, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from shapely import Polygon, box

from migrate_core.grid import PixelGrid, reproject_geometries
from migrate_core.job_requests import MakePairs
from migrate_core.jobs.background import claim, holding
from migrate_core.masks.relabel.label_areas import LabelAreas, label_areas
from migrate_core.masks.vectors.features import read_features
from migrate_core.masks.vectors.polygons import union_by
from migrate_core.masks.vectors.segments import densified
from migrate_core.model import Mask, Pair, Shift
from migrate_core.pairs.files import read_document, write_document
from migrate_core.review.run import decide, new_decision
from migrate_core.store.serialize import to_json
from pages.shared.review import making
from pages.shared.review.guard import KEY, KEY_HEADER
from pages.shared.review.relabel_routes import relabel_routes
from pages.shared.review.repair_routes import repair_routes
from pages.shared.review.routes import routes
from tests.support import vectors
from tests.support.asgi import Answer, Client
from tests.support.pairs import CRS, DAY, NORTH, WEST
from tests.support.repairs import RepairCase, made_case, made_of
from tests.support.threads import InThreads

API = "/review-api"
# Across squares of both classes of the turned mask.
RING = [(WEST + 212.3, NORTH - 240.4), (WEST + 291.7, NORTH - 252.2), (WEST + 251.1, NORTH - 309.9)]


@dataclass
class Table:
    """A pair on the light table, and the runs that were begun for it."""

    made: RepairCase
    client: Client
    begun: list[MakePairs] = field(default_factory=list)

    @property
    def pair(self) -> Pair:
        return self.made.pair

    @property
    def mask(self) -> Mask:
        (mask,) = self.made.case.store.masks()
        return mask

    def post(self, path: str, **asked: Any) -> Answer:
        document = {"pair_id": self.pair.pair_id, "reviewer": "ann", **asked}
        return self.client.post(f"{API}/{path}", document)

    def preview(self, *operations: Any) -> Answer:
        return self.post(f"pairs/{self.pair.pair_id}/label", operations=operations)

    def save(self, *operations: Any) -> dict[str, Any]:
        answer = self.post("labels", operations=operations)
        assert answer.status == 200, answer.body
        return answer.json

    def make(self) -> None:
        """Make the pair that was begun last."""
        self.made.case.make(replace(self.begun[-1].options, workers=1))


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path / "workspace"))
    opened: list[RepairCase] = []

    def table(made: RepairCase) -> Table:
        opened.append(made)
        headers = {KEY_HEADER: KEY, "origin": "http://localhost:8501"}
        found = Table(made, Client([*routes(), *repair_routes(), *relabel_routes()], headers))
        monkeypatch.setattr(making, "start", lambda _store, _place, what: found.begun.append(what))
        return found

    yield table
    for made in opened:
        made.case.store.engine.dispose()


@pytest.fixture
def table(cases: Any, tmp_path: Path) -> Table:
    found: Table = cases(made_case(tmp_path))
    return found


def paint(value: int, ring: Any = RING) -> dict[str, Any]:
    return {"kind": "paint", "value": value, "ring": ring}


def of(areas: LabelAreas, value: int) -> shapely.Geometry:
    return union_by(areas.values, areas.polygons)[value]


def shares_of(area: shapely.Geometry, grid: PixelGrid) -> NDArray[np.float64]:
    """The share of each pixel of a grid that lies in an area, by overlays of its square."""
    rows, columns = np.indices(grid.shape)
    a, _, c, _, e, f = list(grid.transform)[:6]
    west, north = c + a * columns, f + e * rows
    squares = shapely.box(west, north + e, west + a, north)
    return shapely.area(shapely.intersection(squares, area)) / (a * -e)


def test_the_label_is_told_as_it_lies_on_the_pair(table: Table) -> None:
    found = table.client.get(f"{API}/pairs/{table.pair.pair_id}/label").json["polygons"]
    areas = label_areas(table.mask)
    assert [one["value"] for one in found] == areas.values.tolist()
    for one, polygon in zip(found, areas.polygons, strict=True):
        outer, *holes = one["rings"]
        assert Polygon(outer, holes).symmetric_difference(polygon).area < 0.1


def test_what_is_drawn_is_shown_before_it_is_saved(table: Table) -> None:
    before = label_areas(table.mask)
    found = table.preview(paint(1)).json
    come = [Polygon(*(one["rings"][:1]), one["rings"][1:]) for one in found["polygons"]]
    touched = shapely.intersects(before.polygons, Polygon(RING))
    assert found["gone"] == np.flatnonzero(touched).tolist()
    whole = shapely.union_all([*before.polygons[touched], Polygon(RING)])
    assert shapely.union_all(come).symmetric_difference(whole).area < 0.1
    assert table.preview().json == {"gone": [], "polygons": []}
    assert table.mask.version is None


def test_many_steps_are_taken_in_one_go(table: Table) -> None:
    assert table.preview(*[paint(one % 2) for one in range(400)]).status == 200


@pytest.mark.parametrize("value", [0, 1])
def test_shares_of_the_new_pair_are_the_exact_overlap(table: Table, value: int) -> None:
    before = label_areas(table.mask)
    answer = table.save(paint(value))
    assert (answer["started"], answer["text"]) == (True, "")
    table.make()
    assert table.pair.pair_id == answer["pair_id"]
    ring, old = Polygon(RING), of(before, 1)
    wanted = old.union(ring) if value else old.difference(ring)
    exact = shares_of(wanted, table.made.grid)
    np.testing.assert_allclose(table.made.read("fractions")[1], exact, atol=1e-6)
    version = table.mask.version
    assert version is not None
    assert (version.number, version.reviewer, version.file) == (2, "ann", None)
    assert table.made.document["mask"]["version"]["reviewer"] == "ann"


def test_polygons_that_are_not_touched_keep_their_corners(table: Table) -> None:
    before = label_areas(table.mask)
    table.save(paint(0))
    form = table.mask.vector
    assert form is not None
    saved = read_features(Path(form.features), form.area.bounds, CRS).geometries
    after = {part.normalize().wkb for part in shapely.get_parts(saved)}
    untouched = before.polygons[~shapely.intersects(before.polygons, Polygon(RING))]
    assert len(untouched) > 3
    assert all(polygon.normalize().wkb in after for polygon in untouched)


def test_without_an_operation_nothing_is_changed(table: Table) -> None:
    before = table.mask
    assert table.save()["pair_id"] == table.pair.pair_id
    assert table.mask == before


def test_a_label_that_is_moved_moves_no_drawing(table: Table) -> None:
    """By registration and by a nudge, which add up: the client takes what they are off."""
    document = read_document(table.made.folder)
    shift = to_json(Shift(7.5, -2.25, 1.0, reliable=True))
    document["registration"] = {"applied": True, "shift": shift}
    write_document(table.made.folder, document)
    path = f"{API}/pairs/{table.pair.pair_id}/label"
    before, areas = table.client.get(path).json, label_areas(table.mask)
    assert before["shift_m"] == [7.5, -2.25]
    table.post("edits", token="t", kind="nudge", document={"east_m": -2.5, "north_m": 1})
    after = table.client.get(path).json
    assert after == {"shift_m": [5, -1.25], "polygons": before["polygons"]}
    table.save(paint(0))
    wanted = of(areas, 1).difference(Polygon(RING))
    assert of(label_areas(table.mask), 1).symmetric_difference(wanted).area < 1e-5


def test_a_corner_is_moved_and_taken_away(table: Table) -> None:
    shown = table.client.get(f"{API}/pairs/{table.pair.pair_id}/label").json["polygons"]
    x, y = shown[0]["rings"][0][0]
    found = table.preview({"kind": "move", "at": [x, y], "to": [x + 2, y - 3]})
    assert found.status == 200, found.body
    places = [place for one in found.json["polygons"] for place in one["rings"][0]]
    assert min(np.hypot(*(np.array(places) - (x + 2, y - 3)).T)) < 1e-3
    assert table.preview({"kind": "remove", "at": [x, y]}).status == 200


def test_edges_stay_straight_in_a_mask_of_another_crs(cases: Any, tmp_path: Path) -> None:
    corner = box(WEST + 100, NORTH - 400, WEST + 400, NORTH - 100)
    features = vectors.frame([corner, box(*corner.centroid.buffer(50).bounds)], crs=CRS)
    path = vectors.write(tmp_path / f"m_{DAY}.geojson", features.to_crs("EPSG:4326"))
    mask = vectors.only(vectors.added(path))
    table: Table = cases(made_of(tmp_path, mask))
    before = densified(np.array([of(label_areas(mask), 1)], dtype=object), "EPSG:4326")
    ring = [(WEST + 130, NORTH - 130), (WEST + 370, NORTH - 140), (WEST + 240, NORTH - 370)]
    table.save(paint(0, ring))
    table.make()
    (label,) = reproject_geometries(before, "EPSG:4326", CRS)
    exact = shares_of(label.difference(Polygon(ring)), table.made.grid)
    np.testing.assert_allclose(table.made.read("fractions")[1], exact, atol=1e-6)


def test_the_earlier_decision_is_proposed_and_undo_brings_the_pair_back(table: Table) -> None:
    first = table.pair
    decide(table.made.case.store, new_decision(first.pair_id, "accept", "ann"))
    table.save(paint(1))
    table.make()
    edited = table.client.get(f"{API}/pairs/{table.pair.pair_id}", "reviewer=ben").json
    assert edited["proposal"]["pair_id"] == first.pair_id
    assert edited["label_version"]["text"] == "version 2 of the label, drawn by ann"
    answer = table.post("labels/undo", reviewer="ben").json
    table.make()
    assert table.pair.pair_id == answer["pair_id"] == first.pair_id
    assert table.pair.parameters == first.parameters
    found = table.client.get(f"{API}/pairs/{first.pair_id}", "reviewer=ann").json
    assert (found["decision"], found["label_version"]) == ("accepted", None)
    said = [(one["who"], one["verdict"]) for one in found["log"]]
    assert said == [
        ("ann", "accepted"),
        ("ann", "edited the label"),
        ("ben", "undid an edited label"),
    ]
    again = table.post("labels/undo")
    assert (again.status, "no edit to undo" in again.json["error"]) == (400, True)


def test_what_is_asked_for_twice_is_done_once(table: Table) -> None:
    pair_id = table.pair.pair_id
    document = {"pair_id": pair_id, "reviewer": "ann", "operations": [paint(1)]}
    answers = [table.client.post(f"{API}/labels", document).json for _ in range(2)]
    assert answers[0] == answers[1]
    assert table.mask.version is not None
    assert table.mask.version.number == 2
    other = table.client.post(f"{API}/labels", {**document, "operations": [paint(0)]})
    assert (other.status, "superseded" in other.json["error"]) == (400, True)


def test_while_pairs_are_made_it_is_to_be_asked_again(table: Table) -> None:
    with holding(claim(table.made.case.store, "pairs", 1)):
        answer = table.post("labels", operations=[paint(1)])
    assert (answer.status, table.mask.version) == (503, None)
    assert table.save(paint(1))["started"]


BOW = [RING[0], RING[1], (RING[0][0], RING[1][1]), (RING[1][0], RING[0][1])]


@pytest.mark.parametrize(
    ("operations", "status", "words"),
    [
        ([paint(0), paint(1, BOW)], 422, "Step 2: The boundary crosses"),
        ([paint(1), paint(1, RING[:2])], 400, "at least three corners"),
        ([paint(1, [(x + 9000, y) for x, y in RING])], 422, "outside of the mask's area"),
        ([paint(7)], 400, "no class of this mask; its values are 0, 1"),
        ([paint(1, [*RING, (None, 1)])], 400, "no operation on a label"),
        ([{"kind": "move", "at": [WEST, NORTH], "to": RING[0]}], 422, "no corner or edge"),
        ([{"kind": "smear", "at": RING[0]}], 400, "known are paint, move, remove"),
        ([3], 400, "no operation on a label"),
        ("paint", 400, "Needed is a list"),
        ([paint(1)] * 401, 400, "at most 400 steps"),
    ],
)
def test_what_can_not_be_drawn_is_refused_with_a_sentence(
    table: Table, operations: Any, status: int, words: str
) -> None:
    for path in (f"pairs/{table.pair.pair_id}/label", "labels"):
        answer = table.post(path, operations=operations)
        assert (answer.status, words in answer.json["error"]) == (status, True), answer.body
    assert table.mask.version is None


def test_without_the_key_nothing_is_drawn(table: Table) -> None:
    stranger = Client(list(relabel_routes()), {})
    document = {"pair_id": table.pair.pair_id, "reviewer": "ann", "operations": [paint(1)]}
    assert stranger.post(f"{API}/labels", document).status == 403
    assert stranger.get(f"{API}/pairs/{table.pair.pair_id}/label").status == 403
    assert table.mask.version is None
