"""Double review: what a second reviewer may know of a pair before they have decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from migrate_core.model import Decision, Pair
from migrate_core.review.decisions import review_status
from migrate_core.review.proposals import DecidedPair, proposal_for
from migrate_core.review.queue_row import QueueRow
from migrate_core.review.queue_rows import ReviewItem
from migrate_core.review.team.double import (
    visible_item,
    visible_log,
    visible_row,
    waits_for_second,
)
from migrate_core.states import Basis, DecisionState, Verdict

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALL, NONE = 1.0, 0.0


def say(who: str, verdict: str = "accept", **more: object) -> Decision:
    return replace(Decision("p", Verdict(verdict), who, "why", NOON), **more)


def row(*log: Decision) -> QueueRow:
    empty = QueueRow("p", "m.tif", "", None, None, None, None)
    return replace(empty.with_status(review_status(log)), proposed=None)


def test_to_the_second_reviewer_the_pair_is_undecided() -> None:
    decided = row(say("ann"))
    assert visible_row(decided, "bob", ALL) == row()
    assert visible_row(decided, "ann", ALL) == decided
    assert visible_row(decided, "bob", NONE) == decided


def test_once_two_have_decided_all_is_open_to_a_third() -> None:
    decided = row(say("ann"), say("bob", "reject"))
    assert visible_row(decided, "cem", ALL).decision == DecisionState.CONFLICT


def test_what_was_proposed_is_hidden_with_the_decision() -> None:
    decided = replace(row(say("ann")), proposed=DecisionState.ACCEPTED)
    assert visible_row(decided, "bob", ALL).proposed is None


def test_a_decision_of_a_rule_is_hidden_only_with_that_of_a_person() -> None:
    by_rule = row(say("ann", basis=Basis.RULE))
    assert visible_row(by_rule, "bob", ALL) == by_rule
    audited = row(say("ann", basis=Basis.RULE), say("cem", "reject"))
    assert visible_row(audited, "bob", ALL) == row()


def test_one_reads_ones_own_entries_while_blind() -> None:
    own = [say("bob"), say("bob", "undo")]
    log = [say("ann"), *own]
    assert visible_log(log, "bob", ALL) == own
    assert visible_log(log, "ann", ALL) == log
    assert visible_log(log, "bob", NONE) == log
    assert visible_log([*log, say("bob")], "bob", ALL) == [*log, say("bob")]
    assert visible_log([], "bob", ALL) == []


def test_nothing_of_others_is_proposed_while_blind() -> None:
    pair = Pair("p", "m", "m.tif", ("s",), "done")
    earlier = DecidedPair(replace(pair, pair_id="e"), {"ann": say("ann", pair_id="e")})
    item = ReviewItem(pair, None, (), (say("ann"),), (), earlier)
    found = visible_item(item, "bob", ALL)
    assert found.log == ()
    assert found.earlier_id == "e"
    assert proposal_for(pair, found.log, found.earlier, "bob") is None
    assert visible_item(item, "bob", NONE) is item
    both = replace(
        item, earlier=replace(earlier, decisions={**earlier.decisions, "bob": say("bob")})
    )
    found = visible_item(both, "bob", ALL)
    proposed = proposal_for(pair, found.log, found.earlier, "bob")
    assert proposed is not None
    assert [one.reviewer for one in proposed.decisions] == ["bob"]


def test_pairs_wait_for_a_second_look_once_one_person_has_decided() -> None:
    rows = [row(), row(say("ann")), row(say("ann"), say("bob")), row(say("ann", basis=Basis.RULE))]
    assert [waits_for_second("p", one.persons, ALL) for one in rows] == [False, True, False, False]
    assert not waits_for_second("p", rows[1].persons, NONE)
