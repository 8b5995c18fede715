"""An edited label takes the place of the one before, with all that belongs to it; undo."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
from sqlalchemy.exc import IntegrityError

from migrate_core.errors import MaskError
from migrate_core.jobs.background import working
from migrate_core.masks.raster.udm import occlusion_problem
from migrate_core.masks.register.edit import MaskEdit, edited
from migrate_core.model import Mask
from migrate_core.pairs.source.image import source_grid
from migrate_core.review.proposals import proposed_decisions
from migrate_core.store.base import Store
from migrate_core.store.mask_versions import version_log
from tests.support import vectors
from tests.support.builders import write_raster
from tests.support.masks import PIXELS, Answer, run
from tests.support.pairs import open_case, write_mask
from tests.support.repairs import TURNED, RepairCase, made_case
from tests.support.threads import InThreads


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RepairCase:
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    return made_case(tmp_path)


def the_mask(store: Store) -> Mask:
    (mask,) = store.masks()
    return mask


class Desk:
    """The commands on the workspace of a case."""

    def __init__(self, made: RepairCase, folder: Path) -> None:
        self.made, self.folder, self.store = made, folder, made.case.store

    def run(self, *words: object, status: int = 0) -> Answer:
        answer = run(self.made.case.workspace.root, *words)
        assert answer.status == status, answer.said
        return answer

    def edit(self, *, shrink: float = 0.0) -> Answer:
        """The labels out, each polygon smaller by so many metres, and back."""
        mask_id = the_mask(self.store).mask_id
        path = self.folder / f"{mask_id}-{shrink:g}.gpkg"
        self.run("masks", "labels", mask_id, path)
        frame = pyogrio.read_dataframe(path, layer="labels")
        smaller = gpd.GeoDataFrame(
            frame[["class", "name"]], geometry=frame.geometry.buffer(-shrink), crs=frame.crs
        )
        if shrink:
            pyogrio.write_dataframe(smaller, path, layer="labels", driver="GPKG")
        return self.run("masks", "relabel", mask_id, path, "--reviewer", "ann", "--json")


@pytest.fixture
def desk(made: RepairCase, tmp_path: Path) -> Desk:
    return Desk(made, tmp_path)


def test_it_is_the_same_mask_in_all_but_its_labels(desk: Desk) -> None:
    before = the_mask(desk.store)
    answer = desk.edit()
    after = the_mask(desk.store)
    assert answer.document == {
        "mask_id": after.mask_id,
        "was": before.mask_id,
        "version": 2,
        "notes": [],
    }
    assert after.mask_id != before.mask_id
    same = ("name", "path", "sha256", "acquired", "extent", "footprint", "part", "key")
    assert [getattr(after, one) for one in same] == [getattr(before, one) for one in same]
    assert after.classes.stored == before.classes.stored
    assert replace(after.source, valid_from=None) == replace(before.source, valid_from=None)
    assert after.version is not None
    assert (after.version.edited_from, after.version.reviewer) == (before.mask_id, "ann")
    row = desk.run("masks", "list", "--json").document[0]
    assert (row["mask_id"], row["state"]) == (after.mask_id, "ready")


def test_images_without_a_georeference_lie_where_they_lay(desk: Desk) -> None:
    before = the_mask(desk.store)
    desk.edit()
    after = the_mask(desk.store)
    plain = write_raster(desk.folder / "plain.tif", np.ones((40, 40), np.uint8), crs=None)
    with rasterio.open(plain) as dataset:
        assert source_grid(dataset, after) == source_grid(dataset, before) == before.grid
    assert occlusion_problem(plain, after) is occlusion_problem(plain, before) is None


def test_the_pair_follows_and_no_pixel_changes_without_an_edit(desk: Desk) -> None:
    made, store = desk.made, desk.store
    before, old = made.pair, {name: made.read(name) for name in ("label", "fractions", "quality")}
    desk.run("review", "decide", before.pair_id, "accept")
    answer = desk.edit()
    assert "the mask has other labels now, so 1 pair that is decided (1 accepted)" in answer.said
    assert [pair.state for pair in store.pairs()] == ["superseded"]
    desk.run("pairs", "make", "--workers", 1)
    after = made.pair
    assert after.pair_id != before.pair_id
    assert after.scene_ids == before.scene_ids
    for name, pixels in old.items():
        np.testing.assert_allclose(made.read(name), pixels, rtol=0, atol=1e-6)
    with rasterio.open(made.folder / "label.tif") as dataset:
        assert (dataset.read() == old["label"]).all()
    assert proposed_decisions(store) == {after.pair_id: "accepted proposed"}
    said = made.document["mask"]["version"]
    assert (said["number"], said["reviewer"]) == (2, "ann")


def test_the_chosen_candidate_stays_chosen(desk: Desk) -> None:
    (candidate,) = desk.store.candidates().popitem()[1]
    mask_id = the_mask(desk.store).mask_id
    assert desk.store.select(mask_id, candidate.ranked.scene.scene_id)
    desk.edit()
    ((after, (carried,)),) = desk.store.candidates().items()
    assert after == the_mask(desk.store).mask_id
    assert (carried.selected, carried.chosen_by_person) == (True, True)
    assert carried.ranked == candidate.ranked
    desk.run("masks", "relabel", after, "--undo")
    assert list(desk.store.candidates()) == [mask_id]


def test_an_undo_brings_the_earlier_label_and_its_pair_back(desk: Desk) -> None:
    made, first, pair = desk.made, the_mask(desk.store), desk.made.pair
    files = made.bytes()
    desk.run("review", "decide", pair.pair_id, "accept")
    desk.edit(shrink=1)
    second = the_mask(desk.store)
    desk.run("pairs", "make", "--workers", 1)
    assert made.bytes() != files
    desk.edit(shrink=2)
    third = the_mask(desk.store)
    assert third.version is not None
    assert third.version.number == 3
    for mask in (second, first):
        desk.run("masks", "relabel", the_mask(desk.store).mask_id, "--undo", "--reviewer", "ben")
        assert the_mask(desk.store) == mask
    desk.run("pairs", "make", "--workers", 1)
    assert (made.pair.pair_id, made.bytes()) == (pair.pair_id, files)
    (row,) = (r for r in desk.run("pairs", "list", "--json").document if r["state"] == "done")
    assert row["decision"] == "accepted"
    refused = desk.run("masks", "relabel", first.mask_id, "--undo", status=2)
    assert "no edit to undo" in refused.said
    log = version_log(desk.store, first.key)
    assert [(one.kind, one.reviewer) for one in log] == [
        ("edit", "ann"),
        ("edit", "ann"),
        ("undo", "ben"),
        ("undo", "ben"),
    ]
    assert [one.after_id for one in log] == [
        second.mask_id,
        third.mask_id,
        second.mask_id,
        first.mask_id,
    ]
    assert second.version is not None
    assert log[0].sha256 == second.version.sha256


def test_the_same_edit_gives_the_same_mask_again_but_another_number(desk: Desk) -> None:
    desk.edit(shrink=1)
    second = the_mask(desk.store)
    assert second.version is not None
    desk.run("masks", "relabel", second.mask_id, "--undo")
    path = desk.folder / second.version.file
    first = the_mask(desk.store)
    desk.run("masks", "relabel", first.mask_id, path)
    again = the_mask(desk.store)
    assert again.mask_id == second.mask_id
    assert again.version is not None
    assert again.version.number == 3
    answer = desk.run("masks", "relabel", again.mask_id, path, "--json")
    assert "nothing was changed" in answer.document["notes"][0]
    assert answer.document["version"] == 3
    refused = desk.run("masks", "relabel", first.mask_id, path, status=2)
    assert f"but {again.mask_id} in its place" in refused.said


def test_a_mask_that_is_added_again_keeps_its_edits(desk: Desk) -> None:
    desk.edit(shrink=1)
    second = the_mask(desk.store)
    answer = desk.run("masks", "add", second.path, "--date", "2020-02-03")
    assert "its labels were edited; version 2 stays in force" in answer.said
    found = the_mask(desk.store)
    assert str(found.acquired) == "2020-02-03"
    assert (found.mask_id, found.form, found.version) == (
        second.mask_id,
        second.form,
        second.version,
    )
    moved = Path(second.path).rename(desk.folder / Path(second.path).name)
    desk.run("masks", "add", moved)
    found = the_mask(desk.store)
    assert (found.mask_id, found.path, found.form) == (second.mask_id, str(moved), second.form)


def test_other_content_of_the_file_counts_and_that_is_said(desk: Desk) -> None:
    desk.edit(shrink=1)
    second = the_mask(desk.store)
    write_mask(Path(second.path), PIXELS, TURNED)
    answer = desk.run("masks", "add", second.path, "--date", "2020-02-02")
    assert f"the labels of {second.mask_id} were edited, but its file is another one" in answer.said
    found = the_mask(desk.store)
    assert found.version is None
    assert found.vector is None


def test_polygons_that_are_added_again_keep_their_edits(tmp_path: Path) -> None:
    shapes = [vectors.square(0, 0), vectors.square(400, 0)]
    path = vectors.write(
        tmp_path / "a_2020-02-02.gpkg", vectors.frame(shapes, {"kind": ["x", "y"]})
    )
    root = tmp_path / "workspace"
    words = ("masks", "add", path, "--class-field", "kind", "--margin", 50)
    assert run(root, *words).status == 0
    store = open_case(root).store
    first, second = store.masks()
    out = tmp_path / "out.gpkg"
    assert run(root, "masks", "labels", second.mask_id, out).status == 0
    assert run(root, "masks", "relabel", second.mask_id, out).status == 0
    kept, version = store.masks()
    assert kept == first
    assert version.part == second.part
    assert run(root, *words).status == 0
    assert store.masks() == [first, version]
    store.engine.dispose()


def test_nothing_changes_when_the_log_cannot_be_written(desk: Desk) -> None:
    before = the_mask(desk.store)
    database = desk.made.case.workspace.database
    with sqlite3.connect(database) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON masks BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    connection.close()
    path = desk.folder / "out.gpkg"
    desk.run("masks", "labels", before.mask_id, path)
    with pytest.raises(IntegrityError, match="full"):
        desk.run("masks", "relabel", before.mask_id, path)
    assert desk.store.masks() == [before]
    assert version_log(desk.store, before.key) == []
    assert list(desk.store.candidates()) == [before.mask_id]
    assert [pair.state for pair in desk.store.pairs()] == ["done"]


def test_the_crs_of_edited_labels_is_not_changed(desk: Desk) -> None:
    before = the_mask(desk.store)
    desk.store.put_masks([replace(before, user_set=("crs",))])
    desk.edit()
    with pytest.raises(MaskError, match=r"edited in EPSG:32631.*--undo"):
        edited(the_mask(desk.store), MaskEdit(crs="EPSG:32630"))


def test_labels_stay_while_pairs_are_made_of_them(desk: Desk) -> None:
    before = the_mask(desk.store)
    path = desk.folder / "out.gpkg"
    desk.run("masks", "labels", before.mask_id, path)
    with working(desk.store, "pairs"):
        answer = run(desk.made.case.workspace.root, "masks", "relabel", before.mask_id, path)
    assert answer.status != 0
    assert "`pairs` is at work already" in answer.said
    assert the_mask(desk.store) == before


def test_wrong_use_is_told(desk: Desk, tmp_path: Path) -> None:
    mask_id = the_mask(desk.store).mask_id
    assert "is no mask" in desk.run("masks", "labels", "gone", tmp_path / "x.gpkg", status=2).said
    assert "or else say --undo" in desk.run("masks", "relabel", mask_id, status=2).said
