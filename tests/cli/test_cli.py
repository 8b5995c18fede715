"""The command line: every command's document, its exit status, and who speaks where."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import rasterio
from click.testing import CliRunner, Result

from migrate_core.cli import cli
from migrate_core.jobs.background import claim
from migrate_core.pairs.run.runner import KIND
from tests.support.commands import commands_of
from tests.support.pairs import (
    L2A_BANDS,
    Safe,
    checkered,
    open_case,
    placed,
    write_mask,
    write_safe,
)
from tests.support.threads import InThreads

REPOSITORY = Path(__file__).resolve().parents[2]
NEAR = Safe(cloud_percent=1.5)
LATER = Safe(sensed="20200204T104351", generated="20200204T134500", cloud_percent=8.0)
MASK_KEYS = [
    "mask_id",
    "name",
    "crs",
    "width",
    "height",
    "extent",
    "acquired",
    "classes",
    "state",
    "problem",
    "image",
]
SCENE_KEYS = [
    "scene_id",
    "source",
    "sensed_at",
    "level",
    "tile",
    "baseline",
    "cloud_percent",
    "cloud_over_mask_percent",
    "coverage",
    "days_offset",
    "score",
    "terms",
    "selected",
]
PAIR_KEYS = [
    "pair_id",
    "mask_id",
    "mask_name",
    "scene_ids",
    "state",
    "image",
    "label",
    "fractions",
    "quality",
    "occlusion",
    "days_offset",
    "suggestion",
    "shift",
    "change",
    "decision",
    "error",
]
SHARE_KEYS = ["cloud", "shadow", "cirrus", "snow", "nodata", "source"]
MATCH_KEYS = [
    "mask_name",
    "S2_name",
    "S2_uuid",
    "cloudcover",
    "mask_id",
    "source",
    "sensed_at",
    "days_offset",
    "coverage",
    "score",
    "selected",
]

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    for safe in (NEAR, LATER):
        write_safe(folder, safe)
    return folder


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    """A folder of two masks with their date in the name."""
    folder = tmp_path / "masks"
    for number in (0, 1):
        path = folder / f"20200202_lake{number}.tif"
        write_mask(path, checkered(8, 4), placed(2 + 9 * number, 3, 10))
    return folder


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command in a workspace of its own, in this process."""
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
    before = signal.getsignal(signal.SIGTERM)

    def invoke(*arguments: object, status: int = 0) -> Result:
        words = ["--workspace", str(tmp_path / "workspace"), *map(str, arguments)]
        result = CliRunner().invoke(cli, words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, result.output
        return result

    yield invoke
    signal.signal(signal.SIGTERM, before)


def document(result: Result) -> Any:
    """The JSON document, which must be all that is on stdout."""
    return json.loads(result.stdout)


@pytest.fixture
def added(run: Run, masks: Path) -> list[dict[str, Any]]:
    return document(run("masks", "add", masks, "--json"))


@pytest.fixture
def searched(run: Run, added: list[dict[str, Any]], scenes: Path) -> list[dict[str, Any]]:
    return document(run("scenes", "search", "--source", f"local:{scenes}", "--json"))


@pytest.fixture
def made(run: Run, searched: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return document(run("pairs", "make", "--workers", 1, "--json"))


# masks


def test_masks_add_gives_the_rows_of_masks_list(run: Run, added: list[dict[str, Any]]) -> None:
    assert [list(row) for row in added] == [MASK_KEYS] * 2
    assert document(run("masks", "list", "--json")) == added
    row = added[0]
    assert (row["name"], row["crs"], row["width"]) == ("20200202_lake0.tif", "EPSG:32631", 8)
    assert (row["acquired"], row["classes"]) == ("2020-02-02", {"0": 0, "1": 1})
    assert (row["state"], row["problem"], row["image"]) == ("ready", None, None)
    assert row["extent"]["type"] == "Polygon"
    longitudes, latitudes = np.array(row["extent"]["coordinates"][0]).T
    assert np.all((longitudes > 2) & (longitudes < 3))
    assert np.all((latitudes > 42) & (latitudes < 43))


def test_a_mask_with_a_problem_is_named_and_the_others_are_added(run: Run, masks: Path) -> None:
    (masks / "20200202_torn.tif").write_bytes(b"II*\0torn")
    result = run("masks", "add", masks, "--json", status=1)
    states = {row["name"]: row["state"] for row in document(result)}
    assert states == {
        "20200202_lake0.tif": "ready",
        "20200202_lake1.tif": "ready",
        "20200202_torn.tif": "problem",
    }
    assert "20200202_torn.tif" in result.stderr
    assert "lake" not in result.stderr


def test_a_date_on_the_command_line_beats_the_file_name(run: Run, masks: Path) -> None:
    rows = document(run("masks", "add", masks, "--date", "2021-03-04", "--json"))
    assert {row["acquired"] for row in rows} == {"2021-03-04"}


def test_a_table_of_dates_is_followed(run: Run, masks: Path, tmp_path: Path) -> None:
    table = tmp_path / "dates.csv"
    table.write_text("mask,date\n20200202_lake1.tif,2020-02-05T10:00:00Z\n")
    rows = document(run("masks", "add", masks, "--dates", table, "--json"))
    assert [row["acquired"] for row in rows] == ["2020-02-02", "2020-02-05T10:00:00Z"]


def test_an_image_is_attached_by_its_stem(run: Run, masks: Path, tmp_path: Path) -> None:
    image = tmp_path / "images" / "20200202_lake0.tif"
    write_mask(image, checkered(8, 4) * 100, placed(2, 3, 10))
    rows = document(run("masks", "add", masks, "--image", tmp_path / "images", "--json"))
    assert [row["image"] for row in rows] == [str(image), None]


# scenes


def test_scenes_search_ranks_the_candidates_of_every_mask(
    run: Run, added: list[dict[str, Any]], searched: list[dict[str, Any]]
) -> None:
    assert [list(item) for item in searched] == [["mask_id", "scenes"]] * 2
    assert {item["mask_id"] for item in searched} == {row["mask_id"] for row in added}
    for item in searched:
        assert [list(scene) for scene in item["scenes"]] == [SCENE_KEYS] * 2
        assert [scene["scene_id"] for scene in item["scenes"]] == [NEAR.name, LATER.name]
        assert [scene["selected"] for scene in item["scenes"]] == [True, False]
    best = searched[0]["scenes"][0]
    assert (best["level"], best["tile"], best["baseline"]) == ("L2A", "31TDG", "02.14")
    assert (best["sensed_at"], best["days_offset"]) == ("2020-02-02T10:43:51Z", 0)
    assert (best["cloud_percent"], best["cloud_over_mask_percent"]) == (1.5, None)
    assert 0 <= searched[0]["scenes"][1]["score"] < best["score"] <= 1
    assert best["terms"]
    assert document(run("scenes", "list", "--json")) == searched


def test_the_window_and_the_cloud_limit_are_followed(
    run: Run, added: list[dict[str, Any]], scenes: Path
) -> None:
    source = ["--source", f"local:{scenes}"]
    for options in (["--days", 1], ["--max-cloud", 5]):
        found = document(run("scenes", "search", *source, *options, "--json"))
        assert {scene["scene_id"] for item in found for scene in item["scenes"]} == {NEAR.name}


def test_a_mask_without_a_scene_is_named(run: Run, masks: Path, scenes: Path) -> None:
    write_mask(masks / "20190101_early.tif", checkered(8, 4), placed(2, 3, 10))
    run("masks", "add", masks)
    result = run("scenes", "search", "--source", f"local:{scenes}", "--json", status=1)
    assert sorted(len(item["scenes"]) for item in document(result)) == [0, 2, 2]
    assert "20190101_early.tif" in result.stderr
    assert "lake" not in result.stderr


def test_scenes_select_changes_the_selection(run: Run, searched: list[dict[str, Any]]) -> None:
    mask_id = searched[0]["mask_id"]
    run("scenes", "select", mask_id, LATER.name)
    found = {item["mask_id"]: item["scenes"] for item in document(run("scenes", "list", "--json"))}
    assert [scene["selected"] for scene in found[mask_id]] == [False, True]
    assert [scene["selected"] for scene in found[searched[1]["mask_id"]]] == [True, False]


def test_the_match_table_goes_out_and_comes_back(
    run: Run, searched: list[dict[str, Any]], tmp_path: Path
) -> None:
    table = tmp_path / "mask_S2_match.csv"
    run("scenes", "export-match", table)
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == MATCH_KEYS
    assert len(rows) == 4
    table.write_text(
        "mask_name,S2_name,S2_uuid,cloudcover\n"
        f"20200202_lake1.tif,{LATER.name},x,8\n20200202_lake1.tif,{NEAR.name},y,1\n"
    )
    run("scenes", "import-match", table)
    selected = {
        scene["scene_id"]
        for item in document(run("scenes", "list", "--json"))
        for scene in item["scenes"]
        if scene["selected"] and "lake1" in item["mask_id"]
    }
    assert selected == {LATER.name}


def test_rows_of_a_match_table_that_cannot_be_followed_are_named(
    run: Run, searched: list[dict[str, Any]], tmp_path: Path
) -> None:
    table = tmp_path / "match.csv"
    table.write_text(f"mask_name,S2_name\nsea.tif,{NEAR.name}\n20200202_lake0.tif,{LATER.name}\n")
    result = run("scenes", "import-match", table, "--json", status=1)
    assert document(result) == {"selected": 1}
    assert "sea.tif" in result.stderr


# pairs


def test_pairs_make_gives_the_rows_of_pairs_list(
    run: Run, made: list[dict[str, Any]], tmp_path: Path
) -> None:
    assert [list(row) for row in made] == [PAIR_KEYS] * 2
    assert document(run("pairs", "list", "--json")) == made
    for row in made:
        assert row["state"] == "done"
        assert (row["decision"], row["error"], row["days_offset"]) == (None, None, 0)
        assert row["scene_ids"] == [NEAR.name]
        assert list(row["occlusion"]) == ["all", "labelled"]
        assert list(row["occlusion"]["labelled"]) == SHARE_KEYS
        assert list(row["suggestion"]) == ["verdict", "reason"]
        assert row["suggestion"]["verdict"] == "accept"
        for name in ("image", "label", "fractions", "quality"):
            assert not Path(row[name]).is_absolute()
            assert (tmp_path / "workspace" / row[name]).is_file()


def test_making_pairs_again_changes_nothing(run: Run, made: list[dict[str, Any]]) -> None:
    assert document(run("pairs", "make", "--json")) == made


def test_a_pair_that_fails_is_named_and_the_others_are_made(
    run: Run, masks: Path, searched: list[dict[str, Any]]
) -> None:
    (masks / "20200202_lake1.tif").unlink()
    result = run("pairs", "make", "--workers", 1, "--json", status=1)
    states = {row["mask_name"]: row["state"] for row in document(result)}
    assert states == {"20200202_lake0.tif": "done", "20200202_lake1.tif": "failed"}
    assert "20200202_lake1.tif" in result.stderr
    assert "lake0.tif" not in result.stderr


def test_a_second_run_at_the_same_time_is_refused(
    run: Run, searched: list[dict[str, Any]], tmp_path: Path
) -> None:
    claim(open_case(tmp_path / "workspace").store, KIND, 2)
    result = run("pairs", "make", status=1)
    assert "0 of 2 finished" in result.stderr
    assert result.stdout == ""


def test_a_run_can_be_cancelled_from_elsewhere(
    run: Run, searched: list[dict[str, Any]], tmp_path: Path
) -> None:
    job = claim(open_case(tmp_path / "workspace").store, KIND, 2)
    assert document(run("pairs", "cancel", "--json")) == {"cancelled": "pairs"}
    assert job.cancel_requested()
    job.end("cancelled")
    run("pairs", "cancel", status=2)


# review and export


def test_a_decision_shows_in_the_list_and_can_be_undone(
    run: Run, made: list[dict[str, Any]]
) -> None:
    pair_id = made[0]["pair_id"]

    def decision() -> Any:
        rows = document(run("pairs", "list", "--json"))
        return {row["pair_id"]: row["decision"] for row in rows}[pair_id]

    for verdict, reviewer, expected in [
        ("accept", "ann", "accepted"),
        ("unsure", "ann", "unsure"),
        ("reject", "ann", "rejected"),
        ("accept", "bob", "conflict"),
    ]:
        words = ["review", "decide", pair_id, verdict, "--reviewer", reviewer, "--reason", "why"]
        assert document(run(*words, "--json"))["decision"] == expected
        assert decision() == expected
    run("review", "undo", pair_id, "--reviewer", "bob")
    assert decision() == "rejected"


def test_only_the_masks_asked_for_are_made(run: Run, searched: list[dict[str, Any]]) -> None:
    wanted = searched[0]["mask_id"]
    rows = document(run("pairs", "make", "--workers", "1", "--mask", wanted, "--json"))
    assert [(row["mask_id"], row["state"]) for row in rows] == [(wanted, "done")]
    again = run("pairs", "make", "--state", "failed", status=2)
    assert "No pair is failed" in again.stderr


def test_export_writes_a_zip_when_it_is_asked_for(
    run: Run, made: list[dict[str, Any]], tmp_path: Path
) -> None:
    answer = document(run("export", tmp_path / "out", "--include", "all", "--zip", "--json"))
    assert answer["zip"] == str(tmp_path / "out.zip")
    assert (tmp_path / "out.zip").is_file()


def test_export_writes_what_was_accepted(
    run: Run, made: list[dict[str, Any]], tmp_path: Path, plots_undrawn: None
) -> None:
    pair_id = made[1]["pair_id"]
    run("review", "decide", pair_id, "accept")
    found = document(run("export", tmp_path / "out", "--json"))
    assert found["pairs"] == [pair_id]
    assert (tmp_path / "out" / "images" / f"{pair_id}.tif").is_file()
    found = document(run("export", tmp_path / "out", "--include", "undecided", "--json"))
    assert sorted(found["pairs"]) == sorted(row["pair_id"] for row in made)


def test_convert_writes_the_whole_product(run: Run, scenes: Path, tmp_path: Path) -> None:
    target = tmp_path / "whole.tif"
    found = document(run("convert", scenes / f"{NEAR.name}.SAFE", target, "--json"))
    assert found["product_id"] == NEAR.name
    with rasterio.open(target) as dataset:
        assert dataset.descriptions == L2A_BANDS


def test_status_counts_every_stage(run: Run, made: list[dict[str, Any]]) -> None:
    run("review", "decide", made[0]["pair_id"], "accept")
    found = document(run("status", "--json"))
    assert found["masks"] == {"ready": 2, "problem": 0}
    assert found["scenes"] == {"selected": 2, "usable": 2, "without": 0}
    assert found["pairs"] == {"done": 2}
    assert found["review"]["accepted"] == 1
    assert found["review"]["undecided"] == 1
    assert found["running"] == []


def test_status_says_the_next_step_at_every_stage(
    run: Run, masks: Path, scenes: Path, tmp_path: Path
) -> None:
    def next_step() -> str:
        return str(document(run("status", "--json"))["next_step"])

    assert next_step().startswith("masks add")
    run("masks", "add", masks)
    assert next_step().startswith("scenes search")
    run("scenes", "search", "--source", f"local:{scenes}")
    assert next_step().startswith("pairs make")
    run("pairs", "make")
    assert next_step().startswith("review decide")
    for row in document(run("pairs", "list", "--json")):
        run("review", "decide", row["pair_id"], "accept")
    assert next_step().startswith("export")


@pytest.mark.slow
def test_the_demo_goes_the_whole_road(run: Run, tmp_path: Path) -> None:
    found = document(run("demo", "--json"))
    assert found["masks"]
    run("scenes", "search", "--source", found["source"])
    pairs = document(run("pairs", "make", "--workers", 1, "--json"))
    assert {row["state"] for row in pairs} == {"done"}
    run("export", tmp_path / "out", "--include", "undecided")


# how commands speak


@pytest.mark.parametrize(
    "words",
    [
        ("masks", "list"),
        ("scenes", "list"),
        ("pairs", "list"),
        ("status",),
    ],
)
def test_lists_are_tables_without_json_and_documents_with_it(
    run: Run, made: list[dict[str, Any]], words: tuple[str, ...]
) -> None:
    table = run(*words).stdout
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(table)
    assert ("lake" in table) == (words != ("status",))
    assert document(run(*words, "--json"))


def commands_without_json(group: click.Group, *words: str) -> Iterator[str]:
    for name, command in commands_of(group).items():
        if isinstance(command, click.Group):
            yield from commands_without_json(command, *words, name)
        elif "--json" not in {text for option in command.params for text in option.opts}:
            yield " ".join((*words, name))


def test_every_command_but_the_app_and_its_jobs_gives_a_document() -> None:
    assert list(commands_without_json(cli)) == ["job", "run"]


@pytest.mark.parametrize("words", [("masks", "list"), ("scenes", "list"), ("pairs", "list")])
def test_an_empty_workspace_has_empty_lists(run: Run, words: tuple[str, ...]) -> None:
    assert document(run(*words, "--json")) == []


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["no-such-command"], "no-such-command"),
        (["masks", "add"], "PATHS"),
        (["masks", "add", "/no/such/file.tif"], "/no/such/file.tif"),
        (["masks", "add", "{masks}", "--date", "yesterday"], "yesterday"),
        (["scenes", "search"], "--source"),
        (["scenes", "search", "--source", "local:/tmp"], "masks add"),
        (["scenes", "search", "--source", "local:/tmp"], "masks list"),
        (["scenes", "select", "no-mask", "no-scene"], "no-scene"),
        (["scenes", "select", "no-mask", "no-scene"], "'no-mask' is no mask"),
        (["scenes", "export-match", "/tmp/x.csv"], "scenes search"),
        (["pairs", "make"], "pair to make"),
        (["pairs", "make", "--workers", "0"], "--workers"),
        (["review", "decide", "no-pair", "accept"], "no-pair"),
        (["review", "decide", "no-pair", "maybe"], "maybe"),
        (["export", "/tmp/x", "--include", "rejected"], "rejected"),
        (["export", "/tmp/x", "--format", "papyrus"], "papyrus"),
        (["convert", "/no/such/product.SAFE", "/tmp/x.tif"], "product.SAFE"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_was_wrong(
    run: Run, masks: Path, words: list[str], named: str
) -> None:
    result = run(*(word.format(masks=masks) for word in words), status=2)
    assert named in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("spec", "status"), [("nonsense", 2), ("local:/no/such/folder", 1), ("local:{masks}", 1)]
)
def test_a_source_that_cannot_be_read_is_named(
    run: Run, added: list[dict[str, Any]], masks: Path, spec: str, status: int
) -> None:
    spec = spec.format(masks=masks)
    result = run("scenes", "search", "--source", spec, status=status)
    assert spec in result.stderr
    assert result.stdout == ""


def test_a_variable_that_cannot_be_understood_is_wrong_use(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATE_RESAMPLING", "magic")
    assert "MIGRATE_RESAMPLING" in run("status", status=2).stderr


def test_the_workspace_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATE_WORKSPACE", str(tmp_path / "elsewhere"))
    result = CliRunner().invoke(cli, ["status", "--json"])
    assert document(result)["workspace"] == str(tmp_path / "elsewhere")


@pytest.mark.slow
def test_the_module_runs_as_a_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "migrate_core", "--workspace", str(tmp_path), "status"]
    done = subprocess.run(
        [*command, "--json"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["workspace"] == str(tmp_path)
