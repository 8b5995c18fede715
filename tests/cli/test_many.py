"""The commands of the review that are about many pairs at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.many import many_pairs
from tests.support.masks import Answer, run

CLEAR = ("--filter", "occluded=..0", "--filter", "days=..5")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    many_pairs(tmp_path)
    return tmp_path


def review(root: Path, *words: object) -> Answer:
    return run(root, "review", *words)


def test_a_rule_is_shown_then_applied_audited_and_undone(root: Path) -> None:
    shown = review(root, "rules", *CLEAR, "accept", "--json").document
    assert (len(shown["pairs"]), shown["undecided"], shown["otherwise"]) == (40, 100, None)
    assert open_store(Workspace(root)).decisions() == []
    words = ("accept", "--apply", "--audit", "7", "--reviewer", "ann", "--json")
    applied = review(root, "rules", *CLEAR, *words).document
    assert (applied["pairs"], applied["audited"]) == (40, 7)
    batch = applied["batch_id"]
    audit = review(root, "audit", "--json").document
    assert audit["sampling"]["pairs"] == 100
    (rule,) = audit["rules"]
    assert (rule["batch_id"], rule["size"], rule["statement"]["pairs"]) == (batch, 7, 40)
    assert rule["sentence"].startswith("No random checks yet")
    audited = review(root, "queue", "--filter", f"audit={batch}", "--json").document
    assert len(audited) == 7
    (entry,) = review(root, "batches", "--json").document
    assert (entry["batch_id"], entry["kind"], entry["reviewer"]) == (batch, "rule", "ann")
    assert (entry["pairs"], entry["document"]["audit"]["size"]) == (40, 7)
    assert review(root, "undo-batch", batch, "--json").document["undone"] == 40
    assert [one["kind"] for one in review(root, "batches", "--json").document] == ["undo", "rule"]
    assert review(root, "undo-batch", "nothing").status == 2
    assert review(root, "rules", *CLEAR, "accept").status == 0


def test_many_pairs_are_decided_by_one_command(root: Path) -> None:
    words = ("decide", "p0001", "p0002", "reject", "--reason", "haze", "--reviewer", "ann")
    answer = review(root, *words, "--json")
    assert answer.document["pairs"] == 2
    log = open_store(Workspace(root)).decisions()
    assert [(one.pair_id, one.verdict, one.reason, one.basis) for one in log] == [
        ("p0001", "reject", "haze", "person"),
        ("p0002", "reject", "haze", "person"),
    ]
    one = review(root, "decide", "p0003", "accept", "--reviewer", "ann", "--json").document
    assert one == {"pair_id": "p0003", "decision": "accepted", "reviewers": ["ann"]}
    assert review(root, "decide", "p0001", "nothing", "accept").status == 2
    assert review(root, "decide", "accept").status == 2


def test_the_queue_has_an_order_and_filters(root: Path) -> None:
    review(root, "decide", "p0002", "accept")
    rows = review(root, "queue", "--order", "mask name", *CLEAR, "--json").document
    assert [row["pair_id"] for row in rows][:2] == ["p0002", "p0004"]
    assert (rows[0]["decision"], rows[1]["decision"]) == ("accepted", None)
    assert len(rows) == 40
    open_ones = review(root, "queue", "--filter", "decision=undecided", "--json").document
    assert len(open_ones) == 99
    assert review(root, "queue").status == 0
    for wrong in ("occluded", "clouds=..0", "occluded=few"):
        assert review(root, "queue", "--filter", wrong).status == 2
    assert review(root, "queue", *CLEAR, "--filter", "days=..9").status == 2
