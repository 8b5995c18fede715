"""From a vector file to masks: areas of interest, dates, classes, identity, problems."""

from __future__ import annotations

import hashlib
import math
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

from migrate_core.errors import MaskError
from migrate_core.masks.options import AddOptions, ClassEntry, VectorOptions
from migrate_core.masks.register.edit import MaskEdit, edited
from migrate_core.masks.summary import class_areas, pixel_size, thumbnail
from migrate_core.masks.vectors import areas
from migrate_core.masks.vectors.labels import label_polygons
from migrate_core.masks.vectors.register import VectorContext, vector_masks
from migrate_core.model import IGNORE, Acquired, Mask
from migrate_core.store.serialize import from_json, to_json
from tests.support.vectors import (
    DAY,
    SOUTH,
    UTM,
    WEST,
    added,
    frame,
    only,
    reprojected,
    square,
    write,
)

LONLAT = "EPSG:4326"


def area_of(mask: Mask) -> Any:
    assert mask.vector is not None
    return mask.vector.area


def assert_near(found: Any, expected: Any, degrees: float = 1e-7) -> None:
    """Two rectangles in lon/lat have the same corners."""
    assert found.hausdorff_distance(expected) < degrees


# one mask for the file


def test_near_features_become_one_mask_of_their_joint_extent(tmp_path: Path) -> None:
    path = write(tmp_path / "lakes.gpkg", frame([square(0, 0), square(5000, 3000, 50)]))
    result = added(path)
    mask = only(result)
    joint = square(0, 0, 5050, 3050)
    assert mask.state == "ready", mask.problem
    assert (mask.name, mask.part, mask.key) == ("lakes.gpkg", None, str(path))
    assert (mask.georeference.crs, mask.width, mask.height, mask.georeference.transform) == (
        UTM,
        None,
        None,
        None,
    )
    assert area_of(mask).equals(joint)
    assert_near(mask.extent, reprojected(joint, UTM, LONLAT))
    assert mask.extent is not None
    assert len(mask.extent.exterior.coords) == 5
    assert_near(mask.footprint, reprojected(joint.segmentize(100), UTM, LONLAT), 1e-6)
    assert dict(mask.classes.stored or {}) == {"1": 1}
    assert str(mask.acquired) == DAY
    assert result.problems == ()
    assert result.note is not None
    assert "extent of all 2 features" in result.note


def test_a_mask_travels_through_json_unchanged(tmp_path: Path) -> None:
    mask = only(added(write(tmp_path / "lakes.gpkg", frame([square(0, 0)]))))
    again = from_json(Mask, to_json(mask))
    assert again.vector is not None
    assert again.vector == mask.vector
    assert to_json(again) == to_json(mask)


def test_features_further_apart_than_20_km_get_a_mask_each(tmp_path: Path) -> None:
    path = write(tmp_path / "lakes.gpkg", frame([square(0, 0), square(25_000, 0)]))
    result = added(path)
    assert [mask.part for mask in result.masks] == ["1", "2"]
    assert [mask.name for mask in result.masks] == ["lakes.gpkg#1", "lakes.gpkg#2"]
    assert area_of(result.masks[1]).equals(square(25_000, 0))
    assert "--margin" in str(result.note)


# features with a margin


def test_a_margin_is_in_metres_of_a_projected_layer(tmp_path: Path) -> None:
    path = write(tmp_path / "lakes.gpkg", frame([square(0, 0), square(500, 0)]))
    masks = added(path, margin_m=40).masks
    assert area_of(masks[0]).equals(square(-40, -40, 180))
    assert len(masks) == 2


