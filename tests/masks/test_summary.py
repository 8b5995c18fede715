"""Areas of classes and thumbnails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from migrate_core.errors import MaskError
from migrate_core.masks.options import AddOptions
from migrate_core.masks.raster import content
from migrate_core.masks.summary import class_areas, pixel_size, thumbnail
from tests.support.builders import labels, north_up, write_raster
from tests.support.masks import inspected

PIXELS = labels("0012", "0112", "3333").repeat(100, axis=0).repeat(100, axis=1)


def test_each_class_has_its_area_and_share_of_the_valid_pixels(tmp_path: Path) -> None:
    mask = inspected(write_raster(tmp_path / "m_20200101.tif", PIXELS, nodata=3), AddOptions())
    mask = replace(mask, classes=replace(mask.classes, names={"1": "mine"}))
    zero, one, two = class_areas(mask)
    assert [item.pixels for item in (zero, one, two)] == [30_000, 30_000, 20_000]
    assert (zero.share, one.share, two.share) == (0.375, 0.375, 0.25)
    # UTM lengths are off by at most 0.04 percent near the central meridian.
    assert one.hectares == pytest.approx(27, rel=1e-3)
    assert (one.value, one.stored, one.name, two.name) == ("1", 1, "mine", None)
    assert pixel_size(mask) == pytest.approx(3, rel=5e-3)


def test_area_in_degrees_is_the_area_on_the_ground(tmp_path: Path) -> None:
    degrees = Affine(0.0001, 0, 3, 0, -0.0001, 60)
    path = write_raster(tmp_path / "m_20200101.tif", PIXELS, crs="EPSG:4326", transform=degrees)
    (_, one, *_) = class_areas(inspected(path, AddOptions()))
    # One degree is 111.4 km along and 55.8 km across at 60 degrees north.
    assert one.hectares == pytest.approx(30_000 * 11.14 * 5.58 / 10_000, rel=2e-3)


def test_without_a_place_there_are_shares_but_no_areas(tmp_path: Path) -> None:
    mask = inspected(write_raster(tmp_path / "m_20200101.tif", PIXELS, crs=None), AddOptions())
    assert [item.hectares for item in class_areas(mask)] == [None] * 4
    assert class_areas(mask)[0].share == pytest.approx(0.25)
    assert pixel_size(mask) is None


def test_a_thumbnail_has_the_values_of_pairs(tmp_path: Path) -> None:
    pixels = PIXELS.astype(np.int16)
    pixels[PIXELS == 2] = 999
    path = write_raster(tmp_path / "m_20200101.tif", pixels, nodata=3)
    small = thumbnail(inspected(path, AddOptions()), longest=40)
    assert (small.shape, small.dtype) == ((30, 40), np.uint8)
    assert small[::10, ::10].tolist() == [[0, 0, 1, 2], [0, 1, 1, 2], [255, 255, 255, 255]]


def test_a_small_mask_is_not_enlarged(tmp_path: Path) -> None:
    mask = inspected(write_raster(tmp_path / "m_20200101.tif", labels("01", "10")), AddOptions())
    assert thumbnail(mask).tolist() == [[0, 1], [1, 0]]


def test_a_mask_that_is_gone_or_too_large_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_raster(tmp_path / "m_20200101.tif", PIXELS, transform=north_up())
    mask = inspected(path, AddOptions())
    monkeypatch.setattr(content, "_READ_PIXELS", 1000)
    with pytest.raises(MaskError, match="without overviews"):
        thumbnail(mask)
    path.unlink()
    with pytest.raises(MaskError, match="is gone"):
        thumbnail(mask)
