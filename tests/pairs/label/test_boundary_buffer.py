"""Buffers along class borders, against distances that shapely measures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray

from migrate_core.grid import PixelGrid, moved
from migrate_core.masks.vectors.labels import LabelPolygons
from migrate_core.model import IGNORE, PairParameters
from migrate_core.pairs.label.boundary_buffer import with_boundary_buffer
from migrate_core.pairs.label.grid_labels import (
    GridLabels,
    PolygonLabels,
    RasterLabels,
    ShiftedLabels,
)
from migrate_core.pairs.label.hard_label import hard_label
from migrate_core.pairs.make import make_pair
from tests.pairs.test_make import scene_of, task
from tests.support.pairs import (
    CRS,
    NORTH,
    WEST,
    Safe,
    checkered,
    placed,
    registered,
    write_mask,
    write_safe,
)

GRID = PixelGrid(CRS, Affine(10, 0, WEST, 0, -10, NORTH), 20, 16)
AREA = shapely.box(WEST + 13, NORTH - 142, WEST + 187, NORTH - 9)
LAKE = shapely.Point(WEST + 80, NORTH - 70).buffer(31)
# On the edge of the area, which is no border.
FIELD = shapely.box(WEST + 140, NORTH - 142, WEST + 187, NORTH - 60)
UNKNOWN = shapely.box(WEST + 20, NORTH - 140, WEST + 60, NORTH - 120)


def distances(line: shapely.Geometry, grid: PixelGrid = GRID) -> NDArray[np.float64]:
    x, y = grid.centres()
    return np.asarray(shapely.distance(shapely.points(x, y), line))


def ignored(labels: GridLabels, width_m: float, classes: tuple[int, ...]) -> NDArray[np.bool_]:
    """Where a buffer is, that isn't ignored without it."""
    inside = labels.inside(GRID)
    label = np.where(inside, hard_label(labels.shares(GRID, classes), classes), IGNORE)
    found, buffer = with_boundary_buffer(label.astype(np.uint8), labels, GRID, width_m)
    assert buffer is not None
    added = (found == IGNORE) & (label != IGNORE)
    assert buffer.pixels == added.sum()
    assert ((label == IGNORE) <= (found == IGNORE)).all()
    assert (found[found != IGNORE] == label[found != IGNORE]).all()
    return added | (label == IGNORE)


@pytest.mark.parametrize("width_m", [3.0, 8.0, 13.0, 25.0])
def test_the_rim_of_polygons_is_as_wide_as_asked_on_both_sides(width_m: float) -> None:
    labels = PolygonLabels(LabelPolygons(AREA, {1: LAKE, 2: FIELD}, UNKNOWN), CRS)
    found = ignored(labels, width_m, (0, 1, 2))
    borders = shapely.union_all([LAKE.boundary, FIELD.boundary.difference(AREA.boundary)])
    away = distances(borders)
    known = labels.inside(GRID) & ~shapely.contains_xy(UNKNOWN, *GRID.centres())
    sure = known & (abs(away - width_m) > 0.05)
    assert np.array_equal(found[sure], away[sure] <= width_m)
    assert found[sure].any()
    assert not found[sure].all()


