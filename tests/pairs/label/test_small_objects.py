"""Objects by class, against scipy's labelling and areas that are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import ndimage

from migrate_core.grid import PixelGrid
from migrate_core.model import IGNORE
from migrate_core.pairs.label.grid_labels import RasterLabels, ShiftedLabels, grid_labels
from migrate_core.pairs.label.small_objects import _of_pixels, objects_of
from migrate_core.pairs.make import make_pair
from tests.pairs.test_make import scene_of, task
from tests.support.pairs import CRS, Safe, placed, registered, write_mask, write_safe
from tests.support.properties import examples
from tests.support.vectors import added, frame, only, square, write

UTM_GRID = PixelGrid(CRS, placed(0, 0, 10), 60, 60)


@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 12), st.integers(1, 12)),
        elements=st.sampled_from([0, 0, 1, 1, 2, IGNORE]),
    )
)
@settings(max_examples=examples(200), deadline=None)
def test_objects_hang_together_as_scipy_says(labels: NDArray[np.uint8]) -> None:
    found = _of_pixels(labels)
    for value in (1, 2):
        parts, count = ndimage.label(labels == value, np.ones((3, 3)))
        expected = np.bincount(parts.ravel(), minlength=count + 1)[1:]
        assert sorted(found.get(value, [])) == sorted(expected)
    assert set(found) <= {1, 2}


def buildings() -> NDArray[np.uint8]:
    """Class 1 with objects of 1, 1, 2, 5 and 20 pixels, class 2 with one of 30."""
    labels = np.zeros((40, 40), np.uint8)
    for row, size in ((1, 1), (4, 1), (8, 2), (12, 5), (16, 20)):
        labels[row, 3 : 3 + size] = 1
    labels[30:33, 5:15] = 2
    return labels


def test_small_objects_are_counted_by_class_and_named(tmp_path: Path) -> None:
    mask = registered(write_mask(tmp_path / "m.tif", buildings(), placed(20, 20, 5)))
    mask = replace(mask, classes=replace(mask.classes, names={"1": "buildings"}))
    found = objects_of(mask, grid_labels(mask), UTM_GRID)
    first, second = found.classes
    assert (first.stored, first.name, first.objects) == (1, "buildings", 5)
    # 25, 25, 50, 125 and 500 m²; what is exactly as large as half a pixel isn't under it, but areas
    # on the ellipsoid differ from those on the map by a thousandth.
    assert first.under_50_m2 in (2, 3)
    assert first.under_100_m2 == 3
    assert first.median_m2 == pytest.approx(50, rel=0.002)
    assert (second.stored, second.objects, second.under_50_m2) == (2, 1, 0)
    assert second.median_m2 == pytest.approx(750, rel=0.002)
    assert found.sentences == (
        f"{first.under_50_m2} of 5 buildings are under 50 m2: label them as fractions or drop them",
    )


def test_objects_without_a_name_and_a_single_one(tmp_path: Path) -> None:
    labels = np.zeros((10, 10), np.uint8)
    labels[2, 2] = 7
    labels[5:9, 1:9] = 7
    mask = registered(write_mask(tmp_path / "m.tif", labels, placed(20, 20, 3)))
    assert objects_of(mask, grid_labels(mask), UTM_GRID).sentences == (
        "1 of 2 objects of class 7 is under 50 m2: label them as fractions or drop them",
    )


def test_areas_are_those_on_the_ground_in_any_crs(tmp_path: Path) -> None:
    # Web Mercator's pixels of 20 m are 14.8 m wide at this latitude.
    labels = np.zeros((12, 12), np.uint8)
    labels[5, 5] = 1
    transform = Affine(20, 0, 311_000, 0, -20, 5_215_000)
    mask = registered(write_mask(tmp_path / "m.tif", labels, transform, crs="EPSG:3857"))
    found = objects_of(mask, grid_labels(mask), UTM_GRID).classes[0]
    latitude = np.radians(42.36)
    assert found.median_m2 == pytest.approx(400 * np.cos(latitude) ** 2, rel=0.01)


def test_each_feature_is_an_object_with_its_whole_area(tmp_path: Path) -> None:
    shapes = [square(100, 100, 6), square(106, 100, 6), square(150, 150, 30), square(0, 0, 20)]
    path = write(tmp_path / "labels.gpkg", frame(shapes, {"class": [1, 1, 1, 2]}))
    mask = only(added(path, class_field="class"))
    found = objects_of(mask, grid_labels(mask), UTM_GRID)
    first, second = found.classes
    # The two that touch are two; a mask of pixels would make one of them.
    assert (first.objects, first.under_50_m2, first.under_100_m2) == (3, 2, 2)
    assert first.median_m2 == pytest.approx(36, rel=1e-6)
    assert (second.objects, second.median_m2) == (1, pytest.approx(400, rel=1e-6))
    assert len(found.sentences) == 1


def test_moved_labels_have_the_same_objects(tmp_path: Path) -> None:
    mask = registered(write_mask(tmp_path / "m.tif", buildings(), placed(20, 20, 5)))
    labels = grid_labels(mask)
    assert isinstance(labels, RasterLabels)
    moved = objects_of(mask, ShiftedLabels(labels, 5, 5), UTM_GRID)
    assert moved == objects_of(mask, labels, UTM_GRID)


def test_the_document_of_a_pair_tells_of_them(tmp_path: Path) -> None:
    safe = Safe()
    product = write_safe(tmp_path, safe)
    mask = registered(write_mask(tmp_path / "m.tif", buildings(), placed(20, 20, 3)))
    make_pair(task(tmp_path, mask, [scene_of(product, safe)]))
    found = json.loads((tmp_path / "a-pair" / "pair.json").read_text())["objects"]
    assert [one["objects"] for one in found["classes"]] == [5, 1]
    assert found["sentences"][0].startswith("4 of 5 objects of class 1 are under 50 m2")
