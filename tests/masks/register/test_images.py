"""Finding the source image of a mask."""

from pathlib import Path

import pytest

from migrate_core.errors import MaskError
from migrate_core.masks.options import AddOptions
from migrate_core.masks.register.sidecars import Finder

MASK = Path("/elsewhere/20200202_101532_1014_water_mask.tif")


def find_image(mask: Path, place: Path | None) -> Path | None:
    found = Finder(AddOptions(image=place)).sidecars(mask.absolute())
    if found.obstacles:
        raise MaskError(found.obstacles["image"])
    return found.image


def folder_of(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).touch()
    return folder


def test_no_place_is_no_image() -> None:
    assert find_image(MASK, None) is None


def test_an_image_that_is_named_is_taken_as_it_is(tmp_path: Path) -> None:
    image = tmp_path / "any name.tif"
    image.touch()
    assert find_image(MASK, image) == image


def test_a_relative_name_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder_of(tmp_path, "a.tif"))
    assert find_image(Path("a_mask.tif"), Path("a.tif")) == tmp_path / "a.tif"
    assert find_image(Path("a_mask.tif"), Path()) == tmp_path / "a.tif"


@pytest.mark.parametrize(
    ("mask", "image"),
    [
        ("field.png", "field.tif"),
        ("FIELD.png", "field.TIF"),
        ("field_mask.tif", "field.tif"),
        ("field-labels.png", "field.jpg"),
        ("field.gt.tif", "field.tiff"),
        ("field seg.tif", "field.jpeg"),
        ("20200202_101532_1014_water_mask.tif", "20200202_101532_1014_3B_AnalyticMS_SR.tif"),
        ("20200202_101532_83_1014_mask.tif", "20200202_101532_83_1014_3B_Visual.tif"),
    ],
)
def test_an_image_is_found_by_the_masks_name(tmp_path: Path, mask: str, image: str) -> None:
    folder_of(tmp_path, image, "other.tif", "20200202_101532_0f0f_3B.tif", "notes.txt")
    assert find_image(Path("/masks") / mask, tmp_path) == tmp_path / image


def test_an_equal_stem_beats_one_that_is_only_alike(tmp_path: Path) -> None:
    folder_of(tmp_path, "field_mask.png", "field.tif")
    assert find_image(Path("/masks/field_mask.tif"), tmp_path) == tmp_path / "field_mask.png"


def test_a_mask_is_not_its_own_image(tmp_path: Path) -> None:
    folder_of(tmp_path, "field_mask.tif", "field.tif")
    assert find_image(tmp_path / "field_mask.tif", tmp_path) == tmp_path / "field.tif"
    (tmp_path / "field.tif").unlink()
    assert find_image(tmp_path / "field_mask.tif", tmp_path) is None


def test_no_image_fits(tmp_path: Path) -> None:
    folder_of(tmp_path, "forest.tif", "field.txt", "field")
    assert find_image(Path("/masks/field.tif"), tmp_path) is None
    assert find_image(Path("/masks/20200202.tif"), folder_of(tmp_path, "20200203.tif")) is None


def test_several_that_fit_equally_are_named(tmp_path: Path) -> None:
    folder_of(tmp_path, "20200202_101532_1014_3B.tif", "20200202_101532_1014_Visual.tif")
    with pytest.raises(MaskError, match="several images") as caught:
        find_image(MASK, tmp_path)
    message = str(caught.value)
    assert "20200202_101532_1014_3B.tif, 20200202_101532_1014_Visual.tif" in message
    assert "--image" in message


def test_an_image_that_is_not_there_is_left_to_the_reader_to_complain(tmp_path: Path) -> None:
    assert find_image(MASK, tmp_path / "none.tif") == tmp_path / "none.tif"
