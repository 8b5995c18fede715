"""States and verdicts are strings wherever they go: JSON, the database, tables of an export."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from migrate_core.model import Decision, Pair, Suggestion
from migrate_core.states import (
    DECISION_OF,
    UNDER_WAY,
    VERDICTS,
    DecisionState,
    JobState,
    MaskState,
    PairState,
    Verdict,
    decision_state,
)
from migrate_core.store.base import open_store
from migrate_core.store.decisions import decision_logs
from migrate_core.store.serialize import from_json, to_json
from migrate_core.workspace import Workspace

PAIR = Pair(
    "lake_1",
    "lake",
    "lake.tif",
    ("S2A",),
    PairState.DONE,
    suggestion=Suggestion(Verdict.ACCEPT, "clear"),
)


@pytest.mark.parametrize("states", [MaskState, PairState, JobState, Verdict, DecisionState])
def test_a_state_is_the_word_that_documents_hold(states: type[StrEnum]) -> None:
    for state in states:
        word = state.name.lower()
        assert state == word
        assert f"{state}" == word
        assert json.dumps({state: state}) == f'{{"{word}": "{word}"}}'
        assert {word: 1}[state] == 1
        assert type(to_json(state)) is str
        assert pa.array([state, None]).to_pylist() == [word, None]


def test_a_pair_comes_back_with_its_states() -> None:
    document = json.loads(json.dumps(to_json(PAIR)))
    assert (document["state"], document["suggestion"]["verdict"]) == ("done", "accept")
    found = from_json(Pair, document)
    assert found == PAIR
    assert found.state is PairState.DONE
    assert found.suggestion is not None
    assert found.suggestion.verdict is Verdict.ACCEPT


def test_the_database_holds_plain_words(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path))
    store.put_pairs([PAIR])
    # As an older version of the program wrote it.
    store.put_pairs([replace(PAIR, pair_id="lake_2", state="failed")])  # type: ignore[arg-type]
    now = datetime(2026, 3, 1, tzinfo=UTC)
    store.append_decision(Decision("lake_1", Verdict.REJECT, "ann", None, now))
    with store.engine.connect() as connection:
        states = connection.execute(sa.text("SELECT pair_id, state FROM pairs")).all()
        verdicts = connection.execute(sa.text("SELECT verdict FROM decisions")).all()
    assert sorted(map(tuple, states)) == [("lake_1", "done"), ("lake_2", "failed")]
    assert [tuple(row) for row in verdicts] == [("reject",)]
    assert [pair.state for pair in store.pairs()] == [PairState.DONE, PairState.FAILED]
    assert [type(pair.state) for pair in store.pairs()] == [PairState, PairState]
    assert store.decisions("lake_1")[0].verdict is Verdict.REJECT
    assert decision_logs(store)["lake_1"][0].verdict is Verdict.REJECT
    store.engine.dispose()


def test_every_verdict_but_undo_decides() -> None:
    assert set(DECISION_OF) == set(VERDICTS) == set(Verdict) - {Verdict.UNDO}
    assert set(DecisionState) - set(DECISION_OF.values()) == {
        DecisionState.CONFLICT,
        DecisionState.UNDECIDED,
    }


def test_a_pair_about_which_nobody_decided_is_undecided() -> None:
    assert decision_state(None) is DecisionState.UNDECIDED
    assert decision_state(DecisionState.REJECTED) is DecisionState.REJECTED


def test_what_is_under_way_is_neither_ended_nor_superseded() -> None:
    assert UNDER_WAY == ("queued", "running")
