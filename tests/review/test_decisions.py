"""The log of decisions, and what it adds up to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate_core.errors import WrongUseError
from migrate_core.model import Decision, Pair
from migrate_core.review.decisions import (
    ReviewStatus,
    deciding,
    pairs_document,
    review_status,
    review_statuses,
)
from migrate_core.review.run import decide
from migrate_core.states import Basis
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def log(*entries: str) -> list[Decision]:
    """`ann accept`, `bob undo`, `cem accept settles`, `ann accept rule b1` … as decisions about
    one pair, a minute apart."""
    return [
        Decision("p", verdict, reviewer, None, NOON + timedelta(minutes=number), **of(further))
        for number, (reviewer, verdict, *further) in enumerate(entry.split() for entry in entries)
    ]


def of(further: list[str]) -> dict[str, Any]:
    match further:
        case ["settles"]:
            return {"settles": True}
        case [basis, batch]:
            return {"basis": Basis(basis), "batch": batch}
    return {}


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


@pytest.mark.parametrize(
    ("entries", "decision", "deciders", "basis"),
    [
        ([], None, (), None),
        (["ann accept rule b1"], "accepted", ("ann",), "rule"),
        (["ann accept rule b1", "bob reject"], "rejected", ("bob",), "person"),
        (["ann accept rule b1", "ann reject"], "rejected", ("ann",), "person"),
        (["auto:1 accept model b1"], "accepted", ("auto:1",), "model"),
        (["auto:1 accept model b1", "bob unsure"], "unsure", ("bob",), "person"),
        (["auto:1 accept model b1", "bob unsure", "bob undo"], "accepted", ("auto:1",), "model"),
        (["bob reject", "auto:1 accept model b1"], "rejected", ("bob",), "person"),
        (["ann accept person b1", "bob accept"], "accepted", ("ann", "bob"), "person"),
        (["ann accept", "bob reject", "cem reject settles"], "rejected", ("cem",), "person"),
        (["ann accept", "bob reject", "ann accept settles"], "accepted", ("ann",), "person"),
        (["ann accept", "cem reject settles", "bob accept"], "conflict", ("bob", "cem"), "person"),
        (["ann accept", "bob reject", "cem reject settles", "cem undo"], "conflict",
         ("ann", "bob"), "person"),
        (["ann accept rule b1", "ann undo rule b1"], None, (), None),
        (["ann accept rule b1", "ann reject", "ann undo rule b1"], "rejected", ("ann",), "person"),
        (["ann accept rule b1", "ann reject", "ann undo rule b1", "ann undo"], None, (), None),
        (["ann reject", "ann accept rule b1", "ann undo rule b1"], "rejected", ("ann",), "person"),
    ],
)  # fmt: skip
def test_rules_yield_to_persons_and_conflicts_to_who_settles_them(
    entries: list[str], decision: str | None, deciders: tuple[str, ...], basis: str | None
) -> None:
    found = review_status(log(*entries))
    assert (found.decision, found.deciders, found.basis) == (decision, deciders, basis)
    assert found.by_person == (basis == "person")
    assert tuple(sorted(deciding(log(*entries)))) == deciders


def test_the_batch_of_a_decision_is_known_where_all_who_decide_are_of_it() -> None:
    assert review_status(log("ann accept rule b1")).batch == "b1"
    assert review_status(log("ann accept person b1", "bob accept")).batch is None
    assert review_status(log("auto:1 accept model b1", "bob accept")).batch is None


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