@pytest.mark.parametrize("crs", [LONLAT, "EPSG:3857", "EPSG:2154", "EPSG:2062"])
def test_a_margin_is_in_metres_on_the_ground_in_any_crs(crs: str, tmp_path: Path) -> None:
    path = write(tmp_path / "lakes.parquet", frame([square(0, 0, 1)]).to_crs(crs))
    mask = only(added(path, margin_m=1000))
    assert mask.georeference.crs == crs
    back = reprojected(area_of(mask), crs, LONLAT)
    west, south, east, north = back.bounds
    geod = Geod(ellps="WGS84")
    _, _, width = geod.inv(west, (south + north) / 2, east, (south + north) / 2)
    _, _, height = geod.inv((west + east) / 2, south, (west + east) / 2, north)
    # Bounds of what is turned against lon/lat (a little, in these CRS) are somewhat larger.
    assert width == pytest.approx(2001, rel=0.08)
    assert height == pytest.approx(2001, rel=0.08)


def test_a_lonlat_layer_without_margin_keeps_its_bounds(tmp_path: Path) -> None:
    shape = shapely.Polygon([(3, 42), (3.01, 42.002), (3.004, 42.01)])
    mask = only(added(write(tmp_path / "x.geojson", frame([shape], crs=LONLAT)), margin_m=0))
    assert mask.extent is not None
    assert mask.extent.bounds == pytest.approx(shape.bounds, abs=1e-12)


# dates


def test_dated_features_get_a_mask_and_a_date_each(tmp_path: Path) -> None:
    dates = {"start": ["2020-01-02", "2020-03-04", "soon"], "end": ["2020-01-05", None, None]}
    path = write(tmp_path / "fires.gpkg", frame([square(300 * n, 0) for n in range(3)], dates))
    result = added(path, date_field="start", end_date_field="end")
    assert [str(mask.acquired) for mask in result.masks] == [
        "2020-01-02/2020-01-05",
        "2020-03-04",
        "None",
    ]
    assert [mask.state for mask in result.masks] == ["ready", "ready", "problem"]
    assert "'soon' is no date" in str(result.masks[2].problem)
    (problem,) = result.problems
    assert "fires.gpkg: feature 3 is without a date" in problem.message


def test_an_undated_feature_becomes_ready_with_a_date_by_hand(tmp_path: Path) -> None:
    path = write(tmp_path / "fires.gpkg", frame([square(0, 0)], {"day": ["?"]}))
    mask = only(added(path, date_field="day"))
    assert mask.state == "problem"
    mended = edited(mask, MaskEdit(acquired=Acquired.parse(DAY)))
    assert mended.state == "ready"
    assert set(label_polygons(mended).classes) == {1}


def test_where_features_of_another_time_lie_nothing_is_known(tmp_path: Path) -> None:
    left, right = square(0, 0), square(50, 0)
    dates = {"day": ["2020-01-02", "2020-03-04"]}
    path = write(tmp_path / "fires.gpkg", frame([left, right], dates))
    first, second = added(path, date_field="day", margin_m=100).masks
    of_first, of_second = label_polygons(first), label_polygons(second)
    assert of_first.classes[1].equals(left)
    assert of_first.unknown.equals(right.difference(left))
    assert of_second.classes[1].equals(right)
    assert of_second.unknown.equals(left.difference(right))
    assert of_first.background.area == pytest.approx(300 * 300 - 150 * 100)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ({"date_field": "when"}, r"no column 'when'; found: day\. .*--date-field"),
        ({"date_field": "day", "end_date_field": "x"}, r"no column 'x'.*--end-date-field"),
        ({"class_field": "kind"}, r"no column 'kind'; found: day\. .*--class-field"),
        ({"end_date_field": "day"}, "its start is needed"),
    ],
)
def test_an_unknown_column_is_named_with_those_there_are(
    option: dict[str, str], reason: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "fires.gpkg", frame([square(0, 0)], {"day": ["2020-01-02"]}))
    with pytest.raises(MaskError, match=rf"fires\.gpkg: .*{reason}"):
        added(path, **option)


# chips


