"""From files to masks: what is known of each, and what is wrong with it, in words."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from migrate_core.errors import WrongUseError
from migrate_core.masks.options import AddOptions
from migrate_core.masks.raster.opening import file_sha256
from migrate_core.masks.register.discovery import mask_files
from migrate_core.model import Acquired, Mask
from tests.support.builders import NORTH, UTM31, WEST, area_m2, labels, north_up, write_raster
from tests.support.masks import inspected

NAME = "20200120_101532_1014_mask.tif"
PIXELS = labels("0012", "0112", "3333")
NOW = datetime(2024, 6, 30, tzinfo=UTC)


def added(path: Path, **options: Any) -> Mask:
    return inspected(path, AddOptions(now=NOW, **options))


def problem_of(path: Path, **options: Any) -> str:
    """The problem of a mask, which names the file."""
    mask = added(path, **options)
    assert mask.state == "problem"
    assert mask.problem is not None
    assert mask.problem.startswith(f"{path.name}: ")
    return mask.problem


# what is right


def test_of_a_good_mask_everything_is_known(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS, nodata=3)
    mask = added(path)
    assert mask.problem is None
    assert (mask.name, mask.path, mask.sha256) == (NAME, str(path), file_sha256(path))
    assert (mask.georeference.crs, mask.width, mask.height) == (UTM31, 4, 3)
    assert mask.grid.transform == north_up()
    assert mask.acquired == Acquired.parse("2020-01-20T10:15:32Z")
    assert mask.classes.stored == {"0": 0, "1": 1, "2": 2}
    assert area_m2(mask.extent) == pytest.approx(12 * 9, rel=1e-5)
    assert area_m2(mask.footprint) == pytest.approx(8 * 9, rel=1e-5)
    assert (mask.source.path, mask.georeference.origin) == (None, None)


def test_a_mask_has_the_same_id_wherever_it_lies(tmp_path: Path) -> None:
    paths = [write_raster(tmp_path / folder / NAME, PIXELS) for folder in "ab"]
    ids = {added(path).mask_id for path in paths}
    assert len(ids) == 1
    assert ids.pop().startswith("20200120-101532-1014-mask-")


def test_another_content_or_another_name_is_another_mask(tmp_path: Path) -> None:
    masks = [
        added(write_raster(tmp_path / "a" / NAME, PIXELS)),
        added(write_raster(tmp_path / "b" / NAME, PIXELS + 1)),
        added(write_raster(tmp_path / f"x{NAME}", PIXELS)),
    ]
    assert len({mask.mask_id for mask in masks}) == 3


@pytest.mark.parametrize("stem", ["Ä ö", "a" * 200, "..", "%_%", "x y.z"])
def test_an_id_is_safe_as_a_file_name(tmp_path: Path, stem: str) -> None:
    mask_id = added(write_raster(tmp_path / f"{stem}.tif", PIXELS)).mask_id
    assert mask_id == mask_id.lower()
    assert all(
        character.isascii() and (character.isalnum() or character == "-") for character in mask_id
    )
    assert 10 <= len(mask_id) <= 60


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        (UTM31, Affine.translation(WEST, NORTH) @ Affine.rotation(30) @ Affine.scale(3, -3)),
        (UTM31, Affine(3, 0.5, WEST, 0, -3, NORTH)),
        ("EPSG:4326", Affine(3e-5, 0, 2.8, 0, -3e-5, 42.3)),
        ("EPSG:3857", Affine(4, 0, 312_000, 0, -4, 5_200_000)),
        ("EPSG:2154", Affine(0.2, 0, 700_000, 0, -0.2, 6_200_000)),
    ],
    ids=["rotated", "sheared", "geographic", "web mercator", "lambert"],
)
def test_a_mask_may_lie_in_any_crs_and_direction(
    tmp_path: Path, crs: str, transform: Affine
) -> None:
    mask = added(write_raster(tmp_path / NAME, PIXELS, crs=crs, transform=transform))
    assert mask.problem is None
    assert mask.grid.transform.almost_equals(transform)
    assert mask.extent.symmetric_difference(mask.footprint).area < 1e-6 * mask.extent.area


def test_255_is_a_class_unless_it_is_declared_as_no_data(tmp_path: Path) -> None:
    pixels = np.array([[0, 255]], dtype=np.uint8)
    assert added(write_raster(tmp_path / "a_20200120.tif", pixels)).classes.stored == {
        "0": 0,
        "255": 1,
    }
    undecided = added(write_raster(tmp_path / "b_20200120.tif", pixels, nodata=0))
    assert undecided.classes.stored == {"255": 1}


# what is wrong


def test_a_file_that_is_not_there_or_not_readable_is_a_problem(tmp_path: Path) -> None:
    assert "it can't be read (No such file or directory)" in problem_of(tmp_path / NAME)


@pytest.mark.parametrize("content", [b"", b"II*\0 no tiff at all", b"<VRTDataset/>"])
def test_a_file_that_is_no_mask_is_a_problem_and_keeps_its_date(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / NAME
    path.write_bytes(content)
    assert "can't be opened as GTiff" in problem_of(path)
    assert str(added(path).acquired) == "2020-01-20T10:15:32Z"


def test_a_mask_without_crs_is_told_how_to_get_one(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS, crs=None, transform=north_up())
    problem = problem_of(path)
    assert "It has no CRS" in problem
    assert "--crs EPSG:32631" in problem
    assert "--image" in problem


def test_a_mask_without_transform_is_told_so(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS, crs=UTM31, transform=Affine.identity())
    assert "It has no transform" in problem_of(path)


def test_a_crs_that_is_nowhere_on_earth_is_a_problem(tmp_path: Path) -> None:
    local = 'LOCAL_CS["site grid",UNIT["metre",1]]'
    path = write_raster(tmp_path / NAME, PIXELS, crs=local, transform=north_up())
    assert "CRS" in problem_of(path)


def test_corners_outside_the_crs_are_a_problem(tmp_path: Path) -> None:
    far = Affine(1e9, 0, 0, 0, -1e9, 0)
    path = write_raster(tmp_path / NAME, PIXELS, transform=far)
    assert "can't be brought to lon/lat" in problem_of(path)


def test_a_mask_without_date_is_told_how_to_give_one(tmp_path: Path) -> None:
    mask = added(write_raster(tmp_path / "mask.tif", PIXELS))
    assert mask.acquired is None
    assert mask.classes.stored is not None  # everything else is known
    assert "It has no date" in str(mask.problem)
    assert "--date YYYY-MM-DD" in str(mask.problem)


def test_a_mask_older_than_sentinel_2_has_no_counterpart(tmp_path: Path) -> None:
    before = write_raster(tmp_path / "mask_20150622.tif", PIXELS)
    assert "2015-06-22, is before the first Sentinel-2 image" in problem_of(before)
    assert added(write_raster(tmp_path / "mask_20150623.tif", PIXELS)).problem is None


def test_a_mask_of_nothing_but_background_is_empty_unless_it_is_meant_to_be(
    tmp_path: Path,
) -> None:
    path = write_raster(tmp_path / NAME, np.zeros((3, 4), np.uint8))
    assert "all of its pixels are background (0)" in problem_of(path)
    assert "--allow-empty" in problem_of(path)
    assert added(path, allow_empty=True).problem is None


def test_a_mask_of_nothing_but_no_data_is_empty_even_if_empty_is_allowed(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, np.full((3, 4), 9, np.uint8), nodata=9)
    assert "all of its pixels are no data" in problem_of(path, allow_empty=True)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    problem = problem_of(write_raster(tmp_path / "mask.tif", np.zeros((3, 4), np.uint8), crs=None))
    assert all(part in problem for part in ("It has no CRS", "It has no date", "It is empty"))


def test_an_image_taken_for_a_mask_is_a_problem(tmp_path: Path) -> None:
    rgb = write_raster(tmp_path / NAME, np.stack([PIXELS, PIXELS + 40, PIXELS + 7]))
    assert "it has 3 bands, and they are no classes" in problem_of(rgb)


def test_probabilities_are_a_problem_and_the_place_is_still_known(tmp_path: Path) -> None:
    pixels = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    path = write_raster(tmp_path / NAME, pixels)
    assert "--threshold" in problem_of(path)
    mask = added(path)
    assert (mask.georeference.crs, mask.width, mask.height) == (UTM31, 4, 3)
    assert mask.extent is not None


def test_too_many_values_are_a_problem(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, np.arange(300, dtype=np.uint16).reshape(15, 20))
    assert "a mask has at most 254 classes" in problem_of(path)


# dates


def test_the_table_beats_the_option_beats_the_name(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS)
    date, dates = Acquired.parse("2021-01-01"), {NAME: Acquired.parse("2022-02-02")}
    assert str(added(path).acquired) == "2020-01-20T10:15:32Z"
    assert added(path, date=date).acquired == date
    assert added(path, date=date, dates=dates).acquired == dates[NAME]


def test_a_mask_without_date_takes_that_of_its_image(tmp_path: Path) -> None:
    image = write_raster(tmp_path / "images" / "field_20200120.tif", PIXELS)
    mask = added(write_raster(tmp_path / "mask.tif", PIXELS), image=image)
    assert str(mask.acquired) == "2020-01-20"


# source images


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_mask_borrows_the_georeference_of_its_image(tmp_path: Path, suffix: str) -> None:
    transform = Affine.translation(WEST, NORTH) @ Affine.rotation(12) @ Affine.scale(3, -3)
    image = write_raster(
        tmp_path / "images" / "20200120_101532_1014_3B.tif",
        np.stack([PIXELS] * 4),
        transform=transform,
    )
    path = write_raster(tmp_path / NAME.replace(".tif", suffix), PIXELS, crs=None, transform=None)
    mask = added(path, image=image.parent)
    assert mask.problem is None
    assert (mask.georeference.crs, mask.georeference.origin, mask.source.path) == (
        UTM31,
        str(image),
        str(image),
    )
    assert mask.grid.transform.almost_equals(transform)
    assert area_m2(mask.extent) == pytest.approx(12 * 9, rel=1e-5)


def test_a_masks_own_georeference_is_not_replaced(tmp_path: Path) -> None:
    image = write_raster(tmp_path / "image.tif", PIXELS, transform=north_up(WEST + 3))
    mask = added(write_raster(tmp_path / NAME, PIXELS), image=image)
    assert mask.problem is None
    assert mask.grid.transform == north_up()
    assert (mask.source.path, mask.georeference.origin) == (str(image), None)


def test_an_image_of_another_size_can_not_lend_its_georeference(tmp_path: Path) -> None:
    image = write_raster(tmp_path / "image.tif", labels("00", "00"))
    path = write_raster(tmp_path / NAME.replace(".tif", ".png"), PIXELS, crs=None)
    assert "the image has 2 x 2 pixels, the mask 4 x 3" in problem_of(path, image=image)


def test_an_image_without_georeference_has_none_to_lend(tmp_path: Path) -> None:
    image = write_raster(tmp_path / "image.png", PIXELS, crs=None)
    path = write_raster(tmp_path / NAME.replace(".tif", ".png"), PIXELS, crs=None)
    assert "It has no CRS" in problem_of(path, image=image)


def test_an_image_elsewhere_is_a_problem(tmp_path: Path) -> None:
    image = write_raster(tmp_path / "image.tif", PIXELS, transform=north_up(WEST + 10_000))
    path = write_raster(tmp_path / NAME, PIXELS)
    assert "image.tif lies elsewhere" in problem_of(path, image=image)
    zone_30 = write_raster(tmp_path / "zone30.tif", PIXELS, crs="EPSG:32630")
    assert "zone30.tif lies elsewhere" in problem_of(path, image=zone_30)


def test_an_image_in_another_crs_at_the_same_place_is_right(tmp_path: Path) -> None:
    # The corner of the mask lies at 2.79136 E, 42.36496 N.
    degrees = Affine(4e-5, 0, 2.7913, 0, -4e-5, 42.365)
    image = write_raster(tmp_path / "image.tif", PIXELS, crs="EPSG:4326", transform=degrees)
    assert added(write_raster(tmp_path / NAME, PIXELS), image=image).problem is None


def test_an_image_that_fits_pixel_by_pixel_needs_no_georeference(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS)
    same = write_raster(tmp_path / "same.png", PIXELS, crs=None)
    assert added(path, image=same).problem is None
    other = write_raster(tmp_path / "other.png", labels("00"), crs=None)
    assert "no georeference and another size" in problem_of(path, image=other)


def test_an_image_that_can_not_be_read_is_a_problem_that_names_it(tmp_path: Path) -> None:
    path = write_raster(tmp_path / NAME, PIXELS)
    mask = added(path, image=tmp_path / "none.tif")
    assert "none.tif: it can't be opened" in str(mask.problem)


def test_several_images_that_fit_are_a_problem(tmp_path: Path) -> None:
    images = tmp_path / "images"
    for suffix in ("3B", "Visual"):
        write_raster(images / f"20200120_101532_1014_{suffix}.tif", PIXELS)
    path = write_raster(tmp_path / NAME, PIXELS)
    assert "several images" in problem_of(path, image=images)


def test_a_folder_without_a_fitting_image_attaches_none(tmp_path: Path) -> None:
    write_raster(tmp_path / "images" / "other.tif", PIXELS)
    mask = added(write_raster(tmp_path / NAME, PIXELS), image=tmp_path / "images")
    assert (mask.problem, mask.source.path) == (None, None)


def test_masks_that_borrow_from_different_images_are_different_masks(tmp_path: Path) -> None:
    masks = []
    for number, folder in enumerate(("east", "west")):
        image = write_raster(
            tmp_path / folder / "image.tif", PIXELS, transform=north_up(WEST + 3000 * number)
        )
        path = write_raster(tmp_path / folder / "20200120.png", PIXELS, crs=None)
        masks.append(added(path, image=image))
    assert [mask.problem for mask in masks] == [None, None]
    assert masks[0].mask_id != masks[1].mask_id


# folders


def test_folders_are_searched_for_mask_files_in_order(tmp_path: Path) -> None:
    for name in ("b.tif", "a.PNG", "sub/c.jpeg", "notes.txt", ".hidden.tif", "a.tif.aux.xml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = list(mask_files([tmp_path]).files)
    assert found == [tmp_path / "a.PNG", tmp_path / "b.tif", tmp_path / "sub" / "c.jpeg"]


def test_files_are_taken_as_named_and_each_once(tmp_path: Path) -> None:
    (tmp_path / "a.tif").touch()
    named = [tmp_path / "note.txt", tmp_path / "none.tif", tmp_path / "a.tif", tmp_path]
    assert list(mask_files(named).files) == named[:3]


def test_a_folder_without_masks_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(WrongUseError, match="the folder holds no mask"):
        list(mask_files([tmp_path]).files)


# real data


def test_the_real_masks_of_boadella_are_ready(require_data: Callable[[str], Path]) -> None:
    folder = require_data("boadella")
    masks = [added(p, image=folder / "images") for p in mask_files([folder / "masks"]).files]
    assert [mask.problem for mask in masks] == [None] * 5
    assert [str(mask.acquired)[:10] for mask in masks] == [
        f"{mask.name[:4]}-{mask.name[4:6]}-{mask.name[6:8]}" for mask in masks
    ]
    images = {
        mask.name[:8]: Path(str(mask.source.path)).name[:8] for mask in masks if mask.source.path
    }
    assert images == {"20200202": "20200202", "20200621": "20200621"}
    classes = {mask.name[:8]: mask.classes.stored for mask in masks}
    assert classes["20200202"] == {"0": 0, "255": 1}
    assert classes["20200621"] == {"0": 0, "1": 1}


def test_a_real_mask_borrows_the_georeference_of_its_half_metre_image(
    require_data: Callable[[str], Path],
) -> None:
    folder = require_data("buildings_0p5m")
    mask = added(
        folder / "sample_fp_mask_from_geojson.tif",
        image=folder / "sample_geotiff.tif",
        date=Acquired.parse("2017-05-01"),
    )
    assert mask.problem is None
    with rasterio.open(folder / "sample_geotiff.tif") as image:
        assert (mask.georeference.crs, mask.grid.transform) == (
            image.crs.to_string(),
            image.transform,
        )


def test_a_real_udm2_is_no_mask(require_data: Callable[[str], Path]) -> None:
    path = require_data("planetscope_udm2/20151119_025740_0c74_3B_udm2_clip.tif")
    assert "it has 8 bands" in problem_of(path)
    assert str(added(path).acquired) == "2015-11-19T02:57:40Z"
