"""What a person says about a mask changes it, mends its problems and is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from migrate_core.cli import cli
from migrate_core.errors import MaskError
from migrate_core.masks.options import AddOptions
from migrate_core.masks.register.edit import (
    MaskEdit,
    edited,
    format_class_names,
    parse_names,
    store_edits,
)
from migrate_core.model import Acquired, Mask, RankedScene
from migrate_core.store.base import open_store
from migrate_core.store.masks import MaskFilter, find_mask, list_masks
from migrate_core.workspace import Workspace
from tests.support.builders import UTM31, a_scene, area_m2, labels, north_up, write_raster
from tests.support.masks import inspected

PIXELS = labels("0012", "0112", "3333")
DAY = Acquired.parse("2020-02-03")


def undated(folder: Path, **options: object) -> Mask:
    return inspected(write_raster(folder / "mask.tif", PIXELS, nodata=3, **options), AddOptions())


def test_a_date_mends_the_problem_of_none(tmp_path: Path) -> None:
    before = undated(tmp_path)
    after = edited(before, MaskEdit(acquired=DAY))
    assert before.problem is not None
    assert (after.acquired, after.problem, after.state) == (DAY, None, "ready")


def test_a_date_before_sentinel_2_is_a_problem_in_turn(tmp_path: Path) -> None:
    after = edited(undated(tmp_path), MaskEdit(acquired=Acquired.parse("2014-01-01")))
    assert "before the first Sentinel-2 image" in str(after.problem)


def test_mending_one_problem_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "mask.tif", PIXELS * 0, crs=None, transform=north_up())
    before = inspected(path, AddOptions())
    assert list(before.problems) == ["georeference", "date", "content"]
    after = edited(before, MaskEdit(acquired=DAY))
    assert list(after.problems) == ["georeference", "content"]
    assert str(after.problem).startswith("mask.tif: It has no CRS")


def test_the_problem_of_a_file_stays_when_it_gets_a_date(tmp_path: Path) -> None:
    path = write_raster(
        tmp_path / "image_20200101.tif", np.stack([PIXELS, PIXELS + 40, PIXELS + 7])
    )
    before = inspected(path, AddOptions())
    after = edited(before, MaskEdit(acquired=DAY, empty_allowed=True))
    assert "it has 3 bands" in str(before.problem)
    assert after.problem == before.problem


def test_a_crs_puts_a_mask_in_its_place(tmp_path: Path) -> None:
    before = undated(tmp_path, crs=None, transform=north_up())
    after = edited(before, MaskEdit(crs="32631", acquired=DAY))
    assert before.extent is None
    assert (after.georeference.crs, after.problem) == (UTM31, None)
    assert area_m2(after.extent) == pytest.approx(12 * 9, rel=1e-5)
    assert area_m2(after.footprint) == pytest.approx(8 * 9, rel=1e-5)
    moved = edited(after, MaskEdit(crs="EPSG:32632"))
    assert moved.extent != after.extent


@pytest.mark.parametrize("crs", ["EPSG:99999", "somewhere", "EPSG:"])
def test_a_crs_nobody_knows_is_told(tmp_path: Path, crs: str) -> None:
    with pytest.raises(MaskError, match="no CRS that is known"):
        edited(undated(tmp_path, crs=None, transform=north_up()), MaskEdit(crs=crs))


@pytest.mark.parametrize("crs", ["EPSG:5703", "EPSG:4978"])
def test_heights_and_geocentric_coordinates_place_no_mask(tmp_path: Path, crs: str) -> None:
    with pytest.raises(MaskError, match="no coordinates of a map"):
        edited(undated(tmp_path, crs=None, transform=north_up()), MaskEdit(crs=crs))


def test_a_crs_that_puts_a_mask_off_the_earth_is_a_problem_that_another_mends(
    tmp_path: Path,
) -> None:
    before = undated(tmp_path, crs=None, transform=north_up())
    wrong = edited(before, MaskEdit(crs="EPSG:4326", acquired=DAY))
    assert "can't be brought to lon/lat" in str(wrong.problem)
    assert edited(wrong, MaskEdit(crs=UTM31)).problem is None


def test_the_crs_that_a_file_has_is_not_changed(tmp_path: Path) -> None:
    with pytest.raises(MaskError, match=r"EPSG:32631, comes from mask\.tif"):
        edited(undated(tmp_path), MaskEdit(crs="EPSG:32632"))
    assert edited(undated(tmp_path), MaskEdit(crs=UTM31)) == undated(tmp_path)


def test_a_crs_without_a_transform_helps_nothing(tmp_path: Path) -> None:
    with pytest.raises(MaskError, match="has no transform"):
        edited(undated(tmp_path, crs=None), MaskEdit(crs=UTM31))


def test_an_empty_mask_can_be_meant_so(tmp_path: Path) -> None:
    before = inspected(write_raster(tmp_path / "m_20200101.tif", PIXELS * 0), AddOptions())
    after = edited(before, MaskEdit(empty_allowed=True))
    assert "It is empty" in str(before.problem)
    assert after.problem is None
    assert edited(after, MaskEdit(empty_allowed=False)).problem == before.problem


def test_names_are_kept_for_values_that_the_mask_has(tmp_path: Path) -> None:
    mask = edited(undated(tmp_path), MaskEdit(class_names=parse_names("1 = mine; 2=water, 9 = x")))
    assert mask.classes.names == {"1": "mine", "2": "water"}
    assert parse_names(format_class_names(mask)) == mask.classes.names
    fewer = edited(mask, MaskEdit(class_names={"1": " "}))
    assert fewer.classes.names == {"2": "water"}


@pytest.mark.parametrize("text", ["mine", "one = mine", "1.5 = mine"])
def test_names_that_can_not_be_read_are_told(text: str) -> None:
    with pytest.raises(MaskError, match="names no class"):
        parse_names(text)


def test_another_day_drops_what_was_found_for_the_day_before(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path / "workspace"))
    mask = edited(undated(tmp_path), MaskEdit(acquired=DAY))
    scene = a_scene()
    store.put_masks([mask])
    store.put_scenes([scene])
    ranked = RankedScene(scene, 1.0, 1.5, 0.5, {"clear_sky": 1.0}, usable=True)
    store.put_candidates({mask.mask_id: [ranked]})
    named = edited(mask, MaskEdit(class_names={"1": "mine"}))
    assert store_edits(store, [(mask, named)]) == 1
    assert list(store.candidates()) == [mask.mask_id]
    assert store_edits(store, [(named, edited(named, MaskEdit(acquired=DAY)))]) == 0
    moved = edited(named, MaskEdit(acquired=Acquired.parse("2020-03-01")))
    assert store_edits(store, [(named, moved)]) == 1
    assert store.candidates() == {}
    assert find_mask(store, mask.mask_id) == moved
    store.engine.dispose()


def add(workspace: Path, path: Path, *options: str) -> None:
    command = ["--workspace", str(workspace), "masks", "add", str(path), *options]
    assert CliRunner().invoke(cli, command).exit_code in (0, 1)


def only_mask(workspace: Path) -> Mask:
    store = open_store(Workspace(workspace))
    (mask,) = list_masks(store, MaskFilter(), 0, 10)
    store.engine.dispose()
    return mask


def test_a_mask_that_is_added_again_keeps_what_a_person_said(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "m_20200101.tif", PIXELS, crs=None, transform=north_up())
    add(tmp_path / "w", path)
    store = open_store(Workspace(tmp_path / "w"))
    before = only_mask(tmp_path / "w")
    change = MaskEdit(acquired=DAY, crs=UTM31, class_names={"1": "mine"}, empty_allowed=True)
    store_edits(store, [(before, edited(before, change))])
    store.engine.dispose()
    add(tmp_path / "w", path)
    kept = only_mask(tmp_path / "w")
    assert (kept.acquired, kept.georeference.crs, kept.classes.names) == (DAY, UTM31, {"1": "mine"})
    assert (kept.empty_allowed, kept.problem) == (True, None)
    add(tmp_path / "w", path, "--date", "2021-01-01")
    assert str(only_mask(tmp_path / "w").acquired) == "2021-01-01"


def test_a_file_with_other_content_is_another_mask(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "m_20200101.tif", PIXELS)
    add(tmp_path / "w", path)
    store = open_store(Workspace(tmp_path / "w"))
    before = only_mask(tmp_path / "w")
    store_edits(store, [(before, edited(before, MaskEdit(acquired=DAY)))])
    store.engine.dispose()
    write_raster(path, PIXELS[::-1].copy())
    add(tmp_path / "w", path)
    assert str(only_mask(tmp_path / "w").acquired) == "2020-01-01"


def test_what_options_said_holds_when_a_mask_is_added_again_without_them(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "mask.png", labels("0000", "0000", "0000"), crs=None)
    image = write_raster(tmp_path / "image.tif", PIXELS)
    add(tmp_path / "w", path, "--date", "2020-02-03", "--image", str(image), "--allow-empty")
    first = only_mask(tmp_path / "w")
    assert first.problem is None
    add(tmp_path / "w", path)
    assert only_mask(tmp_path / "w") == first
    add(tmp_path / "w", path, "--date", "2020-02-04")
    add(tmp_path / "w", path)
    assert str(only_mask(tmp_path / "w").acquired) == "2020-02-04"
