"""What would help a mask without a usable scene: exact, since every proposal was tried."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from migrate_core.advice import Advice, Remedy
from migrate_core.model import Acquired, SceneQuery
from migrate_core.scenes.search.acquisitions import SceneCoverage, acquisitions
from migrate_core.scenes.search.advice import (
    advise,
    beyond_proposals,
    proposals,
    reach,
    with_sources,
)
from migrate_core.scenes.search.ranking import Measurement, is_usable
from migrate_core.settings import RankingSettings
from tests.support.builders import a_scene

DAY = datetime(2020, 6, 15, 10, tzinfo=UTC)
ACQUIRED = Acquired(DAY, time_known=True)
FOOTPRINT = box(0, 0, 10, 10)


def seen(days: float, cloud: float | None = 0.0, part: Polygon = FOOTPRINT) -> SceneCoverage:
    """A scene so many days from the mask."""
    moment = DAY + timedelta(days=days)
    scene = a_scene(f"{days} {cloud}", sensed_at=moment, cloud_percent=cloud)
    return SceneCoverage(scene, part.intersection(FOOTPRINT), FOOTPRINT)


def shown(share: float) -> Polygon:
    return box(0, 0, 10 * share, 10)


def advice(*scene_coverages: SceneCoverage, usable_cloud: float = 10, **query: Any) -> Advice:
    settings = RankingSettings(usable_cloud_percent=usable_cloud)
    return advise(ACQUIRED, scene_coverages, SceneQuery(**query), settings)


def words(*scene_coverages: SceneCoverage, **query: Any) -> str:
    return str(advice(*scene_coverages, **query))


def test_a_wider_window_is_the_smallest_that_gives_a_usable_scene() -> None:
    near, far, farther = seen(12, cloud=50), seen(14), seen(20)
    assert words(near, far, seen(-14), farther) == "widen to 14 days: 2 usable scenes"


def test_days_count_by_utc_date() -> None:
    assert words(seen(10.6)) == "widen to 11 days: 1 usable scene"


def test_a_higher_cloud_limit_is_rounded_up_to_whole_percent() -> None:
    assert words(seen(3, cloud=29.3), seen(4, cloud=60)) == (
        "raise the cloud limit to 30 %: 1 usable scene"
    )


def test_a_lower_coverage_limit_is_rounded_down_to_whole_percent() -> None:
    assert words(seen(3, part=shown(0.687)), seen(4, part=shown(0.6))) == (
        "lower the coverage limit to 68 %: 1 usable scene"
    )


def test_each_single_change_that_is_enough_is_named() -> None:
    assert words(seen(3, cloud=40), seen(25), seen(1, part=shown(0.8))) == (
        "widen to 25 days: 1 usable scene; or raise the cloud limit to 40 %: 1 usable scene; or "
        "lower the coverage limit to 80 %: 1 usable scene"
    )


def test_where_no_single_change_is_enough_two_are_combined() -> None:
    assert words(seen(20, cloud=33), seen(25, cloud=31), seen(29, cloud=31)) == (
        "widen to 25 days and raise the cloud limit to 31 %: 1 usable scene"
    )
    assert words(seen(20, part=shown(0.7))) == (
        "widen to 20 days and lower the coverage limit to 70 %: 1 usable scene"
    )
    assert words(seen(20, cloud=50, part=shown(0.7))) == (
        "widen to 20 days and raise the cloud limit to 50 % and lower the coverage limit to 70 %: "
        "1 usable scene"
    )


FARTHER = "look farther than 30 days, such as 60"


def test_without_a_scene_nearby_it_says_what_can_be_tried() -> None:
    none = "the sources that were asked have no L2A scene of it within 30 days"
    assert words() == f"{FARTHER} ({none})"
    assert words(days=45) == (f"look farther than 45 days, such as 90 ({none.replace('30', '45')})")
    early = advise(Acquired.parse("2016-06-15"), [], SceneQuery(), RankingSettings())
    assert "; or look for L1C, since services lack some L2A" in str(early)
    l1c = advise(Acquired.parse("2016-06-15"), [], SceneQuery(level="L1C"), RankingSettings())
    assert str(l1c) == f"{FARTHER} ({none.replace('L2A', 'L1C')})"


def test_a_mask_at_the_edge_needs_the_tile_beside() -> None:
    assert words(seen(3, part=shown(0.3))) == (
        f"get the products of the tiles beside 31TDG, too; or {FARTHER} "
        "(no scene within 30 days shows more than 30 % of it)"
    )


def test_a_scene_that_is_clouded_all_over_is_no_remedy() -> None:
    clouded = seen(3, cloud=97)
    said = "all scenes within 30 days that show it have more than 50 % cloud"
    assert words(clouded) == (
        "measure the clouds over the mask, since the cloud of a whole scene may mislead; or "
        f"{FARTHER} ({said})"
    )
    over = {(clouded.scene.scene_id,): Measurement(93.0, 99.0)}
    found = advise(ACQUIRED, [clouded], SceneQuery(), RankingSettings(), over)
    assert str(found) == f"{FARTHER} ({said})"
    # Who takes more cloud is reported where it is.
    assert str(advice(seen(12, cloud=80), usable_cloud=90)) == "widen to 12 days: 1 usable scene"


def test_the_nearest_known_scene_beyond_the_reach_is_named() -> None:
    assert words(seen(45), seen(70)) == "widen to 45 days: 1 usable scene"
    assert words(seen(25, cloud=90), seen(45, cloud=20)) == (
        "widen to 45 days and raise the cloud limit to 20 %: 1 usable scene"
    )
    assert words(seen(25, cloud=40), seen(45)).startswith("widen to 25 days and raise")
    far = words(seen(365))
    assert far.startswith("widen to 365 days, which is another season: 1 usable scene; or look")


def test_services_that_were_not_asked_are_named() -> None:
    lost, helped = advice(), advice(seen(12))
    found = with_sources({"lost": lost, "helped": helped}, ["cdse", "local:/data"])
    assert found["helped"] == helped
    assert "; or ask earth-search or planetary-computer (" in str(found["lost"])
    everywhere = ["cdse", "earth-search", "planetary-computer"]
    assert "name a folder" in str(with_sources({"lost": lost}, everywhere)["lost"])


def test_advice_of_an_earlier_version_says_what_can_be_tried() -> None:
    assert str(Advice((), 30)) == "look farther than 30 days; or ask another source"


def test_a_window_beyond_the_reach_is_not_widened() -> None:
    assert reach(SceneQuery(10)) == 30
    assert reach(SceneQuery(45)) == 45
    assert words(seen(44, cloud=12), days=45) == "raise the cloud limit to 12 %: 1 usable scene"


def test_a_search_limit_below_the_usable_one_is_what_must_be_raised() -> None:
    (remedy,) = advice(seen(3, cloud=8), max_cloud_percent=5).remedies
    assert remedy == Remedy(scenes=1, cloud_percent=8)
    query, settings = remedy.applied(SceneQuery(max_cloud_percent=5), RankingSettings())
    assert (query.max_cloud_percent, settings.usable_cloud_percent) == (8, 10)


def test_unknown_cloud_passes_every_limit() -> None:
    assert words(seen(12, cloud=None)) == "widen to 12 days: 1 usable scene"


def test_halves_of_one_overpass_are_one_scene() -> None:
    west, east = seen(12, part=shown(0.6)), seen(12.001, part=box(5, 0, 10, 10))
    assert words(west, east) == "widen to 12 days: 1 usable scene"


SCENES = st.lists(
    st.tuples(
        st.integers(-35, 35),
        st.one_of(st.none(), st.floats(0, 100)),
        st.sampled_from([0.3, 0.55, 0.876, 0.9, 1.0]),
    ),
    max_size=8,
)


def usable(
    scene_coverages: Sequence[SceneCoverage], query: SceneQuery, settings: RankingSettings
) -> int:
    """How many usable candidates the search itself would find."""
    inside = [
        c
        for c in scene_coverages
        if abs((c.scene.sensed_at.date() - DAY.date()).days) <= query.days
        and (c.scene.cloud_percent is None or c.scene.cloud_percent <= query.max_cloud_percent)
    ]
    return sum(is_usable(a.scene.cloud_percent, a.coverage, settings) for a in acquisitions(inside))


@given(
    SCENES, st.integers(0, 40), st.sampled_from([5.0, 20.0, 100.0]), st.sampled_from([5.0, 15.0])
)
def test_following_a_remedy_gives_what_it_says_and_less_of_it_gives_nothing(
    scenes: list[tuple[int, float | None, float]], days: int, max_cloud: float, usable_cloud: float
) -> None:
    scene_coverages = [
        seen(d, cloud, shown(share)) for d, cloud, share in scenes if abs(d) <= max(days, 30)
    ]
    query, settings = SceneQuery(days, max_cloud), RankingSettings(usable_cloud)
    if usable(scene_coverages, query, settings):
        return
    found = advise(ACQUIRED, scene_coverages, query, settings)
    for remedy in found.remedies:
        assert usable(scene_coverages, *remedy.applied(query, settings)) == remedy.scenes > 0
        for less in less_of(remedy):
            assert usable(scene_coverages, *less.applied(query, settings)) == 0
    if not found.remedies:
        anything = Remedy(0, max(days, 30), 50.0, 0.5)
        assert usable(scene_coverages, *anything.applied(query, settings)) == 0


def less_of(remedy: Remedy) -> list[Remedy]:
    """The remedy with one of its steps a bit smaller."""
    smaller = []
    if remedy.days is not None:
        smaller.append(Remedy(0, remedy.days - 1, remedy.cloud_percent, remedy.coverage))
    if remedy.cloud_percent is not None:
        smaller.append(Remedy(0, remedy.days, remedy.cloud_percent - 1, remedy.coverage))
    if remedy.coverage is not None:
        smaller.append(Remedy(0, remedy.days, remedy.cloud_percent, remedy.coverage + 0.01))
    return smaller


def test_proposals_count_masks_by_what_helps_them() -> None:
    advice = [
        Advice((Remedy(2, days=14), Remedy(1, cloud_percent=30)), 30),
        Advice((Remedy(1, days=20),), 30),
        Advice((Remedy(1, days=20, cloud_percent=60),), 30),
        Advice((Remedy(1, coverage=0.8),), 30),
        Advice((), 30),
    ]
    found = proposals(advice)
    assert list(map(str, found)) == [
        "widen to 20 days (helps 2 masks)",
        "raise the cloud limit to 30 % (helps 1 mask)",
        "lower the coverage limit to 80 % (helps 1 mask)",
    ]
    assert [(one.remedy.days, one.remedy.cloud_percent, one.remedy.coverage) for one in found] == [
        (20, None, None),
        (None, 30, None),
        (None, None, 0.8),
    ]
    assert beyond_proposals(advice) == [
        "loosen several limits at once (helps 1 mask)",
        "look farther than 30 days or ask another source (1 mask without a scene that would do; "
        "each says what to try)",
    ]
    assert proposals([]) == beyond_proposals([]) == []


@pytest.mark.parametrize("days", [10, 45])
def test_a_remedy_leaves_the_other_limits_as_they_are(days: int) -> None:
    query, settings = SceneQuery(days, 80.0, "L1C"), RankingSettings(10, 0.9, {"clear_sky": 2.0})
    assert Remedy(1, days=60).applied(query, settings) == (SceneQuery(60, 80.0, "L1C"), settings)


def test_clouds_that_were_measured_over_the_mask_decide() -> None:
    clear, clouded = seen(3, cloud=60), seen(5, cloud=0)
    over = {
        (clear.scene.scene_id,): Measurement(4.2, 20.7),
        (clouded.scene.scene_id,): Measurement(90.0, 100.0),
    }
    found = advise(ACQUIRED, [clear, clouded], SceneQuery(), RankingSettings(), over)
    assert str(found) == "raise the cloud limit to 21 %: 1 usable scene"
