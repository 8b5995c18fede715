"""Dates in and beside the files of a mask, and which of several counts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rasterio

from migrate_core.masks.dates.patterns import compile_pattern
from migrate_core.model import Acquired
from tests.support.builders import write_raster
from tests.support.masks import PIXELS, added

TIMED = "2020-02-02T10:15:32Z"
REAL = "20151119_025740_0c74"


def tagged(path: Path, namespace: str | None = None, **tags: str) -> Path:
    write_raster(path, PIXELS)
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(ns=namespace, **tags)
    return path


def date_of(path: Path, **options: Any) -> str | None:
    acquired = added(path, **options).acquired
    return None if acquired is None else str(acquired)


def beside(path: Path, name: str, **properties: Any) -> None:
    path.with_name(name).write_text(json.dumps({"type": "Feature", "properties": properties}))


# metadata


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"acquired": "2020-02-02T10:15:32.314191Z"}, "2020-02-02T10:15:32.314191Z"),
        ({"datetime": "2020-02-02T10:15:32Z"}, TIMED),
        ({"datetime": "2020-02-02T23:30:00-05:00"}, "2020-02-03T04:30:00Z"),
        (
            {"datetime": None, "start_datetime": "2020-02-01", "end_datetime": "2020-02-05"},
            "2020-02-01/2020-02-05",
        ),
        ({"datetime": None, "start_datetime": TIMED}, TIMED),
        ({"datetime": None, "start_datetime": TIMED, "end_datetime": TIMED}, TIMED),
        ({"start_datetime": "2020-02-05", "end_datetime": "2020-02-01"}, None),
        ({"datetime": "soon", "acquired": [1]}, None),
        ({}, None),
    ],
)
def test_an_item_or_metadata_beside_a_mask_say_when(
    tmp_path: Path, properties: dict[str, Any], expected: str | None
) -> None:
    path = write_raster(tmp_path / "field.tif", PIXELS)
    beside(path, "field.json", **properties)
    assert date_of(path) == expected


@pytest.mark.parametrize(
    "name",
    [
        "field_mask.json",
        "field.json",
        "field_metadata.json",
        "field_mask.tif.json",
        "field_stac.json",
    ],
)
def test_metadata_are_found_by_several_names(tmp_path: Path, name: str) -> None:
    path = write_raster(tmp_path / "field_mask.tif", PIXELS)
    beside(path, name, datetime=TIMED)
    beside(path, "fields.json", datetime="2019-01-01")
    assert date_of(path) == TIMED


def test_an_item_of_any_name_is_found_by_its_assets(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "field.tif", PIXELS)
    item = {"properties": {"datetime": TIMED}, "assets": {"mask": {"href": "./field.tif"}}}
    (tmp_path / "item.json").write_text(json.dumps(item))
    assert date_of(path) == TIMED
    assert date_of(write_raster(tmp_path / "other.tif", PIXELS)) is None


@pytest.mark.parametrize("element", ["ps:acquisitionDateTime", "eop:acquisitionDate"])
def test_xml_beside_a_mask_says_when(tmp_path: Path, element: str) -> None:
    path = write_raster(tmp_path / "field.tif", PIXELS)
    (tmp_path / "field_metadata.xml").write_text(
        f'<a xmlns:ps="ps" xmlns:eop="eop"><{element}>2020-02-02T11:15:32+01:00</{element}></a>'
    )
    assert date_of(path) == TIMED


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_real_metadata_of_planetscope_say_when(
    tmp_path: Path, require_data: Callable[[str], Path], kind: str
) -> None:
    [metadata] = require_data("planetscope_udm2").glob(f"*.{kind}")
    write_raster(tmp_path / f"{REAL}_mask.tif", PIXELS)
    # Not from the name: the metadata's time is finer, or of another day.
    text = metadata.read_text().replace("2015-11-19T", "2015-11-20T")
    (tmp_path / metadata.name).write_text(text)
    found = date_of(tmp_path / f"{REAL}_mask.tif")
    assert found == ("2015-11-20T02:57:40.314191Z" if kind == "json" else "2015-11-20T02:57:40Z")


# tags


@pytest.mark.parametrize(
    ("namespace", "tag", "text", "expected"),
    [
        ("IMAGERY", "ACQUISITIONDATETIME", "2020-02-02 10:15:32", TIMED),
        (None, "ACQUISITIONDATETIME", "2020-02-02T10:15:32Z", TIMED),
        (None, "ACQUISITION_DATE", "2020-02-01/2020-02-05", "2020-02-01/2020-02-05"),
        (None, "TIFFTAG_DATETIME", "2020:02:02 10:15:32", TIMED),
        (None, "TIFFTAG_DATETIME", "2020:02:30 10:15:32", None),
        (None, "TIFFTAG_DATETIME", "0000:00:00 00:00:00", None),
        (None, "TIFFTAG_DATETIME", " ", None),
    ],
)
def test_tags_say_when(
    tmp_path: Path, namespace: str | None, tag: str, text: str, expected: str | None
) -> None:
    assert date_of(tagged(tmp_path / "field.tif", namespace, **{tag: text})) == expected


def test_the_time_of_saving_by_an_editor_is_none(tmp_path: Path) -> None:
    path = tagged(tmp_path / "field.tif", TIFFTAG_DATETIME="2020:02:02 10:15:32")
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(TIFFTAG_SOFTWARE="Adobe Photoshop 21.0 (Windows)")
    assert date_of(path) is None


# which counts


def test_the_order_of_what_may_say_when(tmp_path: Path) -> None:
    """Each is taken away in turn, the most trusted first."""
    path = tagged(tmp_path / "20200105_field.tif", TIFFTAG_DATETIME="2020:01:09 10:00:00")
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(ns="IMAGERY", ACQUISITIONDATETIME="2020-01-03T10:00:00Z")
    beside(path, "20200105_field.json", datetime="2020-01-04T10:00:00Z")
    source = tagged(tmp_path / "images" / "20200107_x.tif", ACQUISITION_DATE="2020-01-08T10:00:00Z")
    beside(source, "20200107_x.json", datetime="2020-01-06T10:00:00Z")
    options: dict[str, Any] = {
        "dates": {path.name: Acquired.parse("2020-01-01")},
        "date": Acquired.parse("2020-01-02"),
        "image": source,
    }

    def day() -> int:
        return int(str(date_of(path, **options))[8:10])

    assert day() == 1
    del options["dates"]
    assert day() == 2
    del options["date"]
    assert day() == 3
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(ns="IMAGERY", ACQUISITIONDATETIME="")
    assert day() == 4
    path.with_suffix(".json").unlink()
    assert day() == 5
    path = path.rename(tmp_path / "field.tif")
    assert day() == 6
    source.with_suffix(".json").unlink()
    assert day() == 7
    options["image"] = source.rename(source.with_name("x.tif"))
    assert day() == 8
    del options["image"]
    assert day() == 9


def test_a_day_takes_its_time_from_what_agrees_on_the_day(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "field_20200202.tif", PIXELS)
    source = write_raster(tmp_path / "20200202_101532_1014_3B.tif", PIXELS)
    assert date_of(path, image=source) == TIMED
    other = write_raster(tmp_path / "20200203_101532_1014_3B.tif", PIXELS)
    assert date_of(path, image=other) == "2020-02-02"


def test_a_pattern_beats_what_is_found_and_yields_to_what_is_said(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "20190101_field_02.02.2020.tif", PIXELS)
    pattern = compile_pattern("DD.MM.YYYY")
    assert date_of(path) == "2019-01-01"
    assert date_of(path, date_pattern=pattern) == "2020-02-02"
    assert date_of(path, date_pattern=pattern, date=Acquired.parse("2021-01-01")) == "2021-01-01"
    assert date_of(path, date_pattern=compile_pattern("x_YYYYMMDD")) == "2019-01-01"


@pytest.mark.parametrize(
    ("regex", "name", "expected"),
    [
        (r"(?P<year>\d{4})(?P<doy>\d{3})", "LC2020033.tif", "2020-02-02"),
        (r"(?P<date>\d{4}\.\d\d\.\d\d)", "a2020.02.02.tif", "2020-02-02"),
        (r"(?P<date>\d{8})x(?P<time>\d{4})", "20200202x1015.tif", "2020-02-02T10:15:00Z"),
        (r"(?P<date>\d{8})x(?P<time>\d{6})", "20200202x101532.tif", TIMED),
        (
            r"(?P<day>\d+)-(?P<month>\d+)-(?P<year>\d+)h(?P<hour>\d+)",
            "2-2-2020h7.tif",
            "2020-02-02T07:00:00Z",
        ),
        (r"(?P<date>\d{8})(_(?P<time>\d{6}))?", "20200202.tif", "2020-02-02"),
    ],
)
def test_regular_expressions_name_the_parts(
    tmp_path: Path, regex: str, name: str, expected: str
) -> None:
    path = write_raster(tmp_path / name, PIXELS)
    assert date_of(path, date_pattern=compile_pattern(regex)) == expected
