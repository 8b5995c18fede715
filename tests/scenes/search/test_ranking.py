"""The order of candidates: usable first, then by a score that a person can follow."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate_core.model import Acquired, RankedScene, SceneQuery
from migrate_core.scenes.search.acquisitions import Acquisition
from migrate_core.scenes.search.ranking import Measurement, is_usable, rank, reranked, weighted_mean
from migrate_core.settings import RankingSettings
from tests.support.builders import a_mask, a_scene

MASK = a_mask()  # of 2020-01-20 10:15:32
QUERY = SceneQuery(days=10)
DEFAULT = RankingSettings()


def candidate(
    scene_id: str, days: float = 0, cloud: float | None = 0.0, coverage: float = 1.0
) -> Acquisition:
    moment = datetime(2020, 1, 20, 10, 15, 32, tzinfo=UTC) + timedelta(days=days)
    return Acquisition(a_scene(scene_id, sensed_at=moment, cloud_percent=cloud), (), coverage)


def order(*found: Acquisition, settings: RankingSettings = DEFAULT) -> list[str]:
    return [item.scene.scene_id for item in rank(MASK, found, QUERY, settings)]


def only(found: Acquisition, settings: RankingSettings = DEFAULT) -> RankedScene:
    (item,) = rank(MASK, [found], QUERY, settings)
    return item


clouds = st.one_of(st.none(), st.floats(0, 100))
candidates = st.lists(
    st.builds(
        candidate,
        st.uuids().map(str),
        st.floats(-10, 10),
        clouds,
        st.floats(0, 1),
    ),
    max_size=8,
)
weights = st.fixed_dictionaries(
    dict.fromkeys(("clear_sky", "closeness", "coverage"), st.floats(0, 1e6))
)


def test_a_clear_scene_far_off_beats_a_clouded_one_of_the_day() -> None:
    assert order(candidate("near", 0, 99), candidate("half", 3, 50), candidate("far", 8, 0)) == [
        "far",
        "half",
        "near",
    ]


@given(candidates, weights)
def test_usable_candidates_come_first_whatever_the_weights(
    found: list[Acquisition], chosen: dict[str, float]
) -> None:
    ranked = rank(MASK, found, QUERY, RankingSettings(weights=chosen))
    usable = [item.usable for item in ranked]
    assert usable == sorted(usable, reverse=True)
    assert len(ranked) == len(found)


@given(candidates, weights)
def test_within_each_group_the_score_orders_and_lies_between_0_and_1(
    found: list[Acquisition], chosen: dict[str, float]
) -> None:
    ranked = rank(MASK, found, QUERY, RankingSettings(weights=chosen))
    for group in (True, False):
        scores = [item.score for item in ranked if item.usable is group]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
    for item in ranked:
        assert all(0 <= term <= 1 for term in item.terms.values())


@given(candidates, st.randoms())
def test_the_order_does_not_depend_on_the_order_of_finding(
    found: list[Acquisition], random: st.DataObject
) -> None:
    shuffled = found.copy()
    random.shuffle(shuffled)
    assert order(*found) == order(*shuffled)


def test_the_terms_can_be_followed_by_hand() -> None:
    item = only(candidate("A", days=-5.5, cloud=30, coverage=0.8))
    assert item.terms == {"clear_sky": 0.7, "closeness": 0.5, "coverage": 0.8}
    assert item.score == pytest.approx(2.0 / 3, abs=1e-6)
    assert (item.days_offset, item.coverage, item.usable) == (-5.5, 0.8, False)


def test_weights_are_relative() -> None:
    found = candidate("A", days=-5.5, cloud=30, coverage=0.8)
    one = RankingSettings(weights={"clear_sky": 3, "closeness": 1, "coverage": 0})
    assert only(found, one).score == pytest.approx((3 * 0.7 + 0.5) / 4)
    tenfold = RankingSettings(weights={"clear_sky": 30, "closeness": 10, "coverage": 0})
    assert only(found, tenfold).score == only(found, one).score


def test_without_any_weight_the_mean_is_plain() -> None:
    assert weighted_mean({"a": 1.0, "b": 0.0}, {"a": 0, "b": 0}) == 0.5
    assert weighted_mean({"a": 1.0, "b": 0.0}, {}) == 0.5


def test_weights_change_the_order_within_a_group() -> None:
    near, clear = candidate("near", 0, 9), candidate("clear", 9, 0)
    by_clear_sky = RankingSettings(weights={"clear_sky": 1, "closeness": 0, "coverage": 0})
    by_days = RankingSettings(weights={"clear_sky": 0, "closeness": 1, "coverage": 0})
    assert order(near, clear, settings=by_clear_sky) == ["clear", "near"]
    assert order(near, clear, settings=by_days) == ["near", "clear"]


@pytest.mark.parametrize(
    ("cloud", "coverage", "usable"),
    [
        (10.0, 0.9, True),
        (10.01, 0.9, False),
        (10.0, 0.899, False),
        (0.0, 1.0, True),
        (None, 1.0, True),
        (None, 0.5, False),
        (100.0, 1.0, False),
    ],
)
def test_the_limits_of_a_usable_candidate_are_inclusive(
    cloud: float | None, coverage: float, usable: bool
) -> None:
    assert is_usable(cloud, coverage, DEFAULT) is usable
    assert only(candidate("A", 0, cloud, coverage)).usable is usable


def test_the_limits_are_settings() -> None:
    loose = RankingSettings(usable_cloud_percent=60, usable_coverage=0.2)
    assert is_usable(55, 0.25, loose)
    assert not is_usable(61, 0.25, loose)
    assert not is_usable(55, 0.19, loose)


def test_an_unknown_cloud_cover_counts_as_neither_clear_nor_clouded() -> None:
    item = only(candidate("A", cloud=None))
    assert item.terms["clear_sky"] == 0.5
    assert item.scene.cloud_percent is None
    assert order(candidate("A", cloud=None), candidate("B", cloud=9)) == ["B", "A"]


def test_equals_are_ordered_by_closeness_then_name() -> None:
    by_clear_sky = RankingSettings(weights={"clear_sky": 1, "closeness": 0, "coverage": 0})
    found = [candidate("C", 2), candidate("B", -1), candidate("D", 2), candidate("A", 5)]
    assert order(*found, settings=by_clear_sky) == ["B", "C", "D", "A"]


def test_the_edge_of_the_window_is_still_a_little_close() -> None:
    assert only(candidate("A", 10)).terms["closeness"] == pytest.approx(1 / 11, abs=1e-6)
    # The window is by date, so a scene can be up to a day further off than its days.
    assert only(candidate("A", 10.99)).terms["closeness"] > 0
    (item,) = rank(MASK, [candidate("A", 0.5)], SceneQuery(days=0), DEFAULT)
    assert item.terms["closeness"] == 0.5


def test_days_are_whole_when_the_mask_has_a_day_only() -> None:
    mask = a_mask(acquired=Acquired.parse("2020-01-20"))
    (item,) = rank(mask, [candidate("A", 1.75)], QUERY, DEFAULT)
    assert item.days_offset == 2
    assert isinstance(item.days_offset, int)
    assert only(candidate("A", 1.75)).days_offset == 1.75


def test_those_that_complete_a_scene_are_named() -> None:
    found = Acquisition(a_scene("A"), (a_scene("B"), a_scene("C")), 1.0)
    assert only(found).scene_ids == ("A", "B", "C")


def test_a_mask_without_date_can_not_be_ranked() -> None:
    with pytest.raises(ValueError, match="has no date"):
        rank(a_mask(acquired=None), [candidate("A")], QUERY, DEFAULT)


def test_nothing_found_is_an_empty_list() -> None:
    assert rank(MASK, [], QUERY, DEFAULT) == []


# measured clouds


def measured(
    days: float, cloud: float | None, label: float | None, scene: float = 0.0
) -> RankedScene:
    """A candidate of which so many percent of cloud mask and label are occluded."""
    found = rank(MASK, [candidate("x", days, scene)], QUERY, DEFAULT)
    known = {("m", ("x",)): Measurement(cloud, label)}
    ((item,),) = reranked({"m": found}, known, DEFAULT).values()
    return item


def test_what_was_measured_stands_in_place_of_the_scene() -> None:
    item = measured(0, 20, 5, scene=90)
    assert item.cloud_over_mask_percent == 20
    assert item.occluded_over_label_percent == 5
    assert item.terms == {"clear_sky": 0.8, "clear_label": 0.95, "closeness": 1, "coverage": 1}
    assert item.score == pytest.approx((0.8 + 0.95 + 1 + 1) / 4)


@pytest.mark.parametrize(
    ("cloud", "label", "usable"),
    [
        (10, 10, True),
        (10.1, 0, False),
        (0, 10.1, False),
        (10, None, True),
        (None, 100, False),
        (None, None, False),  # nothing was seen there: the scene counts
    ],
)
def test_both_the_sky_and_the_label_must_be_clear(
    cloud: float | None, label: float | None, usable: bool
) -> None:
    assert measured(0, cloud, label, scene=90).usable is usable


def test_candidates_that_were_not_measured_keep_the_scene_and_their_terms() -> None:
    found = {"m": rank(MASK, [candidate("a", 1, 5), candidate("b", 2, 50)], QUERY, DEFAULT)}
    assert reranked(found, {}, DEFAULT) == found
    swapped = reranked(found, {("m", ("b",)): Measurement(0, 0)}, DEFAULT)["m"]
    assert [item.scene.scene_id for item in swapped] == ["b", "a"]
    assert swapped[1] == found["m"][0]


def test_the_weight_of_the_label_counts_once_it_is_measured() -> None:
    by_label = RankingSettings(weights={**dict.fromkeys(DEFAULT.weights, 0.0), "clear_label": 1.0})
    found = {"m": [only(candidate("a"), by_label), only(candidate("b"), by_label)]}
    known = {("m", ("a",)): Measurement(0, 9), ("m", ("b",)): Measurement(9, 0)}
    best, other = reranked(found, known, by_label)["m"]
    assert (best.scene.scene_id, best.score, other.score) == ("b", 1, 0.91)
