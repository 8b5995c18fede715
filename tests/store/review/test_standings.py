"""The standing beside each pair is what its log adds up to, whatever happened in which order."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from migrate_core.cli import cli
from migrate_core.errors import WrongUseError
from migrate_core.model import Pair
from migrate_core.review.batches import decide_batch, selected, undo_batch
from migrate_core.review.decisions import review_status, review_statuses
from migrate_core.review.overview import decision_counts
from migrate_core.review.pair_rows import pair_rows
from migrate_core.review.run import decide, new_decision
from migrate_core.states import DecisionState, PairState
from migrate_core.store.base import Store, open_store, superseded
from migrate_core.store.decisions import decision_logs, renew_pair
from migrate_core.store.derived.standings import differing, rebuild
from migrate_core.workspace import Workspace
from tests.support.builders import a_mask

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PAIRS = [f"m{mask}_{way}" for mask in range(2) for way in "ab"]
PAIR_IDS, WHO = st.sampled_from(PAIRS), st.sampled_from(["ann", "bob"])
VERDICTS = st.sampled_from(["accept", "reject", "unsure", "undo"])


def pair(pair_id: str, state: PairState = PairState.DONE) -> Pair:
    mask_id = pair_id.partition("_")[0]
    return Pair(pair_id, mask_id, f"{mask_id}.tif", ("s",), state)


class Team(RuleBasedStateMachine):
    """Reviewers decide, singly and at once, while pairs are made, superseded, repaired, removed."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = open_store(Workspace(Path(self.folder.name)))
        self.batches: list[str] = []

    @rule(pair_id=PAIR_IDS, verdict=VERDICTS, who=WHO, settles=st.booleans())
    def decides(self, pair_id: str, verdict: str, who: str, settles: bool) -> None:
        """One decision; what isn't allowed just then changes nothing."""
        try:
            decide(self.store, new_decision(pair_id, verdict, who, settles=settles))
        except WrongUseError:
            return

    @rule(pair_ids=st.sets(PAIR_IDS, min_size=1), who=WHO)
    def decides_many(self, pair_ids: set[str], who: str) -> None:
        request = selected("accept", who, None)  # type: ignore[arg-type]
        try:
            decide_batch(self.store, request, pair_ids)
        except WrongUseError:
            return
        self.batches.append(request.batch_id)

    @rule(data=st.data())
    def undoes_many(self, data: st.DataObject) -> None:
        if self.batches:
            undo_batch(self.store, data.draw(st.sampled_from(self.batches)), "ann")

    @rule(pair_id=PAIR_IDS, state=st.sampled_from(PairState))
    def is_made(self, pair_id: str, state: PairState) -> None:
        self.store.put_pairs([pair(pair_id, state)])

    @rule(pair_id=PAIR_IDS)
    def is_superseded(self, pair_id: str) -> None:
        if (found := self.store.pair(pair_id)) is not None:
            self.store.put_pairs([superseded(found, NOON)])

    @rule(pair_id=PAIR_IDS)
    def is_repaired(self, pair_id: str) -> None:
        renew_pair(self.store, pair_id, {"edits": ("t",), "change": 0.5})

    @rule(mask_id=st.sampled_from(["m0", "m1"]))
    def is_removed(self, mask_id: str) -> None:
        self.store.put_masks([a_mask(f"{mask_id}.tif", mask_id=mask_id)])
        self.store.remove_masks([mask_id])

    @rule()
    def is_rebuilt(self) -> None:
        with self.store.engine.begin() as connection:
            rebuild(connection)

    @invariant()
    def columns_are_what_the_log_says(self) -> None:
        by_log = {key: review_status(log) for key, log in decision_logs(self.store).items()}
        assert _whole(review_statuses(self.store)) == _whole(by_log)
        with self.store.engine.connect() as connection:
            assert differing(connection) == []
        done = self.store.finished_pairs()
        counts = Counter[str](
            (by_log[key].decision if key in by_log else None) or DecisionState.UNDECIDED
            for key in done
        )
        assert decision_counts(self.store) == {name: counts[name] for name in DecisionState}

    @invariant()
    def kept_rows_are_as_though_read_anew(self) -> None:
        anew = Store(self.store.engine)
        assert sorted(pair_rows(self.store), key=_id) == sorted(pair_rows(anew), key=_id)
        assert self.store.pair_counts() == anew.pair_counts()

    def teardown(self) -> None:
        self.store.engine.dispose()
        self.folder.cleanup()


def _id(row: Any) -> str:
    return str(row.pair_id)


def _whole(found: Any) -> dict[str, tuple[Any, ...]]:
    """Standings with what their equality leaves out."""
    names = ("decision", "reviewers", "verdicts", "deciders", "basis", "batch", "persons")
    return {key: tuple(getattr(one, name) for name in names) for key, one in found.items()}


TestTeam = Team.TestCase
TestTeam.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(Workspace(tmp_path))
    store.put_pairs([pair(one) for one in PAIRS])
    yield store
    store.engine.dispose()


def test_a_column_that_went_wrong_is_found_and_mended_by_the_log(store: Store) -> None:
    decide(store, new_decision(PAIRS[0], "accept", "ann"))
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE pairs SET decision = 'rejected'"))
        assert differing(connection) == PAIRS
        rebuild(connection)
        assert differing(connection) == []
    assert decision_counts(store)["accepted"] == 1


def test_only_changed_pairs_are_read_again(store: Store) -> None:
    read = list[int]()
    sa.event.listen(store.engine, "after_cursor_execute", lambda *_: read.append(1))
    before = pair_rows(store)
    read.clear()
    assert pair_rows(store) is before
    assert len(read) == 2  # the revision, and the version of the model
    decide(store, new_decision(PAIRS[1], "accept", "ann"))
    after = {row.pair_id: row for row in pair_rows(store)}
    unchanged = [row for row in before if row.pair_id != PAIRS[1]]
    assert all(after[row.pair_id] is row for row in unchanged)
    assert after[PAIRS[1]] == replace(
        next(row for row in before if row.pair_id == PAIRS[1]),
        decision=DecisionState.ACCEPTED,
        **{name: getattr(after[PAIRS[1]], name) for name in ("reviewers", "verdicts")},
        **{name: getattr(after[PAIRS[1]], name) for name in ("basis", "persons")},
    )


def test_counts_of_an_unchanged_store_take_one_statement(store: Store) -> None:
    statements = list[str]()
    sa.event.listen(
        store.engine, "after_cursor_execute", lambda *event: statements.append(event[2])
    )
    store.pair_counts()
    statements.clear()
    store.pair_counts()
    assert len(statements) == 1
    assert "revisions" in statements[0]


def test_the_command_names_what_differs_and_mends_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def standings(*options: str) -> tuple[int, dict[str, object]]:
        arguments = ["--workspace", str(tmp_path), "review", "standings", "--json", *options]
        found = CliRunner().invoke(cli, arguments)
        return found.exit_code, json.loads(found.stdout)

    decide(store, new_decision(PAIRS[0], "accept", "ann"))
    assert standings() == (0, {"differing": [], "rebuilt": False})
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE pairs SET decision = 'rejected'"))
    assert standings() == (1, {"differing": PAIRS, "rebuilt": False})
    assert standings("--rebuild") == (0, {"differing": PAIRS, "rebuilt": True})
    assert standings() == (0, {"differing": [], "rebuilt": False})
