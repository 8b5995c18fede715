"""The log of decisions, and what it adds up to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate_core.errors import WrongUseError
from migrate_core.model import Decision, Pair
from migrate_core.review.decisions import (
    ReviewStatus,
    pairs_document,
    review_status,
    review_statuses,
)
from migrate_core.review.run import decide
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def log(*entries: str) -> list[Decision]:
    """`ann accept`, `bob undo` … as decisions about one pair, a minute apart."""
    return [
        Decision("p", verdict, reviewer, None, NOON + timedelta(minutes=number))
        for number, (reviewer, verdict) in enumerate(entry.split() for entry in entries)
    ]


@pytest.mark.parametrize(
    ("entries", "decision", "reviewers"),
    [
        ([], None, ()),
        (["ann accept"], "accepted", ("ann",)),
        (["ann reject"], "rejected", ("ann",)),
        (["ann unsure"], "unsure", ("ann",)),
        (["ann accept", "ann reject"], "rejected", ("ann",)),
        (["bob accept", "ann accept"], "accepted", ("ann", "bob")),
        (["ann accept", "bob reject"], "conflict", ("ann", "bob")),
        (["ann accept", "bob unsure"], "conflict", ("ann", "bob")),
        (["ann accept", "bob reject", "bob accept"], "accepted", ("ann", "bob")),
        (["ann accept", "ann undo"], None, ()),
        (["ann accept", "ann reject", "ann undo"], "accepted", ("ann",)),
        (["ann accept", "ann reject", "ann undo", "ann undo"], None, ()),
        (["ann accept", "bob reject", "bob undo"], "accepted", ("ann",)),
        (["ann accept", "ann undo", "ann reject"], "rejected", ("ann",)),
        (["ann undo", "ann accept"], "accepted", ("ann",)),
    ],
)
def test_the_newest_decision_of_each_reviewer_that_is_not_undone_counts(
    entries: list[str], decision: str | None, reviewers: tuple[str, ...]
) -> None:
    assert review_status(log(*entries)) == ReviewStatus(decision, reviewers)


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["accept", "reject", "unsure"])),
        max_size=6,
    ),
    st.tuples(st.sampled_from("ab"), st.sampled_from(["accept", "reject", "unsure"])),
)
def test_an_undo_takes_back_exactly_one_decision(
    before: list[tuple[str, str]], last: tuple[str, str]
) -> None:
    entries = [" ".join(entry) for entry in before]
    undone = [*entries, " ".join(last), f"{last[0]} undo"]
    assert review_status(log(*undone)) == review_status(log(*entries))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def store(workspace: Workspace) -> Store:
    """Pairs p (done), s (superseded) and one of each state in which there is nothing to see."""
    store = open_store(workspace)
    states = {"p": "done", "s": "superseded"}
    states |= {name: name for name in ("queued", "running", "failed", "cancelled")}
    store.put_pairs(
        [Pair(name, "m", "m.tif", ("scene",), state=state) for name, state in states.items()]
    )
    return store


def decide_all(store: Store, decisions: Iterable[Decision]) -> None:
    for decision in decisions:
        decide(store, decision)


def test_the_log_keeps_everything_that_was_said(store: Store) -> None:
    said = log("ann accept", "bob reject", "ann undo", "ann unsure")
    decide_all(store, said)
    assert store.decisions() == said
    assert review_statuses(store) == {"p": ReviewStatus("conflict", ("ann", "bob"))}


def test_a_superseded_pair_can_be_decided_too(store: Store) -> None:
    decide(store, Decision("s", "reject", "ann", "old", NOON))
    assert review_statuses(store)["s"].decision == "rejected"


@pytest.mark.parametrize("pair_id", ["queued", "running", "failed", "cancelled", "unknown"])
def test_what_cannot_be_looked_at_cannot_be_decided(store: Store, pair_id: str) -> None:
    with pytest.raises(WrongUseError, match=pair_id):
        decide(store, Decision(pair_id, "accept", "ann", None, NOON))
    assert store.decisions() == []


def test_only_what_one_has_decided_oneself_can_be_undone(store: Store) -> None:
    decide_all(store, log("ann accept"))
    with pytest.raises(WrongUseError, match="bob has decided nothing"):
        decide_all(store, log("bob undo"))
    decide_all(store, log("ann undo"))
    with pytest.raises(WrongUseError, match="ann has decided nothing"):
        decide_all(store, log("ann undo"))
    assert len(store.decisions()) == 2


def test_the_document_of_pairs_carries_the_decisions(store: Store, workspace: Workspace) -> None:
    decide_all(store, log("ann accept", "bob reject"))
    rows = {row["pair_id"]: row["decision"] for row in pairs_document(store, workspace)}
    assert rows.pop("p") == "conflict"
    assert set(rows.values()) == {None}
