"""Proposals: what was decided about an earlier pair of a mask, for the present one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from migrate_core.model import Decision, Mask, Pair, PairParameters
from migrate_core.review.filters import PROPOSED, QueueFilter
from migrate_core.review.proposals import (
    Proposal,
    differences,
    earlier_pair,
    proposal_for,
    proposed_decisions,
)
from migrate_core.review.queue import arranged
from migrate_core.review.queue_rows import queue_rows
from migrate_core.store.base import Store, open_store, superseded
from migrate_core.workspace import Workspace

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
SAFE = "S2A_MSIL2A_20200202T104251_N0214_R008_T31TDG_20200202T134500"


class History:
    """Pairs of one mask that take each other's place, and what is decided about them meanwhile."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.minutes = 0

    def now(self) -> datetime:
        self.minutes += 1
        return NOON + timedelta(minutes=self.minutes)

    def make(self, pair_id: str, mask_id: str = "m") -> None:
        """A run makes this pair, so others of its mask are superseded."""
        others = [p for p in self.store.pairs() if (p.mask_id, p.pair_id) != (mask_id, pair_id)]
        gone = [superseded(p, self.now()) for p in others if p.mask_id == mask_id]
        self.store.put_pairs([*gone, Pair(pair_id, mask_id, "m.tif", (SAFE,), "done")])

    def say(self, pair_id: str, *entries: str) -> None:
        for entry in entries:
            reviewer, verdict = entry.split()
            decision = Decision(pair_id, verdict, reviewer, None, self.now())
            self.store.append_decision(decision)

    def proposed(self, pair_id: str, reviewer: str = "ann") -> Proposal | None:
        pair = self.store.pair(pair_id)
        assert pair is not None
        log = self.store.decisions(pair_id)
        return proposal_for(pair, log, earlier_pair(self.store, pair), reviewer)

    def short(self, pair_id: str, reviewer: str = "ann") -> tuple[str, str | None] | None:
        """The earlier pair and the verdict."""
        found = self.proposed(pair_id, reviewer)
        return found and (found.pair_id, found.verdict)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(open_store(Workspace(tmp_path)))


def reported(history: History, steps: Sequence[str]) -> None:
    """Steps such as `make A` and `A: ann accept`."""
    for step in steps:
        if step.startswith("make "):
            history.make(step.removeprefix("make "))
        else:
            pair_id, _, entry = step.partition(": ")
            history.say(pair_id, entry)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["make A", "make B"], None),
        (["make A", "A: ann accept", "make B"], ("A", "accept")),
        (["make A", "A: ann accept", "make B", "make C"], ("A", "accept")),
        (["make A", "A: ann accept", "make B", "B: ann reject", "make C"], ("B", "reject")),
        # A decision of before doesn't count once it is undone; what lies below it does.
        (["make A", "A: ann accept", "A: ann undo", "make B"], None),
        (["make A", "A: ann unsure", "A: ann accept", "A: ann undo", "make B"], ("A", "unsure")),
        (
            ["make A", "A: ann accept", "make B", "B: ann reject", "B: ann undo", "make C"],
            ("A", "accept"),
        ),
        # What was confirmed is a decision; taken back, it is a proposal again.
        (["make A", "A: ann accept", "make B", "B: ann accept"], None),
        (["make A", "A: ann accept", "make B", "B: ann accept", "B: ann undo"], ("A", "accept")),
        # Back to A and on to C: the pair that C took over from counts, not the newest decision.
        (
            ["make A", "A: ann accept", "make B", "B: ann reject", "make A", "make C"],
            ("A", "accept"),
        ),
        # An undecided pair that comes back takes over from the one that was decided meanwhile.
        (["make A", "make B", "B: ann accept", "make A"], ("B", "accept")),
        # Its own decision stands again.
        (["make A", "A: ann accept", "make B", "B: ann reject", "make A"], None),
    ],
)
def test_the_pair_that_was_superseded_last_and_is_decided_counts(
    history: History, steps: list[str], expected: tuple[str, str] | None
) -> None:
    reported(history, steps)
    present = next(p.pair_id for p in history.store.pairs() if p.state == "done")
    assert history.short(present) == expected
    verdicts = {"accept": "accepted", "reject": "rejected", "unsure": "unsure"}
    listed = {} if expected is None else {present: f"{verdicts[expected[1]]} proposed"}
    assert proposed_decisions(history.store) == listed


def test_the_earlier_pair_stays_known_once_the_present_one_is_decided(history: History) -> None:
    def earlier(pair_id: str) -> str | None:
        pair = history.store.pair(pair_id)
        assert pair is not None
        found = earlier_pair(history.store, pair)
        return None if found is None else found.pair.pair_id

    reported(history, ["make A", "A: ann accept", "make B"])
    assert (earlier("A"), earlier("B")) == (None, "A")
    history.say("B", "ann reject")
    assert history.short("B") is None
    assert earlier("B") == "A"
    history.say("A", "ann undo")
    assert earlier("B") is None


