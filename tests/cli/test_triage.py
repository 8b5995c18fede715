"""`review triage`: learning and automatic acceptance from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from migrate_core.cli import cli
from migrate_core.review.triage.features import NAMES
from tests.support.masks import Answer, run
from tests.support.triage import a_store, decide_about, in_random_order, pairs_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    pairs = pairs_of(500)
    store = a_store(tmp_path, pairs)
    decide_about(store, in_random_order(pairs)[:150])
    store.engine.dispose()
    return tmp_path


def triage(root: Path, *words: str) -> Answer:
    return run(root, "review", "triage", *words)


def printed(root: Path, *words: str) -> str:
    command = ["--workspace", str(root), "review", "triage", *words]
    return CliRunner().invoke(cli, command).stdout


def test_it_learns_shows_and_accepts(root: Path) -> None:
    assert "Automatic acceptance is off.\nNothing was learnt yet." in printed(root, "show")
    assert triage(root, "accept", "--dry-run").status == 2
    learnt = triage(root, "learn", "--json").document
    assert learnt["good"] + learnt["bad"] == 150
    state = triage(root, "show", "--json").document
    assert (state["on"], state["version"], state["accepted"]) == (False, learnt["version"], 0)
    assert state["audit"]["looked_at"] == 0
    assert triage(root, "accept").status == 2
    planned = triage(root, "accept", "--dry-run", "--json").document
    assert planned["accepted"]
    assert planned["batch_id"] is None
    assert "would be accepted" in triage(root, "accept", "--dry-run").said
    assert "is on" in triage(root, "switch", "on").said
    assert f"by model {learnt['version']}" in triage(root, "accept").said
    shown = printed(root, "show")
    assert f"{len(planned['accepted']):,} pairs are accepted by a model alone." in shown
    audit = run(root, "review", "audit", "--json").document["triage"]
    assert (audit["looked_at"], audit["share"]) == (0, 0.05)
    assert audit["sentence"] == "No accepted pair of the audit has been looked at."
    assert triage(root, "undo", "--json").document == {"pairs": len(planned["accepted"])}
    assert triage(root, "undo", "--json").document == {"pairs": 0}
    assert f"Would accept {len(planned['accepted'])} of " in printed(root, "show")
    assert "is off" in triage(root, "switch", "off").said
    assert triage(root, "switch", "on", "--json").document == {"on": True}


def test_a_pair_is_explained(root: Path) -> None:
    assert triage(root, "show", "p0001").status == 2
    assert run(root, "review", "audit", "--json").document["triage"] is None
    triage(root, "learn")
    found = triage(root, "show", "p0001", "--json").document
    assert 0 < found["probability"] < 1
    sentences = [*found["speaks_for"], *found["speaks_against"]]
    assert all(sentence.startswith(NAMES) for sentence in sentences)
    assert "accepted with a chance of" in printed(root, "show", "p0001")


def test_what_stops_it_ends_with_status_1(tmp_path: Path) -> None:
    pairs = pairs_of(300)
    store = a_store(tmp_path, pairs)
    decide_about(store, in_random_order(pairs)[20:200])
    store.engine.dispose()
    triage(tmp_path, "learn")
    answer = triage(tmp_path, "accept", "--dry-run")
    assert answer.status == 1
    assert "without a gap" in answer.said