@pytest.mark.parametrize("degrees", [0.0, 12.0])
@pytest.mark.parametrize("pixel_m", [1.0, 3.0, 30.0])
def test_the_rim_of_pixels_follows_their_sides(degrees: float, pixel_m: float) -> None:
    count = round(150 / pixel_m)
    own = PixelGrid(CRS, placed(3.3, 2.1, pixel_m, degrees), count, count)
    pixels = np.zeros((count, count), np.uint8)
    pixels[: count // 2, : count // 3] = 1
    pixels[count // 5 * 4 :, :] = IGNORE
    found = ignored(RasterLabels(pixels, own), 12.0, (0, 1))
    corner = [own.transform @ p for p in ((0, count // 2), (count // 3, count // 2))]
    up = own.transform @ (count // 3, 0)
    away = distances(shapely.LineString([*corner, up]))
    # Half the distance between points, seen from 12 m away, is less than half a metre.
    known = RasterLabels(pixels, own).inside(GRID)
    sure = known & (abs(away - 12) > 0.1) & ~((found) & (away > 40))
    assert np.array_equal(found[sure], away[sure] <= 12)
    assert found[sure].any()


def test_the_edge_of_what_is_known_is_no_border() -> None:
    own = PixelGrid(CRS, placed(3, 3, 10), 10, 8)
    pixels = np.ones((8, 10), np.uint8)
    pixels[3, 4] = IGNORE
    label = hard_label(RasterLabels(pixels, own).shares(GRID, (0, 1)), (0, 1))
    found, buffer = with_boundary_buffer(label, RasterLabels(pixels, own), GRID, 15)
    assert buffer is not None
    assert buffer.pixels == 0
    assert np.array_equal(found, label)


def test_a_rim_moves_with_the_labels() -> None:
    labels = PolygonLabels(LabelPolygons(AREA, {1: LAKE}, shapely.MultiPolygon()), CRS)
    column, row = ShiftedLabels(labels, 20, -30).borders(GRID)
    column0, row0 = labels.borders(GRID)
    assert column == pytest.approx(column0 + 2)
    assert row == pytest.approx(row0 + 3)


def test_shifted_labels_are_those_of_a_shifted_mask() -> None:
    own = PixelGrid(CRS, placed(3.3, 2.1, 3, 12), 40, 40)
    labels = RasterLabels(checkered(), own)
    there = RasterLabels(checkered(), moved(own, 12.3, -4.5))
    shifted = ShiftedLabels(labels, 12.3, -4.5)
    assert shifted.bounds(CRS) == pytest.approx(there.bounds(CRS), abs=1e-6)
    assert np.allclose(shifted.shares(GRID, (0, 1)), there.shares(GRID, (0, 1)), atol=1e-9)
    assert np.array_equal(shifted.inside(GRID), there.inside(GRID))


def test_a_pair_with_a_rim_keeps_its_fractions_and_flags_what_is_ignored(tmp_path: Path) -> None:
    safe = Safe()
    product = write_safe(tmp_path, safe)
    mask = registered(write_mask(tmp_path / "m.tif", checkered(), placed(20.3, 21.7, 3, 12)))
    found = {}
    for width in (0.0, 4.0):
        wanted = task(tmp_path / str(width), mask, [scene_of(product, safe)])
        make_pair(replace(wanted, parameters=PairParameters(ignore_rim_m=width)))
        for name in ("label", "fractions", "quality"):
            with rasterio.open(tmp_path / str(width) / "a-pair" / f"{name}.tif") as dataset:
                found[name, width] = dataset.read()
    document = json.loads((tmp_path / "4.0" / "a-pair" / "pair.json").read_text())
    assert np.array_equal(found["fractions", 0.0], found["fractions", 4.0])
    added = found["label", 4.0] != found["label", 0.0]
    assert added.any()
    assert (found["label", 4.0][added] == IGNORE).all()
    assert (found["quality", 4.0] & 128 > 0).tolist() == (found["label", 4.0] == IGNORE).tolist()
    buffer = document["ignore_rim"]
    assert (buffer["width_m"], buffer["pixels"]) == (4.0, int(added.sum()))
    assert 0 < buffer["labelled"] < 1
    assert document["parameters"]["ignore_rim_m"] == 4.0


def test_no_rim_is_laid_unless_asked_for() -> None:
    labels = PolygonLabels(LabelPolygons(AREA, {1: LAKE}, shapely.MultiPolygon()), CRS)
    label = np.zeros(GRID.shape, np.uint8)
    found, buffer = with_boundary_buffer(label, labels, GRID, 0)
    assert buffer is None
    assert found is label
