"""Filters of pairs: what they take, as texts, and in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate_core.errors import WrongUseError
from migrate_core.review.filters import (
    NUMBERS,
    QueueFilter,
    Range,
    filter_texts,
    format_filter,
    parse_filter,
)
from migrate_core.review.queue_row import QueueRow
from migrate_core.states import Basis, DecisionState, Verdict

ROW = QueueRow(
    pair_id="p",
    mask_name="p.tif",
    tile="31TDG",
    sensed_on=date(2020, 2, 2),
    days_offset=-4.0,
    suggestion=Verdict.ACCEPT,
    occluded=0.02,
    shift_m=6.0,
    change=0.1,
    decision=DecisionState.ACCEPTED,
    reviewers=("ann",),
    verdicts=(Verdict.ACCEPT,),
    scene_id="S2A",
    coverage=0.95,
    score=0.8,
    basis=Basis.RULE,
    batch="b1",
)


@pytest.mark.parametrize(
    ("texts", "takes"),
    [
        ({}, True),
        ({"occluded": "..2"}, True),
        ({"occluded": "0..1.9"}, False),
        ({"occluded": "5.."}, False),
        ({"days": "..4"}, True),
        ({"days": "..3.9"}, False),
        ({"change": "0.1..0.1"}, True),
        ({"shift": "7"}, True),
        ({"shift": "5"}, False),
        ({"coverage": "95.."}, True),
        ({"coverage": "96.."}, False),
        ({"score": "80..100"}, True),
        ({"occluded": "..2", "days": "..3"}, False),
        ({"occluded": "..2", "days": "..5", "decision": "accepted"}, True),
        ({"basis": "rule"}, True),
        ({"basis": "person"}, False),
        ({"batch": "b1", "by": "ann"}, True),
        ({"by": "bob"}, False),
        ({"scene": "S2A"}, True),
        ({"scene": "S2B"}, False),
    ],
)
def test_all_that_is_asked_for_has_to_hold(texts: dict[str, str], takes: bool) -> None:
    assert parse_filter(texts).takes(ROW) == takes


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_is_not_known_fits_no_limit(name: str) -> None:
    unknown = replace(
        ROW, occluded=None, change=None, shift_m=None, days_offset=None, coverage=None, score=None
    )
    for limits in ("..1e9", "-1e9..", ".."):
        assert parse_filter({name: limits}).takes(ROW)
        assert not parse_filter({name: limits}).takes(unknown)


ENDS = st.none() | st.integers(-9, 999).map(lambda value: value / 10)
RANGES = st.dictionaries(st.sampled_from(sorted(NUMBERS)), st.builds(Range, ENDS, ENDS))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "decision": st.sampled_from(DecisionState).map(str),
            "text": st.text("ab c", min_size=1),
            "scene": st.just("S2A"),
            "first": st.dates(),
            "last": st.dates(),
            "ranges": RANGES,
        },
    )
)
def test_a_filter_comes_back_from_its_texts(given: dict[str, Any]) -> None:
    wanted = QueueFilter(**given)
    assert parse_filter(filter_texts(wanted)) == wanted


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"clouds": "5"}, "'clouds' is no filter"),
        ({"occluded": "few"}, "'few' is no range"),
        ({"occluded": "nan"}, "have to be finite"),
        ({"first": "yesterday"}, "no day such as 2020-02-02"),
        ({"text": 5}, "'text' has to be a text"),
    ],
)
def test_a_wrong_filter_is_refused(texts: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongUseError, match=message):
        parse_filter(texts)


def test_a_filter_in_words() -> None:
    assert format_filter(QueueFilter()) == "all pairs"
    texts = {
        "decision": "undecided",
        "occluded": "..0",
        "days": "..5",
        "shift": "1..9",
        "score": "..",
    }
    assert format_filter(parse_filter(texts)) == (
        "undecided, label occluded at most 0 %, shift at least 1 m and at most 9 m, days offset "
        "(either way) at most 5 days, expected to be accepted known"
    )
