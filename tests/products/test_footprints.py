"""The outlines of scenes: which are used, mended, named, and that none of them is a crash."""

from __future__ import annotations

import math
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box, mapping

from migrate_core.errors import ProductError
from migrate_core.products.footprints import (
    DATATAKE_KM2,
    Footprint,
    checked,
    from_geojson,
    from_positions,
    from_wkt,
)
from migrate_core.products.tiles import tile_extent

TILE = "31TDG"
HERE = Polygon([(2.5, 42), (2.5, 42.4), (3, 42.4), (3.1, 42), (2.5, 42)])
SWAPPED = Polygon([(lat, lon) for lon, lat in HERE.exterior.coords])
WORLD = box(-180, -90, 180, 90)


def positions(*heights: str, outline: Polygon = HERE) -> str:
    """An EXT_POS_LIST of an outline, with these heights after its positions in turn."""
    corners = list(outline.exterior.coords)
    heights = heights or ("",) * len(corners)
    return " ".join(
        f"{lat} {lon} {height}" for (lon, lat), height in zip(corners, heights, strict=True)
    )


def why(outline: Any, tile: str = TILE) -> str:
    with pytest.raises(ProductError) as caught:
        from_geojson(outline, tile)
    return str(caught.value)


# lists of positions


@pytest.mark.parametrize(
    "heights",
    [
        ("",) * 5,
        ("0",) * 5,
        ("0.0", "0", "-0", "0", "0"),
        ("113.2", "8", "-5", "42.2", "113.2"),
        ("0", "0", "0", "0", ""),
        ("", "0", "0", "0", "0"),
        ("0", "0", "", "0", "0"),
        ("0", "", "0", "", "0"),
        ("42.1", "", "3", "2.6", ""),
    ],
)
def test_positions_are_read_with_heights_without_and_mixed(heights: tuple[str, ...]) -> None:
    assert from_positions(positions(*heights), TILE) == Footprint(shapely.make_valid(HERE))


def test_six_positions_with_a_height_and_one_without_are_read() -> None:
    # The form of S2A_MSIL2A_20150826T185436_N0212_R070_T11SLT_20210412T023147.
    corners = [(-118.9, 34.2), (-118, 34.3), (-118, 33.4), (-118.9, 33.4), (-119, 33.9)]
    outline = Polygon([*corners, (-119.05, 34.1)])
    found = from_positions(positions(*"000000", "", outline=outline), "11SLT")
    assert found == Footprint(outline)


@pytest.mark.parametrize("heights", [("0", "0", "0", "0", ""), ("", "0", "0", "0", "0"), "00000"])
def test_where_a_height_could_be_a_latitude_the_list_that_closes_is_read(
    heights: tuple[str, ...],
) -> None:
    # Near 0° N, 0° E a height of 0 is a plausible latitude, and a latitude a plausible longitude.
    near = Polygon([(3.2, 0.1), (3.2, 0.8), (3.9, 0.8), (3.9, 0.1), (3.2, 0.1)])
    assert from_positions(positions(*heights, outline=near), "31NEA").area.equals(near)


def test_a_list_that_does_not_close_is_closed() -> None:
    text = " ".join(positions().split()[:-2])
    assert from_positions(text, TILE).area.equals(HERE)


def test_a_list_of_longitudes_before_latitudes_is_mended_and_named() -> None:
    found = from_positions(positions(outline=SWAPPED), TILE)
    assert found.area.equals(HERE)
    assert "latitude and longitude in the wrong order" in str(found.problem)


def test_a_list_across_the_180_degree_meridian_is_cut_there() -> None:
    jumping = Polygon([(179.3, -17), (-179.8, -17), (-179.8, -16.5), (179.3, -16.5), (179.3, -17)])
    found = from_positions(positions(*"00000", outline=jumping), "01KAB")
    expected = MultiPolygon([box(179.3, -17, 180, -16.5), box(-180, -17, -179.8, -16.5)])
    assert found.area.symmetric_difference(expected).area < 1e-9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no list of positions"),
        ("north 3 42 3", "no list of positions"),
        ("42 3 43", "no list of positions"),
        ("42 3 43 3", "no list of positions"),
        ("nan 2.5 42.4 2.5 42 3 nan 2.5", "aren't finite numbers"),
        ("42 2.5 inf 2.5 42 3 42 2.5", "aren't finite numbers"),
        ("95 2.5 96 2.5 95 3 95 2.5", "latitude 95, longitude 2.5 isn't on Earth"),
        ("42 500 42.4 500 42 501 42 500", "longitude 500 isn't on Earth"),
        ("42 2.5 42 2.5 42 2.5 42 2.5", "encloses no area"),
        ("0 0 40 0 40 60 0 60 0 0", "more than a scene can have"),
        ("12 2.5 12.4 2.5 12 3 12 2.5", "isn't where its tile is"),
    ],
)
def test_a_list_that_cannot_be_right_is_an_error_that_says_why(text: str, words: str) -> None:
    with pytest.raises(ProductError, match=words):
        from_positions(text, TILE)


