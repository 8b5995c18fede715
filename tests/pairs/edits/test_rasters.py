"""Label, shares and flags with edits, against rasterio, shapely and a mask that lies elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio.features
import shapely
from affine import Affine
from pyproj import Transformer
from shapely.affinity import rotate, translate
from shapely.geometry import Point, mapping, shape

from migrate_core.grid import PixelGrid, window_of
from migrate_core.model import IGNORE, Mask, PairEdit, PairParameters
from migrate_core.pairs.edits.rasters import MadeOf, read_label_rasters, with_edits
from migrate_core.products.scene_classes import Flag
from migrate_core.states import EditKind
from tests.support.pairs import CRS, NORTH, WEST, checkered
from tests.support.repairs import TURNED, RepairCase, area, made_case, made_of
from tests.support.threads import InThreads
from tests.support.vectors import added, frame, only, write

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)


@pytest.fixture
def made(tmp_path: Path) -> RepairCase:
    return made_case(tmp_path)


def nudge(east_m: float, north_m: float, token: str = "n") -> PairEdit:
    document = {"east_m": east_m, "north_m": north_m}
    return PairEdit(token, "p", EditKind.NUDGE, document, "ann", NOON)


def mask_of(made: RepairCase) -> Mask:
    (mask,) = made.case.store.masks()
    return mask


def moved_by(made: RepairCase, *edits: PairEdit, **parameters: Any) -> Any:
    source = MadeOf(mask_of(made), made.grid, PairParameters(**parameters))
    return with_edits(read_label_rasters(made.folder), edits, source)


def class_areas(east_m: float, north_m: float) -> dict[int, Any]:
    """The union of the mask's pixels of each class, moved."""
    pixels = checkered()
    transform = Affine.translation(east_m, north_m) @ TURNED
    squares: dict[int, list[Any]] = {0: [], 1: []}
    for (row, column), value in np.ndenumerate(pixels):
        corners = ((column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1))
        squares[int(value)].append(shapely.Polygon([transform @ corner for corner in corners]))
    return {value: shapely.union_all(found) for value, found in squares.items()}


@pytest.mark.parametrize("move", [(3.0, 0.0), (-1.5, 4.25), (0.7, -12.3), (23.0, 8.0)])
def test_shares_after_a_nudge_are_the_exact_overlap(
    made: RepairCase, move: tuple[float, float]
) -> None:
    found = moved_by(made, nudge(*move))
    areas, grid = class_areas(*move), made.grid
    expected = np.zeros(found.shares.shape)
    for row in range(grid.height):
        for column in range(grid.width):
            corner = grid.transform @ (column, row)
            pixel = shapely.box(corner[0], corner[1] - 10, corner[0] + 10, corner[1])
            for value, whole in areas.items():
                expected[value, row, column] = whole.intersection(pixel).area / 100
    np.testing.assert_allclose(found.shares, expected, atol=1e-6)
    assert found.shares.dtype == np.float32


@pytest.mark.parametrize("parameters", [{}, {"ignore_rim_m": 4.0}])
def test_a_nudge_gives_what_a_mask_that_lies_there_gives(
    made: RepairCase, tmp_path: Path, parameters: dict[str, Any]
) -> None:
    move = (-3.4, 7.7)
    there = Affine.translation(*move) @ TURNED
    other = made_case(tmp_path / "there", there, PairParameters(**parameters))
    found = moved_by(made, nudge(*move), **parameters)
    here, its = common(made.grid, other.grid)
    kept = (read_label_rasters(made.folder).flags & Flag.OUTSIDE == 0)[here]
    label, shares, flags = (other.read(name) for name in ("label", "fractions", "quality"))
    np.testing.assert_allclose(found.shares[(..., *here)], shares[(..., *its)], atol=1e-6)
    expected = np.where(kept, label[0][its], IGNORE)
    np.testing.assert_array_equal(found.label[here], expected)
    assert (expected != IGNORE).sum() > 50
    outside = flags[0][its] & Flag.OUTSIDE
    np.testing.assert_array_equal(found.flags[here] & Flag.OUTSIDE, outside)


def common(one: PixelGrid, other: PixelGrid) -> tuple[Any, Any]:
    """The slices of two grids of one raster in which they are the same."""
    window = window_of(other, one)
    first = (max(window.row, 0), max(window.column, 0))
    end = (
        min(window.row + window.height, one.height),
        min(window.column + window.width, one.width),
    )
    here = tuple(slice(a, b) for a, b in zip(first, end, strict=True))
    offset = (window.row, window.column)
    its = tuple(slice(a - o, b - o) for a, b, o in zip(first, end, offset, strict=True))
    return here, its


