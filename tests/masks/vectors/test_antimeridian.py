"""Polygons at the 180° meridian: cut, jumping or counting on, they are one place on the ground."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box, mapping, shape

from migrate_core.cli import cli
from migrate_core.masks.summary import class_areas
from migrate_core.masks.vectors.antimeridian import joined, offsets, unrolled
from migrate_core.masks.vectors.labels import label_polygons
from migrate_core.masks.vectors.register import VectorResult
from tests.support.builders import write_safe
from tests.support.granules import granule
from tests.support.vectors import added, only, write_json

LONLAT, MERCATOR = "EPSG:4326", "EPSG:3857"
# Half the width of the world in EPSG:3857: pi times the radius of its sphere.
HALF = np.pi * 6_378_137
# A lake of Chukotka with an island, on both sides of the meridian.
LAKE = Polygon(
    [(179.993, 64.996), (180.006, 64.995), (180.008, 65.002), (180.0, 65.004), (179.995, 65.001)],
    [[(179.999, 64.998), (180.002, 64.998), (180.002, 65.0), (179.999, 65.0)]],
)
WEST_HALF, EAST_HALF = box(0, -90, 180, 90), box(180, -90, 360, 90)


def turned(geometry: Any) -> Any:
    """A turn back, from beyond 180 to beyond -180."""
    return translate(geometry, -360)


def clip(geometry: Any) -> Any:
    """As RFC 7946, section 3.1.9, has it: parts at both ends of the world."""
    return MultiPolygon([geometry & WEST_HALF, turned(geometry & EAST_HALF)])


def jumping(geometry: Any) -> Any:
    """Each longitude in -180…180, so that rings jump from one end to the other."""
    return shapely.transform(
        geometry, lambda c: np.column_stack([(c[:, 0] + 180) % 360 - 180, c[:, 1]])
    )


FORMS: dict[str, Callable[[Any], Any]] = {
    "cut": clip,
    "jumping": jumping,
    "counting on": lambda geometry: geometry,
    "counting back": turned,
}


def collection(*geometries: Any) -> dict[str, Any]:
    features = [
        {"type": "Feature", "properties": {"kind": kind}, "geometry": mapping(geometry)}
        for kind, geometry in zip("abc", geometries, strict=False)
    ]
    return {"type": "FeatureCollection", "features": features}


def masks_of(folder: Path, *geometries: Any, **vector: Any) -> VectorResult:
    return added(write_json(folder / "x.geojson", collection(*geometries)), **vector)


def same(one: Any, other: Any) -> bool:
    """Whether two geometries are the same place, on whatever turn."""
    apart = min(one.symmetric_difference(translate(other, turn)).area for turn in (-360, 0, 360))
    return bool(apart < 1e-9)


# one polygon


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_lake_is_one_area_on_the_ground(tmp_path: Path, form: str) -> None:
    mask = only(masks_of(tmp_path, FORMS[form](LAKE)))
    assert mask.vector is not None
    assert mask.extent is not None
    assert mask.state == "ready", mask.problem
    assert same(mask.vector.area, box(*LAKE.bounds))
    east, west = sorted(mask.extent.geoms, key=lambda part: -part.bounds[0])
    np.testing.assert_allclose(east.bounds, (179.993, 64.995, 180, 65.004), atol=1e-9)
    np.testing.assert_allclose(west.bounds, (-180, 64.995, -179.992, 65.004), atol=1e-9)
    lake = label_polygons(mask).classes[1]
    assert same(lake, LAKE)
    assert lake.geom_type == "Polygon"  # no seam is left along the meridian


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("vector", [{"margin_m": 100.0}, {"chip_size_m": 400.0}], ids=str)
def test_margins_and_chips_are_around_it_and_not_around_the_world(
    tmp_path: Path, form: str, vector: dict[str, float]
) -> None:
    masks = masks_of(tmp_path, FORMS[form](LAKE), **vector).masks
    areas = [mask.vector.area for mask in masks if mask.vector is not None]
    assert len(areas) == len(masks)
    assert max(area.bounds[2] - area.bounds[0] for area in areas) < 0.03
    found = sum(label_polygons(mask).classes[1].area for mask in masks)
    assert found == pytest.approx(LAKE.area, rel=1e-6)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("area", FORMS)
@pytest.mark.parametrize("chip_size_m", [None, 500.0])
def test_areas_of_interest_meet_features_of_every_form(
    tmp_path: Path, form: str, area: str, chip_size_m: float | None
) -> None:
    aoi = write_json(tmp_path / "aoi.geojson", collection(FORMS[area](box(*LAKE.bounds))))
    result = masks_of(tmp_path, FORMS[form](LAKE), aoi=aoi, chip_size_m=chip_size_m)
    found = sum(label_polygons(mask).classes[1].area for mask in result.masks)
    assert found == pytest.approx(LAKE.area, rel=1e-6)
    total = sum(mask.vector.area.area for mask in result.masks if mask.vector is not None)
    assert total == pytest.approx(box(*LAKE.bounds).area, rel=1e-3)


def test_features_on_both_sides_are_one_area(tmp_path: Path) -> None:
    left, right = box(179.99, 65, 179.995, 65.005), box(-179.995, 65, -179.99, 65.005)
    mask = only(masks_of(tmp_path, left, right, class_field="kind"))
    assert mask.vector is not None
    assert same(mask.vector.area, box(179.99, 65, 180.01, 65.005))
    assert set(mask.classes.stored or {}) == {"a", "b"}


def test_a_feature_of_a_layer_of_the_whole_world_finds_its_neighbours(tmp_path: Path) -> None:
    far = [box(lon, 0, lon + 50, 1) for lon in (-170, -110, -50, 10, 70)]
    neighbour = box(-179.999, 64.99, -179.99, 65.01)
    path = write_json(tmp_path / "x.geojson", collection(clip(LAKE), neighbour, *far))
    document = json.loads(path.read_text())
    document["features"] += collection(*far)["features"]
    write_json(path, document)
    masks = added(path, class_field="kind").masks
    lake = next(mask for mask in masks if mask.part == "1")
    drawn = label_polygons(lake)
    assert set(lake.classes.stored or {}) == {"a", "b"}
    east = translate(neighbour, 360) & box(*LAKE.bounds)
    assert same(drawn.classes[2], east)
    assert same(drawn.classes[1], LAKE - east)


def test_a_box_around_the_world_stays_one(tmp_path: Path) -> None:
    aoi = write_json(tmp_path / "aoi.geojson", collection(box(-180, -80, 180, 80)))
    result = masks_of(tmp_path, box(1, 41, 1.01, 41.01), aoi=aoi)
    mask = only(result)
    assert mask.vector is not None
    assert mask.vector.area.equals(box(-180, -80, 180, 80))
    assert set(mask.classes.stored or {}) == {"1"}


def test_the_same_holds_in_web_mercator(tmp_path: Path) -> None:
    left, right = box(HALF - 900, 9e6, HALF, 9e6 + 900), box(-HALF, 9e6, -HALF + 900, 9e6 + 900)
    document = collection(MultiPolygon([left, right]))
    document["crs"] = {"type": "name", "properties": {"name": MERCATOR}}
    mask = only(added(write_json(tmp_path / "x.geojson", document)))
    assert mask.vector is not None
    assert mask.extent is not None
    west, _, east, _ = mask.vector.area.bounds
    assert east - west == pytest.approx(1800)
    assert len(mask.extent.geoms) == 2
    assert label_polygons(mask).classes[1].geom_type == "Polygon"
    # 1800 m x 900 m at the equator are cos²(lat) of that where y is 9,000,000 m.
    latitude = 2 * np.arctan(np.exp(9e6 / 6_378_137)) - np.pi / 2
    (found,) = (area for area in class_areas(mask) if area.stored == 1)
    assert found.hectares == pytest.approx(162 * np.cos(latitude) ** 2, rel=0.01)


# rules


LONGITUDES = st.floats(-180, 179.5)


@example([(0.0, 1.0), (-175.0, 1.0), (-0.5, 13.0)])
@given(st.lists(st.tuples(LONGITUDES, st.floats(0.001, 20)), min_size=1, max_size=6))
def test_joining_never_widens_and_moves_by_whole_turns(found: list[tuple[float, float]]) -> None:
    geometries = np.array([box(west, 0, west + size, 1) for west, size in found], dtype=object)
    together = joined(geometries, LONLAT)
    turns = (shapely.bounds(together)[:, 0] - shapely.bounds(geometries)[:, 0]) / 360
    np.testing.assert_allclose(turns, np.round(turns), atol=1e-9)
    before, after = (np.ptp(shapely.total_bounds(one)[[0, 2]]) for one in (geometries, together))
    assert after <= before + 1e-9
    # No other meridian to cut at makes them narrower.
    starts = [west % 360 for west, _ in found]
    best = min(
        max((start - first) % 360 + size for start, (_, size) in zip(starts, found, strict=True))
        for first in starts
    )
    assert after <= max(best, 180) + 1e-6


@given(st.floats(-170, 170), st.floats(0.01, 5))
def test_what_does_not_reach_half_around_the_world_is_not_touched(west: float, size: float) -> None:
    geometries = np.array([box(west, 0, west + size, 1)], dtype=object)
    assert joined(geometries, LONLAT)[0] is geometries[0]
    assert unrolled(geometries, "EPSG:32660")[0] is geometries[0]


def test_turns_are_those_that_meet() -> None:
    assert offsets((1, 0, 2, 1), (-10, 0, 10, 1), LONLAT) == [0]
    assert offsets((179, 0, 181, 1), (-180, 0, 180, 1), LONLAT) == [-360, 0]
    assert offsets((179, 0, 181, 1), (-181, 0, -179, 1), LONLAT) == [-360, 0]
    assert offsets((1, 0, 2, 1), (-10, 0, 10, 1), "EPSG:32601") == [0]


# the whole way


@pytest.mark.slow
@pytest.mark.parametrize("zone", [60, 1])
@pytest.mark.parametrize("form", ["cut", "jumping"])
def test_a_lake_goes_from_its_file_to_a_pair_with_exact_shares(
    tmp_path: Path, zone: int, form: str
) -> None:
    crs = f"EPSG:326{zone:02d}"
    to_zone = Transformer.from_crs(LONLAT, crs, always_xy=True)
    x, y = (round(value / 60) * 60 for value in to_zone.transform(180, 65))
    safe = granule(x - 600, y + 600, epsg=32600 + zone, tile="60WXT" if zone == 60 else "01WCN")
    write_safe(tmp_path / "products", safe)
    path = write_json(tmp_path / "lake_20200121.geojson", collection(FORMS[form](LAKE)))

    def run(*words: str) -> Any:
        command = ["--workspace", str(tmp_path / "w"), *words, "--json"]
        result = CliRunner().invoke(cli, command)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    (row,) = run("masks", "add", str(path))
    assert shape(row["extent"]).area < 0.001
    run("scenes", "search", "--source", f"local:{tmp_path / 'products'}")
    (pair,) = run("pairs", "make", "--workers", "1")
    with rasterio.open(tmp_path / "w" / pair["fractions"]) as dataset:
        assert dataset.crs.to_string() == crs
        transform, (background, lake) = dataset.transform, dataset.read()
    reprojected = [
        shapely.transform(
            shape.segmentize(1e-5), lambda c: np.column_stack(to_zone.transform(c[:, 0], c[:, 1]))
        )
        for shape in (LAKE, box(*LAKE.bounds))
    ]
    rows, columns = np.indices(lake.shape)
    west, north = transform.c + 10 * columns, transform.f - 10 * rows
    pixels = shapely.box(west, north - 10, west + 10, north)
    expected, known = (shapely.area(pixels & one) / 100 for one in reprojected)
    assert expected.sum() == pytest.approx(reprojected[0].area / 100)  # all of it is in the pair
    np.testing.assert_allclose(lake, expected, atol=2e-6)
    np.testing.assert_allclose(background + lake, known, atol=2e-6)
