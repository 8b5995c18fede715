"""Applying a rule, its random audit, and what the audit says."""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy.stats import beta

from migrate_core.errors import WrongUseError
from migrate_core.jobs.background import now_utc
from migrate_core.model import Batch
from migrate_core.review.batches import undo_batch
from migrate_core.review.decisions import review_statuses
from migrate_core.review.filters import parse_filter
from migrate_core.review.queue_rows import queue_rows
from migrate_core.review.rules.audit import (
    audited_in,
    default_size,
    hide_rule,
    log_without_rule,
    rule_audits,
)
from migrate_core.review.rules.rule import parse_rule
from migrate_core.review.rules.run import apply_rule
from migrate_core.states import Basis
from migrate_core.store.base import Store
from migrate_core.store.review.checks import AttentionCheck, put_check
from tests.support.many import many_pairs, numbered, say_of

RULE = parse_rule({"occluded": "..0"}, "accept")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return many_pairs(tmp_path, 300)


@pytest.fixture
def batch(store: Store) -> Batch:
    return apply_rule(store, RULE, "ann")


def accepted(store: Store) -> int:
    return sum(found.decision == "accepted" for found in review_statuses(store).values())


def test_a_rule_is_one_batch_that_says_what_it_was(store: Store, batch: Batch) -> None:
    assert accepted(store) == 150
    document = batch.document
    assert document["text"] == RULE.text
    assert document["filter"] == {"occluded": "..0"}
    assert (document["verdict"], document["pairs"]) == ("accept", 150)
    assert {row.basis for row in queue_rows(store)} == {None, Basis.RULE}
    assert undo_batch(store, batch.batch_id, "bob") == 150
    assert accepted(store) == 0
    assert rule_audits(store) == []
    assert not any(row.audits for row in queue_rows(store))


def test_the_same_request_twice_is_one(store: Store) -> None:
    first = apply_rule(store, RULE, "ann", batch_id="b")
    assert apply_rule(store, RULE, "ann", batch_id="b") == first
    assert accepted(store) == 150
    with pytest.raises(WrongUseError, match="No undecided pair"):
        apply_rule(store, RULE, "ann")
    with pytest.raises(WrongUseError, match="0 pairs or more"):
        apply_rule(store, parse_rule({"occluded": "50.."}, "reject"), "ann", audit=-1)


def test_attention_checks_are_never_decided_by_a_rule(store: Store) -> None:
    put_check(store, AttentionCheck(numbered(1000), "p0000", "moved", now_utc()))
    apply_rule(store, RULE, "ann")
    assert store.decisions("p1000") == []


@pytest.mark.parametrize(
    ("pairs", "size"), [(0, 0), (40, 40), (59, 59), (100, 59), (1180, 59), (1181, 60), (9999, 500)]
)
def test_the_default_audit_is_5_percent_and_at_least_59(pairs: int, size: int) -> None:
    assert default_size(pairs) == size


def test_the_audit_is_a_queue_of_pairs_drawn_from_the_batch(store: Store, batch: Batch) -> None:
    sample = audited_in(batch)
    assert (len(sample), len(set(sample))) == (59, 59)
    wanted = parse_filter({"audit": batch.batch_id})
    assert {row.pair_id for row in queue_rows(store) if wanted.takes(row)} == set(sample)
    assert list(sample) != sorted(sample)
    other = apply_rule(store, parse_rule({"occluded": "50.."}, "reject"), "ann", audit=0)
    assert audited_in(other) == ()


def test_the_audit_states_the_share_of_bad_pairs(store: Store, batch: Batch) -> None:
    sample = audited_in(batch)
    say_of(store, sample[:20], "accept")
    say_of(store, sample[20:21], "reject")
    say_of(store, sample[22:40], "reject")  # beyond a gap, chosen by whoever looked
    (audit,) = rule_audits(store)
    statement = audit.statement
    assert (audit.size, statement.pairs, statement.checked, statement.bad) == (59, 150, 21, 1)
    assert statement.at_most == pytest.approx(beta.ppf(0.95, 2, 20))
    assert "After 21 random checks with 1 bad pair" in statement.sentence
    # The persons' word counts, as well, beside the other pairs of the batch.
    assert accepted(store) == 150 - 19


def test_an_audit_of_59_pairs_with_one_bad_shows_at_most_7_8_percent(
    store: Store, batch: Batch
) -> None:
    sample = audited_in(batch)
    say_of(store, sample[:1], "unsure")
    say_of(store, sample[1:], "accept")
    (audit,) = rule_audits(store)
    assert audit.statement.sentence.startswith(
        "After 59 random checks with 1 bad pair: at most 7.8 % bad pairs with 95 % confidence"
    )


def test_who_audits_is_not_shown_what_the_rule_said(store: Store, batch: Batch) -> None:
    pair_id = audited_in(batch)[0]
    rows = {row.pair_id: hide_rule(row) for row in queue_rows(store)}
    row = rows[pair_id]
    assert (row.decision, row.reviewers, row.basis, row.batch) == (None, (), None, None)
    assert sum(row.decision is None for row in rows.values()) == 150 + 59
    assert log_without_rule(store, store.decisions(pair_id)) == ()
    say_of(store, [pair_id], "reject", "bob")
    (row,) = (hide_rule(one) for one in queue_rows(store) if one.pair_id == pair_id)
    assert (row.decision, row.basis) == ("rejected", Basis.PERSON)
    assert len(log_without_rule(store, store.decisions(pair_id))) == 2
    other = next(one for one in rows.values() if one.decision)
    assert len(log_without_rule(store, store.decisions(other.pair_id))) == 1
