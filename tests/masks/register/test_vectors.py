"""Adding vector files from the command line: what they become, and what adding again keeps."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from click.testing import CliRunner, Result
from shapely.geometry import box

from migrate_core.cli import cli
from migrate_core.masks.register.edit import MaskEdit, edited, store_edits
from migrate_core.model import Acquired
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace
from tests.support.builders import NORTH, WEST, labels, north_up, write_raster

Add = Callable[..., Result]
PIXELS = labels("0012", "0112", "2222")
# With pixels so coarse, the image covers the fields of `layer`.
COARSE = north_up(resolution=300)


@pytest.fixture
def add(tmp_path: Path) -> Add:
    """`masks add … --json` in a workspace, with the exit status that is expected."""

    def run(*words: object, status: int = 0) -> Result:
        command = ["--workspace", str(tmp_path / "workspace"), "masks", "add", *map(str, words)]
        result = CliRunner().invoke(cli, [*command, "--json"])
        assert result.exit_code == status, result.output
        return result

    return run


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(Workspace(tmp_path / "workspace"))


def rows(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def layer(path: Path, *crops: str) -> Path:
    """A field for each crop, 500 m apart, seen on days one after the other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shapes = [
        box(WEST + 500 * n, NORTH - 200, WEST + 500 * n + 100, NORTH - 100)
        for n in range(len(crops))
    ]
    days = [f"2020-05-{n + 1:02d}" for n in range(len(crops))]
    frame = gpd.GeoDataFrame({"crop": crops, "seen": days}, geometry=shapes, crs="EPSG:32631")
    frame.to_file(path, driver="GPKG")
    return path


def test_another_way_to_make_areas_takes_the_masks_of_the_first_off_the_list(
    add: Add, store: Store, tmp_path: Path
) -> None:
    path = layer(tmp_path / "fields.gpkg", "maize", "wheat", "maize")
    assert len(rows(add(path, "--date-field", "seen"))) == 3
    (row,) = rows(add(path, "--date", "2020-05-01"))
    assert [mask.mask_id for mask in store.masks()] == [row["mask_id"]]


def test_a_misspelt_column_costs_nothing_that_was_there(
    add: Add, store: Store, tmp_path: Path
) -> None:
    path = layer(tmp_path / "fields.gpkg", "maize", "wheat")
    before = rows(add(path, "--date-field", "seen"))
    result = add(path, "--date-field", "sen", status=1)
    assert rows(result) == []
    assert "it has no column 'sen'; found: crop, seen" in result.stderr
    assert "Its masks of before stay as they are" in result.stderr
    assert {mask.mask_id for mask in store.masks()} == {row["mask_id"] for row in before}


def test_a_file_that_never_was_any_good_is_listed_with_its_problem(
    add: Add, store: Store, tmp_path: Path
) -> None:
    path = layer(tmp_path / "fields.gpkg", "maize")
    (row,) = rows(add(path, "--class-field", "nope", status=1))
    assert (row["state"], row["name"]) == ("problem", "fields.gpkg")
    (row,) = rows(add(path, "--class-field", "crop", "--date", "2020-05-01"))
    assert row["classes"] == {"maize": 1}
    assert len(store.masks()) == 1


def test_what_a_person_said_of_a_mask_is_kept_when_its_file_is_added_again(
    add: Add, store: Store, tmp_path: Path
) -> None:
    path = layer(tmp_path / "fields.gpkg", "maize", "wheat")
    add(path, "--date-field", "seen")
    first = store.masks()[0]
    store_edits(store, [(first, edited(first, MaskEdit(Acquired.parse("2020-07-07"))))])
    assert [row["acquired"] for row in rows(add(path, "--date-field", "seen"))] == [
        "2020-07-07",
        "2020-05-02",
    ]


def test_classes_keep_their_values_from_file_to_file(add: Add, tmp_path: Path) -> None:
    words = ("--class-field", "crop", "--date", "2020-05-01")
    (first,) = rows(add(layer(tmp_path / "a.gpkg", "wheat"), *words))
    (second,) = rows(add(layer(tmp_path / "b.gpkg", "barley", "wheat"), *words))
    assert first["classes"] == {"wheat": 1}
    assert second["classes"] == {"barley": 2, "wheat": 1}


