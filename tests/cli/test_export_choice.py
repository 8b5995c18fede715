"""`export` with filters and splits, and `export --dry-run`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from migrate_core.cli import cli
from tests.support.exports import Exportable, MadePair, exportable

pytestmark = pytest.mark.usefixtures("plots_undrawn")


@pytest.fixture
def made(tmp_path: Path) -> Exportable:
    pairs = [MadePair(east_m=300_000 + 9_000 * n, day=n % 3) for n in range(8)]
    return exportable(tmp_path / "workspace", pairs)


def run(made: Exportable, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(made.workspace.root), "export", *arguments])


def test_a_dry_run_says_all_and_writes_nothing(made: Exportable, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--filter", "days=..2", "--filter", "class:water=1..", "--split", "date"]
    result = run(made, str(out), "--dry-run", "--json", *options)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert not out.exists()
    assert document["pairs"] == 5
    assert document["left_out"] == {"filter not met: days offset (either way) at most 2 days": 3}
    assert [one["name"] for one in document["classes"]] == ["background", "quarry", "water"]
    assert sum(document["splits"].values()) == 5
    assert all(not one["days"] for one in document["split_check"]["between"])
    text = run(made, str(out), "--dry-run", *options).stdout
    for sentence in document["split_check"]["sentences"]:
        assert sentence in text
    assert "0 near duplicates" in text

    result = run(made, str(out), "--json", *options)
    written = json.loads(result.stdout)
    assert written["split_check"] == document["split_check"]
    with (out / "manifest.csv").open(encoding="utf-8", newline="") as file:
        splits = {row["pair_id"]: row["split"] for row in csv.DictReader(file)}
    assert splits == document["split_of"]


def test_the_check_is_printed(made: Exportable, tmp_path: Path) -> None:
    result = run(made, str(tmp_path / "out"), "--split-block-km", "5", "--split-buffer-km", "1")
    assert result.exit_code == 0, result.output
    assert "Split by blocks of 5 km, at least 1 km apart:" in result.stdout
    assert "train and test: nearest footprints" in result.stdout
    assert "shared scene" in result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--filter", "days"], "needed is NAME=VALUE"),
        (["--filter", "colour=red"], "'colour' is no filter"),
        (["--split", "scene", "--split-block-km", "5"], "pairs are split by scene"),
        (["--split", "column"], "name of a column of the manifest"),
        (["--split", "scene", "--split-column", "tile"], "Choose the method `column`"),
        (["--split-shares", "70,30"], "needed are three numbers"),
        (["--split-shares", "0,0,0"], "three shares of 0 or more"),
        (["--split-table", "no_such.csv"], "the table can't be read"),
        (["--split-buffer-km", "-3"], "can't be kept"),
    ],
)
@pytest.mark.parametrize("dry", [True, False])
def test_wrong_options_are_refused(
    made: Exportable, tmp_path: Path, options: list[str], message: str, dry: bool
) -> None:
    result = run(made, str(tmp_path / "out"), *options, *["--dry-run"] * dry)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_column_of_the_manifest_and_shares_are_followed(made: Exportable, tmp_path: Path) -> None:
    options = ["--split-column", "mask_name", "--split-shares", "50,0,50", "--split-seed", "3"]
    result = run(made, str(tmp_path / "out"), "--dry-run", "--json", *options)
    assert json.loads(result.stdout)["splits"] == {"train": 4, "val": 0, "test": 4}
