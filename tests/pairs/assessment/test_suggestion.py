"""What the numbers suggest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from migrate_core.model import IGNORE, Suggestion
from migrate_core.pairs.assessment.suggestion import (
    cloud_warnings,
    doubtful,
    offset_is_doubtful,
    offset_warnings,
    suggest,
)
from migrate_core.pairs.flags import OCCLUSION_KINDS
from migrate_core.products.scene_classes import Flag
from migrate_core.settings import AssessmentSettings

LABEL = np.ones((10, 10), dtype=np.uint8)


def flagged(**percent: int) -> NDArray[np.uint8]:
    """100 labelled pixels of which the first so many have each flag."""
    flags = np.zeros(100, dtype=np.uint8)
    for name, count in percent.items():
        flags[:count] |= np.uint8(Flag[name])
    return flags.reshape(10, 10)


def suggestion(
    flags: NDArray[np.uint8],
    label: NDArray[np.uint8] = LABEL,
    known: Flag = OCCLUSION_KINDS,
    thresholds: AssessmentSettings | None = None,
) -> Suggestion:
    return suggest(flags, label, known, thresholds or AssessmentSettings())


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
        # Pixels with two flags are occluded once.
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
    assert "45.0 % in cloud shadow, 12.0 % under cloud" in reason
    assert "snow" not in reason


def test_a_clear_label_is_said_to_be_clear() -> None:
    assert "clear" in suggestion(flagged()).reason


def test_without_known_clouds_a_person_must_look() -> None:
    found = suggestion(flagged(), known=Flag(0))
    assert found.verdict == "unsure"
    assert "not known" in found.reason


def test_a_label_without_data_is_rejected_even_if_clouds_are_not_known() -> None:
    assert suggestion(flagged(NO_DATA=50), known=Flag(0)).verdict == "reject"


def test_without_a_labelled_pixel_there_is_nothing_to_accept() -> None:
    found = suggestion(flagged(), np.zeros_like(LABEL))
    assert found.verdict == "unsure"
    assert "No pixel has a class" in found.reason


@pytest.mark.parametrize("missing", [Flag.CLOUD, Flag.SHADOW, Flag.CIRRUS])
def test_a_kind_that_was_not_looked_for_could_hide_the_label(missing: Flag) -> None:
    found = suggestion(flagged(), known=OCCLUSION_KINDS & ~missing)
    assert found.verdict == "unsure"
    words = {Flag.CLOUD: "Clouds", Flag.SHADOW: "Cloud shadows", Flag.CIRRUS: "Thin clouds"}
    assert found.reason.startswith(f"{words[missing]} are not known")


def test_snow_that_is_not_known_is_told_with_the_acceptance() -> None:
    found = suggestion(flagged(), known=OCCLUSION_KINDS & ~Flag.SNOW)
    assert found.verdict == "accept"
    assert "Snow is not known." in found.reason
    assert "no cloud, shadow or gap" in found.reason


def test_what_both_images_hide_is_told_to_be_a_guess() -> None:
    found = suggestion(flagged(CLOUD=40, SOURCE=25))
    assert found.verdict == "reject"
    assert "25.0 % in both images, where the label is a guess" in found.reason
    one_sided = np.zeros((10, 10), dtype=np.uint8)
    one_sided[:2], one_sided[8:] = Flag.CLOUD, Flag.SOURCE
    assert "both" not in suggestion(one_sided).reason


def test_the_thresholds_decide() -> None:
    strict = AssessmentSettings(reject_hidden=0.05, accept_hidden=0.0, accept_thin=0.0)
    lax = AssessmentSettings(reject_hidden=0.9, accept_hidden=0.5, accept_thin=0.6)
    for percent, verdicts in (
        ({"CLOUD": 1}, ("unsure", "accept")),
        ({"CLOUD": 40}, ("reject", "accept")),
        ({"CLOUD": 80}, ("reject", "unsure")),
        ({"CIRRUS": 50}, ("unsure", "accept")),
    ):
        found = [
            suggestion(flagged(**percent), thresholds=thresholds).verdict
            for thresholds in (strict, lax)
        ]
        assert tuple(found) == verdicts, percent


def test_a_mask_that_may_be_empty_is_judged_over_all_of_it() -> None:
    empty = np.zeros_like(LABEL)

    def verdict(flags: NDArray[np.uint8]) -> Suggestion:
        return suggest(flags, empty, OCCLUSION_KINDS, AssessmentSettings(), empty_allowed=True)

    clear = verdict(flagged())
    assert clear.verdict == "accept"
    assert clear.reason.startswith("Nothing is labelled, so all pixels count. The pair is clear")
    assert verdict(flagged(CLOUD=31)).verdict == "reject"
    # What lies outside of the footprint doesn't count.
    outside = flagged(CLOUD=31)
    outside[outside != 0] |= np.uint8(Flag.OUTSIDE)
    assert verdict(outside).verdict == "accept"
    # A labelled pixel is what counts when there is one.
    one = empty.copy()
    one[9, 9] = 1
    found = suggest(
        flagged(CLOUD=31), one, OCCLUSION_KINDS, AssessmentSettings(), empty_allowed=True
    )
    assert found.verdict == "accept"


def test_a_mask_that_may_be_empty_and_knows_nothing_is_left_to_a_person() -> None:
    nothing = np.full_like(LABEL, IGNORE)
    found = suggest(flagged(), nothing, OCCLUSION_KINDS, AssessmentSettings(), empty_allowed=True)
    assert found.verdict == "unsure"


shares = st.floats(0, 1)
thresholds = st.builds(AssessmentSettings, shares, shares, shares)
any_flags = hnp.arrays(np.uint8, (4, 4))
kinds = st.sampled_from([Flag(0), Flag.CLOUD, OCCLUSION_KINDS & ~Flag.SNOW, OCCLUSION_KINDS])
occluding = st.sampled_from(
    [Flag.CLOUD, Flag.SHADOW, Flag.SNOW, Flag.NO_DATA, Flag.SOURCE, Flag.CIRRUS]
)


@given(any_flags, occluding, thresholds, kinds, st.booleans())
def test_a_label_that_is_wholly_hidden_is_never_suggested_for_acceptance(
    flags: NDArray[np.uint8],
    occluding: Flag,
    thresholds: AssessmentSettings,
    known: Flag,
    empty: bool,
) -> None:
    label = np.full(flags.shape, 0 if empty else 1, dtype=np.uint8)
    occluded = flags | np.uint8(occluding)
    found = suggest(occluded, label, known, thresholds, empty_allowed=empty)
    assert found.verdict != "accept"


@given(any_flags, thresholds)
def test_a_label_that_nothing_hides_is_always_suggested_for_acceptance(
    flags: NDArray[np.uint8], thresholds: AssessmentSettings
) -> None:
    label = np.ones(flags.shape, dtype=np.uint8)
    clear = flags & np.uint8(Flag.OUTSIDE | Flag.UNKNOWN)
    assert suggest(clear, label, OCCLUSION_KINDS, thresholds).verdict == "accept"


@given(hnp.arrays(np.uint8, (5, 5)), thresholds)
def test_more_cloud_never_makes_a_better_verdict(
    flags: NDArray[np.uint8], thresholds: AssessmentSettings
) -> None:
    order = ["accept", "unsure", "reject"]
    label = np.ones(flags.shape, dtype=np.uint8)
    clouded = flags.copy()
    clouded[:2] |= np.uint8(Flag.CLOUD)
    before, after = (
        suggest(f, label, OCCLUSION_KINDS, thresholds).verdict for f in (flags, clouded)
    )
    assert order.index(after) >= order.index(before)


# warnings of other kinds


def test_a_doubt_keeps_a_pair_from_being_accepted_and_is_told() -> None:
    accepted = Suggestion("accept", "The label is clear.")
    found = doubtful(accepted, ("Label edges lie 23 m from those of the image.", "Look."))
    assert found == Suggestion(
        "unsure", "The label is clear. Label edges lie 23 m from those of the image. Look."
    )
    assert not offset_is_doubtful(found)
    assert doubtful(accepted, ()) == accepted


def test_a_doubt_does_not_save_a_pair_from_rejection() -> None:
    assert doubtful(Suggestion("reject", "Hidden."), ("So.",)).verdict == "reject"


def test_doubts_about_the_offset_are_one_sentence_that_can_be_found_again() -> None:
    assert offset_warnings(()) == ()
    (sentence,) = offset_warnings(("the item says -1000", "the pixels say 0"))
    assert "the item says -1000; the pixels say 0" in sentence
    found = doubtful(Suggestion("accept", "Clear."), (sentence,))
    assert offset_is_doubtful(found)
    assert not offset_is_doubtful(None)


def test_a_label_that_only_the_products_mask_has_clouds_over_is_doubted() -> None:
    disputed = np.zeros((10, 10), dtype=bool)
    assert cloud_warnings(disputed, LABEL) == ()
    disputed[0] = True
    assert cloud_warnings(disputed, LABEL) == ()
    disputed[:4] = True
    (sentence,) = cloud_warnings(disputed, LABEL)
    assert "40.0 % of the label" in sentence


def test_a_dispute_beside_the_label_is_none_of_its_business() -> None:
    label = LABEL.copy()
    label[:5] = 0
    assert cloud_warnings(label == 0, label) == ()
    assert cloud_warnings(label == 0, np.zeros_like(label)) == ()