def test_chips_lie_on_multiples_of_their_size_where_a_feature_is(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", frame([square(0, 0, 700), shapely.box(0, 0, 1, 1)]))
    result = added(path, chip_size_m=500)
    assert all(mask.state == "ready" for mask in result.masks)
    corners = sorted(area_of(mask).bounds for mask in result.masks)
    assert corners[0] == (0, 0, 500, 500)
    expected = {
        (500.0 * column, 500.0 * row)
        for column in range(math.floor(WEST / 500), math.ceil((WEST + 700) / 500))
        for row in range(math.floor(SOUTH / 500), math.ceil((SOUTH + 700) / 500))
    }
    assert {corner[:2] for corner in corners[1:]} == expected
    assert len({mask.mask_id for mask in result.masks}) == len(result.masks)


def test_a_chip_that_a_feature_only_touches_at_its_edge_is_none(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", frame([shapely.box(500_000, 4_600_000, 500_500, 4_600_500)]))
    assert area_of(only(added(path, chip_size_m=500))).bounds[:2] == (500_000, 4_600_000)


def test_chips_of_lonlat_layers_lie_in_the_utm_zone_of_each_feature(tmp_path: Path) -> None:
    places = [shapely.box(3.0, 42.0, 3.001, 42.001), shapely.box(9.0, -42.001, 9.001, -42.0)]
    path = write(tmp_path / "x.geojson", frame(places, crs=LONLAT))
    masks = added(path, chip_size_m=1000).masks
    zones = {"31n": "EPSG:32631", "32s": "EPSG:32732"}
    assert {str(mask.part).split("-")[0] for mask in masks} == set(zones)
    for mask in masks:
        assert mask.georeference.crs == LONLAT
        back = reprojected(area_of(mask), LONLAT, zones[str(mask.part).split("-")[0]])
        corner = np.array(back.bounds)
        np.testing.assert_allclose(corner, np.round(corner / 1000) * 1000, atol=1e-3)
        assert back.area == pytest.approx(1e6, abs=1)


def test_a_chip_of_features_of_two_dates_becomes_two_masks(tmp_path: Path) -> None:
    features = frame([square(10, 10, 20), square(50, 10, 20)], {"day": [DAY, "2020-05-06"]})
    masks = added(write(tmp_path / "x.gpkg", features), chip_size_m=10_000, date_field="day").masks
    assert [str(mask.acquired) for mask in masks] == [DAY, "2020-05-06"]
    assert len({mask.key for mask in masks}) == 2
    assert area_of(masks[0]).equals(area_of(masks[1]))


def test_too_many_masks_are_refused_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "x.gpkg", frame([square(0, 0, 50_000)]))
    with pytest.raises(MaskError, match=r"more than 50000 chips of 10 m.*--chip-size"):
        added(path, chip_size_m=10)
    with pytest.raises(MaskError, match=r"chips of 1 m can't be made"):
        added(path, chip_size_m=1)
    monkeypatch.setattr(areas, "MAX_MASKS", 2)
    path = write(tmp_path / "y.gpkg", frame([square(300 * n, 0) for n in range(3)]))
    with pytest.raises(MaskError, match=r"y\.gpkg: it would become 3 masks or more, at most 2"):
        added(path, margin_m=0)


# areas of interest


def test_each_area_of_interest_becomes_a_mask_by_its_name(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", frame([square(0, 0), square(1000, 0)]))
    areas_ = frame([square(-50, -50, 300), square(5000, 0)], {"Name": ["north", "south"]})
    aoi = write(tmp_path / "aoi.geojson", areas_.to_crs(LONLAT))
    result = added(path, aoi=aoi)
    north, south = result.masks
    assert (north.part, north.state) == ("north", "ready")
    assert area_of(north).symmetric_difference(square(-50, -50, 300)).area < 1
    assert (south.part, south.state) == ("south", "problem")
    assert "no feature lies in its area" in str(south.problem)
    assert label_polygons(north).classes[1].area == pytest.approx(100 * 100)
    allowed = AddOptions(date=Acquired.parse(DAY), vector=VectorOptions(aoi=aoi), allow_empty=True)
    assert [mask.state for mask in added(path, options=allowed).masks] == ["ready"] * 2


def test_an_empty_area_can_be_allowed_by_hand(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", frame([square(0, 0)]))
    mask = only(added(path, aoi=write(tmp_path / "aoi.gpkg", frame([square(900, 0)]))))
    assert mask.state == "problem"
    allowed = edited(mask, MaskEdit(empty_allowed=True))
    assert allowed.state == "ready"
    assert edited(allowed, MaskEdit(empty_allowed=False)).state == "problem"


def test_areas_without_names_of_their_own_have_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", frame([square(0, 0, 1000)]))
    aoi = frame([square(0, 0), square(200, 0)], {"name": ["same", "same"]})
    masks = added(path, aoi=write(tmp_path / "aoi.gpkg", aoi)).masks
    assert [mask.part for mask in masks] == ["1", "2"]


def test_dates_of_the_areas_of_interest_apply(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.gpkg", frame([square(0, 0), square(50, 0)], {"day": [DAY, "2021-05-06"]})
    )
    aoi = frame([square(-50, -50, 300)], {"day": ["2021-05-06"]})
    mask = only(added(path, aoi=write(tmp_path / "aoi.gpkg", aoi), date_field="day"))
    assert str(mask.acquired) == "2021-05-06"
    found = label_polygons(mask)
    assert found.classes[1].equals(square(50, 0))
    assert found.unknown.area == pytest.approx(50 * 100)
    undated = write(tmp_path / "y.gpkg", frame([square(0, 0)]))
    mask = only(added(undated, aoi=tmp_path / "aoi.gpkg", date_field="day"))
    assert str(mask.acquired) == "2021-05-06"
    assert label_polygons(mask).classes[1].area == pytest.approx(100 * 100)


def test_chips_are_cut_to_the_areas_of_interest(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", frame([square(0, 0, 2000)]))
    region = square(100, 100, 700)
    aoi = write(tmp_path / "aoi.gpkg", frame([region]))
    masks = added(path, aoi=aoi, chip_size_m=500).masks
    union = shapely.union_all([area_of(mask) for mask in masks])
    assert union.symmetric_difference(region).area < 1e-6
    assert len(masks) > 1
    alternatives = write(tmp_path / "far.gpkg", frame([square(90_000, 0)]))
    with pytest.raises(MaskError, match="No feature lies in the areas of interest"):
        added(path, aoi=alternatives, chip_size_m=500)


def test_areas_of_interest_without_a_crs_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", frame([square(0, 0)]))
    aoi = write(tmp_path / "aoi.parquet", frame([square(0, 0)], crs=None))
    with pytest.raises(MaskError, match=r"aoi\.parquet: the areas of interest have no CRS"):
        added(path, aoi=aoi)


# CRS


def test_a_file_without_crs_needs_one_to_be_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", frame([square(0, 0)], crs=None))
    with pytest.raises(MaskError, match=r"x\.parquet: it says nothing of its CRS.*--crs"):
        added(path)
    assert only(added(path, crs="32631")).georeference.crs == UTM
    with pytest.raises(MaskError, match="no CRS that is known"):
        added(path, crs="EPSG:1")


def test_a_wrong_crs_is_a_problem_of_the_mask(tmp_path: Path) -> None:
    features = frame([square(0, 0)]).set_crs(LONLAT, allow_override=True)
    mask = only(added(write(tmp_path / "x.gpkg", features), margin_m=0))
    assert mask.extent is None
    assert "can't be brought to lon/lat" in str(mask.problem)
    for option in ({}, {"margin_m": 50}):
        assert only(added(tmp_path / "x.gpkg", **option)).state == "problem"
    with pytest.raises(MaskError, match="nowhere on Earth in EPSG:4326"):
        added(tmp_path / "x.gpkg", chip_size_m=100)


# classes


def test_classes_of_a_mask_are_those_in_its_area(tmp_path: Path) -> None:
    features = frame([square(0, 0), square(9000, 0), square(100, 0)], {"kind": ["b", "a", None]})
    path = write(tmp_path / "x.gpkg", features)
    options = AddOptions(
        date=Acquired.parse(DAY),
        classes=(ClassEntry(8, "b", "#0000ff"),),
        vector=VectorOptions(class_field="kind", margin_m=10),
    )
    result = added(path, options=options)
    first, second, third = result.masks
    assert (dict(first.classes.stored or {}), dict(second.classes.stored or {})) == (
        {"b": 8},
        {"a": 1},
    )
    assert first.classes.names == {"b": "b"}
    assert first.classes.colours == {"b": "#0000ff"}
    assert second.classes.colours is None
    assert label_polygons(third).unknown.equals(square(100, 0))
    (problem,) = result.problems
    assert "feature 3 is without a class" in problem.message


def test_later_features_lie_on_top_and_nothing_counts_twice(tmp_path: Path) -> None:
    shapes = [
        square(0, 0, 100),
        square(50, 0, 100),
        square(50, 0, 20),
        square(40, 0, 20),
        square(0, 0, 10),
    ]
    kinds = ["a", "b", "a", "a", None]
    path = write(tmp_path / "x.gpkg", frame(shapes, {"kind": kinds}))
    found = label_polygons(only(added(path, class_field="kind")))
    a, b, unknown = found.classes[1], found.classes[2], found.unknown
    assert unknown.equals(shapes[4])
    on_top = shapely.union_all(shapes[2:4])
    assert b.equals(shapes[1].difference(on_top))
    expected = shapes[0].difference(shapes[1]).union(on_top).difference(shapes[4])
    assert a.equals(expected)
    total = a.area + b.area + unknown.area + found.background.area
    assert total == pytest.approx(area_of_union(shapes))


def area_of_union(shapes: list[Any]) -> float:
    return float(shapely.box(*shapely.total_bounds(np.array(shapes, dtype=object))).area)


def test_polygons_of_class_0_are_background(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", frame([square(0, 0), square(20, 20, 30)], {"kind": [1, 0]}))
    mask = only(added(path, class_field="kind"))
    assert dict(mask.classes.stored or {}) == {"0": 0, "1": 1}
    found = label_polygons(mask)
    assert set(found.classes) == {1}
    assert found.background.equals(square(20, 20, 30))


# identity, files, summary


def test_the_id_follows_from_file_part_area_and_columns_but_not_from_the_date(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "x.gpkg", frame([square(0, 0)], {"kind": ["a"], "more": ["a"]}))
    ids = Counter(
        only(added(path, **option)).mask_id
        for option in ({}, {"margin_m": 1}, {"class_field": "kind"}, {"class_field": "more"})
    )
    assert len(ids) == 4
    later = AddOptions(date=Acquired.parse("2021-01-01"))
    assert only(added(path, options=later)).mask_id in ids
    assert only(added(path)).mask_id.startswith("x-")


def test_ids_of_long_names_are_different_and_fit_files(tmp_path: Path) -> None:
    path = write(
        tmp_path / f"{'long name ' * 12}.gpkg", frame([square(300 * n, 0) for n in (0, 1)])
    )
    ids = [mask.mask_id for mask in added(path, margin_m=0).masks]
    assert len(set(ids)) == 2
    assert all(len(one) <= 57 and one.replace("-", "").isalnum() for one in ids)


def test_the_features_are_written_once_and_read_from_the_workspace(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", frame([square(300 * n, 0) for n in range(5)]))
    masks = added(path, margin_m=0).masks
    assert {mask.vector.features for mask in masks if mask.vector} == {
        str(file) for file in (tmp_path / "features").iterdir()
    }
    (file,) = (tmp_path / "features").iterdir()
    written = file.stat().st_mtime_ns
    added(path, margin_m=0)
    assert file.stat().st_mtime_ns == written
    path.unlink()
    assert label_polygons(masks[3]).classes[1].equals(square(900, 0))
    file.unlink()
    with pytest.raises(MaskError, match=r"are gone or damaged.*masks add"):
        label_polygons(masks[3])
    assert class_areas(masks[3]) == ()


def test_areas_and_thumbnail_show_what_the_polygons_say(tmp_path: Path) -> None:
    features = frame([square(0, 0), square(200, 0), square(100, 0)], {"kind": ["b", "a", None]})
    mask = only(added(write(tmp_path / "x.gpkg", features), class_field="kind"))
    sizes = {item.stored: item for item in class_areas(mask)}
    assert [sizes[1].value, sizes[2].value] == ["a", "b"]
    # UTM is 0.9996 true to scale near its middle.
    assert sizes[1].hectares == pytest.approx(1.0, rel=1e-3)
    assert sizes[1].share == pytest.approx(0.5, abs=1e-4)
    picture = thumbnail(mask, 60)
    assert picture.shape == (20, 60)
    np.testing.assert_array_equal(
        picture, np.repeat([[2, IGNORE, 1]], 20, axis=1).repeat(20, axis=0)
    )
    assert pixel_size(mask) is None


def test_the_image_of_all_masks_is_kept(tmp_path: Path) -> None:
    image = tmp_path / "image.tif"
    image.write_bytes(b"")
    options = AddOptions(date=Acquired.parse(DAY), image=image, sensor="aerial")
    mask = only(added(write(tmp_path / "x.gpkg", frame([square(0, 0)])), options=options))
    assert (mask.source.path, mask.source.sensor) == (str(image), "aerial")


# real data


def test_burned_areas_are_dated_and_listed_in_seconds(
    require_data: Callable[[str], Path], tmp_path: Path
) -> None:
    path = require_data("burned_area_vectors/wildfires_GT_2019_2020_32629.gpkg")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    options = AddOptions(
        vector=VectorOptions(date_field="start_date", end_date_field="end_date", margin_m=100)
    )
    begun = time.monotonic()
    result = vector_masks(path, digest, options, VectorContext(tmp_path))
    assert time.monotonic() - begun < 10
    assert result.problems == ()
    assert Counter(mask.state for mask in result.masks) == {"ready": 1239}
    assert len({mask.mask_id for mask in result.masks}) == 1239
    truth = gpd.read_file(path)
    for index in (0, 17, 1238):
        mask, feature = result.masks[index], truth.iloc[index]
        west, south, east, north = feature.geometry.bounds
        box = shapely.box(west - 100, south - 100, east + 100, north + 100)
        assert_near(mask.extent, reprojected(box, "EPSG:32629", LONLAT))
        start, end = feature.start_date.date().isoformat(), feature.end_date.date().isoformat()
        assert str(mask.acquired) == (start if start == end else f"{start}/{end}")
        repaired = shapely.make_valid(feature.geometry)
        labels = label_polygons(mask)
        assert labels.classes[1].area >= repaired.area * (1 - 1e-9)


def test_buildings_of_the_field_keep_their_crs(
    require_data: Callable[[str], Path], tmp_path: Path
) -> None:
    path = require_data("buildings_0p5m/geotiff_labels.geojson")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    mask = only(vector_masks(path, digest, AddOptions(), VectorContext(tmp_path)))
    truth = gpd.read_file(path)
    assert mask.georeference.crs == "EPSG:32616"
    assert_near(mask.extent, reprojected(shapely.box(*truth.total_bounds), "EPSG:32616", LONLAT))
    assert label_polygons(mask).classes[1].area == pytest.approx(truth.union_all().area)


# around the world


@pytest.mark.parametrize("crs", ["EPSG:32660", "EPSG:4326"])
def test_an_area_across_the_180_degree_meridian_is_cut_there(tmp_path: Path, crs: str) -> None:
    polygon = shapely.box(179.99, 64.99, 180.01, 65)
    features = gpd.GeoDataFrame(geometry=[reprojected(polygon, LONLAT, crs)], crs=crs)
    mask = only(added(write(tmp_path / "lake.gpkg", features)))
    for found in (mask.extent, mask.footprint):
        assert found is not None
        west, east = sorted(found.geoms, key=lambda part: part.bounds[0])
        assert -180 == west.bounds[0] < west.bounds[2] < -179.98
        assert 179.98 < east.bounds[0] < east.bounds[2] == 180
