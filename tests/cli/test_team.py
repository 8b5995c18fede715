"""`review log`, `review decide --settle` and `review team`: what several persons do."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from migrate_core.cli import cli
from migrate_core.model import Pair
from migrate_core.states import PairState
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.masks import Answer, run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    store = open_store(Workspace(tmp_path))
    store.put_pairs([Pair("p", "m", "m.tif", ("s",), PairState.DONE)])
    store.engine.dispose()
    return tmp_path


def decide(root: Path, verdict: str, who: str, *words: str) -> Answer:
    return run(root, "review", "decide", "p", verdict, "--reviewer", who, *words, "--json")


def printed(root: Path, *words: str) -> str:
    """What a command of the review prints."""
    return CliRunner().invoke(cli, ["--workspace", str(root), "review", *words]).stdout


def test_a_conflict_is_settled_and_the_log_says_so(root: Path) -> None:
    decide(root, "accept", "ann")
    assert decide(root, "reject", "bob", "--reason", "cloud").document["decision"] == "conflict"
    assert decide(root, "accept", "cem", "--settle").document["decision"] == "accepted"
    late = run(root, "review", "decide", "p", "reject", "--reviewer", "dan", "--settle")
    assert (late.status, "no conflict to settle" in late.said) == (2, True)
    story = run(root, "review", "log", "p", "--json").document
    assert [(one["who"], one["what"], one["why"]) for one in story] == [
        ("ann", "accepted", None),
        ("bob", "rejected", "cloud"),
        ("cem", "settled: accepted", None),
    ]
    assert "settled: accepted" in printed(root, "log", "p")
    assert run(root, "review", "log", "gone").status == 2


def test_a_team_is_set_and_counted(root: Path) -> None:
    words = ("--double-share", "1", "--lease-minutes", "2", "--goal-share", "0.02")
    decide(root, "accept", "ann")
    found = run(root, "review", "team", *words, "--json").document
    assert found["settings"]["double_share"] == 1
    assert found["settings"]["lease_minutes"] == 2
    assert (found["second_looks"], found["conflicts"]) == (1, 0)
    assert found["sampling"]["goal"] == 0.02
    assert "Pairs that wait for a second look: 1." in printed(root, "team")
    assert run(root, "review", "team", "--double-share", "2").status == 2