def test_of_an_outline_for_several_granules_the_part_in_the_tile_counts() -> None:
    swath = Polygon([(0, 40), (0, 45), (4, 45), (4, 40), (0, 40)])
    found = from_positions(positions(outline=swath), TILE, DATATAKE_KM2)
    assert found.problem is None
    assert found.area.symmetric_difference(tile_extent(TILE)).area < 1e-9


# GeoJSON and well-known text


def test_a_plain_outline_is_believed() -> None:
    assert from_geojson(mapping(HERE), TILE) == Footprint(HERE)
    assert from_geojson(mapping(HERE), "32TXX") == Footprint(HERE)  # a tile there isn't


def test_a_height_and_an_empty_hole_are_left_out() -> None:
    ring = [[*corner, 7.0] for corner in HERE.exterior.coords]
    found = from_geojson({"type": "Polygon", "coordinates": [ring, []]}, TILE)
    assert found == Footprint(HERE)
    assert not found.area.has_z
    assert found.area.interiors[:] == []


def test_the_polygons_of_a_collection_are_its_outline() -> None:
    mixed = shapely.GeometryCollection([Point(2, 42), HERE, shapely.GeometryCollection([])])
    assert from_geojson(mapping(mixed), TILE) == Footprint(HERE)


def test_an_outline_that_crosses_itself_is_mended() -> None:
    bow_tie = Polygon([(2, 42), (3, 43), (3, 42), (2, 43)])
    found = from_geojson(mapping(bow_tie), TILE)
    assert found.problem is None
    assert found.area.is_valid
    assert found.area.area == pytest.approx(0.5)


def test_longitudes_that_go_on_beyond_180_are_brought_back() -> None:
    found = from_geojson(mapping(box(180.1, -17, 180.2, -16.5)), "01KAB")
    assert found.area.bounds == pytest.approx((-179.9, -17, -179.8, -16.5))


def test_swapped_axes_are_mended_where_the_tile_tells_and_named() -> None:
    found = from_geojson(mapping(SWAPPED), TILE)
    assert found.area.equals(HERE)
    assert "latitude and longitude in the wrong order" in str(found.problem)
    # Where the longitude is beyond 90 the numbers alone show that something is wrong.
    east = tile_extent("53JQJ")
    assert east is not None
    turned = shapely.transform(east, lambda corners: corners[:, ::-1])
    assert from_geojson(mapping(turned), "53JQJ").area.equals(east)


def test_swapped_axes_are_mended_where_both_ways_touch_the_tile() -> None:
    # 38TKL lies around 41° N, 42° E.
    right = box(41.45, 40.55, 42.4, 41.49)
    turned = shapely.transform(right, lambda corners: corners[:, ::-1])
    extent = tile_extent("38TKL")
    assert extent is not None
    assert turned.intersects(extent)
    found = from_geojson(mapping(turned), "38TKL")
    assert found.area.equals(right)
    assert "wrong order" in str(found.problem)
    assert from_geojson(mapping(right), "38TKL") == Footprint(right)


def test_an_outline_elsewhere_than_its_tile_is_named() -> None:
    away = box(10, 10, 11, 11)
    found = from_geojson(mapping(away), TILE)
    assert found.area.equals(away)
    assert "isn't where its tile is" in str(found.problem)


@pytest.mark.parametrize(
    ("outline", "words"),
    [
        (None, "there is none"),
        (mapping(Point(2.5, 42)), "it is a Point, no polygon"),
        (mapping(LineString([(2.5, 42), (3, 42)])), "it is a LineString, no polygon"),
        ({"type": "Polygon", "coordinates": []}, "it is empty"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, "it is empty"),
        ({"type": "GeometryCollection", "geometries": []}, "it is empty"),
        ({"type": "Polygon"}, "can't be read"),
        ({"type": "X"}, "can't be read"),
        ({"type": "Polygon", "coordinates": [[[2, 42], [3, 42], ["x", 43]]]}, "can't be read"),
        ({"type": "Polygon", "coordinates": [[[10**400, 1], [3, 4], [5, 6]]]}, "can't be read"),
        ({"type": "Polygon", "coordinates": [[[2, 42], [3, 42], [math.nan, 43]]]}, "finite"),
        (mapping(box(2, 95, 3, 96)), "isn't on Earth"),
        (mapping(box(400000, 4600000, 500000, 4700000)), "isn't on Earth"),
        (mapping(Polygon([(2, 42), (3, 42), (2, 42)])), "encloses no area"),
        (mapping(WORLD), "encloses no area"),
        (mapping(box(-60, 0, 60, 80)), "more than a scene can have"),
        ("POLYGON", "can't be read"),
    ],
)
def test_an_outline_that_cannot_be_right_is_an_error_that_says_why(
    outline: Any, words: str
) -> None:
    assert words in why(outline)


