"""The options of `masks add` as a person types them, each with what it must do."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image

from tests.support.builders import NORTH, UTM31, WEST, north_up, to_lonlat, write_raster
from tests.support.masks import PIXELS, Answer, image, run, world_file


@pytest.fixture
def add(tmp_path: Path) -> "Add":
    return Add(tmp_path / "workspace")


class Add:
    """`masks add … --json`, and that `masks list --json` then says the same."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace

    def __call__(self, *arguments: object) -> Answer:
        answer = run(self.workspace, "masks", "add", *arguments, "--json")
        listed = {row["mask_id"]: row for row in self.listed()}
        for row in answer.document or ():
            assert listed[row["mask_id"]] == row
            assert (row["state"] == "problem") == (row["problem"] is not None)
            if row["problem"]:
                assert row["name"] in row["problem"]
                assert row["name"] in answer.said
        return answer

    def listed(self) -> list[dict[str, object]]:
        """What the list says."""
        answer = run(self.workspace, "masks", "list", "--json")
        assert answer.status == 0
        rows: list[dict[str, object]] = answer.document
        return rows

    def wrong(self, *arguments: object) -> str:
        """What is said of a request that can't be meant."""
        answer = run(self.workspace, "masks", "add", *arguments)
        assert answer.status == 2
        return answer.said


def test_a_battery_of_good_and_bad_files_is_sorted_out_in_one_go(add: Add, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    source = image(tmp_path, transform=north_up())
    write_raster(folder / "plain_20200202.tif", PIXELS)
    write_raster(folder / "placed_20200202.png", PIXELS, crs=None)
    write_raster(folder / "undated.tif", PIXELS)
    write_raster(folder / "old_20010101.tif", PIXELS)
    write_raster(folder / "picture_20200202.tif", np.stack([PIXELS, PIXELS + 9, PIXELS + 5]))
    write_raster(folder / "empty_20200202.tif", PIXELS * 0)
    (folder / "nothing_20200202.png").touch()
    (folder / "text_20200202.jpg").write_text("text")
    (folder / "notes.txt").write_text("passed over")
    answer = add(folder, "--image", source)
    states = {row["name"]: row["state"] for row in answer.document}
    assert [name for name, state in states.items() if state == "ready"] == [
        "placed_20200202.png",
        "plain_20200202.tif",
    ]
    assert len(states) == 8
    assert answer.status == 1
    lon, lat = to_lonlat(UTM31, WEST, NORTH)
    for row in answer.document:
        if row["state"] == "ready":
            corner = row["extent"]["coordinates"][0][0]
            assert corner == pytest.approx((lon, lat), abs=1e-9)


def test_every_option_at_once(add: Add, tmp_path: Path) -> None:
    source = image(tmp_path)
    pixels = PIXELS * 0.5
    path = write_raster(tmp_path / "m" / "field_a.tif", pixels.astype(np.float32), crs=None)
    (tmp_path / "map.csv").write_text("mask;image;date\nfield_a.tif;image.tif;2020-02-02\n")
    udm = write_raster(tmp_path / "udm" / "field_udm2.tif", np.stack([PIXELS] * 8))
    (tmp_path / "classes.json").write_text(json.dumps({"1": "water", "0": "land"}))
    answer = add(
        path, "--mapping", tmp_path / "map.csv", "--udm", udm.parent, "--threshold", "0.5",
        "--classes", tmp_path / "classes.json", "--date-pattern", "*_YYYYMMDD", "--sensor",
        "aerial", "--crs", "4326", "--allow-empty", "--follow-links",
    )  # fmt: skip
    assert answer.status == 0, answer.said
    [row] = answer.document
    assert (row["crs"], row["acquired"], row["image"]) == (UTM31, "2020-02-02", str(source))
    assert row["classes"] == {"0": 0, "1": 1}


@pytest.mark.parametrize(
    ("date", "acquired"),
    [
        ("2020-02-02T23:30:00-05:00", "2020-02-03T04:30:00Z"),
        ("2020-02-02/2020-02-09", "2020-02-02/2020-02-09"),
    ],
)
def test_a_date_may_have_a_zone_or_be_a_period(
    add: Add, tmp_path: Path, date: str, acquired: str
) -> None:
    path = write_raster(tmp_path / "m" / "a_20190101.tif", PIXELS)
    assert add(path, "--date", date).document[0]["acquired"] == acquired


def test_a_jpeg_with_everything_beside_it(add: Add, tmp_path: Path) -> None:
    path = tmp_path / "m" / "a.jpg"
    path.parent.mkdir()
    Image.fromarray(PIXELS * 255).save(path, quality=80)
    world_file(path.with_suffix(".jgw"))
    path.with_suffix(".prj").write_text(rasterio.crs.CRS.from_epsg(32631).to_wkt())
    path.with_suffix(".json").write_text('{"properties": {"datetime": "2020-02-02T10:00:00Z"}}')
    answer = add(path, "--threshold", 128)
    assert answer.status == 0
    assert answer.document[0]["classes"] == {"0": 0, "1": 1}
    assert answer.document[0]["acquired"] == "2020-02-02T10:00:00Z"
    assert "--threshold" in add(write_jpeg(tmp_path / "n" / "a_20200202.jpg")).said


def write_jpeg(path: Path) -> Path:
    path.parent.mkdir()
    Image.fromarray(PIXELS * 255).save(path, quality=80)
    return path


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--date", "soon", "is not a date"),
        ("--date", "", "is not a date"),
        ("--date", "2020-02-09/2020-02-02", "before it begins"),
        ("--date-pattern", "YYYY", "needed are a year"),
        ("--date-pattern", "(?P<year>", "is no pattern"),
        ("--date-pattern", "", "needed are a year"),
        ("--crs", "EPSG:1", "no CRS that is known"),
        ("--crs", "", "no CRS that is known"),
        ("--classes", "{", "--classes"),
        ("--classes", "", "table of classes"),
        ("--threshold", "much", "--threshold"),
        ("--threshold", "nan", "--threshold"),
        ("--sensor", "eye", "--sensor"),
        ("--image", "none.tif", "--image"),
        ("--udm", "none", "--udm"),
        ("--mapping", "none.csv", "--mapping"),
        ("--mapping", ".", "--mapping"),
        ("--end-date-field", "end", "--date-field"),
        ("--chip-size", "0", "--chip-size"),
        ("--margin", "-1", "--margin"),
    ],
)
def test_options_that_can_not_be_meant_are_told_before_anything_is_added(
    add: Add, tmp_path: Path, option: str, value: str, reason: str
) -> None:
    path = write_raster(tmp_path / "m" / "a_20200202.tif", PIXELS)
    assert reason in add.wrong(path, option, value)
    assert add.listed() == []


def test_adding_again_keeps_what_was_said(add: Add, tmp_path: Path) -> None:
    path = write_raster(tmp_path / "m" / "a.tif", PIXELS * np.float32(0.4), crs=None)
    source = image(tmp_path)
    first = add(path, "--image", source, "--date", "2020-02-02", "--threshold", "0.2")
    again = add(path)
    assert (first.status, again.status) == (0, 0)
    assert again.document == first.document


def test_the_list_is_in_the_order_of_names(add: Add, tmp_path: Path) -> None:
    names = [f"{sign}_20200202.tif" for sign in "cabB1"]
    for number, name in enumerate(names):
        write_raster(tmp_path / "m" / name, PIXELS * (number + 1))
    assert [row["name"] for row in add(tmp_path / "m").document] == sorted(names)
    assert [row["name"] for row in add.listed()] == sorted(names)
