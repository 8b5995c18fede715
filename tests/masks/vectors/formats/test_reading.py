"""Vector files of every form are read alike; what isn't what it says is refused with a remedy."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from migrate_core.errors import MaskError
from migrate_core.masks.vectors.formats.ogr import layer_names
from migrate_core.masks.vectors.formats.reading import (
    VECTOR_SUFFIXES,
    describe_vector,
    is_vector,
    read_layer,
)
from migrate_core.masks.vectors.polygons import usable_polygons
from tests.support.vectors import UTM, frame, reprojected, square, write, write_json

HOLED = square(0, 0).difference(square(30, 30, 20))
TWO = shapely.MultiPolygon([square(200, 0), square(400, 0, 50)])
ATTRIBUTES = {"label": ["water", "mine"], "number": [3, 7]}
SUFFIXES = [suffix for suffix in VECTOR_SUFFIXES if suffix != ".json"]


def same_area(found: Any, expected: Any) -> bool:
    return bool(found.symmetric_difference(expected).area < 1e-6 * expected.area)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_form_gives_the_same_polygons_attributes_and_crs(suffix: str, tmp_path: Path) -> None:
    lonlat = suffix in (".kml", ".geojson")
    features = frame([HOLED, TWO], ATTRIBUTES)
    path = write(tmp_path / f"labels{suffix}", features.to_crs("EPSG:4326") if lonlat else features)
    assert is_vector(path)
    layer = read_layer(path)
    assert layer.crs == ("EPSG:4326" if lonlat else UTM)
    found = usable_polygons(layer, layer.crs or UTM, path.name)
    assert found.problems == ()
    table = layer.table
    # FlatGeobuf keeps features in the order of its spatial index.
    assert {
        str(label): int(n) for label, n in zip(table["label"], table["number"], strict=True)
    } == {
        "water": 3,
        "mine": 7,
    }
    for geometry, label in zip(found.geometries, table["label"], strict=True):
        expected = {"water": HOLED, "mine": TWO}[label]
        back = reprojected(geometry, "EPSG:4326", UTM) if lonlat else geometry
        assert same_area(back, expected)


def test_a_description_offers_columns_with_their_kinds_and_first_values(tmp_path: Path) -> None:
    features = frame(
        [square(0, 0), square(200, 0)],
        {"kind": ["a", "b"], "code": [1, 2], "day": ["2020-01-02", "2020-01-03"], "ha": [0.5, 1.0]},
    )
    path = write(tmp_path / "labels.gpkg", features)
    said = describe_vector(path)
    assert said.layers == ("labels",)
    assert (said.layer, said.count, said.crs) == ("labels", 2, UTM)
    kinds = {column.name: (column.kind, column.samples) for column in said.columns}
    assert kinds == {
        "kind": ("text", ("a", "b")),
        "code": ("integer", ("1", "2")),
        "day": ("time", ("2020-01-02", "2020-01-03")),
        "ha": ("number", ("0.5", "1.0")),
    }


def test_a_file_with_two_polygon_layers_needs_the_name_of_one(tmp_path: Path) -> None:
    path = write(tmp_path / "labels.gpkg", frame([square(0, 0)]), "mines")
    write(path, frame([square(500, 0)]), "lakes")
    write(path, frame([shapely.Point(1, 1)]), "wells")
    with pytest.raises(MaskError, match=r"labels\.gpkg.*mines, lakes\. .*--layer"):
        read_layer(path)
    with pytest.raises(MaskError, match=r"mines, lakes, and no 'roads'"):
        read_layer(path, "roads")
    (found,) = read_layer(path, "lakes").geometries
    assert same_area(found, square(500, 0))
    assert layer_names(path) == ["mines", "lakes"]
    assert describe_vector(path).layers == ("mines", "lakes")


def test_points_beside_one_polygon_layer_need_no_choice(tmp_path: Path) -> None:
    path = write(tmp_path / "labels.gpkg", frame([shapely.Point(1, 1)]), "wells")
    write(path, frame([square(0, 0)]), "lakes")
    assert read_layer(path).name == "lakes"


@pytest.mark.parametrize(
    ("member", "crs"),
    [
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32631"}}, UTM),
        ({"type": "name", "properties": {"name": "EPSG:32616"}}, "EPSG:32616"),
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, "EPSG:4326"),
        (None, None),
    ],
)
def test_the_crs_member_of_old_geojson_is_honoured(
    member: Any, crs: str | None, tmp_path: Path
) -> None:
    document = {"type": "FeatureCollection", "crs": member, "features": []}
    document["features"] = [{"type": "Feature", "geometry": square(0, 0).__geo_interface__}]
    assert read_layer(write_json(tmp_path / "old.geojson", document)).crs == crs


def test_a_geometry_alone_a_feature_alone_and_rings_left_open_are_read(tmp_path: Path) -> None:
    ring = [[0, 0], [1, 0], [1, 1], [0, 1]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    for number, document in enumerate(
        [polygon, {"type": "Feature", "id": 5, "properties": None, "geometry": polygon}]
    ):
        layer = read_layer(write_json(tmp_path / f"{number}.json", document))
        (found,) = usable_polygons(layer, UTM, "x").geometries
        assert same_area(found, shapely.box(0, 0, 1, 1))
    assert layer.table["id"].tolist() == [5]


def test_heights_are_dropped(tmp_path: Path) -> None:
    high = shapely.force_3d(square(0, 0), 77.0)
    for suffix in (".gpkg", ".parquet", ".fgb"):
        path = write(tmp_path / f"high{suffix}", frame([high]))
        (found,) = usable_polygons(read_layer(path), UTM, path.name).geometries
        assert not found.has_z
        assert same_area(found, square(0, 0))


def test_kml_gives_times_and_data_of_placemarks(tmp_path: Path) -> None:
    ring = "3,42,0 3.1,42,0 3.1,42.1,0 3,42,0"
    path = tmp_path / "x.kml"
    path.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><Placemark id="p1">'
        "<name>Lake</name><TimeSpan><begin>2020-01-02</begin><end>2020-01-05</end></TimeSpan>"
        '<ExtendedData><Data name="kind"><value>water</value></Data></ExtendedData>'
        f"<MultiGeometry><Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates>"
        "</LinearRing></outerBoundaryIs></Polygon></MultiGeometry></Placemark></Folder></Document>"
        "</kml>"
    )
    layer = read_layer(path)
    assert layer.table.iloc[0].to_dict() == {
        "name": "Lake",
        "begin": "2020-01-02",
        "end": "2020-01-05",
        "kind": "water",
        "id": "p1",
    }
    assert layer.geometries[0].bounds == (3, 42, 3.1, 42.1)


def test_geometries_that_cross_themselves_are_repaired(tmp_path: Path) -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    path = write(tmp_path / "bow.parquet", frame([bow]))
    (found,) = usable_polygons(read_layer(path), UTM, path.name).geometries
    assert found.is_valid
    assert found.area == pytest.approx(2.0)
    assert found.geom_type == "MultiPolygon"


def test_features_that_cannot_be_used_are_named_by_number(tmp_path: Path) -> None:
    line, flat = shapely.LineString([(0, 0), (1, 1)]), shapely.Polygon([(0, 0), (1, 1), (2, 2)])
    features = frame([square(0, 0), None, line, flat, shapely.Polygon(), square(200, 0)])
    path = write(tmp_path / "mixed.parquet", features)
    found = usable_polygons(read_layer(path), UTM, path.name)
    assert found.rows.tolist() == [0, 5]
    reported = sorted(problem.message for problem in found.problems)
    assert [text.split(": ", 1)[1].split(",")[0] for text in reported] == [
        "feature 3 is a point or a line",
        "feature 4 is of no area even when repaired",
        "features 2",
    ]
    assert "features 2, 5 are without a geometry" in reported[2]


def test_coordinates_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    bad = shapely.Polygon([(0, 0), (1, float("inf")), (1, 0)])
    path = write(tmp_path / "inf.parquet", frame([bad, square(0, 0)]))
    found = usable_polygons(read_layer(path), UTM, path.name)
    assert found.rows.tolist() == [1]
    assert (
        "feature 1 is with coordinates that are no position on a map" in found.problems[0].message
    )


@pytest.mark.parametrize(
    "geometry", [shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1)])], ids=["point", "line"]
)
def test_points_and_lines_alone_are_refused_with_a_remedy(geometry: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "wells.gpkg", frame([geometry]))
    with pytest.raises(MaskError, match=rf"wells.*{geometry.geom_type}, no polygon.*Buffer"):
        usable_polygons(read_layer(path), UTM, path.name)


# what is not what it says


VRT = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource>'
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<kml><Document><name>&b;</name></Document></kml>"
)


def nested() -> str:
    return "[" * 100_000 + "]" * 100_000


MALFORMED: dict[str, tuple[str, bytes, str]] = {
    "VRT as GeoPackage": ("x.gpkg", VRT.encode(), "no GeoPackage .*save it again"),
    "VRT as Shapefile": ("x.shp", VRT.encode(), "no Shapefile"),
    "VRT as FlatGeobuf": ("x.fgb", VRT.encode(), "no FlatGeobuf"),
    "VRT as GeoJSON": ("x.geojson", VRT.encode(), "can't be read as JSON"),
    "VRT as KML": ("x.kml", f"{VRT}</OGRVRTLayer></OGRVRTDataSource>".encode(), "that of KML"),
    "empty GeoPackage": ("x.gpkg", b"", "the file is empty"),
    "empty GeoJSON": ("x.geojson", b"", "the file is empty"),
    "empty Parquet": ("x.parquet", b"", "can't be read as Parquet"),
    "plain SQLite": ("x.gpkg", b"SQLite format 3\0" + bytes(200), "no GeoPackage"),
    "GeoPackage cut off": (
        "x.gpkg",
        b"SQLite format 3\0" + bytes(52) + b"GPKG" + bytes(28),
        "can't be read as GeoPackage",
    ),
    "FlatGeobuf cut off": ("x.fgb", b"fgb\x03fgb\x01" + bytes(10), "can't be read as FlatGeobuf"),
    "zip cut off": ("x.zip", b"PK\x03\x04" + bytes(30), "can't be read as a zip"),
    "Parquet cut off": ("x.parquet", b"PAR1" + bytes(40), "can't be read as Parquet"),
    "JSON cut off": ("x.geojson", b'{"type": "FeatureCollection", "fea', "can't be read as JSON"),
    "JSON too deep": ("x.geojson", nested().encode(), "can't be read as JSON"),
    "JSON of bytes": ("x.geojson", b"\xff\xfe\x00", "can't be read as JSON"),
    "JSON list": ("x.json", b"[1]", "is no object"),
    "class table": ("x.json", b'{"1": "water"}', "holds no labels"),
    "TopoJSON": ("x.json", b'{"type": "Topology"}', "TopoJSON"),
    "JSON of ArcGIS": ("x.json", b'{"geometryType": "esriGeometryPolygon"}', "ArcGIS"),
    "no list": ("x.geojson", b'{"type": "FeatureCollection"}', "without a list of features"),
    "crs of another form": (
        "x.geojson",
        b'{"type": "FeatureCollection", "features": [], "crs": 5}',
        "names no CRS",
    ),
    "unknown crs": (
        "x.geojson",
        b'{"type": "FeatureCollection", "features": [], "crs": {"type": "name", '
        b'"properties": {"name": "EPSG:123456"}}}',
        "no CRS that is known",
    ),
    "entities in KML": ("x.kml", BOMB.encode(), "defines entities"),
    "KML cut off": ("x.kml", b"<kml><Document>", "can't be read as XML"),
    "another suffix": ("x.dxf", b"0", r"needed is one of \.geojson"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_file_is_refused_by_name_with_the_reason(case: str, tmp_path: Path) -> None:
    name, content, reason = MALFORMED[case]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MaskError, match=f"(?s){name}.*{reason}"):
        read_layer(path)


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".shp", ".parquet", ".geojson"])
def test_half_a_file_is_refused_or_its_lost_features_are_named(suffix: str, tmp_path: Path) -> None:
    squares = [square(200 * n, 0) for n in range(300)]
    features = frame(squares, {"text": ["x" * 100] * 300})
    path = write(tmp_path / f"half{suffix}", features)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    try:
        found = usable_polygons(read_layer(path), UTM, path.name)
    except MaskError as err:
        reported = str(err)
    else:
        assert len(found.rows) < 300
        reported = found.problems[0].message
    assert reported.startswith(path.name)


def test_a_vrt_inside_geojson_text_stays_text(tmp_path: Path) -> None:
    path = write(tmp_path / "x.geojson", frame([square(0, 0)], {"note": [VRT]}))
    assert read_layer(path).table["note"].tolist() == [VRT]


def test_virtual_tables_and_views_of_a_geopackage_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", frame([square(0, 0)]))
    with sqlite3.connect(path) as database:
        database.execute("CREATE VIEW endless AS SELECT 1")
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES "
            "('endless', 'features', 32631)"
        )
    database.close()
    with pytest.raises(MaskError, match=r"x\.gpkg: its layer 'endless' is a view"):
        read_layer(path)
    other = write(tmp_path / "y.gpkg", frame([square(0, 0)]))
    with sqlite3.connect(other) as database:
        database.execute("PRAGMA writable_schema = 1")
        database.execute(
            "INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, "
            "'CREATE VIRTUAL TABLE v USING VirtualOGR(''/etc/passwd'')')"
        )
    database.close()
    with pytest.raises(MaskError, match=r"y\.gpkg: its table 'v' is virtual"):
        read_layer(other)


def test_a_shapefile_without_its_index_or_with_a_linked_part_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.shp", frame([square(0, 0)]))
    table = tmp_path / "x.dbf"
    table.rename(tmp_path / "elsewhere")
    table.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MaskError, match=r"x\.shp: x\.dbf beside it is a link"):
        read_layer(path)
    table.unlink()
    (tmp_path / "x.shx").unlink()
    with pytest.raises(MaskError, match=r"x\.shx isn't beside it"):
        read_layer(path)


def test_a_shapefile_without_prj_has_no_crs(tmp_path: Path) -> None:
    path = write(tmp_path / "x.shp", frame([square(0, 0)]))
    (tmp_path / "x.prj").unlink()
    assert read_layer(path).crs is None


def a_zip(path: Path, change: Callable[[zipfile.ZipFile, zipfile.ZipInfo], None]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        change(archive, zipfile.ZipInfo("x.shp"))
    return path


def _outside(archive: zipfile.ZipFile, _: zipfile.ZipInfo) -> None:
    archive.writestr("../../x.shp", b"1")


def _absolute(archive: zipfile.ZipFile, _: zipfile.ZipInfo) -> None:
    archive.writestr("/etc/x.shp", b"1")


def _linked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(member, b"/etc/passwd")


def _growing(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, bytes(60 * 1024**2))


def _without(archive: zipfile.ZipFile, _: zipfile.ZipInfo) -> None:
    archive.writestr("readme.txt", b"hello")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_outside, "outside its folder"),
        (_absolute, "outside its folder"),
        (_linked, "is a link"),
        (_growing, "grows from"),
        (_without, "no layer with geometries"),
    ],
)
def test_a_zip_that_means_harm_is_refused(change: Any, reason: str, tmp_path: Path) -> None:
    path = a_zip(tmp_path / "x.zip", change)
    with pytest.raises(MaskError, match=rf"x\.zip.*{reason}"):
        read_layer(path)
    assert not (tmp_path.parent / "x.shp").exists()


def test_a_zip_of_two_shapefiles_needs_the_name_of_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / "in" / f"{name}.shp", frame([square(0, 0)]))
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted((tmp_path / "in").iterdir()):
            archive.write(part, part.name)
    with pytest.raises(MaskError, match=r"two\.zip: it has the layers a, b"):
        read_layer(path)
    assert read_layer(path, "b").name == "b"


def test_a_table_without_geometries_is_no_geoparquet(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    assert not is_vector(path)
    with pytest.raises(MaskError, match=r"x\.parquet.*without geometries"):
        read_layer(path)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"type": "FeatureCollection", "features": []}, True),
        ({"type": "Feature", "stac_version": "1.0.0", "assets": {}, "geometry": None}, False),
        ({"type": "Feature", "assets": {}, "geometry": None}, False),
        ({"type": "Feature", "properties": {"acquired": "x", "item_type": "PSScene"}}, False),
        ({"type": "FeatureCollection", "features": [{"stac_version": "1.0.0"}]}, False),
        ({"images": [], "annotations": [], "categories": []}, True),
        ({"shapes": [], "imagePath": "x.png"}, True),
        ({"categories": [{"id": 1, "name": "water"}]}, False),
        ({"1": "water"}, False),
        ([], False),
    ],
)
def test_json_with_labels_is_told_from_json_about_images(
    document: Any, expected: bool, tmp_path: Path
) -> None:
    assert is_vector(write_json(tmp_path / "x.json", document)) is expected


def test_what_cannot_be_read_is_no_vector(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    assert not is_vector(tmp_path / "x.json")
    assert not is_vector(tmp_path / "absent.json")
    assert not is_vector(tmp_path / "absent.tif")
    assert not is_vector(tmp_path / "absent.zip")


def test_files_of_the_field_are_told_apart(require_data: Callable[[str], Path]) -> None:
    assert is_vector(require_data("burned_area_vectors/wildfires_GT_2019_2020_32629.gpkg"))
    assert is_vector(require_data("buildings_0p5m/geotiff_labels.geojson"))
    assert not is_vector(require_data("planetscope_udm2/20151119_025740_0c74_metadata.json"))
    items = require_data("boadella/stac").rglob("*.json")
    assert not any(is_vector(item) for item in items)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", frame([square(0, 0)]))
    path.chmod(0)
    with pytest.raises(MaskError, match=r"x\.gpkg: it can't be read"):
        read_layer(path)


def test_geojson_is_read_as_gdal_reads_it(require_data: Callable[[str], Path]) -> None:
    path = require_data("boadella/labels/water_2020-06-21.geojson")
    expected = gpd.read_file(path)
    layer = read_layer(path)
    assert layer.crs == expected.crs.to_string()
    assert shapely.equals_exact(layer.geometries, expected.geometry.array, 0.0).all()
    assert json.loads(layer.table.to_json(orient="records")) == [
        {"label": "water", "date": "2020-06-21"}
    ]