@pytest.mark.parametrize(
    "text",
    [
        HERE.wkt,
        f"SRID=4326;{HERE.wkt}",
        f"geography'SRID=4326;{HERE.wkt}'",
        f" srid = 4326 ; {HERE.wkt.lower()} ",
        f"MULTIPOLYGON ((({HERE.wkt.removeprefix('POLYGON ((')})",
        f"GEOMETRYCOLLECTION (POINT (1 1), {HERE.wkt})",
    ],
)
def test_well_known_text_is_read_in_the_forms_of_services(text: str) -> None:
    assert from_wkt(text, TILE).area.equals(HERE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "there is none"),
        (7, "there is none"),
        ("", "there is none"),
        ("POLYGON EMPTY", "it is empty"),
        ("geography'SRID=4326;POLYGON EMPTY'", "it is empty"),
        ("MULTIPOLYGON (EMPTY)", "it is empty"),
        ("POLYGON ((2 42, 3 42, 3 43))", "can't be read"),
        ("POLYGON ((2 42, 3 NaN, 3 43, 2 42))", "finite"),
        ("POLYGON ((2 42, 3", "can't be read"),
        ("SRID=3857;POLYGON ((2 42, 3 42, 3 43, 2 42))", "SRID is 3857"),
        ("POINT (2 42)", "no polygon"),
    ],
)
def test_well_known_text_that_cannot_be_right_is_an_error_that_says_why(
    text: Any, words: str
) -> None:
    with pytest.raises(ProductError, match=words):
        from_wkt(text, TILE)


# any

NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-200, 200),
    st.sampled_from([0.0, 2.5, 42.0, 180.0, -180.0, 90.0]),
)
PLACES = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=8)
TILES = st.sampled_from([TILE, "01KAB", "60CWS", "32TXX"])
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=5), st.integers()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["type", "coordinates", "geometries"]), inner),
    ),
    max_leaves=12,
)
KINDS = st.sampled_from(["Polygon", "MultiPolygon", "Point", "LineString", "GeometryCollection"])


def believed(found: Footprint) -> None:
    """A footprint that search can work with."""
    assert found.area.is_valid
    assert found.area.area > 0
    assert found.area.geom_type in ("Polygon", "MultiPolygon")
    west, south, east, north = found.area.bounds
    assert -180 <= west < east <= 180
    assert -90 <= south < north <= 90


@given(places=PLACES, extra=st.lists(NUMBERS, max_size=3), tile=TILES)
def test_any_outline_is_believed_or_named(
    places: list[tuple[float, float]], extra: list[float], tile: str
) -> None:
    ring = [*places, *places[:1]]
    text = ", ".join(f"{lon} {lat}" for lon, lat in ring)
    attempts = [
        lambda: from_positions(" ".join(map(str, [*sum(ring, ()), *extra])), tile),
        lambda: from_geojson({"type": "Polygon", "coordinates": [ring, extra]}, tile),
        lambda: from_geojson({"type": "MultiPolygon", "coordinates": [[ring], [ring]]}, tile),
        lambda: from_wkt(f"POLYGON (({text}))", tile),
    ]
    for attempt in attempts:
        try:
            believed(attempt())
        except ProductError:
            continue


@given(kind=KINDS, coordinates=JUNK, tile=TILES)
def test_any_junk_in_place_of_an_outline_is_named(kind: str, coordinates: Any, tile: str) -> None:
    for document in (
        coordinates,
        {"type": kind, "coordinates": coordinates},
        {"type": kind, "geometries": coordinates},
    ):
        for read in (from_geojson, from_wkt):
            try:
                believed(read(document, tile))
            except ProductError:
                continue


@given(st.lists(st.floats(0, 1), min_size=8, max_size=8), st.permutations(range(4)))
def test_any_four_corners_in_a_tile_are_believed(shares: list[float], order: list[int]) -> None:
    corners = [(2 + shares[2 * n], 41.6 + 0.8 * shares[2 * n + 1]) for n in order]
    outline = Polygon(corners)
    if shapely.make_valid(outline).area < 1e-9:
        return
    found = checked(outline, TILE)
    assert found.problem is None
    assert found.area.area == pytest.approx(shapely.make_valid(outline).area)
