"""What a rule is, and what it would do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scipy.stats import beta

from migrate_core.errors import WrongUseError
from migrate_core.review.queue_rows import queue_rows
from migrate_core.review.rules.rule import Rule, RulePreview, parse_rule, preview
from migrate_core.store.base import Store
from tests.support.many import many_pairs, say_of

CLEAR = {"occluded": "..0", "days": "..5"}
# Those that fit: even, and not divisible by ten.
FITTING = [f"p{number:04}" for number in range(0, 100, 2) if number % 10]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return many_pairs(tmp_path)


def rule(**more: str) -> Rule:
    return parse_rule({**CLEAR, **more}, "accept")


def found(store: Store) -> RulePreview:
    return preview(queue_rows(store), rule())


def test_a_rule_shows_what_it_would_do(store: Store) -> None:
    seen = found(store)
    assert sorted(seen.pair_ids) == FITTING
    assert (seen.undecided, seen.looked_at, seen.otherwise) == (100, 0, None)
    assert len(set(seen.examples)) == 12
    assert set(seen.examples) <= set(FITTING)
    assert seen.sentences[0] == "Accept 40 of 100 undecided pairs."
    assert "nobody knows" in seen.sentences[1]
    assert seen.rule.text == (
        "accept pairs with: label occluded at most 0 %, days offset (either way) at most 5 days"
    )


def test_it_leaves_alone_what_is_decided_and_tells_how_persons_decided(store: Store) -> None:
    say_of(store, FITTING[:9], "accept")
    say_of(store, FITTING[9:10], "unsure")
    say_of(store, ["p0001"], "reject")
    seen = found(store)
    assert sorted(seen.pair_ids) == FITTING[10:]
    assert (seen.undecided, seen.looked_at, seen.agreed) == (89, 10, 9)
    share, low, high = seen.otherwise or (0, 0, 0)
    assert share == pytest.approx(0.1)
    assert low == pytest.approx(beta.ppf(0.025, 1, 10))
    assert high == pytest.approx(beta.ppf(0.975, 2, 9))
    assert seen.sentences == (
        "Accept 30 of 89 undecided pairs.",
        "Of 10 decided ones that fit, 9 accepted: 10.0 % otherwise "
        "(95 % interval 0.3 % to 44.5 %).",
    )


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({}, "needs a filter"),
        ({"decision": "undecided"}, "needs a filter"),
        ({"decision": "accepted", "occluded": "..0"}, "undecided pairs"),
        ({"basis": "rule", "occluded": "..0"}, "'basis'"),
        ({"occluded": "zero"}, "range"),
        ({"clouds": "..0"}, "no filter"),
    ],
)
def test_what_is_no_rule_is_refused(texts: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongUseError, match=message):
        parse_rule(texts, "accept")


def test_the_filter_of_a_queue_is_one_of_a_rule() -> None:
    assert rule(decision="undecided") == rule()
    with pytest.raises(WrongUseError, match="verdict"):
        parse_rule(CLEAR, "undo")
