"""What is no data: as declared, or as a person says; what looks like it is named, never guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from migrate_core.cli import cli
from migrate_core.masks.options import ClassEntry
from migrate_core.masks.raster.content import read_labels, small_labels
from migrate_core.masks.raster.value_notes import value_notes
from migrate_core.masks.register.edit import with_earlier_edits
from migrate_core.model import Mask
from migrate_core.pairs.run.options import RunOptions
from migrate_core.store.base import open_store
from migrate_core.workspace import Workspace
from tests.support.builders import UTM31, area_m2, labels, write_raster
from tests.support.masks import NAME, PIXELS, added, good, problem_of, run
from tests.support.pairs import Safe, checkered, make_pairs, placed, write_mask, write_safe

FLOODS = labels("0012", "0112").astype(np.int16)
FLOODS[0, 0] = FLOODS[1, 3] = -1


def reported(mask: Mask) -> str:
    return " ".join(note.text for note in value_notes(mask))


# what a person says


@pytest.mark.parametrize(
    ("pixels", "profile"),
    [
        (FLOODS, {}),
        (FLOODS, {"nodata": 2}),
        (FLOODS.astype(np.int8), {}),
        (FLOODS.astype(np.float32), {}),
    ],
    ids=["int16", "declared otherwise", "int8", "float"],
)
def test_the_given_value_is_no_data_and_no_other(
    tmp_path: Path, pixels: NDArray[Any], profile: dict[str, Any]
) -> None:
    mask = good(write_raster(tmp_path / NAME, pixels, **profile), nodata=(-1,))
    expected = np.where(pixels == -1, 255, pixels).astype(np.uint8)
    np.testing.assert_array_equal(read_labels(mask), expected)
    np.testing.assert_array_equal(small_labels(mask, 100), expected)
    values, counts = np.unique(pixels[pixels != -1], return_counts=True)
    assert mask.classes.pixels == {str(int(v)): n for v, n in zip(values, counts, strict=True)}
    assert mask.classes.stored == {str(int(v)): int(v) for v in values}
    assert area_m2(mask.footprint) == pytest.approx(6 * 9, rel=1e-5)
    assert reported(mask) == ""


def test_several_values_are_no_data(tmp_path: Path) -> None:
    pixels = np.array([[0, 1, 255, 99]], np.uint8)
    mask = good(write_raster(tmp_path / NAME, pixels), nodata=(99, 255))
    assert read_labels(mask).tolist() == [[0, 1, 255, 255]]


@pytest.mark.parametrize("declared", ["value", "alpha", "mask", "palette"])
def test_none_means_that_every_pixel_counts(tmp_path: Path, declared: str) -> None:
    pixels = labels("0012", "0112")
    path = tmp_path / NAME
    if declared == "value":
        write_raster(path, pixels, nodata=0)
    elif declared == "palette":
        path = path.with_suffix(".png")
        picture = Image.fromarray(pixels, "P")
        picture.putpalette([0, 0, 0, 9, 9, 9, 200, 0, 0])
        picture.save(path, transparency=0)
        path.with_suffix(".pgw").write_text("3\n0\n0\n-3\n480001.5\n4689998.5\n")
    else:
        write_raster(path, pixels)
        profile = {"count": 2 if declared == "alpha" else 1}
        with rasterio.open(path) as source:
            profile = {**source.profile, **profile}
        with (
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
            rasterio.open(path, "w", **profile) as target,
        ):
            target.write(pixels, 1)
            hidden = np.where(pixels == 0, 0, 255).astype(np.uint8)
            if declared == "alpha":
                target.colorinterp = (
                    rasterio.enums.ColorInterp.gray,
                    rasterio.enums.ColorInterp.alpha,
                )
                target.write(hidden, 2)
            else:
                target.write_mask(hidden)
    plain = good(path, crs=UTM31)
    assert (read_labels(plain) == 255).sum() == 3
    np.testing.assert_array_equal(read_labels(good(path, crs=UTM31, nodata=())), pixels)


def test_bands_one_hot_colours_thresholds_and_tiles_follow(tmp_path: Path) -> None:
    classes = labels("0012", "0112")
    hot = np.stack([classes == 1, classes == 2]).astype(np.uint8)
    hot[:, 0, 0] = 9
    one_hot = good(write_raster(tmp_path / NAME, hot), nodata=(9,))
    assert one_hot.raster.layout == "one-hot"
    assert read_labels(one_hot).tolist() == [[255, 0, 1, 2], [0, 1, 1, 2]]
    colours = np.zeros((3, 2, 4), np.uint8)
    colours[0, 0], colours[1, 1], colours[:, 1, 3] = 200, 100, 7
    entries = (ClassEntry(1, None, "#c80000"), ClassEntry(2, None, "#006400"))
    painted = write_raster(tmp_path / "c" / NAME, colours)
    assert "#070707" in problem_of(painted, classes=entries)
    found = good(painted, classes=entries, nodata=(7,))
    assert read_labels(found).tolist() == [[1, 1, 1, 1], [2, 2, 2, 255]]
    chance = np.where(classes > 0, 0.9, 0.1).astype(np.float32)
    chance[0, 0] = -9999
    path = write_raster(tmp_path / "p" / NAME, chance)
    plain = good(path, threshold=0.5)
    assert read_labels(plain)[0, 0] == 0
    assert "-9999 looks like no data but is not declared" in reported(plain)
    assert read_labels(good(path, threshold=0.5, nodata=(-9999,)))[0, 0] == 255


def test_a_source_image_says_nothing_of_validity_where_a_person_does(tmp_path: Path) -> None:
    source = write_raster(tmp_path / "image.tif", np.stack([PIXELS * 50] * 3), nodata=0)
    path = write_raster(tmp_path / "m" / NAME, PIXELS)
    assert (read_labels(good(path, image=source)) == 255).any()
    assert not (read_labels(good(path, image=source, nodata=())) == 255).any()


def test_the_command_takes_values_and_remembers_them(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "m" / NAME, FLOODS)
    command = ("masks", "add", path, "--json")
    first = run(tmp_path / "w", *command)
    assert "2 pixels (25.0 %) of the value -1 look like no data" in first.said
    assert "--nodata -1" in first.said
    assert first.status == 0
    listed = run(tmp_path / "w", "masks", "list", "--json").document
    assert set(listed[0]) == {
        "mask_id", "name", "crs", "width", "height", "extent", "acquired", "classes", "state",
        "problem", "image",
    }  # fmt: skip
    said = run(tmp_path / "w", *command, "--nodata", "-1", "--nodata", "255")
    assert said.document[0]["classes"] == {"0": 0, "1": 1, "2": 2}
    assert said.document[0]["mask_id"] == first.document[0]["mask_id"]
    assert run(tmp_path / "w", *command).document[0]["classes"] == {"0": 0, "1": 1, "2": 2}
    back = run(tmp_path / "w", *command, "--nodata", "none")
    assert back.document[0]["classes"] == {"-1": 3, "0": 0, "1": 1, "2": 2}
    assert run(tmp_path / "w", *command[:3], "--nodata", "none", "--nodata", "1").status == 2
    assert "is no number" in run(tmp_path / "w", *command[:3], "--nodata", "x").said


def test_polygons_have_no_values_and_that_is_said(tmp_path: Path) -> None:
    ring = [[2.8, 42.3], [2.801, 42.3], [2.801, 42.301], [2.8, 42.3]]
    path = tmp_path / "a_20200202.geojson"
    path.write_text(
        '{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": '
        f"[{ring}]}}}}"
    )
    answer = run(tmp_path / "w", "masks", "add", path, "--nodata", "0")
    assert "polygons have no no-data values" in answer.said


# what is reported


@pytest.mark.parametrize(
    ("pixels", "profile", "expected"),
    [
        (np.array([[0, 1, 2, 255]], np.uint8), {}, "--nodata 255"),
        (np.array([[0, 1, -9999]], np.int32), {}, "--nodata -9999"),
        (np.array([[0, 1, 65535]], np.uint16), {}, "--nodata 65535"),
        (np.array([[0, 1, -32768]], np.int16), {}, "--nodata -32768"),
        (np.array([[0, 1, -128]], np.int8), {}, "--nodata -128"),
        (np.array([[-1, 1, 255]], np.int16), {"nodata": 255}, "--nodata -1 --nodata 255"),
        (np.array([[0, 1, 2]], np.uint8), {"nodata": 0}, "--nodata none"),
    ],
)
def test_values_that_look_like_no_data_are_told_with_the_remedy(
    tmp_path: Path, pixels: NDArray[Any], profile: dict[str, Any], expected: str
) -> None:
    mask = good(write_raster(tmp_path / NAME, pixels, **profile))
    assert reported(mask).endswith(f"add it again with {expected}.")
    words = expected.replace("--nodata", "").split()
    values = () if words == ["none"] else tuple(map(int, words))
    assert reported(good(Path(mask.path), nodata=values)) == ""


@pytest.mark.parametrize(
    ("pixels", "profile"),
    [
        (np.array([[0, 255]], np.uint8), {}),
        (np.array([[0, 65535]], np.uint16), {}),
        (np.array([[0, 1, 2, 254]], np.uint8), {}),
        (np.array([[254, 255]], np.uint8), {}),
        (np.array([[0, 1, 255]], np.uint8), {"nodata": 255}),
        (np.array([[0.0, 1.0, np.nan]], np.float32), {}),
    ],
)
def test_plain_masks_are_not_remarked_upon(
    tmp_path: Path, pixels: NDArray[Any], profile: dict[str, Any]
) -> None:
    assert reported(good(write_raster(tmp_path / NAME, pixels, **profile))) == ""


def test_a_label_under_a_wrong_tag_is_a_problem_with_its_remedy(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS * 255, nodata=255)
    problem = problem_of(path)
    assert "120 pixels (20.0 %) of the value 255" in problem
    assert "--nodata none" in problem
    assert "--allow-empty" in problem
    np.testing.assert_array_equal(read_labels(good(path, nodata=())), PIXELS)
    kept = good(path, allow_empty=True)
    assert "--nodata none" in reported(kept)


def test_a_mask_of_declared_no_data_only_is_told_of_the_tag(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS * 0, nodata=0)
    assert "all of its pixels are no data (0, as the file declares)" in problem_of(path)
    assert "--nodata none" in problem_of(path)
    assert good(path, nodata=(), allow_empty=True).classes.stored == {"0": 0}


def test_the_list_for_people_tells_of_doubtful_values(tmp_path: Path) -> None:
    run(tmp_path / "w", "masks", "add", write_raster(tmp_path / NAME, FLOODS))
    result = CliRunner().invoke(cli, ["--workspace", str(tmp_path / "w"), "masks", "list"])
    assert "look like no data" in " ".join(result.stdout.split())


def test_a_mask_written_by_geocode_keeps_what_is_no_data(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "m" / NAME, FLOODS)
    run(tmp_path / "w", "masks", "add", path, "--nodata", "-1")
    run(tmp_path / "w", "masks", "geocode", tmp_path / "out")
    again = good(tmp_path / "out" / NAME)
    np.testing.assert_array_equal(read_labels(again), np.where(FLOODS < 0, 255, FLOODS))


# pairs


@pytest.mark.slow
def test_a_pair_is_made_anew_and_its_pixels_follow(tmp_path: Path) -> None:
    """A mask of 10 m pixels on the grid of the scene: each pixel is a pixel of the pair."""
    pixels = np.where(checkered(12, 3) > 0, 1, 0).astype(np.int16)
    pixels[:, :2] = -1
    path = write_mask(tmp_path / "m" / NAME, pixels, placed(4, 5, 10))
    write_safe(tmp_path / "scenes", Safe())
    workspace = tmp_path / "w"
    date = ("--date", "2020-02-02")
    seen: dict[str, NDArray[Any]] = {}
    ids = []
    for words in ((), ("--nodata", "-1"), ("--nodata", "none")):
        assert run(workspace, "masks", "add", path, *date, *words).status == 0
        run(workspace, "scenes", "search", "--source", f"local:{tmp_path / 'scenes'}")
        with_store = open_store(Workspace(workspace))
        make_pairs(with_store, Workspace(workspace), RunOptions(workers=1), lambda *_: None)
        [pair] = [pair for pair in with_store.pairs() if pair.state == "done"]
        with_store.engine.dispose()
        ids.append(pair.pair_id)
        folder = Workspace(workspace).pair(pair.pair_id)
        for name in ("label", "fractions", "quality"):
            with rasterio.open(folder / f"{name}.tif") as dataset:
                seen[name] = dataset.read()
        if words == ("--nodata", "-1"):
            # The window is that of the footprint: two columns less.
            np.testing.assert_array_equal(seen["label"][0], pixels[:, 2:])
            np.testing.assert_array_equal(seen["fractions"][1], pixels[:, 2:] == 1)
            assert not (seen["quality"] & 1).any()
        else:
            np.testing.assert_array_equal(seen["label"][0], np.where(pixels == -1, 2, pixels))
            np.testing.assert_array_equal(seen["fractions"][2], pixels == -1)
    # No declaration and `none` read alike, but are said otherwise.
    assert len(set(ids)) == 3


def test_what_was_said_of_no_data_is_part_of_the_pair_and_not_of_the_mask(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, FLOODS)
    plain, said = added(path), added(path, nodata=(-1,))
    assert plain.mask_id == said.mask_id
    assert with_earlier_edits(plain, said).raster.nodata == (-1,)
