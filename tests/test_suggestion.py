"""What the numbers suggest."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from migrate_core.model import Suggestion
from migrate_core.pairs.quality import Flag, occlusion
from migrate_core.pairs.suggestion import suggest

LABEL = np.ones((10, 10), dtype=np.uint8)


def flagged(**percent: int) -> NDArray[np.uint8]:
    """100 labelled pixels of which the first so many have each flag."""
    flags = np.zeros(100, dtype=np.uint8)
    for name, count in percent.items():
        flags[:count] |= np.uint8(Flag[name])
    return flags.reshape(10, 10)


def suggestion(
    flags: NDArray[np.uint8], label: NDArray[np.uint8] = LABEL, clouds_known: bool = True
) -> Suggestion:
    shares = occlusion(flags, label, clouds_known=clouds_known).labelled
    return suggest(flags, label, shares, clouds_known=clouds_known)


@pytest.mark.parametrize(
    ("percent", "verdict"),
    [
        ({}, "accept"),
        ({"CLOUD": 2}, "accept"),
        ({"CLOUD": 3}, "unsure"),
        ({"CLOUD": 30}, "unsure"),
        ({"CLOUD": 31}, "reject"),
        ({"SHADOW": 31}, "reject"),
        ({"SNOW": 31}, "reject"),
        ({"NO_DATA": 31}, "reject"),
        ({"SOURCE": 31}, "reject"),
        ({"CIRRUS": 20}, "accept"),
        ({"CIRRUS": 21}, "unsure"),
        ({"CIRRUS": 100}, "unsure"),
        # Pixels with two flags are hidden once.
        ({"CLOUD": 20, "SHADOW": 20}, "unsure"),
    ],
)
def test_the_verdict_follows_how_much_of_the_label_is_hidden(
    percent: dict[str, int], verdict: str
) -> None:
    assert suggestion(flagged(**percent)).verdict == verdict


def test_what_lies_over_the_background_does_not_count() -> None:
    label = LABEL.copy()
    label[:9] = 0
    assert suggestion(flagged(CLOUD=90), label).verdict == "accept"
    assert suggestion(flagged(CLOUD=100), label).verdict == "reject"


def test_the_reason_names_the_causes_the_largest_first() -> None:
    reason = suggestion(flagged(CLOUD=12, SHADOW=45)).reason
    assert "45 % in cloud shadow, 12 % under cloud" in reason
    assert "snow" not in reason


def test_a_clear_label_is_said_to_be_clear() -> None:
    assert "clear" in suggestion(flagged()).reason


def test_without_known_clouds_a_person_must_look() -> None:
    found = suggestion(flagged(), clouds_known=False)
    assert found.verdict == "unsure"
    assert "not known" in found.reason


def test_a_label_without_data_is_rejected_even_if_clouds_are_not_known() -> None:
    assert suggestion(flagged(NO_DATA=50), clouds_known=False).verdict == "reject"


def test_without_a_labelled_pixel_there_is_nothing_to_accept() -> None:
    found = suggestion(flagged(), np.zeros_like(LABEL))
    assert found.verdict == "unsure"
    assert "No pixel has a class" in found.reason
