"""A workspace that version 0.1.0 made before its modules were sorted into folders still opens.

`tests/data/workspace-schema-1.zip` holds its tables as SQL with `@ROOT@` for its folder, two masks,
their product, and four pairs: two were accepted or left undecided, then made again with a boundary
buffer, so that they are superseded.
"""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from migrate_core.cli import cli
from migrate_core.jobs.background import answer, latest_job, messages, working
from migrate_core.review.queue_rows import queue_rows, review_item
from migrate_core.states import Level
from migrate_core.store.base import open_store
from migrate_core.store.schema.migrations import SCHEMA_VERSION
from migrate_core.workspace import Workspace

# Adding and making start worker processes.
pytestmark = pytest.mark.slow

ARCHIVE = Path(__file__).resolve().parents[1] / "data" / "workspace-schema-1.zip"
OLD_PAIR = "m0-20200120-e3f9e6c3_20200202_d52e9eed"
NEW_PAIR = "m0-20200120-e3f9e6c3_20200202_1422329c"
MASK_IDS = ["m0-20200120-e3f9e6c3", "m1-20200120-76bc96ec"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The workspace as the older version left it, in a folder of its own."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(tmp_path)
    for document in (tmp_path / "workspace" / "pairs").glob("*/pair.json"):
        text = document.read_text(encoding="utf-8")
        document.write_text(text.replace("@ROOT@", str(tmp_path)), encoding="utf-8")
    script = (tmp_path / "migrate.sql").read_text(encoding="utf-8")
    with sqlite3.connect(tmp_path / "workspace" / "migrate.db") as connection:
        connection.executescript(script.replace("@ROOT@", str(tmp_path)))
    connection.close()
    return tmp_path


def run(root: Path, *words: str, status: int = 0) -> Any:
    """The document of a command on the workspace."""
    command = ["--workspace", str(root / "workspace"), *words, "--json"]
    result = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert result.exit_code == status, result.stderr
    return json.loads(result.stdout)


def schema_of(root: Path) -> tuple[str, set[str]]:
    """The version that a database says it has, and the columns of its jobs."""
    with sqlite3.connect(root / "workspace" / "migrate.db") as connection:
        (version,) = connection.execute("SELECT value FROM facts WHERE name = 'schema'").fetchone()
        columns = {row[1] for row in connection.execute("PRAGMA table_info(jobs)")}
    connection.close()
    return version, columns


def test_its_jobs_get_room_for_what_is_asked_of_them(root: Path) -> None:
    version, before = schema_of(root)
    assert version == "1"
    workspace = Workspace(root / "workspace")
    for store in (open_store(workspace), open_store(workspace)):
        assert schema_of(root) == (SCHEMA_VERSION, before | {"request", "answer"})
        job = latest_job(store, "pairs")
        assert job is not None
        assert (job.state, job.launched) == ("done", False)
        assert messages(store, "pairs", *Level) == ()
    with working(store, "pairs") as made:
        made.say(Level.RESULT, ["4 pairs made"])
        made.answer({"pairs": 4})
    assert messages(store, "pairs", Level.RESULT) == ("4 pairs made",)
    assert answer(store, "pairs") == {"pairs": 4}


def test_lists_and_decisions_are_as_they_were(root: Path) -> None:
    assert [mask["mask_id"] for mask in run(root, "masks", "list")] == MASK_IDS
    scenes = run(root, "scenes", "list")
    assert [len(item["scenes"]) for item in scenes] == [1, 1]
    pairs = {pair["pair_id"]: pair for pair in run(root, "pairs", "list")}
    assert pairs[OLD_PAIR]["state"] == "superseded"
    assert pairs[OLD_PAIR]["decision"] == "conflict"
    assert pairs[NEW_PAIR]["state"] == "done"
    assert pairs[NEW_PAIR]["decision"] is None
    assert pairs[NEW_PAIR]["occlusion"]["labelled"]["cloud"] == 0


def test_the_review_shows_its_pairs_with_shares_and_earlier_decisions(root: Path) -> None:
    store = open_store(Workspace(root / "workspace"))
    rows = {row.pair_id: row for row in queue_rows(store)}
    assert set(rows) == {NEW_PAIR, "m1-20200120-76bc96ec_20200202_8718b441"}
    assert rows[NEW_PAIR].occluded == 0
    item = review_item(store, OLD_PAIR)
    assert item is not None
    assert [(entry.reviewer, entry.verdict) for entry in item.log] == [
        ("ann", "accept"),
        ("ben", "unsure"),
    ]


def test_adding_the_same_masks_keeps_their_ids(root: Path) -> None:
    added = run(root, "masks", "add", str(root / "masks"), "--date", "2020-01-21")
    assert [mask["mask_id"] for mask in added] == MASK_IDS


def test_its_pairs_are_assessed_again_and_not_made_again(root: Path) -> None:
    image = root / "workspace" / "pairs" / NEW_PAIR / "image.tif"
    before = image.read_bytes()
    made = run(root, "pairs", "make", "--ignore-rim", "10", "--workers", "1")
    assert {pair["pair_id"]: pair["state"] for pair in made}[NEW_PAIR] == "done"
    assert image.read_bytes() == before
    document = json.loads((image.parent / "pair.json").read_text(encoding="utf-8"))
    assert document["occluded"] == {"all": 0.0, "labelled": 0.0}


def test_a_decision_goes_on_its_log_and_the_pair_into_a_dataset(root: Path) -> None:
    run(root, "review", "decide", NEW_PAIR, "accept", "--reviewer", "ann")
    run(root, "export", str(root / "dataset"))
    assert [path.stem for path in (root / "dataset" / "images").iterdir()] == [NEW_PAIR]


def test_its_pairs_can_be_repaired_and_are_as_they_were_when_that_is_undone(root: Path) -> None:
    folder = root / "workspace" / "pairs" / NEW_PAIR
    rasters = ("label.tif", "fractions.tif", "quality.tif")
    before = {name: (folder / name).read_bytes() for name in rasters}
    moved = run(root, "review", "edit", NEW_PAIR, "nudge", "2.5", "-1")
    assert [edit["kind"] for edit in moved["edits"]] == ["nudge"]
    assert (folder / "fractions.tif").read_bytes() != before["fractions.tif"]
    assert run(root, "review", "edit", NEW_PAIR, "undo")["edits"] == []
    assert {name: (folder / name).read_bytes() for name in rasters} == before
