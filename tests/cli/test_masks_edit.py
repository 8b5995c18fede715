"""`masks edit`: the same for many masks, and decisions that it may set aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate_core.jobs.background import now_utc
from migrate_core.model import Decision, Pair
from migrate_core.states import PairState, Verdict
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.builders import a_mask
from tests.support.masks import run


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Two masks, of which one has a pair that is accepted."""
    store = open_store(Workspace(tmp_path / "w"))
    store.put_masks([a_mask("a.tif"), a_mask("b.tif")])
    store.put_pairs([Pair("p", "a", "a.tif", ("S",), PairState.DONE)])
    store.append_decision(Decision("p", Verdict.ACCEPT, "ann", None, now_utc()))
    store.engine.dispose()
    return tmp_path / "w"


def test_masks_are_edited_and_the_count_is_given(workspace: Path) -> None:
    answer = run(workspace, "masks", "edit", "--class-names", "1 = mine", "--json")
    assert (answer.status, answer.document) == (0, {"changed": 2})
    answer = run(workspace, "masks", "edit", "--name", "b", "--date", "2020-03-03", "--json")
    assert answer.document == {"changed": 1}
    rows = run(workspace, "masks", "list", "--json").document
    assert [row["acquired"] for row in rows] == ["2020-01-20T10:15:32Z", "2020-03-03"]


def test_decisions_are_set_aside_only_after_a_yes(workspace: Path) -> None:
    asked = ("masks", "edit", "--mask", "a", "--date", "2020-03-03")
    answer = run(workspace, *asked)
    assert answer.status == 2
    assert "1 pair that is decided (1 accepted)" in answer.said
    assert "Add --yes" in answer.said
    rows = run(workspace, "masks", "list", "--json").document
    assert rows[0]["acquired"] == "2020-01-20T10:15:32Z"
    assert run(workspace, *asked, "--yes", "--json").document == {"changed": 1}


@pytest.mark.parametrize(
    "words",
    [(), ("--mask", "x", "--date", "2020-01-01"), ("--date", "May"), ("--class-names", "mine")],
)
def test_wrong_use_is_refused(workspace: Path, words: tuple[str, ...]) -> None:
    assert run(workspace, "masks", "edit", *words).status in (1, 2)
