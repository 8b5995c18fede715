"""Area shares against exactextract, shapely and what must hold for any mask."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry import mapping

from migrate_core.grid import PixelGrid
from migrate_core.model import IGNORE
from migrate_core.pairs.label.area_shares import area_shares
from tests.support.properties import examples

UTM = "EPSG:32631"
WEST, NORTH = 500_000.0, 4_700_000.0
TARGET = PixelGrid(UTM, Affine(10, 0, WEST, 0, -10, NORTH), 9, 8)
CLASSES = (0, 1, 7)
LABELS = np.random.default_rng(5).choice(
    np.array([0, 1, 7, IGNORE], dtype=np.uint8), size=(6, 7), p=[0.3, 0.3, 0.2, 0.2]
)
MIDDLE = (WEST + 45, NORTH - 40)


def around_the_middle(linear: Affine, width: int = 7, height: int = 6) -> Affine:
    """`linear` (pixels to metres), shifted so that the middle of the mask is that of TARGET."""
    x, y = linear @ (width / 2, height / 2)
    return Affine.translation(MIDDLE[0] - x, MIDDLE[1] - y) @ linear


TRANSFORMS = {
    "aligned": Affine(10, 0, WEST + 10, 0, -10, NORTH - 10),
    "half a pixel off": Affine(10, 0, WEST + 5, 0, -10, NORTH - 5),
    "3 m": around_the_middle(Affine.scale(3, -3)),
    "rotated by 12 degrees": around_the_middle(Affine.rotation(12) @ Affine.scale(3, -3)),
    "rotated by 45 degrees": around_the_middle(Affine.rotation(45) @ Affine.scale(9, -9)),
    "rotated by 90 degrees": around_the_middle(Affine.rotation(90) @ Affine.scale(10, -10)),
    "rotated by 200 degrees": around_the_middle(Affine.rotation(200) @ Affine.scale(7, -7)),
    "sheared": around_the_middle(Affine.shear(25, 0) @ Affine.scale(4, -6)),
    "mirrored (south up)": around_the_middle(Affine.scale(5, 5)),
    "mirrored and rotated": around_the_middle(Affine.rotation(33) @ Affine.scale(-5, -5)),
    "coarser than the target": around_the_middle(Affine.rotation(7) @ Affine.scale(30, -30)),
    "far finer than the target": around_the_middle(Affine.rotation(61) @ Affine.scale(0.3, -0.3)),
    "partly outside": Affine(8, 1, WEST - 22, 1, -8, NORTH + 18),
}


def class_polygons(
    labels: NDArray[np.uint8], transform: Affine, segment: float | None = None
) -> dict[int, shapely.Geometry]:
    """Class -> the union of its pixels as polygons; in pixel units cut at each `segment`."""
    found = {}
    for value in np.unique(labels):
        row, column = np.nonzero(labels == value)
        shape = shapely.union_all(shapely.box(column, row, column + 1, row + 1))
        if segment is not None:
            shape = shapely.segmentize(shape, segment)
        found[int(value)] = shapely.transform(
            shape, lambda p: np.column_stack(transform @ (p[:, 0], p[:, 1]))
        )
    return found


def pixel_boxes(grid: PixelGrid) -> NDArray[np.object_]:
    """The pixels of a grid as polygons, (height, width)."""
    row, column = np.indices((grid.height, grid.width))
    corners = [
        np.stack(grid.transform @ (column + right, row + down), axis=-1)
        for right, down in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    return shapely.polygons(np.stack(corners, axis=-2))


def shapely_share(polygon: shapely.Geometry, grid: PixelGrid) -> NDArray[np.float64]:
    boxes = pixel_boxes(grid)
    return shapely.area(shapely.intersection(boxes, polygon)) / shapely.area(boxes)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_shares_equal_the_intersection_of_polygons(name: str) -> None:
    transform = TRANSFORMS[name]
    shares = area_shares(LABELS, PixelGrid(UTM, transform, 7, 6), TARGET, CLASSES)
    polygons = class_polygons(LABELS, transform)
    assert shares.shape == (3, 8, 9)
    for share, value in zip(shares, CLASSES, strict=True):
        expected = shapely_share(polygons[value], TARGET)
        assert expected.max() > 0.001
        np.testing.assert_allclose(share, expected, atol=1e-8)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_shares_equal_those_of_exactextract(name: str) -> None:
    transform = TRANSFORMS[name]
    shares = area_shares(LABELS, PixelGrid(UTM, transform, 7, 6), TARGET, CLASSES)
    west, south, east, north = WEST, NORTH - 80, WEST + 90, NORTH
    raster = NumPyRasterSource(np.zeros((8, 9)), west, south, east, north)
    for share, value in zip(shares, CLASSES, strict=True):
        polygon = class_polygons(LABELS, transform)[value]
        feature = {"type": "Feature", "geometry": mapping(polygon), "properties": {}}
        (found,) = exact_extract(raster, feature, ["cell_id", "coverage"])
        expected = np.zeros(72)
        cells = np.asarray(found["properties"]["cell_id"], dtype=int)
        expected[cells] = found["properties"]["coverage"]
        # exactextract keeps its coverage in single precision.
        np.testing.assert_allclose(share.ravel(), expected, atol=2e-6)


def test_a_tenth_of_a_pixel_counts_as_a_tenth() -> None:
    mask = PixelGrid(UTM, Affine(1, 0, WEST + 10, 0, -10, NORTH - 10), 1, 1)
    (share,) = area_shares(np.array([[1]], dtype=np.uint8), mask, TARGET, (1,))
    expected = np.zeros((8, 9))
    expected[1, 1] = 0.1
    np.testing.assert_allclose(share, expected, atol=1e-12)


CROSSING = {
    "another UTM zone": ("EPSG:32630", 3.0),
    "another UTM zone, coarse": ("EPSG:32630", 30.0),
    "lon/lat": ("EPSG:4326", 3 / 111_320),
    "Web Mercator": ("EPSG:3857", 4.0),
}


@pytest.mark.parametrize("name", CROSSING)
def test_a_mask_in_another_crs_equals_its_densified_polygons(name: str) -> None:
    crs, size = CROSSING[name]
    to_mask = Transformer.from_crs(UTM, crs, always_xy=True)
    x, y = to_mask.transform(*MIDDLE)
    transform = (
        Affine.translation(x, y)
        @ Affine.rotation(20)
        @ Affine.scale(size, -size)
        @ Affine.translation(-3.5, -3)
    )
    shares = area_shares(LABELS, PixelGrid(crs, transform, 7, 6), TARGET, CLASSES)
    back = Transformer.from_crs(crs, UTM, always_xy=True)
    for share, value in zip(shares, CLASSES, strict=True):
        polygon = shapely.transform(
            class_polygons(LABELS, transform, segment=0.1)[value],
            lambda p: np.column_stack(back.transform(p[:, 0], p[:, 1])),
        )
        expected = shapely_share(polygon, TARGET)
        assert expected.max() > 0.1
        # A side of 30 m that is straight in one CRS strays by less than 0.1 mm in the other.
        np.testing.assert_allclose(share, expected, atol=2e-5)


def test_a_window_of_the_target_has_the_shares_of_the_whole() -> None:
    mask = PixelGrid(UTM, TRANSFORMS["coarser than the target"], 7, 6)
    window = PixelGrid(UTM, TARGET.transform @ Affine.translation(2, 3), 4, 2)
    whole = area_shares(LABELS, mask, TARGET, CLASSES)
    part = area_shares(LABELS, mask, window, CLASSES)
    np.testing.assert_allclose(part, whole[:, 3:5, 2:6], atol=1e-9)


def test_a_mask_elsewhere_has_no_share() -> None:
    for east, south in ((500, 0), (-500, 0), (0, 500), (0, -500)):
        transform = Affine(10, 0, WEST + east, 0, -10, NORTH - south)
        shares = area_shares(LABELS, PixelGrid(UTM, transform, 7, 6), TARGET, CLASSES)
        assert not shares.any()


def test_unknown_pixels_belong_to_no_class() -> None:
    mask = PixelGrid(UTM, TRANSFORMS["aligned"], 7, 6)
    shares = area_shares(LABELS, mask, TARGET, CLASSES)
    known = shares.sum(axis=0)
    np.testing.assert_allclose(known[1:7, 1:8], LABELS != IGNORE, atol=1e-12)
    known[1:7, 1:8] = 0
    np.testing.assert_allclose(known, 0, atol=1e-12)


def test_masks_of_many_edges_are_worked_through_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = PixelGrid(UTM, TRANSFORMS["rotated by 12 degrees"], 7, 6)
    at_once = area_shares(LABELS, mask, TARGET, CLASSES)
    monkeypatch.setattr("migrate_core.pairs.label.area_shares._CHUNK", 5)
    np.testing.assert_allclose(area_shares(LABELS, mask, TARGET, CLASSES), at_once, atol=1e-12)


@st.composite
def placements(draw: st.DrawFn) -> Affine:
    """Any rotation, shear, mirroring and pixel size from 0.5 m to 40 m, near TARGET."""
    size = draw(st.floats(0.5, 40))
    linear = (
        Affine.rotation(draw(st.floats(0, 360)))
        @ Affine.shear(draw(st.floats(-40, 40)), 0)
        @ Affine.scale(size * draw(st.sampled_from([1, -1])), -size * draw(st.floats(0.5, 2)))
    )
    shift = Affine.translation(draw(st.floats(-40, 40)), draw(st.floats(-40, 40)))
    return shift @ around_the_middle(linear, 5, 4)


@settings(max_examples=examples(60), deadline=None)
@given(
    labels=arrays(np.uint8, (4, 5), elements=st.sampled_from([0, 1, 2, 200, IGNORE])),
    transform=placements(),
)
def test_shares_add_up_to_the_known_share_of_each_pixel(
    labels: NDArray[np.uint8], transform: Affine
) -> None:
    shares = area_shares(labels, PixelGrid(UTM, transform, 5, 4), TARGET, (0, 1, 2, 200))
    assert shares.min() >= 0
    assert shares.max() <= 1
    polygons = class_polygons(labels, transform)
    polygons.pop(IGNORE, None)
    known = shapely.union_all(list(polygons.values()))
    np.testing.assert_allclose(shares.sum(axis=0), shapely_share(known, TARGET), atol=1e-7)


@settings(max_examples=examples(60), deadline=None)
@given(
    labels=arrays(np.uint8, (4, 5), elements=st.sampled_from([0, 1, IGNORE])),
    transform=placements(),
)
def test_no_area_is_lost_on_a_target_that_holds_the_mask(
    labels: NDArray[np.uint8], transform: Affine
) -> None:
    wide = PixelGrid(UTM, TARGET.transform @ Affine.translation(-50, -50), 110, 110)
    shares = area_shares(labels, PixelGrid(UTM, transform, 5, 4), wide, (0, 1))
    areas_m2 = shares.sum(axis=(1, 2)) * 100
    pixel_m2 = abs(transform.determinant)
    expected = [np.count_nonzero(labels == value) * pixel_m2 for value in (0, 1)]
    np.testing.assert_allclose(areas_m2, expected, rtol=1e-9, atol=1e-4)
