"""Where a mask and its label lie on a coarse grid, and what of them a cloud mask hides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine

from migrate_core.grid import PixelGrid, reproject_geometry
from migrate_core.model import Mask
from migrate_core.products.scene_classes import NOTHING, Flag
from migrate_core.scenes.cloud_cover.mask_areas import MaskAreas, mask_area
from migrate_core.scenes.search.ranking import Measurement
from tests.support import vectors as vector_builders
from tests.support.builders import UTM31, lonlat_box, write_raster
from tests.support.pairs import placed, registered, write_mask

WEST, NORTH = 482820, 4690320  # a corner of the 20 m grid


def half_labelled(tmp_path: Path, size: int = 100, pixel: float = 3.0) -> Mask:
    """A mask whose western half is labelled, its corner on the grid."""
    pixels = np.zeros((size, size), dtype=np.uint8)
    pixels[:, : size // 2] = 1
    return registered(write_mask(tmp_path / "half.tif", pixels, placed(0, 0, pixel)), "2020-01-20")


def cloud_classes(grid: PixelGrid, value: int = NOTHING) -> np.ndarray:
    return np.full(grid.shape, value, dtype=np.uint8)


def test_the_grid_lies_on_the_20_m_lattice_of_the_tiles(tmp_path: Path) -> None:
    grid = mask_area(half_labelled(tmp_path), UTM31).grid
    assert (grid.transform.a, grid.transform.e) == (20, -20)
    assert (grid.transform.c % 20, grid.transform.f % 20) == (0, 0)
    assert grid.shape == (15, 15)


def test_cloud_and_thin_cloud_count_over_the_mask_shadow_over_the_label_only(
    tmp_path: Path,
) -> None:
    area = mask_area(half_labelled(tmp_path), UTM31)
    seen = cloud_classes(area.grid)
    assert area.measure(seen) == Measurement(0, 0)
    seen[:, 9:12], seen[:, 12:15] = Flag.CLOUD, Flag.CIRRUS
    assert area.measure(seen) == Measurement(pytest.approx(40), 0)
    seen[:, :3] = Flag.SHADOW
    # The label ends in the middle of the eighth column: 7.5 columns.
    assert area.measure(seen).cloud_over_mask_percent == pytest.approx(40)
    assert area.measure(seen).occluded_over_label_percent == pytest.approx(40, abs=0.5)


def test_clouds_are_counted_where_there_are_data_and_a_label_without_data_is_hidden(
    tmp_path: Path,
) -> None:
    area = mask_area(half_labelled(tmp_path), UTM31)
    seen = cloud_classes(area.grid)
    seen[:, :5], seen[:, 10:] = Flag.NO_DATA, Flag.CLOUD
    found = area.measure(seen)
    assert found.cloud_over_mask_percent == pytest.approx(50)
    assert found.occluded_over_label_percent == pytest.approx(100 * 5 / 7.5, abs=0.5)
    assert area.measure(cloud_classes(area.grid, Flag.NO_DATA)) == Measurement(None, 100)


@pytest.mark.parametrize("degrees", [0, 12, 45])
def test_a_rotated_mask_has_its_own_area_and_label(tmp_path: Path, degrees: float) -> None:
    pixels = np.zeros((400, 400), dtype=np.uint8)
    pixels[100:300, 50:350] = 2
    transform = Affine.translation(WEST + 911, NORTH - 77) @ Affine.rotation(-degrees)
    transform @= Affine.scale(3, -3)
    path = write_raster(tmp_path / "m.tif", pixels, transform=transform)
    area = mask_area(registered(path, "2020-01-20"), UTM31)
    label = shapely.Polygon([transform @ c for c in ((50, 100), (350, 100), (350, 300), (50, 300))])
    whole = shapely.Polygon([transform @ c for c in ((0, 0), (400, 0), (400, 400), (0, 400))])
    # Clouds west of a line through the middle of the mask.
    x, _ = area.grid.centres()
    middle = area.grid.bounds[0] + 20 * (area.grid.width // 2)
    seen = np.where(x < middle, Flag.CLOUD, NOTHING).astype(np.uint8)
    west = shapely.box(0, 0, middle, 1e7)
    found = area.measure(seen)
    expected = [100 * part.intersection(west).area / part.area for part in (whole, label)]
    assert found.cloud_over_mask_percent == pytest.approx(expected[0], abs=1)
    assert found.occluded_over_label_percent == pytest.approx(expected[1], abs=1)


def test_another_crs_and_coarse_pixels_make_no_difference(tmp_path: Path) -> None:
    """30 m pixels in degrees, against the same label in UTM."""
    area = lonlat_box(WEST, NORTH - 1500, WEST + 1500, NORTH)
    west, south, east, north = area.bounds
    transform = Affine((east - west) / 50, 0, west, 0, (south - north) / 50, north)
    pixels = np.zeros((50, 50), dtype=np.uint8)
    pixels[:25] = 1
    path = write_raster(tmp_path / "m.tif", pixels, crs="EPSG:4326", transform=transform)
    found = mask_area(registered(path, "2020-01-20"), UTM31)
    label = reproject_geometry(
        shapely.box(west, (south + north) / 2, east, north), "EPSG:4326", UTM31
    )
    _, y = found.grid.centres()
    seen = np.where(y > NORTH - 300, Flag.CLOUD, NOTHING).astype(np.uint8)
    hidden = label.intersection(shapely.box(0, NORTH - 300, 1e6, 1e7)).area / label.area
    assert found.measure(seen).occluded_over_label_percent == pytest.approx(100 * hidden, abs=1.5)


def test_a_mask_smaller_than_a_pixel_still_has_an_area(tmp_path: Path) -> None:
    mask = half_labelled(tmp_path, size=4, pixel=0.5)
    area = mask_area(mask, UTM31)
    assert area.measure(cloud_classes(area.grid, Flag.CLOUD)).cloud_over_mask_percent == 100


def test_a_large_footprint_is_looked_at_in_larger_steps(tmp_path: Path) -> None:
    mask = replace(
        half_labelled(tmp_path),
        extent=lonlat_box(WEST, NORTH - 50_000, WEST + 50_000, NORTH),
        footprint=None,
    )
    grid = mask_area(mask, UTM31).grid
    assert grid.resolution == 100
    assert max(grid.shape) <= 520


def test_without_labelled_pixels_there_is_no_label_to_hide(tmp_path: Path) -> None:
    mask = half_labelled(tmp_path)
    write_mask(Path(mask.path), np.zeros((100, 100), dtype=np.uint8), placed(0, 0, 3))
    area = mask_area(mask, UTM31)
    assert area.measure(cloud_classes(area.grid, Flag.CLOUD)) == Measurement(100, None)


def test_a_mask_that_may_be_without_labels_counts_as_a_whole(tmp_path: Path) -> None:
    """As in the suggestion for its pair: background throughout is a label like any other."""
    mask = replace(half_labelled(tmp_path), empty_allowed=True)
    write_mask(Path(mask.path), np.zeros((100, 100), dtype=np.uint8), placed(0, 0, 3))
    area = mask_area(mask, UTM31)
    seen = cloud_classes(area.grid)
    seen[:, :6] = Flag.SNOW
    assert area.measure(seen) == Measurement(0, 40)


def test_a_label_that_is_gone_is_told_once(tmp_path: Path) -> None:
    mask = half_labelled(tmp_path)
    Path(mask.path).unlink()
    areas = MaskAreas()
    for crs in (UTM31, UTM31, "EPSG:32632"):
        assert areas.of(mask, crs).problem
    (problem,) = areas.problems()
    assert problem.item == "half.tif"
    assert "is gone" in problem.message


def test_an_area_takes_a_few_kilobytes(tmp_path: Path) -> None:
    """Ten thousand of them are kept at a time."""
    assert len(mask_area(half_labelled(tmp_path, size=800), UTM31).packed) < 4000


def test_labels_that_are_polygons_are_counted_alike(tmp_path: Path) -> None:
    """A label of 200 m by 100 m in the west of an area of 400 m by 100 m."""
    west, south = vector_builders.WEST, vector_builders.SOUTH
    drawn = vector_builders.frame([vector_builders.square(0, 0, 200, 100)])
    path = vector_builders.write(tmp_path / "labels.gpkg", drawn)
    aoi = vector_builders.frame([vector_builders.square(0, 0, 400, 100)])
    aoi_path = vector_builders.write(tmp_path / "area.gpkg", aoi)
    mask = vector_builders.only(vector_builders.added(path, aoi=aoi_path))
    area = mask_area(mask, UTM31)
    x, _ = area.grid.centres()
    found = area.measure(np.where(x < west + 100, Flag.CLOUD, NOTHING).astype(np.uint8))
    assert area.problem is None
    assert found.cloud_over_mask_percent == pytest.approx(25, abs=1)
    assert found.occluded_over_label_percent == pytest.approx(50, abs=1)
    assert south % 20 == 0