def test_polygons_that_are_moved_have_the_exact_overlap(tmp_path: Path) -> None:
    field = rotate(shapely.box(WEST + 205, NORTH - 395, WEST + 391, NORTH - 207), 17)
    path = write(tmp_path / "fields.gpkg", frame([field], {"class": [1]}))
    mask = only(added(path, class_field="class"))
    made = made_of(tmp_path, mask)
    move = (-7.3, 3.1)
    made.edit("nudge", east_m=move[0], north_m=move[1])
    shares, grid = made.read("fractions"), made.grid
    there = translate(field, *move)
    for row, column in np.ndindex(grid.shape):
        corner = grid.transform @ (column, row)
        pixel = shapely.box(corner[0], corner[1] - 10, corner[0] + 10, corner[1])
        assert shares[-1, row, column] == pytest.approx(
            there.intersection(pixel).area / 100, abs=1e-6
        )
    assert shares[-1].sum() == pytest.approx(
        there.intersection(shapely.box(*grid.bounds)).area / 100, abs=1e-4
    )


def test_where_the_image_was_not_kept_the_label_is_unknown_and_flagged(made: RepairCase) -> None:
    before = read_label_rasters(made.folder)
    found = moved_by(made, nudge(20.0, 0.0))
    new = (before.flags & Flag.OUTSIDE > 0) & (found.flags & Flag.OUTSIDE == 0)
    assert new.any()
    assert (made.read("image")[:, new] == 0).all()
    assert (found.label[new] == IGNORE).all()
    assert (found.flags[new] & Flag.NO_DATA > 0).all()
    assert (found.flags[new] & Flag.UNKNOWN > 0).all()
    # What the scene shows stays where it is.
    scene = Flag.CLOUD | Flag.SHADOW | Flag.CIRRUS | Flag.SNOW
    np.testing.assert_array_equal(found.flags & scene, before.flags & scene)


def test_nudges_add_up_and_are_applied_once(made: RepairCase) -> None:
    steps = [nudge(0.1, -0.3, f"n{number}") for number in range(30)]
    at_once = moved_by(made, nudge(3.0, -9.0))
    found = moved_by(made, *steps)
    np.testing.assert_array_equal(found.shares, at_once.shares)
    np.testing.assert_array_equal(found.label, at_once.label)
    back = moved_by(made, *steps, nudge(-3.0, 9.0))
    before = read_label_rasters(made.folder)
    np.testing.assert_array_equal(back.shares, before.shares)
    np.testing.assert_array_equal(back.flags, before.flags)


def ignored(geometry: Any) -> PairEdit:
    document = {"crs": CRS, "area": mapping(geometry), "reason": "cloud"}
    return PairEdit("i", "p", EditKind.IGNORE, document, "ann", NOON)


def test_an_area_to_ignore_takes_the_pixels_whose_centre_it_holds(made: RepairCase) -> None:
    grid = made.grid
    west, south, east, north = grid.bounds
    middle = ((west + east) / 2, (south + north) / 2)
    drawn = Point(middle).buffer(37.3).difference(Point(middle).buffer(14.1))
    before = read_label_rasters(made.folder)
    found = moved_by(made, ignored(drawn))
    x, y = grid.centres()
    inside = shapely.contains_xy(drawn, x, y)
    burnt = rasterio.features.rasterize([(drawn, 1)], grid.shape, transform=grid.transform)
    np.testing.assert_array_equal(inside, burnt == 1)
    assert 20 < inside.sum() < 60
    np.testing.assert_array_equal(found.label, np.where(inside, IGNORE, before.label))
    np.testing.assert_array_equal(found.flags, before.flags | np.where(inside, 128, 0))
    np.testing.assert_array_equal(found.shares, before.shares)


def test_an_area_to_ignore_stays_in_the_scene_when_the_label_is_moved(made: RepairCase) -> None:
    drawn = shape(area(24, 24, 28, 28)["geometry"])
    moved = moved_by(made, nudge(8.0, -5.0))
    both = moved_by(made, ignored(drawn), nudge(8.0, -5.0))
    x, y = made.grid.centres()
    inside = shapely.contains_xy(drawn, x, y)
    np.testing.assert_array_equal(both.label, np.where(inside, IGNORE, moved.label))


def test_lon_lat_areas_take_the_same_pixels(made: RepairCase) -> None:
    drawn = shape(area(22.2, 23.1, 27.7, 26.9)["geometry"])
    to_lonlat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    lonlat = shapely.transform(
        drawn, lambda c: np.column_stack(to_lonlat.transform(c[:, 0], c[:, 1]))
    )
    made.edit("ignore", area=mapping(lonlat))
    x, y = made.grid.centres()
    inside = shapely.contains_xy(drawn, x, y)
    assert (made.read("label")[0][inside] == IGNORE).all()
    assert (made.read("quality")[0][inside] & 128 > 0).all()