def test_a_record_of_clouds_is_held_against_each_area(
    add: Add, store: Store, tmp_path: Path
) -> None:
    path = layer(tmp_path / "fields.gpkg", "maize", "wheat")
    # 4 x 3 pixels of 100 m: over the first field, far from the second.
    udm = write_raster(tmp_path / "udm.tif", PIXELS * 0)
    result = add(path, "--date-field", "seen", "--udm", udm, status=1)
    assert [mask.source.udm for mask in store.masks()] == [str(udm)] * 2
    assert "udm.tif lies elsewhere than the mask" in result.stderr


def test_source_images_in_a_folder_are_found_by_the_name_of_the_vector_file(
    add: Add, store: Store, tmp_path: Path
) -> None:
    near = write_raster(tmp_path / "images" / "fields.tif", PIXELS, transform=COARSE)
    write_raster(tmp_path / "images" / "other.tif", PIXELS, transform=COARSE)
    layer(tmp_path / "labels" / "fields.gpkg", "maize", "wheat")
    layer(tmp_path / "labels" / "meadows.gpkg", "grass")
    add(tmp_path / "labels", "--date", "2020-05-01", "--image", tmp_path / "images")
    found = {mask.name: mask.source.path for mask in store.masks()}
    assert found == {"fields.gpkg": str(near), "meadows.gpkg": None}


def test_a_source_image_of_that_name_that_lies_elsewhere_is_a_problem(
    add: Add, store: Store, tmp_path: Path
) -> None:
    write_raster(tmp_path / "images" / "fields.tif", PIXELS, transform=north_up(WEST + 90_000))
    path = layer(tmp_path / "fields.gpkg", "maize")
    result = add(path, "--date", "2020-05-01", "--image", tmp_path / "images", status=1)
    assert "Its source image fields.tif lies elsewhere" in result.stderr


def test_two_source_images_that_fit_equally_well_are_a_problem(add: Add, tmp_path: Path) -> None:
    for suffix in (".tif", ".png"):
        write_raster(tmp_path / "images" / f"fields{suffix}", PIXELS)
    path = layer(tmp_path / "fields.gpkg", "maize")
    result = add(path, "--date", "2020-05-01", "--image", tmp_path / "images", status=1)
    assert "There are several images in" in result.stderr


def test_images_under_annotations_and_metadata_are_no_masks(add: Add, tmp_path: Path) -> None:
    folder = tmp_path / "labelme"
    write_raster(folder / "p_20200501.tif", np.stack([PIXELS, PIXELS + 9, PIXELS + 30]))
    shape = {"label": "mine", "points": [[0, 0], [3, 0], [3, 2]], "shape_type": "polygon"}
    document = {
        "version": "5.0.1",
        "flags": {},
        "shapes": [shape],
        "imagePath": "p_20200501.tif",
        "imageData": None,
        "imageHeight": 3,
        "imageWidth": 4,
    }
    (folder / "p_20200501.json").write_text(json.dumps(document))
    (folder / "p_metadata.json").write_text('{"properties": {"acquired": "2020-05-01T10:00:00Z"}}')
    (row,) = rows(add(folder))
    assert (row["name"], row["classes"]) == ("p_20200501.json", {"mine": 1})
    assert row["image"] == str(folder / "p_20200501.tif")


def test_rasters_and_vectors_may_come_in_one_zip(add: Add, store: Store, tmp_path: Path) -> None:
    mask = write_raster(tmp_path / "a_20200501.tif", PIXELS)
    fields = layer(tmp_path / "b_20200502.gpkg", "maize")
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.write(mask, "deep/in/a_20200501.tif")
        archive.write(fields, "b_20200502.gpkg")
        archive.writestr("readme.md", "hello")
    result = add(tmp_path / "both.zip", status=1)
    assert {row["name"]: row["acquired"] for row in rows(result)} == {
        "b_20200502.gpkg": "2020-05-02",
        "a_20200501.tif": "2020-05-01",
    }
    assert "readme.md: left out" in result.stderr
    assert all((tmp_path / "workspace" / "uploads") in Path(m.path).parents for m in store.masks())


@pytest.mark.parametrize("member", ["../evil.tif", "/etc/evil.tif"])
def test_a_zip_that_leads_outside_is_refused_by_name(add: Add, tmp_path: Path, member: str) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr(member, b"x")
    write_raster(tmp_path / "good_20200501.tif", PIXELS)
    result = add(tmp_path / "evil.zip", tmp_path / "good_20200501.tif", status=1)
    assert [row["name"] for row in rows(result)] == ["good_20200501.tif"]
    assert "evil.zip" in result.stderr
    assert "outside its folder" in result.stderr
    assert not list(tmp_path.rglob("evil.tif"))
