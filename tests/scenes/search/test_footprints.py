"""Odd outlines of scenes in every source: named or mended, and all masks get their scenes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon, box, mapping
from shapely.geometry.base import BaseGeometry

from migrate_core.errors import MigrateError
from migrate_core.model import Scene, SceneQuery, SearchResult
from migrate_core.products.files.granules import find_granules
from migrate_core.products.opening import open_product
from migrate_core.products.stac.item import describe_item
from migrate_core.scenes.search.search import SearchOutcome, search
from migrate_core.scenes.sources.cdse.products import parse_scene
from migrate_core.scenes.sources.dhus.source import parse_entry
from migrate_core.scenes.sources.local import LocalSource
from migrate_core.scenes.sources.protocol import SceneRequest
from migrate_core.settings import RankingSettings
from tests.support.builders import (
    Safe,
    a_mask,
    a_scene,
    lonlat_box,
    product_xml,
    stac_item,
    write_catalogue,
    write_item,
    write_metadata,
    write_safe,
)
from tests.support.product_forms import OLD, write_aws
from tests.support.servers.cdse import entry_of

GOOD = Safe(sensed="20200121T104351")
ODD = Safe(sensed="20200126T104351", mission="S2B")
HERE = ODD.lonlat()
SWAPPED = Polygon([(lat, lon) for lon, lat in HERE.exterior.coords])
ALL = SceneRequest(GOOD.lonlat().bounds, date(2015, 1, 1), date(2030, 1, 1), "L2A")
MASK = a_mask()
# A mask in another part of the world, so that nothing of an odd scene concerns it.
FAR = a_mask("far.tif", extent=lonlat_box(600000, 5e6, 600300, 5.0003e6), footprint=None)

WRONG: dict[str, Any] = {
    "a point": mapping(Point(2.79, 42.36)),
    "a line": mapping(LineString([(2.7, 42.3), (2.8, 42.4)])),
    "empty": {"type": "Polygon", "coordinates": []},
    "an empty collection": {"type": "GeometryCollection", "geometries": []},
    "not finite": {"type": "Polygon", "coordinates": [[[2, 42], [3, math.nan], [3, 43], [2, 42]]]},
    "infinite": {"type": "Polygon", "coordinates": [[[2, 42], [3, math.inf], [3, 43], [2, 42]]]},
    "not on Earth": mapping(box(200, 95, 201, 96)),
    "in metres": mapping(box(480000, 4680000, 490000, 4690000)),
    "the world": mapping(box(-180, -90, 180, 90)),
    "a third of the world": mapping(box(-60, -80, 60, 80)),
    "garbled": {"type": "Polygon", "coordinates": [["x"]]},
    "null": None,
}


class Offering:
    """A source that offers some scenes."""

    spec = "local:/offering"
    is_local = True

    def __init__(self, *scenes: Scene) -> None:
        self.scenes = scenes

    def search(self, request: SceneRequest) -> SearchResult:
        return SearchResult(self.scenes)


def outcome(*scenes: Scene) -> SearchOutcome:
    return search([FAR, MASK], [Offering(*scenes)], SceneQuery(), RankingSettings())


def folder_of(path: Path, *items: dict[str, Any]) -> Path:
    for item in items:
        write_item(path, item)
    write_catalogue(path, *(f"./{item['id']}/{item['id']}.json" for item in items))
    return path


def with_positions(folder: Path, safe: Safe, text: str) -> Path:
    """A SAFE folder without bands whose EXT_POS_LIST is `text`."""
    product = write_metadata(folder, safe)
    path = product / f"MTD_MSI{safe.level}.xml"
    head, _, rest = path.read_text().partition("<EXT_POS_LIST>")
    path.write_text(f"{head}<EXT_POS_LIST>{text}</EXT_POS_LIST>{rest.partition('_LIST>')[2]}")
    return product


# STAC items


@pytest.mark.parametrize("kind", WRONG)
def test_an_item_whose_outline_cannot_be_right_is_named_and_the_others_count(
    tmp_path: Path, kind: str
) -> None:
    odd = {**stac_item(ODD), "geometry": WRONG[kind]}
    source = LocalSource(folder_of(tmp_path, stac_item(GOOD), odd))
    found = search([MASK], [source], SceneQuery(), RankingSettings())
    assert [c.scene.scene_id for c in found.ranked[MASK.mask_id]] == [GOOD.product_id]
    (problem,) = found.problems
    assert problem.item == f"{odd['id']}.json"
    assert f"{odd['id']}: its STAC item lacks or garbles the footprint: " in problem.message


def test_an_item_with_swapped_axes_is_found_where_it_is_and_named(tmp_path: Path) -> None:
    odd = {**stac_item(ODD), "geometry": mapping(SWAPPED)}
    found = search([MASK], [LocalSource(folder_of(tmp_path, odd))], SceneQuery(), RankingSettings())
    (candidate,) = found.ranked[MASK.mask_id]
    assert candidate.scene.footprint.equals_exact(HERE, 1e-12)
    (problem,) = found.problems
    assert problem.item == ODD.product_id
    assert "latitude and longitude in the wrong order" in problem.message


# products on disk


@pytest.mark.parametrize(
    "heights", ["", "0 0 0 0 0", "0 0 0 0 -", "- 0 0 0 0", "12.5 0 - 0 12.5"], ids=str
)
def test_a_product_whose_positions_have_heights_or_not_is_found_by_its_outline(
    tmp_path: Path, heights: str
) -> None:
    words = heights.split() or ["-"] * 5
    corners = [
        f"{lat} {lon} {height.strip('-')}"
        for (lon, lat), height in zip(HERE.exterior.coords, words, strict=True)
    ]
    with_positions(tmp_path, ODD, " ".join(corners))
    result = LocalSource(tmp_path).search(ALL)
    (scene,) = result.scenes
    assert scene.footprint.equals_exact(HERE, 1e-9)
    assert (scene.footprint_problem, result.problems) == (None, ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nan 2.7 42 2.7 42 2.8 nan 2.7", "finite"),
        ("42 2.7 inf 2.7 42 2.8 42 2.7", "finite"),
        ("95 200 96 200 96 201 95 200", "isn't on Earth"),
        ("1e300 1e300 -1e300 1e300 0 0 1e300 1e300", "isn't on Earth"),
        ("42 2.7", "no list of positions"),
        ("somewhere", "no list of positions"),
        ("", "no list of positions"),
        ("12 2.7 12.2 2.7 12 2.9 12 2.7", "isn't where its tile is"),
    ],
)
def test_a_product_whose_outline_cannot_be_right_is_named_and_covers_its_granule(
    tmp_path: Path, text: str, words: str
) -> None:
    write_metadata(tmp_path, GOOD)
    with_positions(tmp_path, ODD, text)
    found = search([MASK, FAR], [LocalSource(tmp_path)], SceneQuery(), RankingSettings())
    scenes = {c.scene.scene_id: c.scene for c in found.ranked[MASK.mask_id]}
    assert set(scenes) == {GOOD.product_id, ODD.product_id}
    assert scenes[ODD.product_id].footprint.symmetric_difference(HERE).area < 1e-9
    (problem,) = found.problems
    assert problem.item == ODD.product_id
    assert words in problem.message
    assert "The extent of the granule was taken in its place" in problem.message


def test_a_product_can_be_read_whatever_its_outline_is(tmp_path: Path) -> None:
    product = write_safe(tmp_path, ODD)
    path = product / "MTD_MSIL2A.xml"
    path.write_text(path.read_text().replace("<EXT_POS_LIST>", "<EXT_POS_LIST>nan "))
    assert open_product(str(product)).product_id == ODD.product_id


@pytest.mark.parametrize(
    "area", [{"type": "Polygon"}, {"type": "Polygon", "coordinates": [[[1, 2], [1, 3], [1, 2]]]}]
)
def test_a_tile_of_aws_whose_outline_cannot_be_right_covers_its_granule(
    tmp_path: Path, area: dict[str, Any]
) -> None:
    tile = write_aws(tmp_path, OLD)
    info = json.loads((tile / "tileInfo.json").read_text())
    (tile / "tileInfo.json").write_text(json.dumps({**info, "tileDataGeometry": area}))
    (granule,) = find_granules(tile)
    assert granule.footprint.symmetric_difference(OLD.lonlat()).area < 1e-9
    assert "garbles the footprint" in str(granule.footprint_problem)


# services


def cdse_entry(**changes: Any) -> dict[str, Any]:
    return entry_of("1", f"{ODD.product_id}.SAFE", None, **changes)


def dhus_entry(footprint: Any) -> dict[str, Any]:
    return {
        "title": ODD.product_id,
        "beginposition": a_scene().sensed_at,
        "footprint": footprint,
        "cloudcoverpercentage": 1.0,
    }


@pytest.mark.parametrize("kind", WRONG)
def test_an_entry_of_cdse_whose_outline_cannot_be_right_is_named(kind: str) -> None:
    with pytest.raises(MigrateError, match=f"^{ODD.product_id}.SAFE: .*the footprint"):
        parse_scene(cdse_entry(GeoFootprint=WRONG[kind]))


def test_an_entry_of_cdse_has_two_outlines_of_which_the_better_is_taken() -> None:
    wkt = f"geography'SRID=4326;{HERE.wkt}'"
    for kind in WRONG:
        scene = parse_scene(cdse_entry(GeoFootprint=WRONG[kind], Footprint=wkt))
        assert scene.footprint.equals_exact(HERE, 1e-9), kind
        assert scene.footprint_problem is None
    swapped = parse_scene(cdse_entry(GeoFootprint=mapping(SWAPPED), Footprint="POLYGON EMPTY"))
    assert swapped.footprint.equals_exact(HERE, 1e-9)
    assert "wrong order" in str(swapped.footprint_problem)


@pytest.mark.parametrize(
    "footprint",
    [
        None,
        "",
        "POLYGON EMPTY",
        "GEOMETRYCOLLECTION EMPTY",
        "POINT (2.7 42.3)",
        "POLYGON ((nan nan, 1 1, 2 2, nan nan))",
        "POLYGON ((2 95, 3 95, 3 96, 2 95))",
        "POLYGON ((2 42, 3 42, 3 43))",
        "SRID=32631;POLYGON ((2 42, 3 42, 3 43, 2 42))",
    ],
)
def test_an_entry_of_dhus_whose_outline_cannot_be_right_is_named(footprint: Any) -> None:
    with pytest.raises(MigrateError, match=f"^{ODD.product_id}: .*the footprint"):
        parse_entry("1", dhus_entry(footprint), "dhus:x")


@pytest.mark.parametrize(
    "text", [HERE.wkt, f"SRID=4326;{HERE.wkt}", f"MULTIPOLYGON ({HERE.wkt[8:]})"]
)
def test_an_entry_of_dhus_is_read_in_the_forms_of_mirrors(text: str) -> None:
    scene = parse_entry("1", dhus_entry(text), "dhus:x")
    assert scene.footprint.equals_exact(HERE, 1e-9)


# search


@pytest.mark.parametrize(
    "outline",
    [
        Polygon([(2, 42), (3, 1e300), (3, 43)]),
        Polygon([(2, 42), (3, 95), (3, 43)]),
        Polygon([(2.7, 42.3), (2.9, 42.5), (2.9, 42.3), (2.7, 42.5)]),
        box(-180, -90, 180, 90),
        Polygon(),
        Point(2.79, 42.36),
    ],
    ids=str,
)
def test_an_outline_of_an_older_workspace_does_not_end_the_search(outline: BaseGeometry) -> None:
    odd = a_scene("S2B_odd", footprint=outline)
    found = outcome(odd, a_scene())
    first = [c.scene.scene_id for c in found.ranked[MASK.mask_id]]
    assert a_scene().scene_id in first
    assert found.ranked[FAR.mask_id] == []
    assert set(found.advice) >= {FAR.mask_id}


def test_a_scene_that_no_projection_can_place_is_named() -> None:
    odd = a_scene("S2B_odd", footprint=Polygon([(2, 42), (3, 95), (3, 43)]))
    (problem,) = outcome(odd, a_scene()).problems
    assert problem.item == "S2B_odd"
    assert "can't be worked with" in problem.message


def test_a_mask_that_no_projection_can_place_is_named_and_the_others_get_their_scenes() -> None:
    beyond = Polygon([(2.7, 42.3), (2.8, 95), (2.8, 42.3)])
    broken = a_mask("broken.tif", extent=beyond, footprint=beyond)
    found = search([broken, MASK], [Offering(a_scene())], SceneQuery(), RankingSettings())
    assert found.ranked[broken.mask_id] == []
    assert len(found.ranked[MASK.mask_id]) == 1
    (problem,) = found.problems
    assert problem.item == "broken.tif"


NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(2.7, 2.9),
    st.floats(42.2, 42.5),
    st.sampled_from([0.0, 2.79, 42.36, 180.0, -180.0, 90.0]),
)
RINGS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=7)


def scenes_of(ring: list[tuple[float, float]], folder: Path) -> list[Scene]:
    """What each source makes of one outline; errors that name it are left out."""
    closed = [*ring, *ring[:1]]
    document = {"type": "Polygon", "coordinates": [closed, []]}
    text = "SRID=4326;POLYGON ((" + ", ".join(f"{x} {y}" for x, y in closed) + "))"
    xml = product_xml(ODD).replace(
        "<EXT_POS_LIST>", "<EXT_POS_LIST>" + " ".join(f"{y} {x}" for x, y in closed) + "<!--"
    )
    product = folder / f"{ODD.product_id}.SAFE"
    (product / "MTD_MSIL2A.xml").write_text(xml.replace("</EXT_POS", "--></EXT_POS"))
    attempts: list[Callable[[], Any]] = [
        lambda: describe_item({**stac_item(ODD), "geometry": document}),
        lambda: parse_scene(cdse_entry(GeoFootprint=document, Footprint=text)),
        lambda: parse_scene(cdse_entry(Footprint=text)),
        lambda: parse_entry("1", dhus_entry(text), "dhus:x"),
        lambda: find_granules(product)[0],
    ]
    found = []
    for number, attempt in enumerate(attempts):
        try:
            footprint = attempt().footprint
        except MigrateError:
            continue
        found.append(a_scene(f"S2B_{number}", footprint=footprint))
    return found


@given(rings=st.lists(RINGS, min_size=1, max_size=3))
def test_any_outline_in_any_source_is_no_more_than_a_problem(
    rings: list[list[tuple[float, float]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("odd")
    write_metadata(folder, ODD)
    scenes = [scene for ring in rings for scene in scenes_of(ring, folder)]
    named = [a_scene(f"S2B_{n}", footprint=s.footprint) for n, s in enumerate(scenes)]
    found = outcome(*named, a_scene())
    assert a_scene().scene_id in [c.scene.scene_id for c in found.ranked[MASK.mask_id]]
    assert all(np.isfinite(c.coverage) for c in found.ranked[MASK.mask_id])
