"""Clouds of a scene: which classes occlude the ground, and what is read without fetching."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from migrate_core.errors import MigrateError
from migrate_core.grid import PixelGrid, aligned_grid, reproject_points
from migrate_core.model import Scene
from migrate_core.products.product import BandFile, CloudMask
from migrate_core.products.scene_classes import NOTHING, Flag
from migrate_core.scenes.cloud_cover.scene_clouds import CloudReader, read_cloud_classes
from migrate_core.scenes.sources.protocol import NotInPlaceError
from migrate_core.settings import ServiceSettings
from tests.support.builders import Safe, a_scene, lonlat_box, north_up, write_jp2, write_safe
from tests.support.transfer import a_cloud_reader

SAFE = Safe(size=48)


def scene_of(safe: Safe, path: Path, **changes: Any) -> Scene:
    return a_scene(
        safe.product_id, href=str(path), level=safe.level, footprint=safe.lonlat(), **changes
    )


def places(tmp_path: Path, **services: str) -> CloudReader:
    return a_cloud_reader(ServiceSettings(**services), tmp_path / "workspace")


def grid_20m(safe: Safe) -> PixelGrid:
    return safe.grid.coarser(2)


def test_each_class_has_the_flag_that_it_has_in_a_pair(tmp_path: Path) -> None:
    path = write_safe(tmp_path, SAFE)
    classes = np.repeat(np.arange(24, dtype=np.uint8)[:, None] % 12, 24, axis=1)
    write_jp2(path / SAFE.band_file("SCL"), classes, SAFE, "SCL")
    scene = scene_of(SAFE, path)
    cloud_classes = read_cloud_classes(places(tmp_path).open(scene), scene, grid_20m(SAFE))
    # 0 no data, 1 saturated or defective, 3 shadow, 8 and 9 cloud, 10 thin cirrus, 11 snow.
    assert cloud_classes[:12, 5].tolist() == [2, 2, 0, 8, 0, 0, 0, 0, 4, 4, 16, 32]


def test_beyond_the_product_there_are_no_data(tmp_path: Path) -> None:
    path = write_safe(tmp_path, SAFE)
    scene = scene_of(SAFE, path)
    west, south, east, north = SAFE.grid.bounds
    around = aligned_grid(grid_20m(SAFE), (west - 40, south, east, north + 20))
    cloud_classes = read_cloud_classes(places(tmp_path).open(scene), scene, around)
    assert (cloud_classes[0] == Flag.NO_DATA).all()
    assert (cloud_classes[:, :2] == Flag.NO_DATA).all()


def l1c_with_mask(tmp_path: Path, layers: np.ndarray) -> tuple[Any, Scene]:
    """An opened L1C product of 2 x 2 pixels of 240 m each, with its cloud mask."""
    safe = Safe(level="L1C", size=48)
    path = write_safe(tmp_path, safe)
    mask = path / "MSK_CLASSI_B00.jp2"
    write_jp2(mask, layers, safe, "B01")
    scene = scene_of(safe, path)
    product = places(tmp_path).open(replace_level(scene, path, mask))
    return product, scene


def replace_level(scene: Scene, path: Path, mask: Path) -> Scene:
    """The product's granule gets the mask where products have it."""
    (granule,) = (path / "GRANULE").iterdir()
    (granule / "QI_DATA").mkdir()
    shutil.copy(mask, granule / "QI_DATA" / "MSK_CLASSI_B00.jp2")
    return scene


def test_an_l1c_scene_is_judged_by_its_own_cloud_mask_within_its_footprint(tmp_path: Path) -> None:
    layers = np.zeros((3, 8, 8), dtype=np.uint8)
    layers[0, :4], layers[1, 4:, :4], layers[2, 4:, 4:6] = 1, 1, 1
    product, scene = l1c_with_mask(tmp_path, layers)
    assert isinstance(product.cloud_mask, CloudMask)
    assert isinstance(product.cloud_mask.classes, BandFile)
    cloud_classes = read_cloud_classes(product, scene, product.grid.coarser(2))
    found = (
        cloud_classes[2, 2],
        cloud_classes[20, 2],
        cloud_classes[20, 14],
        cloud_classes[20, 22],
    )
    assert found == (Flag.CLOUD, Flag.CIRRUS, Flag.SNOW, NOTHING)
    west, south, east, north = product.grid.bounds
    half = replace(scene, footprint=lonlat_box(west, south, (west + east) / 2, north))
    cloud_classes = read_cloud_classes(product, half, product.grid.coarser(2))
    assert (cloud_classes[:, 13:] == Flag.NO_DATA).all()
    assert (cloud_classes[:, :11] != Flag.NO_DATA).all()


def test_a_grid_of_another_zone_finds_the_pixels_where_they_lie(tmp_path: Path) -> None:
    path = write_safe(tmp_path, SAFE)
    scene = scene_of(SAFE, path)
    product = places(tmp_path).open(scene)
    x, y = SAFE.grid.bounds[0] + 200, SAFE.grid.bounds[3] - 200
    (there_x,), (there_y,) = reproject_points(
        product.grid.crs, "EPSG:32632", np.array([x]), np.array([y])
    )
    target = PixelGrid("EPSG:32632", north_up(there_x - 20, there_y + 20, 20), 3, 3)
    cloud_classes = read_cloud_classes(product, scene, target)
    own = read_cloud_classes(product, scene, grid_20m(SAFE))
    centres = reproject_points("EPSG:32632", product.grid.crs, *target.centres())
    columns = np.floor((centres[0] - SAFE.grid.bounds[0]) / 20).astype(int)
    rows = np.floor((SAFE.grid.bounds[3] - centres[1]) / 20).astype(int)
    np.testing.assert_array_equal(cloud_classes, own[rows, columns])


def test_what_would_have_to_be_fetched_is_read_where_it_was_fetched_before(tmp_path: Path) -> None:
    path = write_safe(tmp_path, SAFE)
    here = places(tmp_path)
    for source, needed in (("dhus:https://host", "whole products only"), ("cdse", "CDSE_S3")):
        scene = scene_of(SAFE, path, source=source)
        scene = replace(scene, href="cdse:1234")
        with pytest.raises(NotInPlaceError, match=needed):
            here.open(scene)
    here.workspace.products.mkdir()
    shutil.copytree(path, here.workspace.products / path.name)
    assert here.open(scene).scene_classification is not None


def test_a_product_without_any_cloud_mask_is_told(tmp_path: Path) -> None:
    safe = Safe(level="L1C", size=12)
    scene = scene_of(safe, write_safe(tmp_path, safe))
    with pytest.raises(NotInPlaceError, match="neither a scene classification nor a cloud mask"):
        places(tmp_path).open(scene)


def test_a_product_that_is_gone_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(MigrateError) as caught:
        places(tmp_path).open(scene_of(SAFE, tmp_path / "gone.SAFE"))
    assert not isinstance(caught.value, NotInPlaceError)
