"""All masks against all scenes: window, cloud filter, coverage at edges, sources that fail."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from affine import Affine
from pyproj import Transformer
from shapely.geometry import Polygon, box

from migrate_core.errors import JobCancelledError, SourceError
from migrate_core.grid import PixelGrid, in_one_world, reproject_geometry
from migrate_core.masks.raster.footprint import extent
from migrate_core.model import (
    Acquired,
    Georeference,
    Mask,
    Problem,
    Scene,
    SceneQuery,
    SearchResult,
)
from migrate_core.products.product import utm_crs
from migrate_core.scenes.search.search import SearchOutcome, search
from migrate_core.scenes.sources.local import LocalSource
from migrate_core.scenes.sources.protocol import SceneRequest
from migrate_core.settings import RankingSettings
from tests.support.builders import (
    NORTH,
    UTM31,
    WEST,
    Safe,
    a_mask,
    a_scene,
    lonlat_box,
    stac_item,
    write_catalogue,
    write_item,
    write_metadata,
)

MASK = a_mask()


@dataclass
class Offering:
    """A source that offers some scenes, or fails; it remembers what it was asked."""

    scenes: Sequence[Scene] = ()
    problems: tuple[Problem, ...] = ()
    spec: str = "local:/offering"
    is_local: bool = True
    error: Exception | None = None
    asked: list[SceneRequest] = field(default_factory=list)

    def search(self, request: SceneRequest) -> SearchResult:
        self.asked.append(request)
        if self.error:
            raise self.error
        return SearchResult(tuple(self.scenes), self.problems)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def outcome(*scenes: Scene, masks: Sequence[Mask] = (MASK,), **query: Any) -> SearchOutcome:
    return search(masks, [Offering(scenes)], SceneQuery(**query), RankingSettings())


def found(*scenes: Scene, mask: Mask = MASK, **query: Any) -> list[str]:
    ranked = outcome(*scenes, masks=[mask], **query).ranked[mask.mask_id]
    return [item.scene.scene_id for item in ranked]


# window


@pytest.mark.parametrize("acquired", ["2020-01-20T23:59:59Z", "2020-01-20T00:00:01Z", "2020-01-20"])
def test_the_window_is_inclusive_by_utc_date(acquired: str) -> None:
    mask = a_mask(acquired=Acquired.parse(acquired))
    moments = {
        "2020-01-14T23:59:59Z": False,
        "2020-01-15T00:00:00Z": True,
        "2020-01-25T23:59:59Z": True,
        "2020-01-26T00:00:00Z": False,
    }
    scenes = [a_scene(text, sensed_at=at(text)) for text in moments]
    expected = {text for text, inside in moments.items() if inside}
    assert set(found(*scenes, mask=mask, days=5)) == expected


def test_a_window_of_no_days_is_the_day_itself() -> None:
    same, next_day = (
        a_scene(text, sensed_at=at(text))
        for text in ("2020-01-20T00:00:00Z", "2020-01-21T00:00:00Z")
    )
    assert found(same, next_day, days=0) == ["2020-01-20T00:00:00Z"]


def test_offsets_are_days_as_exact_as_the_mask_knows_its_time() -> None:
    scene = a_scene(sensed_at=at("2020-01-21T22:15:32Z"))
    assert outcome(scene).ranked[MASK.mask_id][0].days_offset == 1.5
    day_only = a_mask(acquired=Acquired.parse("2020-01-20"))
    assert outcome(scene, masks=[day_only]).ranked[day_only.mask_id][0].days_offset == 1


def test_each_mask_has_its_own_window() -> None:
    masks = [a_mask("a.tif"), a_mask("b.tif", acquired=Acquired.parse("2021-06-01"))]
    january = a_scene("january")
    june = a_scene("june", sensed_at=at("2021-06-03T10:00:00Z"))
    ranked = outcome(january, june, masks=masks).ranked
    assert {m: [r.scene.scene_id for r in rs] for m, rs in ranked.items()} == {
        "a": ["january"],
        "b": ["june"],
    }


# clouds


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(100, {"0", "40", "40.1", "100", "None"}), (40, {"0", "40", "None"}), (0, {"0", "None"})],
)
def test_max_cloud_filters_the_scenes_percentage_and_100_filters_nothing(
    limit: float, expected: set[str]
) -> None:
    moments = iter(f"2020-01-{day}T10:00:00Z" for day in range(18, 23))
    scenes = [
        a_scene(str(cloud), cloud_percent=cloud, sensed_at=at(next(moments)))
        for cloud in (0, 40, 40.1, 100, None)
    ]
    assert set(found(*scenes, max_cloud_percent=limit)) == expected


# coverage


@pytest.mark.parametrize(("shift", "expected"), [(0, 1.0), (150, 0.5), (270, 0.1), (299, 1 / 300)])
def test_coverage_is_the_share_of_the_footprint_inside_the_scene(
    shift: float, expected: float
) -> None:
    scene = a_scene(footprint=lonlat_box(WEST + shift, NORTH - 5000, WEST + 9000, NORTH + 5000))
    (item,) = outcome(scene).ranked[MASK.mask_id]
    assert item.coverage == pytest.approx(expected, abs=1e-4)
    assert item.usable is (expected >= 0.9)


@pytest.mark.parametrize("shift", [300, 301, 4000])
def test_a_scene_beside_the_mask_is_no_candidate(shift: float) -> None:
    beside = lonlat_box(WEST + shift, NORTH - 5000, WEST + 9000, NORTH + 5000)
    assert outcome(a_scene(footprint=beside)).ranked == {MASK.mask_id: []}


def test_the_footprint_counts_not_the_extent() -> None:
    # Only the western third of the raster holds data, and the scene covers just that.
    mask = a_mask(footprint=lonlat_box(WEST, NORTH - 300, WEST + 100, NORTH))
    west = a_scene(footprint=lonlat_box(WEST - 5000, NORTH - 5000, WEST + 100, NORTH + 5000))
    (item,) = outcome(west, masks=[mask]).ranked[mask.mask_id]
    assert item.coverage == pytest.approx(1, abs=1e-4)


def test_the_extent_stands_in_where_the_footprint_is_unknown() -> None:
    mask = a_mask(footprint=None)
    (item,) = outcome(a_scene(), masks=[mask]).ranked[mask.mask_id]
    assert item.coverage == 1


def test_halves_of_one_overpass_are_one_candidate_that_covers_all() -> None:
    west = a_scene("W", footprint=lonlat_box(WEST - 9000, NORTH - 900, WEST + 200, NORTH + 900))
    east = a_scene("E", footprint=lonlat_box(WEST + 100, NORTH - 900, WEST + 9000, NORTH + 900))
    (item,) = outcome(west, east).ranked[MASK.mask_id]
    assert set(item.scene_ids) == {"W", "E"}
    assert item.coverage == pytest.approx(1, abs=1e-4)
    assert item.usable


def test_the_tiles_on_both_sides_of_a_zone_border_are_candidates() -> None:
    # 6 degrees east, between the zones 31 and 32.
    extent_ = Polygon([(5.995, 45), (6.005, 45), (6.005, 45.005), (5.995, 45.005)])
    mask = a_mask(extent=extent_, footprint=extent_)
    wide = Polygon([(5.5, 44.5), (6.5, 44.5), (6.5, 45.5), (5.5, 45.5)])
    scenes = [a_scene(tile, tile=tile, footprint=wide) for tile in ("31TGK", "32TKR")]
    ranked = outcome(*scenes, masks=[mask]).ranked[mask.mask_id]
    assert {item.scene.tile: item.coverage for item in ranked} == {"31TGK": 1, "32TKR": 1}


def test_tiles_of_two_zones_complete_each_other_where_neither_covers_the_mask() -> None:
    # 6 degrees east; the tile of zone 31 ends 300 m east of it, that of zone 32 250 m west.
    extent_ = Polygon([(5.99, 45), (6.01, 45), (6.01, 45.005), (5.99, 45.005)])
    mask = a_mask(extent=extent_, footprint=extent_)
    west = Polygon([(5, 44.5), (6.004, 44.5), (6.004, 45.5), (5, 45.5)])
    east = Polygon([(5.996, 44.5), (7, 44.5), (7, 45.5), (5.996, 45.5)])
    scenes = [
        a_scene("W", tile="31TGK", footprint=west),
        a_scene("E", tile="32TKR", footprint=east),
        a_scene("E a day later", tile="32TKR", footprint=east, sensed_at=at("2020-01-22T10:00Z")),
    ]
    ranked = outcome(*scenes, masks=[mask]).ranked[mask.mask_id]
    assert [set(item.scene_ids) for item in ranked] == [{"W", "E"}, {"E a day later"}]
    assert ranked[0].coverage == pytest.approx(1, abs=1e-4)
    assert ranked[0].usable
    assert not ranked[1].usable


def test_a_cloudy_part_counts_by_its_area() -> None:
    halves = [
        a_scene(
            tile,
            tile=tile,
            cloud_percent=cloud,
            footprint=lonlat_box(WEST + left, NORTH - 900, WEST + right, NORTH + 900),
        )
        for tile, cloud, left, right in (("31TDG", 4.0, -9000, 210), ("31TEG", 40.0, 180, 9000))
    ]
    (item,) = outcome(*halves).ranked[MASK.mask_id]
    assert item.scene.cloud_percent == 4
    assert item.terms["clear_sky"] == pytest.approx(1 - (0.7 * 4 + 0.3 * 40) / 100, abs=1e-3)
    assert not item.usable  # 14.8 % are more than 10


# the 180° meridian


def across(crs: str = "EPSG:4326") -> Mask:
    """A mask of 2 km on the 180° meridian at 65° north, cut in two as `extent` cuts it."""
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(180, 65)
    dx, dy = (0.02, 0.01) if crs == "EPSG:4326" else (1000, 1000)
    transform = (dx / 50, 0, x - dx, 0, -dy / 50, y + dy)
    grid = PixelGrid(crs, Affine(*transform), 100, 100)
    where = extent(grid)
    assert where.geom_type == "MultiPolygon"
    return a_mask(georeference=Georeference(crs, transform), extent=where, footprint=where)


def tile_across(tile: str, west: float, **changes: Any) -> Scene:
    """A tile of 110 km whose footprint jumps from 179 to -179, as SAFE metadata write it."""
    zone = utm_crs(tile)
    corners = box(west, 7_190_220, west + 109_800, 7_300_020)
    jumping = reproject_geometry(corners, zone, "EPSG:4326")
    assert jumping.bounds[2] - jumping.bounds[0] > 350
    return a_scene(tile, tile=tile, footprint=in_one_world(jumping), **changes)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32660", "EPSG:32601", "EPSG:3413"])
def test_a_mask_across_the_meridian_is_covered_by_tiles_of_both_zones(crs: str) -> None:
    mask = across(crs)
    scenes = [tile_across("60WWV", 600_000), tile_across("01WCQ", 300_000)]
    far = a_scene("far", tile="31WDQ", footprint=box(2, 64.5, 4, 65.5))
    source = Offering([*scenes, far], is_local=False)
    alternatives = a_mask("far.tif", extent=box(3, 65, 3.01, 65.01), footprint=None)
    result = search([mask, alternatives], [source], SceneQuery(), RankingSettings())
    ranked = result.ranked[mask.mask_id]
    assert {item.scene.tile: item.coverage for item in ranked} == {
        "60WWV": pytest.approx(1, abs=1e-4),
        "01WCQ": pytest.approx(1, abs=1e-4),
    }
    assert [item.scene.scene_id for item in result.ranked[alternatives.mask_id]] == ["far"]
    # Nobody is asked for the world: one small request on each side, and one for the other mask.
    widths = sorted(r.bounds[2] - r.bounds[0] for r in source.asked)
    assert len(widths) == 3
    assert widths[-1] < 0.2
    assert {r.bounds[2] for r in source.asked} >= {180.0}
    assert {r.bounds[0] for r in source.asked} >= {-180.0}


def test_a_tile_of_safe_metadata_across_the_meridian_is_found(tmp_path: Path) -> None:
    footprint = reproject_geometry(
        box(600_000, 7_190_220, 709_800, 7_300_020), "EPSG:32660", "EPSG:4326"
    )
    assert isinstance(footprint, Polygon)
    safe = Safe(
        tile="60WWV", epsg=32660, west=600_000, north=7_300_020, size=10980, footprint=footprint
    )
    write_metadata(tmp_path, safe)
    mask, away = across(), a_mask("b.tif", extent=box(3, 65, 3.01, 65.01))
    result = search([mask, away], [LocalSource(tmp_path)], SceneQuery(), RankingSettings())
    (item,) = result.ranked[mask.mask_id]
    assert item.coverage == pytest.approx(1, abs=1e-4)
    assert result.ranked[away.mask_id] == []


NORTH_EDGE, LENGTH = 4_690_320.0, 109_800.0


def mask_at_the_edge() -> Mask:
    """A mask of 100 m just inside the middle of the northern edge of a whole tile.

    The tile lies at the border of its zone, where its edge, straight in UTM, bends most in
    lon/lat.
    """
    west = 199_980 + LENGTH / 2
    inside = lonlat_box(west, NORTH_EDGE - 100, west + 100, NORTH_EDGE)
    return a_mask(extent=inside, footprint=inside)


def whole_tile() -> Polygon:
    """The four corners of the tile, as metadata give a footprint."""
    return lonlat_box(199_980, NORTH_EDGE - LENGTH, 199_980 + LENGTH, NORTH_EDGE)


def test_the_edge_of_a_tile_is_straight_in_its_own_crs() -> None:
    mask, tile = mask_at_the_edge(), whole_tile()
    outside = not tile.intersects(mask.extent)
    assert outside  # of the polygon in lon/lat, though the tile has the pixels
    (item,) = outcome(a_scene(footprint=tile), masks=[mask]).ranked[mask.mask_id]
    assert item.coverage == pytest.approx(1, abs=1e-3)


def test_a_folder_offers_the_tile_at_whose_edge_a_mask_lies(tmp_path: Path) -> None:
    safe = Safe(west=199_980, north=NORTH_EDGE, size=10980, footprint=whole_tile())
    write_metadata(tmp_path, safe)
    result = search([mask_at_the_edge()], [LocalSource(tmp_path)], SceneQuery(), RankingSettings())
    ((item,),) = result.ranked.values()
    assert item.coverage == pytest.approx(1, abs=1e-3)


def test_a_rotated_mask_is_measured_as_it_lies() -> None:
    to_lonlat = Transformer.from_crs(UTM31, "EPSG:4326", always_xy=True)
    corners = [(0, 0), (200, -100), (100, -300), (-100, -200)]
    diamond = Polygon([to_lonlat.transform(WEST + x, NORTH + y) for x, y in corners])
    mask = a_mask(extent=diamond, footprint=diamond)
    half = a_scene(footprint=lonlat_box(WEST - 900, NORTH - 150, WEST + 900, NORTH + 900))
    (item,) = outcome(half, masks=[mask]).ranked[mask.mask_id]
    assert item.coverage == pytest.approx(0.5, abs=1e-3)


# sources


def test_a_source_is_asked_once_for_all_masks() -> None:
    far = extent(a_mask(georeference=Georeference(UTM31, (3, 0, WEST + 60_000, 0, -3, NORTH))).grid)
    masks = [
        a_mask("a.tif"),
        a_mask("b.tif", extent=far, footprint=far, acquired=Acquired.parse("2020-03-01")),
    ]
    source = Offering([a_scene()])
    search(masks, [source], SceneQuery(days=10, level="L1C"), RankingSettings())
    (request,) = source.asked
    # Of any day, which costs no more, to tell what a wider window would find.
    assert (request.first_day, request.last_day) == (date.min, date.max)
    assert request.level == "L1C"
    west, south, east, north = request.bounds
    for mask in masks:
        w, s, e, n = mask.extent.bounds
        assert west <= w < e <= east
        assert south <= s < n <= north


def test_without_masks_nothing_is_asked() -> None:
    source = Offering([a_scene()])
    assert search([], [source], SceneQuery(), RankingSettings()) == SearchOutcome({}, (), ())
    assert source.asked == []


def test_a_source_that_fails_is_a_problem_and_the_others_count() -> None:
    broken = Offering(spec="local:/broken", error=SourceError("local:/broken: no such folder."))
    partial = Offering([a_scene("A")], (Problem("B.zip", "B.zip: it is damaged."),))
    result = search([MASK], [broken, partial], SceneQuery(), RankingSettings())
    assert [item.scene.scene_id for item in result.ranked[MASK.mask_id]] == ["A"]
    assert result.problems == (
        Problem("local:/broken", "local:/broken: no such folder."),
        Problem("B.zip", "B.zip: it is damaged."),
    )


def test_a_bug_in_a_source_looks_like_one() -> None:
    with pytest.raises(ZeroDivisionError):
        search([MASK], [Offering(error=ZeroDivisionError())], SceneQuery(), RankingSettings())


def test_a_scene_of_two_sources_is_taken_from_the_first() -> None:
    first, second = a_scene("A", source="local:/1"), a_scene("A", source="local:/2")
    result = search(
        [MASK], [Offering([first]), Offering([second])], SceneQuery(), RankingSettings()
    )
    assert result.scenes == (first,)
    assert [item.scene for item in result.ranked[MASK.mask_id]] == [first]


def test_a_scene_of_a_tile_that_does_not_exist_does_not_end_the_search(tmp_path: Path) -> None:
    good = Safe()
    for safe in (good, Safe(tile="99XYZ", sensed="20200122T104351")):
        item = stac_item(safe)
        write_item(tmp_path, item)
    ids = sorted(path.name for path in tmp_path.iterdir())
    write_catalogue(tmp_path, *(f"./{name}/{name}.json" for name in ids))
    mask = a_mask(extent=good.lonlat(), footprint=good.lonlat())
    result = search([mask], [LocalSource(tmp_path)], SceneQuery(), RankingSettings())
    assert [item.scene.scene_id for item in result.ranked[mask.mask_id]] == [good.product_id]
    assert any("99XYZ" in problem.item + problem.message for problem in result.problems)


def test_many_masks_and_scenes_are_matched_as_one_by_one() -> None:
    masks = []
    for number in range(12):
        where = lonlat_box(WEST + 900 * number, NORTH - 300, WEST + 900 * number + 300, NORTH)
        masks.append(a_mask(f"m{number}.tif", extent=where, footprint=where))
    scenes = [
        a_scene(
            f"s{number}",
            sensed_at=at(f"2020-01-{15 + number}T10:00:00Z"),
            footprint=lonlat_box(
                WEST + 1000 * number, NORTH - 900, WEST + 1000 * number + 3000, NORTH
            ),
        )
        for number in range(8)
    ]
    together = outcome(*scenes, masks=masks).ranked
    alone = {mask.mask_id: outcome(*scenes, masks=[mask]).ranked[mask.mask_id] for mask in masks}
    assert together == alone
    assert sum(len(ranked) for ranked in together.values()) > 12


# progress and cancellation


def test_progress_counts_in_percent_over_sources_and_what_they_tell() -> None:
    @dataclass
    class Telling(Offering):
        def search(self, request: SceneRequest) -> SearchResult:
            request.progress(1, 2)
            return SearchResult(())

    reported: list[tuple[int, int]] = []
    search(
        [MASK],
        [Telling(), Telling()],
        SceneQuery(),
        RankingSettings(),
        lambda finished, total: reported.append((finished, total)),
    )
    assert reported == [(0, 100), (16, 100), (33, 100), (50, 100), (100, 100)]


def test_a_cancellation_inside_a_source_ends_the_search(tmp_path: Path) -> None:
    write_metadata(tmp_path, Safe())

    def cancelled(finished: int, total: int) -> None:
        raise JobCancelledError("stop")

    with pytest.raises(JobCancelledError):
        search([MASK], [LocalSource(tmp_path)], SceneQuery(), RankingSettings(), cancelled)


# what would help


def test_masks_without_a_usable_scene_are_told_what_would_help() -> None:
    masks = [MASK, a_mask("far.tif", acquired=Acquired.parse("2021-06-01"))]
    scenes = [
        a_scene("cloudy", cloud_percent=40),
        a_scene("clear", sensed_at=at("2020-02-03T10:00:00Z")),
    ]
    found = outcome(*scenes, masks=masks)
    assert {mask_id: str(advice) for mask_id, advice in found.advice.items()} == {
        MASK.mask_id: "widen to 14 days: 1 usable scene; or raise the cloud limit to 40 %: "
        "1 usable scene",
        # Of another year, so it isn't proposed, but told.
        "far": "widen to 484 days, which is another season: 1 usable scene; or look farther than "
        "30 days, such as 60; or ask cdse or earth-search or planetary-computer (the sources that "
        "were asked have no L2A scene of it within 30 days)",
    }
    assert [r.scene.scene_id for r in found.ranked[MASK.mask_id]] == ["cloudy"]
    assert outcome(*scenes, days=14).advice == {}


# many masks, few questions


def masks_in_spain_and_peru() -> list[Mask]:
    peru = lonlat_box(400_000, 8_800_000, 400_300, 8_800_300, "EPSG:32718")
    return [MASK, a_mask("peru.tif", extent=peru, footprint=peru)]


def test_a_service_is_asked_for_masks_that_are_near_each_other_only() -> None:
    service = Offering([a_scene()], is_local=False)
    search(masks_in_spain_and_peru(), [service], SceneQuery(), RankingSettings())
    assert len(service.asked) == 2
    assert all(asked.bounds[2] - asked.bounds[0] < 1 for asked in service.asked)


def test_a_disk_is_walked_once_for_all_masks() -> None:
    disk = Offering([a_scene()], is_local=True)
    search(masks_in_spain_and_peru(), [disk], SceneQuery(), RankingSettings())
    assert len(disk.asked) == 1


def test_scenes_and_problems_that_several_questions_bring_count_once() -> None:
    service = Offering([a_scene("A")], (Problem("B", "B: garbled."),), is_local=False)
    result = search(masks_in_spain_and_peru(), [service], SceneQuery(), RankingSettings())
    assert [scene.scene_id for scene in result.scenes] == ["A"]
    assert result.problems == (Problem("B", "B: garbled."),)


def test_a_service_that_dies_in_the_middle_leaves_what_it_had_answered() -> None:
    @dataclass
    class Dying(Offering):
        def search(self, request: SceneRequest) -> SearchResult:
            if self.asked:
                raise SourceError("it is down.")
            return super().search(request)

    result = search(
        masks_in_spain_and_peru(),
        [Dying([a_scene("A")], is_local=False)],
        SceneQuery(),
        RankingSettings(),
    )
    assert [scene.scene_id for scene in result.scenes] == ["A"]
    (problem,) = result.problems
    assert problem.item == "local:/offering, request 2 of 2"
    assert "it is down." in problem.message


def test_what_a_later_source_has_as_well_is_kept_to_fall_back_to() -> None:
    first, second = a_scene("A", source="local:/1"), a_scene("A", source="local:/2")
    result = search(
        [MASK], [Offering([first]), Offering([second])], SceneQuery(), RankingSettings()
    )
    assert (result.scenes, result.alternatives) == ((first,), (second,))
