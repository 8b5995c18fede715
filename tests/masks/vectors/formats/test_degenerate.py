"""Degenerate features among good ones, in every vector format: named, and the others go in."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio.raw
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyogrio.errors import FeatureError

from migrate_core.errors import MaskError
from migrate_core.masks.vectors.formats.geojson import geojson_layer
from migrate_core.masks.vectors.labels import label_polygons
from migrate_core.masks.vectors.polygons import usable_polygons
from tests.support.builders import write_raster
from tests.support.vectors import DRIVERS, added, only

Ring = Sequence[Sequence[Any]]
# Good fields on both sides of what is wrong, a few hundred metres each.
LEFT = [[1.000, 41.0], [1.003, 41.0], [1.003, 41.003], [1.000, 41.003], [1.000, 41.0]]
RIGHT = [[1.010, 41.0], [1.013, 41.0], [1.013, 41.003], [1.010, 41.003], [1.010, 41.0]]
MIDDLE = [[1.005, 41.0], [1.008, 41.0], [1.008, 41.003], [1.005, 41.003], [1.005, 41.0]]
NAN, INF = math.nan, math.inf

# Polygons of which nothing is left, by their rings.
LOST: dict[str, list[Ring]] = {
    "collinear": [[[1.005, 41.0], [1.006, 41.0], [1.007, 41.0], [1.005, 41.0]]],
    # On a line but for the rounding of its numbers.
    "nearly collinear": [[[1.005, 41.0], [1.006, 41.001], [1.007, 41.002], [1.005, 41.0]]],
    "two points": [[[1.005, 41.0], [1.006, 41.0], [1.005, 41.0], [1.005, 41.0]]],
    "one point": [[[1.005, 41.0]] * 4],
    "no ring": [],
    "an empty ring": [[]],
    "not a number": [[[1.005, 41.0], [NAN, 41.0], [1.008, 41.003], [1.005, 41.0]]],
    "infinite": [[[1.005, 41.0], [INF, 41.0], [1.008, 41.003], [1.005, 41.0]]],
    "huge": [[[1.005, 41.0], [1e300, 41.0], [1e300, 1e300], [1.005, 41.0]]],
    "a hole as large as it": [MIDDLE, MIDDLE[::-1]],
    "off the Earth": [[[1000.0, 41.0], [1000.1, 41.0], [1000.1, 41.1], [1000.0, 41.0]]],
}
# What can be repaired, or is right but seldom seen.
KEPT: dict[str, list[Ring]] = {
    "an empty hole": [MIDDLE, []],
    "two empty holes and one": [
        MIDDLE,
        [],
        [[1.006, 41.001], [1.007, 41.001], [1.006, 41.002], [1.006, 41.001]],
        [],
    ],
    "a bow": [[[1.005, 41.0], [1.008, 41.003], [1.008, 41.0], [1.005, 41.003], [1.005, 41.0]]],
    "a hole outside": [MIDDLE, RIGHT],
    "a spike": [[*MIDDLE[:2], [1.0099, 41.0], *MIDDLE[1:]]],
    "each point twice": [[point for point in MIDDLE for _ in range(2)]],
}


def wkb(rings: Sequence[Ring]) -> bytes:
    """A polygon as WKB, whatever is wrong with it."""
    parts = [struct.pack("<BII", 1, 3, len(rings))]
    for ring in rings:
        points = b"".join(struct.pack("<dd", *map(float, point[:2])) for point in ring)
        parts.append(struct.pack("<I", len(ring)) + points)
    return b"".join(parts)


def write_ogr(path: Path, bad: Sequence[Ring]) -> None:
    pyogrio.raw.write(
        path,
        np.array([wkb([LEFT]), wkb(bad), wkb([RIGHT])], dtype=object),
        [np.array(["a", "x", "b"], dtype=object)],
        ["kind"],
        driver=DRIVERS[path.suffix],
        geometry_type="Polygon",
        crs="EPSG:4326",
    )


def write_parquet(path: Path, bad: Sequence[Ring]) -> None:
    geo = {
        "version": "1.0.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
    }
    table = pa.table({"kind": ["a", "x", "b"], "geometry": [wkb([LEFT]), wkb(bad), wkb([RIGHT])]})
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)


def write_geojson(path: Path, bad: Sequence[Ring]) -> None:
    write_features(path, {"type": "Polygon", "coordinates": bad})


def write_features(path: Path, bad: Any) -> None:
    """GeoJSON of two good features with a geometry of any kind between them."""
    geometries = [
        {"type": "Polygon", "coordinates": [LEFT]},
        bad,
        {"type": "Polygon", "coordinates": [RIGHT]},
    ]
    features = [
        {"type": "Feature", "properties": {"kind": kind}, "geometry": geometry}
        for kind, geometry in zip("axb", geometries, strict=True)
    ]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def write_kml(path: Path, bad: Sequence[Ring]) -> None:
    def polygon(rings: Sequence[Ring]) -> str:
        names = ["outerBoundaryIs", *["innerBoundaryIs"] * len(rings)]
        return "".join(
            f"<{name}><LinearRing><coordinates>"
            + " ".join(",".join(map(str, point)) for point in ring)
            + f"</coordinates></LinearRing></{name}>"
            for name, ring in zip(names, rings, strict=False)
        )

    marks = "".join(
        f'<Placemark><ExtendedData><Data name="kind"><value>{kind}</value></Data></ExtendedData>'
        f"<Polygon>{polygon(rings)}</Polygon></Placemark>"
        for kind, rings in zip("axb", ([LEFT], bad, [RIGHT]), strict=True)
    )
    path.write_text(f"<kml><Document>{marks}</Document></kml>")


WRITERS: dict[str, Callable[[Path, Sequence[Ring]], None]] = {
    ".geojson": write_geojson,
    ".gpkg": write_ogr,
    ".shp": write_ogr,
    ".fgb": write_ogr,
    ".kml": write_kml,
    ".parquet": write_parquet,
}


def written(suffix: str, path: Path, rings: Sequence[Ring]) -> Path:
    """The file; skips what a format has no way to hold."""
    try:
        WRITERS[suffix](path.with_suffix(suffix), rings)
    except FeatureError as err:
        pytest.skip(f"{suffix} can't hold it: {err}")
    return path.with_suffix(suffix)


@pytest.mark.parametrize("name", LOST)
@pytest.mark.parametrize("suffix", WRITERS)
def test_a_feature_without_an_area_is_named_and_the_others_go_in(
    tmp_path: Path, suffix: str, name: str
) -> None:
    result = added(written(suffix, tmp_path / "x", LOST[name]), class_field="kind")
    (mask,) = result.masks
    assert mask.state == "ready", mask.problem
    assert set(mask.classes.stored or {}) == {"a", "b"}
    (problem,) = result.problems
    # FlatGeobuf sorts its features by where they lie.
    number = r"\d" if suffix == ".fgb" else "2"
    assert re.search(rf"^x\{suffix}: feature {number} is ", problem.message)
    drawn = label_polygons(mask).classes
    assert sum(area.area for area in drawn.values()) == pytest.approx(2 * 0.003**2)


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("suffix", WRITERS)
def test_a_feature_that_can_be_repaired_goes_in(tmp_path: Path, suffix: str, name: str) -> None:
    result = added(written(suffix, tmp_path / "x", KEPT[name]), class_field="kind")
    (mask,) = result.masks
    assert mask.state == "ready", mask.problem
    assert set(mask.classes.stored or {}) == {"a", "x", "b"}
    assert result.problems == ()
    assert all(area.is_valid for area in label_polygons(mask).classes.values())


def nested(depth: int, geometry: Any) -> Any:
    for _ in range(depth):
        geometry = {"type": "GeometryCollection", "geometries": [geometry]}
    return geometry


SQUARE = {"type": "Polygon", "coordinates": [MIDDLE]}
POINT = {"type": "Point", "coordinates": [1.005, 41.0]}
UNREADABLE: dict[str, Any] = {
    "null": None,
    "a list": [1, 2],
    "text": "x",
    "unknown": {"type": "Circle"},
    "no type": {},
    "a point": POINT,
    "an empty point": {"type": "Point", "coordinates": []},
    "a line": {"type": "LineString", "coordinates": MIDDLE},
    "an empty collection": {"type": "GeometryCollection", "geometries": []},
    "a collection of points": nested(3, POINT),
    "no list": {"type": "Polygon", "coordinates": {"x": 1}},
    "null positions": {"type": "Polygon", "coordinates": [[None] * 4]},
    "positions of one number": {"type": "Polygon", "coordinates": [[[1.0]] * 4]},
    "a ring too deep": {"type": "Polygon", "coordinates": [[[[MIDDLE]]]]},
    "a ring too flat": {"type": "Polygon", "coordinates": MIDDLE},
    "a number too large": {"type": "Polygon", "coordinates": [[[10**400, 41.0], *MIDDLE[1:]]]},
    "words": {"type": "Polygon", "coordinates": [[["east", "north"]] * 4]},
}
READABLE: dict[str, Any] = {
    "a collection": nested(1, SQUARE),
    "nested deeply": nested(150, SQUARE),
    "an empty hole in a collection": nested(2, {"type": "Polygon", "coordinates": [MIDDLE, []]}),
    "an empty hole in a part": {"type": "MultiPolygon", "coordinates": [[MIDDLE, []]]},
    "an empty part": {"type": "MultiPolygon", "coordinates": [[[]], [MIDDLE]]},
    "parts that overlap": {"type": "MultiPolygon", "coordinates": [[MIDDLE], [MIDDLE]]},
    "heights": {"type": "Polygon", "coordinates": [[[*point, 5] for point in MIDDLE]]},
    "heights of nothing": {"type": "Polygon", "coordinates": [[[*p, NAN] for p in MIDDLE]]},
    "four numbers": {"type": "Polygon", "coordinates": [[[*point, 5, 6] for point in MIDDLE]]},
    "mixed positions": {"type": "Polygon", "coordinates": [[[*MIDDLE[0], 5, 6], *MIDDLE[1:]]]},
    "an open ring": {"type": "Polygon", "coordinates": [MIDDLE[:-1]]},
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_geojson_that_is_no_polygon_is_named(tmp_path: Path, name: str) -> None:
    write_features(tmp_path / "x.geojson", UNREADABLE[name])
    result = added(tmp_path / "x.geojson", class_field="kind")
    assert [set(mask.classes.stored or {}) for mask in result.masks] == [{"a", "b"}]
    (problem,) = result.problems
    assert problem.message.startswith("x.geojson: feature 2 is ")


@pytest.mark.parametrize("name", READABLE)
def test_geojson_of_rare_forms_is_read(tmp_path: Path, name: str) -> None:
    write_features(tmp_path / "x.geojson", READABLE[name])
    result = added(tmp_path / "x.geojson", class_field="kind")
    (mask,) = result.masks
    assert result.problems == ()
    (found,) = (area for value, area in label_polygons(mask).classes.items() if value == 3)
    assert found.equals(shapely.Polygon(MIDDLE))


def test_a_class_that_is_none_is_named_and_unknown(tmp_path: Path) -> None:
    write_features(tmp_path / "x.geojson", SQUARE)
    document = json.loads((tmp_path / "x.geojson").read_text())
    document["features"][1]["properties"]["kind"] = ["a", "list"]
    (tmp_path / "x.geojson").write_text(json.dumps(document))
    result = added(tmp_path / "x.geojson", class_field="kind")
    (mask,) = result.masks
    assert set(mask.classes.stored or {}) == {"a", "b"}
    assert "feature 2 is without a class" in result.problems[0].message
    assert label_polygons(mask).unknown.equals(shapely.Polygon(MIDDLE))


# annotations of images

GOOD = [[1, 1, 9, 1, 9, 9, 1, 9]]
OUTLINES: dict[str, Any] = {
    "collinear": [[1, 1, 2, 2, 3, 3]],
    "two points": [[1, 1, 2, 2]],
    "an empty ring": [[]],
    "nothing": None,
    "text": "abc",
    "objects": [{"x": 1}],
    "not a number": [[NAN, 1, 9, 1, 9, 9]],
    "infinite": [[INF, 1, 9, 1, 9, 9]],
    "huge": [[1e300, 1, 9, 1, 9, 9]],
    "a number too large": [[10**400, 1, 9, 1, 9, 9]],
    "numbers as text": [["1", "1", "9", "1", "9", "9"]],
    "RLE of another size": {"size": [5, 5], "counts": [10, 15]},
    "RLE too short": {"size": [50, 60], "counts": [5, 5]},
    "RLE below zero": {"size": [50, 60], "counts": [-5, 3005]},
    "RLE of fractions": {"size": [50, 60], "counts": [1.5, 2998.5]},
    "RLE of nothing": {"size": [50, 60]},
    "RLE of junk": {"size": [50, 60], "counts": "\x01zz"},
    "RLE of background": {"size": [50, 60], "counts": [3000]},
}


def write_coco(folder: Path, *entries: Any) -> Path:
    """COCO of an image of 60 x 50 pixels; a good annotation, then the entries, then a good one."""
    write_raster(folder / "i.tif", np.ones((50, 60), np.uint8))
    last = [[21, 21, 29, 21, 29, 29, 21, 29]]
    document = {
        "images": [{"id": 1, "file_name": "i.tif", "width": 60, "height": 50}],
        "categories": [{"id": 1, "name": "mine"}, {"id": 2, "name": "dam"}],
        "annotations": [
            {"image_id": 1, "category_id": 1, "segmentation": GOOD},
            *entries,
            {"image_id": 1, "category_id": 2, "segmentation": last},
        ],
    }
    path = folder / "x.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("name", OUTLINES)
def test_an_annotation_without_an_area_is_named(tmp_path: Path, name: str) -> None:
    entry = {"image_id": 1, "category_id": 2, "segmentation": OUTLINES[name]}
    result = added(write_coco(tmp_path, entry))
    (mask,) = result.masks
    assert (mask.state, set(mask.classes.stored or {})) == ("ready", {"1", "2"})
    (problem,) = result.problems
    assert problem.message == "x.json, i.tif: annotation 2 has no outline that can be read."


@pytest.mark.parametrize(
    ("entry", "reported"),
    [
        ({"image_id": 9, "category_id": 1, "segmentation": GOOD}, "is of image 9, which isn't"),
        ({"category_id": 1, "segmentation": GOOD}, "is of image None, which isn't"),
        ("x", "is no JSON object"),
        ({"image_id": 1, "category_id": [2], "segmentation": GOOD}, "has no category: unknown"),
        (
            {"image_id": 1, "category_id": 2, "segmentation": [GOOD[0], [1, 1, 2, 2]]},
            "has 1 of 2 rings left out",
        ),
        ({"image_id": 1, "category_id": 2, "bbox": [1, 1, 10**400, 2]}, "has no outline"),
    ],
)
def test_an_annotation_of_nothing_is_named(tmp_path: Path, entry: Any, reported: str) -> None:
    result = added(write_coco(tmp_path, entry))
    (mask,) = result.masks
    assert (mask.state, set(mask.classes.stored or {})) == ("ready", {"1", "2"})
    (problem,) = result.problems
    assert f"annotation 2 {reported}" in problem.message


@pytest.mark.parametrize(
    "shape",
    [
        {"label": "x", "points": [[1, 1], [2, 2], [3, 3]]},
        {"label": "x", "points": [[1, 1], [2, 2]]},
        {"label": "x", "points": [[NAN, 1], [2, 2], [3, 1]]},
        {"label": "x", "points": [[10**400, 1], [2, 2], [3, 1]]},
        {"label": "x", "points": [["1", 1], [2, 2], [3, 1]]},
        {"label": "x", "points": None},
        {"label": "x", "points": [[1, 1], [1, 1]], "shape_type": "circle"},
        {"label": "x", "points": [[1, 1], [1, 9]], "shape_type": "rectangle"},
        {"label": "x", "points": [[1, 1], [9, 1], [9, 9]], "shape_type": ["x"]},
        {"label": ["x"], "points": [[1, 1], [9, 1], [9, 9]]},
        "x",
    ],
)
def test_a_shape_without_an_area_is_named(tmp_path: Path, shape: Any) -> None:
    write_raster(tmp_path / "i.tif", np.ones((50, 60), np.uint8))
    good = [
        {"label": label, "points": [[n, n], [n + 8, n], [n + 8, n + 8]]}
        for label, n in (("a", 1), ("b", 21))
    ]
    document = {"imagePath": "i.tif", "shapes": [good[0], shape, good[1]]}
    (tmp_path / "x.json").write_text(json.dumps(document))
    result = added(tmp_path / "x.json")
    (mask,) = result.masks
    assert (mask.state, set(mask.classes.stored or {})) == ("ready", {"a", "b"})
    assert "shape 2 " in result.problems[0].message


# whatever else is in a file


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.floats()
        | st.integers()
        | st.text(max_size=5)
        | st.sampled_from([MIDDLE, [MIDDLE], [MIDDLE, []]]),
        lambda inner: (
            st.lists(inner, max_size=5)
            | st.dictionaries(
                st.sampled_from(["type", "coordinates", "geometries", "x"]), inner, max_size=4
            )
            | st.fixed_dictionaries(
                {
                    "type": st.sampled_from(
                        ["Polygon", "MultiPolygon", "GeometryCollection", "Point"]
                    ),
                    "coordinates": inner,
                    "geometries": inner,
                }
            )
        ),
        max_leaves=15,
    )
)
def test_no_geometry_in_geojson_costs_more_than_its_feature(geometry: Any) -> None:
    good = {"type": "Polygon", "coordinates": [LEFT]}
    features = [{"geometry": good}, {"geometry": geometry}, {"geometry": good}]
    document = {"type": "FeatureCollection", "features": features}
    layer = geojson_layer(json.loads(json.dumps(document)), "x.geojson")
    found = usable_polygons(layer, "EPSG:4326", "x.geojson")
    assert {0, 2} <= set(found.rows.tolist())
    assert shapely.is_valid(found.geometries).all()
    assert (len(found.rows) == 3) == (found.problems == ())


@pytest.mark.parametrize("suffix", [*WRITERS, ".json", ".zip"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 100, b"{", b"PK\x03\x04", b"[" * 100_000, '{"a": "ä"}'.encode("latin-1")],
    ids=["empty", "zeros", "cut off", "zip", "deep", "not UTF-8"],
)
def test_a_file_of_another_form_is_named(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    with pytest.raises(MaskError, match=r"^x\."):
        added(path)


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_is_cut_off_is_named(tmp_path: Path, suffix: str, share: float) -> None:
    path = written(suffix, tmp_path / "x", [MIDDLE])
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    reported: list[str] = []
    kept: set[str] = set()
    try:
        result = added(path, class_field="kind")
    except MaskError as err:
        reported.append(str(err))
    else:
        reported += [problem.message for problem in result.problems]
        kept = set(only(result).classes.stored or {})
    # Nothing is reported where only what lies behind the features is gone.
    assert kept == {"a", "x", "b"} or reported
    assert all(text.startswith(path.name) for text in reported)