def test_a_reviewers_own_verdict_is_proposed_else_what_all_agree_on(history: History) -> None:
    reported(history, ["make A", "A: ann accept", "A: bob accept", "make B"])
    assert [history.short("B", who) for who in ("ann", "bob", "eve")] == [("A", "accept")] * 3
    history.say("B", "ann accept")
    assert history.short("B", "ann") is None
    assert history.short("B", "bob") == ("A", "accept")
    # Others need not be asked about a pair that is decided.
    assert history.short("B", "eve") is None


def test_of_a_conflict_nothing_is_proposed_but_to_those_who_had_a_say(history: History) -> None:
    reported(history, ["make A", "A: ann accept", "A: bob reject", "make B"])
    assert history.short("B", "ann") == ("A", "accept")
    assert history.short("B", "bob") == ("A", "reject")
    found = history.proposed("B", "eve")
    assert found is not None
    assert (found.verdict, [one.reviewer for one in found.decisions]) == (None, ["bob", "ann"])
    assert proposed_decisions(history.store) == {"B": "disagreed before"}


def test_a_superseded_pair_has_no_proposal_itself(history: History) -> None:
    reported(history, ["make A", "A: ann accept", "make B", "make C"])
    assert history.proposed("B") is None


def test_pairs_superseded_before_that_was_noted_count_by_the_log(history: History) -> None:
    reported(history, ["make A", "make B", "make C", "B: ann reject", "A: ann accept"])
    old = [replace(p, superseded_at=None) for p in history.store.pairs()]
    history.store.put_pairs(old)
    assert history.short("C") == ("A", "accept")
    history.say("B", "ann unsure")
    assert history.short("C") == ("B", "unsure")
    # Whatever was superseded since comes before them.
    history.say("C", "ann reject")
    history.make("D")
    assert history.short("D") == ("C", "reject")


def test_a_file_with_other_content_takes_over_the_decisions_of_its_mask(history: History) -> None:
    store = history.store
    store.put_masks([Mask("m", "m.tif", "/masks/m.tif"), Mask("n", "n.tif", "/masks/n.tif")])
    reported(history, ["make A", "A: ann accept"])
    history.make("N", "n")
    store.put_masks([Mask("m2", "m.tif", "/masks/m.tif")])
    history.make("B", "m2")
    found = history.proposed("B")
    assert found is not None
    assert (found.pair_id, found.verdict, found.differences) == (
        "A",
        "accept",
        ("the mask's file or label",),
    )
    assert proposed_decisions(store) == {"B": "accepted proposed"}
    assert history.proposed("N") is None
    # Once more, by way of a mask whose pair nobody decided about; and taken out in between.
    store.remove_masks(["m2"])
    store.put_masks([Mask("m3", "m.tif", "/masks/m.tif")])
    history.make("C", "m3")
    assert history.short("C") == ("A", "accept")


def test_other_masks_have_nothing_to_do_with_it(history: History) -> None:
    reported(history, ["make A", "A: ann accept", "make B"])
    history.make("other", "other")
    assert history.proposed("other") is None
    assert proposed_decisions(history.store) == {"B": "accepted proposed"}


def test_what_two_pairs_differ_in_is_said() -> None:
    before = Pair("m_20200202_0a1b2c3d", "m", "m.tif", (SAFE,), parameters=PairParameters())
    assert differences(before, before) == (
        "how the mask is read (georeference, classes or files beside it)",
    )
    other = PairParameters("cubic", -1000, register=True, ignore_rim_m=12.5)
    assert differences(before, replace(before, parameters=other)) == (
        "resampling (cubic, was bilinear)",
        "radiometric offset (-1000, was as documented)",
        "registration (on, was off)",
        "boundary buffer, m (12.5, was 0)",
    )
    later = replace(before, pair_id="m_20200204_0a1b2c3d", scene_ids=("B",))
    assert differences(before, later) == ("scene (of 2020-02-04, was of 2020-02-02)",)
    moved = replace(before, mask_id="m2")
    assert differences(before, moved) == ("the mask's file or label",)


def test_the_queue_can_be_limited_to_what_is_proposed(history: History) -> None:
    reported(history, ["make A", "A: ann accept", "make B"])
    history.make("other", "other")
    rows = queue_rows(history.store)
    assert {row.pair_id: (row.decision, row.proposed) for row in rows} == {
        "B": (None, "accepted"),
        "other": (None, None),
    }
    assert [row.pair_id for row in arranged(rows, QueueFilter(PROPOSED))] == ["B"]
    assert len(arranged(rows, QueueFilter("undecided"))) == 2
