"""Learning from the log, and accepting by it: off by default, marked, audited, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate_core.errors import WrongUseError
from migrate_core.model import Pair
from migrate_core.review.batches import BatchRequest, decide_batch, undo_batch
from migrate_core.review.decisions import review_statuses
from migrate_core.review.filters import QueueFilter
from migrate_core.review.pair_rows import pair_rows
from migrate_core.review.queue import arranged
from migrate_core.review.run import decide, new_decision
from migrate_core.review.triage.audit import LEAST
from migrate_core.review.triage.run import (
    accept_automatically,
    explained,
    learn,
    predictions,
    switch,
    triage_state,
)
from migrate_core.states import Basis, BatchKind, DecisionState, Verdict
from migrate_core.store.base import Store
from migrate_core.store.review.batches import batch_entries
from pages.shared.review.queue import queue_document
from tests.support.triage import a_store, decide_about, in_random_order, is_bad, pairs_of

COUNT, DECIDED = 700, 150


@pytest.fixture
def pairs() -> list[Pair]:
    return pairs_of(COUNT)


@pytest.fixture
def store(tmp_path: Path, pairs: list[Pair]) -> Store:
    """A team has decided about the first pairs in random order."""
    store = a_store(tmp_path, pairs)
    decide_about(store, in_random_order(pairs)[:DECIDED])
    return store


def by_models(store: Store) -> set[str]:
    found = review_statuses(store).items()
    return {pair_id for pair_id, status in found if status.basis == Basis.MODEL}


def test_too_few_decisions_teach_nothing(tmp_path: Path, pairs: list[Pair]) -> None:
    store = a_store(tmp_path, pairs)
    decide_about(store, pairs[:40])
    with pytest.raises(WrongUseError, match="there are 40,"):
        learn(store)
    assert predictions(store) == {}
    assert explained(store, pairs[0].pair_id) is None
    state = triage_state(store)
    assert state.version is None
    assert "there are 40," in str(state.learnable)
    with pytest.raises(WrongUseError, match="learnt yet"):
        accept_automatically(store, dry_run=True)


def test_bad_pairs_are_expected_to_be_rejected(store: Store, pairs: list[Pair]) -> None:
    model = learn(store)
    assert model.good + model.bad == DECIDED
    found = predictions(store)
    assert found.keys() == {pair.pair_id for pair in pairs}
    clouded = max(pairs, key=lambda pair: pair.occluded.labelled)
    clear = min(pairs, key=lambda pair: pair.occluded.labelled + (pair.change or 1))
    assert found[clouded.pair_id] < 0.3 < 0.9 < found[clear.pair_id]
    reasons = explained(store, clouded.pair_id)
    assert reasons is not None
    assert reasons.probability == pytest.approx(found[clouded.pair_id])
    assert any("over the label" in sentence for sentence in reasons.speaks_against)
    assert all(sentence.endswith("speaks against it") for sentence in reasons.speaks_against)
    assert len(reasons.speaks_against) <= 3
    queue = arranged(pair_rows(store), QueueFilter())
    assert queue[0].score == min(found.values())


def test_it_is_off_until_it_is_switched_on(store: Store) -> None:
    learn(store)
    with pytest.raises(WrongUseError, match="is off"):
        accept_automatically(store)
    planned = accept_automatically(store, dry_run=True)
    assert planned.accepted
    assert planned.batch_id is None
    assert by_models(store) == set()
    assert not triage_state(store).on
    switch(store, on=True)
    assert accept_automatically(store).accepted == planned.accepted
    assert by_models(store) == set(planned.accepted)


def test_what_it_accepts_is_marked_and_undone_in_one_step(store: Store, pairs: list[Pair]) -> None:
    model = learn(store)
    switch(store, on=True)
    found = accept_automatically(store)
    assert len(found.accepted) > (COUNT - DECIDED) / 2
    named = {pair.pair_id: pair for pair in pairs}
    bad = sum(is_bad(named[pair_id]) for pair_id in found.accepted)
    assert bad / len(found.accepted) < sum(map(is_bad, pairs)) / COUNT / 2
    (entry,) = store.decisions(found.accepted[0])
    assert (entry.reviewer, entry.basis) == (f"auto:{model.version}", Basis.MODEL)
    assert entry.batch == found.batch_id
    assert entry.reason == "triage: at most 5 % bad on average"
    (batch,) = [one for one in batch_entries(store) if one.batch.kind == BatchKind.MODEL]
    assert batch.batch.reviewer == f"auto:{model.version}"
    assert batch.batch.document["model"] == model.version
    again = accept_automatically(store)
    assert (again.accepted, again.withdrawn, again.batch_id) == ((), (), None)
    assert undo_batch(store, found.batch_id, "ann") == len(found.accepted)
    assert by_models(store) == set()


def test_persons_have_the_last_word(store: Store) -> None:
    learn(store)
    switch(store, on=True)
    first, second = accept_automatically(store).accepted[:2]
    decide(store, new_decision(first, "reject", "ben"))
    decide(store, new_decision(second, "accept", "ben"))
    assert review_statuses(store)[first].decision == DecisionState.REJECTED
    again = accept_automatically(store)
    assert not {first, second} & {*again.accepted, *again.withdrawn}


def test_what_a_rule_decided_is_left_alone(store: Store) -> None:
    learn(store)
    first, second, *_ = accept_automatically(store, dry_run=True).accepted
    rule = BatchRequest(BatchKind.RULE, Verdict.REJECT, "ann")
    decide_batch(store, rule, [first, second])
    switch(store, on=True)
    assert not {first, second} & {*accept_automatically(store).accepted}
    assert review_statuses(store)[first].decision == DecisionState.REJECTED
    # A rule looked at nothing, so nothing is learnt from it.
    model = learn(store)
    assert model.good + model.bad == DECIDED


def test_the_queue_of_the_page_follows_what_was_learnt(store: Store) -> None:
    before = queue_document(store, {"reviewer": "ann"})["pairs"]
    learn(store)
    after = queue_document(store, {"reviewer": "ann"})["pairs"]
    assert sorted(before) == sorted(after)
    scores = predictions(store)
    ordered = [scores[pair_id] for pair_id, *_ in after]
    assert ordered == sorted(ordered)
    assert before != after


def test_an_audit_that_contradicts_the_promise_stops_it_until_it_learns_again(
    store: Store, pairs: list[Pair]
) -> None:
    learn(store)
    switch(store, on=True)
    taken = accept_automatically(store).accepted
    state = triage_state(store)
    assert state.stopped is None
    assert state.accepted == len(taken)
    assert len(state.to_audit) == LEAST
    assert set(state.to_audit) <= set(taken)
    named = {pair.pair_id: pair for pair in pairs}
    decide_about(store, [named[pair_id] for pair_id in state.to_audit[:12]], bad=True)
    state = triage_state(store)
    assert state.audit is not None
    assert (state.audit.looked_at, state.audit.bad) == (12, 12)
    assert "12 (100.0 %) are bad" in str(state.stopped)
    found = accept_automatically(store)
    assert found.stopped == state.stopped
    assert found.accepted == ()
    # What stands stays until somebody undoes it, or a new model takes it back.
    assert len(by_models(store)) == len(taken) - 12
    learn(store)
    state = triage_state(store)
    assert state.audit is not None
    assert state.audit.looked_at == 0
    assert "audit contradicts" not in str(state.stopped)


def test_a_model_that_learnt_better_takes_back(store: Store, pairs: list[Pair]) -> None:
    learn(store)
    switch(store, on=True)
    before = by_models_after(store)
    # Persons become strict: change is bad now, and they look at all of the next ones at random.
    strict = [pair for pair in in_random_order(pairs) if (pair.change or 0) > 0.15]
    shown = in_random_order(pairs)[:450]
    decide_about(store, [pair for pair in shown if pair in strict], bad=True)
    decide_about(store, [pair for pair in shown[DECIDED:] if pair not in strict], bad=False)
    model = learn(store)
    found = accept_automatically(store)
    assert found.withdrawn
    assert by_models(store) == (before & by_models(store)) | set(found.accepted)
    assert not set(found.withdrawn) & by_models(store)
    assert undo_batch(store, str(found.batch_id), "ann") == len(found.accepted)
    assert {entry.reviewer for entry in store.decisions(found.withdrawn[0])} != {model.reviewer}


def by_models_after(store: Store) -> set[str]:
    accept_automatically(store)
    return by_models(store)


def test_new_pairs_of_another_kind_stop_it(store: Store, pairs: list[Pair]) -> None:
    learn(store)
    new = pairs_of(COUNT, seed=2, cloudier=0.3, name="new")
    store.put_pairs(new)
    # The new pairs leave gaps in the random sample, which are to be looked at first.
    stopped = accept_automatically(store, dry_run=True).stopped
    assert "without a gap" in str(stopped)
    decide_about(store, [pair for pair in in_random_order([*pairs, *new])[:300] if pair in new])
    stopped = str(accept_automatically(store, dry_run=True).stopped)
    assert stopped.startswith("The pairs aren't like those that the model has learnt from:")
    assert "clouds over the label (median " in stopped
    assert "clouds over the label" in str(triage_state(store).stopped)


def test_decisions_by_suspicion_alone_give_no_promise(tmp_path: Path, pairs: list[Pair]) -> None:
    store = a_store(tmp_path, pairs)
    order = sorted(pairs, key=lambda pair: -pair.occluded.labelled)
    decide_about(store, order[:200])
    learn(store)
    assert "random order" in str(accept_automatically(store, dry_run=True).stopped)


def test_a_model_of_other_features_is_not_used(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn(store)
    monkeypatch.setattr("migrate_core.review.triage.run.NAMES", ("another",))
    assert predictions(store) == {}
    assert triage_state(store).version is None
