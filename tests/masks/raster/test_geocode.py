"""Masks saved back with a place: GDAL reads them, and adding them gives the same mask."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp

from migrate_core.masks.raster.content import read_labels
from migrate_core.masks.raster.geocode import geocode
from migrate_core.model import Acquired, Mask
from tests.support.builders import NORTH, UTM31, WEST, write_raster
from tests.support.masks import PIXELS, added, good, image, run

ROTATED = Affine.translation(WEST, NORTH) @ Affine.rotation(12) @ Affine.scale(3, -3)


def written(folder: Path, mask: Mask) -> Path:
    """The file of one mask."""
    outcome = geocode([mask], folder)
    assert outcome.problems == ()
    [(same, path)] = outcome.files
    assert same is mask
    return path


def png(tmp_path: Path, **options: Any) -> Mask:
    """A PNG without a place whose image lacks the first columns."""
    pixels = np.stack([PIXELS + 10] * 3)
    pixels[:, :, :4] = 0
    source = write_raster(tmp_path / "image.tif", pixels, nodata=0, transform=ROTATED)
    path = write_raster(tmp_path / "m" / "field.png", PIXELS * 255, crs=None)
    return good(path, image=source, **{"date": Acquired.parse("2020-02-02"), **options})


def test_gdal_reads_label_and_validity(tmp_path: Path) -> None:
    path = written(tmp_path / "out", png(tmp_path))
    assert path == tmp_path / "out" / "field.tif"
    expected = PIXELS.copy()
    valid = np.full_like(PIXELS, 255)
    valid[:, :4] = 0
    with rasterio.open(path) as dataset:
        assert dataset.descriptions == ("label", "valid")
        assert dataset.colorinterp == (ColorInterp.gray, ColorInterp.alpha)
        assert dataset.crs == rasterio.crs.CRS.from_string(UTM31)
        assert dataset.transform.almost_equals(ROTATED)
        np.testing.assert_array_equal(dataset.read(1), expected)
        np.testing.assert_array_equal(dataset.read(2), valid)
        np.testing.assert_array_equal(dataset.read_masks(1), valid)


@pytest.mark.parametrize(
    "date",
    ["2020-02-02", "2020-02-02T10:15:32Z", "2020-02-02/2020-02-09", "2020-02-02T10:15:32.5Z"],
)
def test_adding_the_file_gives_the_same_mask(tmp_path: Path, date: str) -> None:
    first = png(tmp_path, date=Acquired.parse(date))
    # A name with another date must not win over the date that is written into the file.
    path = written(tmp_path / "out", first).rename(tmp_path / "field_20190101.tif")
    again = good(path)
    assert again.acquired == Acquired.parse(date)
    assert again.georeference.crs == first.georeference.crs
    assert again.grid.transform.almost_equals(first.grid.transform)
    assert again.extent.equals_exact(first.extent, 1e-9)
    assert again.footprint.symmetric_difference(first.footprint).area < 1e-9 * first.footprint.area
    assert again.stored_classes == first.stored_classes
    np.testing.assert_array_equal(read_labels(again), read_labels(first))


def test_a_second_run_renews_its_files_and_no_others(tmp_path: Path) -> None:
    mask = png(tmp_path)
    first = written(tmp_path / "out", mask).read_bytes()
    assert written(tmp_path / "out", mask).read_bytes() == first
    # The image of a PNG may well have the name that its geocoded mask would get.
    precious = image(tmp_path / "m", "field.tif")
    content = precious.read_bytes()
    outcome = geocode([mask], tmp_path / "m")
    assert [problem.item for problem in outcome.problems] == ["field.png"]
    assert "would be lost" in outcome.problems[0].message
    assert precious.read_bytes() == content


def test_a_mask_is_not_written_over_itself(tmp_path: Path) -> None:
    path = written(tmp_path / "out", png(tmp_path))
    outcome = geocode([good(path)], tmp_path / "out")
    assert "would be lost" in outcome.problems[0].message


def test_names_that_occur_twice_are_told_apart(tmp_path: Path) -> None:
    paths = [
        write_raster(tmp_path / folder / "a_20200202.tif", PIXELS * value)
        for value, folder in enumerate("xy", 1)
    ]
    masks = [good(path) for path in paths]
    files = [path for _, path in geocode(masks, tmp_path / "out").files]
    names = [f"a_20200202-{mask.mask_id}.tif" for mask in masks]
    assert [path.name for path in files] == names
    [(_, alone)] = geocode(masks[:1], tmp_path / "out", masks).files
    assert alone.name == names[0]
    for mask, path in zip(masks, files, strict=True):
        np.testing.assert_array_equal(read_labels(good(path)), read_labels(mask))


def test_what_can_not_be_written_is_told_and_the_rest_is_written(tmp_path: Path) -> None:
    masks = [
        added(write_raster(tmp_path / "nowhere_20200202.png", PIXELS, crs=None)),
        added(
            write_raster(tmp_path / "image_20200202.tif", np.stack([PIXELS, PIXELS + 7, PIXELS]))
        ),
        good(write_raster(tmp_path / "changed_20200202.tif", PIXELS)),
        good(write_raster(tmp_path / f"20200202_{'a' * 240}.tif", PIXELS)),
        good(write_raster(tmp_path / "right_20200202.tif", PIXELS)),
    ]
    write_raster(tmp_path / "changed_20200202.tif", PIXELS * 2)
    outcome = geocode(masks, tmp_path / "out")
    assert [path.name for _, path in outcome.files] == ["right_20200202.tif"]
    assert [problem.item for problem in outcome.problems] == [mask.name for mask in masks[:4]]
    reasons = ("no CRS", "no classes", "has changed", "can't be written")
    for problem, reason in zip(outcome.problems, reasons, strict=True):
        assert reason in problem.message
        assert problem.message.startswith(problem.item)


def test_the_command_writes_all_or_those_that_are_named(tmp_path: Path) -> None:
    for name in ("a_20200202.tif", "b_20200202.tif"):
        write_raster(tmp_path / "m" / name, PIXELS)
    rows = run(tmp_path / "w", "masks", "add", tmp_path / "m", "--json").document
    command = ("masks", "geocode", tmp_path / "out", "--json")
    answer = run(tmp_path / "w", *command)
    assert answer.status == 0
    assert [Path(row["file"]).name for row in answer.document] == [row["name"] for row in rows]
    one = run(tmp_path / "w", *command, "--mask", rows[1]["mask_id"])
    assert [row["mask_id"] for row in one.document] == [rows[1]["mask_id"]]
    assert run(tmp_path / "w", *command[:3], "--mask", "none").status == 2
    (tmp_path / "file").touch()
    assert run(tmp_path / "w", "masks", "geocode", tmp_path / "file" / "x").status == 2
    assert run(tmp_path / "empty", *command[:3]).status == 2
