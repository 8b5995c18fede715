"""A mask on a map, against PROJ and the pixels of the files themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer
from scipy import ndimage
from shapely.geometry import MultiPolygon, box

from migrate_core.errors import MaskError
from migrate_core.model import Mask
from migrate_core.pairs.view.drawing import class_colour
from migrate_core.pairs.view.mask_on_map import BOTH, IMAGE, LABEL, MapPicture, mask_on_map
from tests.support.pairs import CRS, DAY, placed, registered, write_mask

TURNED = placed(10, 12, 2.5, -12)
SIDE = 120
BLUE = (0x12, 0x34, 0x56)


def labels() -> np.ndarray:
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    pixels[20:70, 30:80], pixels[80:110, 20:60] = 1, 2
    return pixels


def write_image(path: Path, transform: Affine) -> Path:
    """Red grows to the right, green downwards; blue is one value."""
    row, column = np.mgrid[0:SIDE, 0:SIDE]
    bands = np.stack([column, row, np.full((SIDE, SIDE), 50)]).astype(np.uint8)
    profile = {"driver": "GTiff", "dtype": "uint8", "crs": CRS, "transform": transform, "count": 3}
    with rasterio.open(path, "w", width=SIDE, height=SIDE, photometric="RGB", **profile) as dataset:
        dataset.write(bands)
    return path


@pytest.fixture(scope="module")
def mask(tmp_path_factory: pytest.TempPathFactory) -> Mask:
    """A mask turned by 12 degrees, its second class with a colour of its own."""
    folder = tmp_path_factory.mktemp("on_map")
    found = registered(write_mask(folder / "mask.tif", labels(), TURNED), DAY)
    return replace(
        found,
        source=replace(found.source, path=str(write_image(folder / "image.tif", TURNED))),
        classes=replace(found.classes, colours={"2": "#123456"}),
    )


def pixels_below(picture: MapPicture) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the mask's pixel under the centre of each pixel, by PROJ."""
    height, width = picture.image.shape[:2]
    west, south, east, north = picture.bounds
    longitude = west + (np.arange(width) + 0.5) * (east - west) / width
    latitude = north - (np.arange(height) + 0.5) * (north - south) / height
    to_mask = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    x, y = to_mask.transform(*np.meshgrid(longitude, latitude))
    column, row = ~TURNED @ (x, y)
    return np.floor(row).astype(int), np.floor(column).astype(int)


def expected_labels(picture: MapPicture) -> tuple[np.ndarray, np.ndarray]:
    """The class under each pixel, 255 outside of the mask; and where that is beyond doubt."""
    row, column = pixels_below(picture)
    inside = (row >= 0) & (row < SIDE) & (column >= 0) & (column < SIDE)
    found = np.full(row.shape, 255, np.uint8)
    found[inside] = labels()[row[inside], column[inside]]
    edges = ndimage.maximum_filter(found, 9) != ndimage.minimum_filter(found, 9)
    return found, ~edges


def test_each_class_lies_where_it_is_in_its_colour(mask: Mask) -> None:
    picture = mask_on_map(mask, LABEL)
    expected, sure = expected_labels(picture)
    assert sure.mean() > 0.7
    assert max(picture.image.shape[:2]) == 640
    for value, colour in ((1, class_colour(1)), (2, BLUE)):
        region = sure & (expected == value)
        assert region.sum() > 1000
        assert (picture.image[region] == (*colour, 255)).all()
    nothing = sure & ((expected == 0) | (expected == 255))
    assert (picture.image[nothing, 3] == 0).all()


def test_the_bounds_are_those_of_the_extent(mask: Mask) -> None:
    assert mask.extent is not None
    assert mask_on_map(mask, LABEL).bounds == pytest.approx(mask.extent.bounds, abs=1e-9)


def test_pixels_are_about_square_on_the_ground(mask: Mask) -> None:
    picture = mask_on_map(mask, LABEL, 100)
    west, south, east, north = picture.bounds
    height, width = picture.image.shape[:2]
    ratio = (east - west) / width * np.cos(np.radians((south + north) / 2))
    assert ratio / ((north - south) / height) == pytest.approx(1, abs=0.02)


def test_the_image_lies_where_it_is(mask: Mask) -> None:
    picture = mask_on_map(mask, IMAGE)
    row, column = pixels_below(picture)
    inside = (row >= 2) & (row < SIDE - 2) & (column >= 2) & (column < SIDE - 2)
    assert (picture.image[inside, 3] == 255).all()
    outside = (row < -2) | (row > SIDE + 1) | (column < -2) | (column > SIDE + 1)
    assert (picture.image[outside, 3] == 0).all()
    for below, band in ((column, 0), (row, 1)):
        # Stretched between two percentiles: a straight line of the pixel's number.
        middle = inside & (below > 10) & (below < SIDE - 10)
        slope, start = np.polyfit(below[middle], picture.image[middle, band].astype(float), 1)
        assert slope > 1
        assert np.abs(picture.image[middle, band] - (slope * below[middle] + start)).max() < 6


def test_a_label_over_its_image_lets_the_image_through(mask: Mask) -> None:
    alone, image, both = (mask_on_map(mask, shown).image for shown in (LABEL, IMAGE, BOTH))
    label = alone[..., 3] > 0
    sure = label & (image[..., 3] > 0)
    mixed = 0.55 * image[sure, :3].astype(float) + 0.45 * alone[sure, :3]
    assert np.abs(both[sure, :3] - mixed).max() <= 1
    assert (both[~label] == image[~label]).all()


def test_what_cannot_be_shown_says_why(mask: Mask, tmp_path: Path) -> None:
    with pytest.raises(MaskError, match="No source image"):
        mask_on_map(replace(mask, source=replace(mask.source, path=None)), BOTH)
    with pytest.raises(MaskError, match="no georeference"):
        mask_on_map(replace(mask, extent=None), LABEL)
    both_sides = MultiPolygon([box(-180, 0, -179.9, 1), box(179.9, 0, 180, 1)])
    with pytest.raises(MaskError, match="180°"):
        mask_on_map(replace(mask, extent=both_sides), LABEL)
    changed = registered(write_mask(tmp_path / "mask.tif", labels(), TURNED), DAY)
    write_mask(tmp_path / "mask.tif", labels() * 0 + 1, TURNED)
    with pytest.raises(MaskError, match="has changed"):
        mask_on_map(changed, LABEL)
