"""`scenes search`: what is usable and how terms are weighed, given on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from migrate_core.cli import cli
from tests.support.pairs import Safe, numbered_masks, open_case, write_safe


@pytest.fixture
def searching(tmp_path: Path) -> Any:
    """A function that searches for a mask of the day after a clear and a cloudy scene."""
    for day, cloud in (("20200123", 2.0), ("20200203", 45.0)):
        safe = Safe(sensed=f"{day}T104351", generated=f"{day}T134500", cloud_percent=cloud)
        write_safe(tmp_path / "scenes", safe)
    case = open_case(tmp_path / "workspace")
    case.store.put_masks(numbered_masks(tmp_path / "masks", 1))
    case.store.engine.dispose()
    fixed = ["--workspace", str(tmp_path / "workspace"), "scenes", "search", "--json"]
    fixed += ["--source", f"local:{tmp_path / 'scenes'}"]

    def search(*options: str) -> Result:
        return CliRunner().invoke(cli, [*fixed, *options])

    return search


def best(result: Result) -> str:
    ((item,),) = [json.loads(result.stdout)]
    return str(item["scenes"][0]["sensed_at"][:10])


def test_limits_of_usable_scenes_can_be_given(searching: Any) -> None:
    assert best(searching()) == "2020-01-23"
    assert best(searching("--usable-cloud", "50", "--weight", "clear_sky=0")) == "2020-02-03"
    assert best(searching("--usable-cloud", "50", "--weight", "closeness=0")) == "2020-01-23"


def test_a_search_without_options_takes_the_environment(
    searching: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATE_USABLE_CLOUD_PERCENT", "50")
    monkeypatch.setenv("MIGRATE_WEIGHT_CLEAR_SKY", "0")
    assert best(searching()) == "2020-02-03"
    assert best(searching("--usable-cloud", "10")) == "2020-01-23"


@pytest.mark.parametrize(
    "options",
    [
        ("--weight", "clear_sky"),
        ("--weight", "clear_sky=much"),
        ("--weight", "clear_sky=-1"),
        ("--weight", "clear_sky=inf"),
        ("--weight", "beauty=1"),
        ("--usable-cloud", "101"),
        ("--usable-coverage", "90"),
    ],
)
def test_wrong_options_are_wrong_use(searching: Any, options: tuple[str, ...]) -> None:
    result = searching(*options)
    assert result.exit_code == 2
    assert options[0] in result.stderr


def test_a_mask_without_candidates_is_told_what_would_help(searching: Any) -> None:
    result = searching("--days", "0")
    assert result.exit_code == 1
    assert (
        "no L2A scene within 0 days covers it. What would help: widen to 10 days: 1 usable scene."
    ) in result.stderr


def test_candidates_are_ranked_again_by_a_command(searching: Any, tmp_path: Path) -> None:
    rank = ["--workspace", str(tmp_path / "workspace"), "scenes", "rank", "--usable-cloud", "50"]
    rank += ["--weight", "clear_sky=0"]
    early = CliRunner().invoke(cli, [*rank, "--dry-run"])
    assert "0 of 0 masks would get another scene" in early.stderr
    assert CliRunner().invoke(cli, rank).exit_code == 2

    searching()
    planned = CliRunner().invoke(cli, [*rank, "--dry-run"])
    assert "1 of 1 mask would get another scene; 1 would have a usable one." in planned.stderr
    done = CliRunner().invoke(cli, [*rank, "--json"])
    assert json.loads(done.stdout) == {"masks": 1, "changed": 1, "usable": 1, "by_hand": 0}
    listed = CliRunner().invoke(cli, ["--workspace", rank[1], "scenes", "list", "--json"])
    assert best(listed) == "2020-02-03"
    # What isn't given stays as it was ranked last.
    assert CliRunner().invoke(cli, [*rank[:4], "--json"]).stdout.count('"changed": 0') == 1
